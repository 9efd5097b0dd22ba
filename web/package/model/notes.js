/** Where a method is known to be unsure of its map. */

/** @import { LayerMap, Network } from '../engine/network.js' */
/** @import { Method } from './methods.js' */
/** @import { Model } from './model.js' */

/** The constant in the denominator of Grad-CAM++. Squares below it are lost. */
const SMALL_SQUARE = 1e-6;

/**
 * @param {Method} method
 * @param {{ network: Network, model: Model, layer: number, map: LayerMap }} explained
 * @returns {string[]} sentences, often none
 */
export function notesOn(method, explained) {
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
