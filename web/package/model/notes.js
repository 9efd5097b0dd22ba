/** Where a method is known to be unsure of its map. */

/** @import { LayerMap, Network } from '../engine/network.js' */
/** @import { Method } from './methods.js' */
/** @import { Model } from './model.js' */

/** The constant in the denominator of Grad-CAM++. Squares below it are lost. */
const SMALL_SQUARE = 1e-6;

/**
 * @param {Method} method
 * @param {{ network: Network, model: Model, layer: number, map: LayerMap, score: number }}
 *   explained
 * @returns {string[]} sentences, often none
 */
export function notesOn(method, explained) {
  if (method === 'ablationCam') return notesOnSign(explained);
  if (method === 'scoreCam') return notesOnWeights(explained);
  if (method === 'xGradCam') return notesOnSums(explained, 'XGrad-CAM');
  if (method !== 'gradCamPlusPlus') return [];
  return [...notesOnSquares(explained), ...notesOnSums(explained, 'Grad-CAM++')];
}

/**
 * @param {{ model: Model, layer: number, map: LayerMap }} explained
 * @returns {string[]}
 */
function notesOnSquares({ model, layer, map }) {
  const { shape, channelsFirst } = model.description.layers[layer];
  const channels = shape.at(channelsFirst ? 0 : -1) ?? 1;
  const meanSquare = map.weightsNorm ** 2 / (map.height * map.width * channels);
  if (!(meanSquare > 0 && meanSquare < SMALL_SQUARE)) return [];
  return [
    'Grad-CAM++ divides by squared gradients plus 1e-6, and the mean square here is only ' +
      `${meanSquare.toExponential(1)}, so that the constant decides how channels are weighed`,
  ];
}

/**
 * @param {{ network: Network, layer: number }} explained
 * @param {string} title
 * @returns {string[]}
 */
function notesOnSums({ network, layer }, title) {
  const cancelled = network.cancelledChannels(layer);
  if (cancelled === 0) return [];
  return [
    `${title} divides by the sum of each channel, and in ${cancelled} channels of this layer ` +
      'positive and negative values cancel, so that rounding decides the weights of these channels',
  ];
}

/**
 * @param {{ score: number }} explained
 * @returns {string[]}
 */
function notesOnSign({ score }) {
  if (score > 0) return [];
  return [
    'Ablation-CAM divides by the score, which is not above 0 here, so that the map shows what ' +
      'speaks against the class',
  ];
}

/** Weights whose largest is less than this times the smallest hardly differ. */
const SAME_WEIGHTS = 1.5;

/**
 * @param {{ map: LayerMap & { weights?: { weight: number }[] } }} explained
 * @returns {string[]}
 */
function notesOnWeights({ map: { weights = [] } }) {
  const all = weights.map(({ weight }) => weight);
  const ratio = all.reduce((a, b) => Math.max(a, b)) / all.reduce((a, b) => Math.min(a, b));
  if (!(weights.length > 1 && ratio < SAME_WEIGHTS)) return [];
  return [
    'Score-CAM weighs all channels nearly alike here, so that the map is their sum; the largest ' +
      `weight is ${ratio.toFixed(2)} times the smallest`,
  ];
}
