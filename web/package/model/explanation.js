/** Explanations, which say where the model looked. */

import { diagnose } from './diagnosis.js';
import { gradientEnds } from './gradient-end.js';
import { methodInfo } from './methods.js';
import { LOGIT, SCORE } from '../engine/network.js';
import { setEngine } from '../engine/start.js';

/** @import { LayerInfo, LayerMap, Network } from '../engine/network.js' */
/** @import { Diagnosis } from './diagnosis.js' */
/** @import { Method } from './methods.js' */
/** @import { Model } from './model.js' */
/** @import { Run } from './run.js' */

/**
 * A heat map, which says how much each position of a layer speaks for a class.
 * @typedef {object} HeatMap
 * @property {Float32Array} data [height][width], 0 .. 1
 * @property {number} width
 * @property {number} height
 * @property {Uint8Array} [colors] R, G, B for each value, drawn unless the caller chooses a colour
 *   map. Maps have them where signs matter
 */

/**
 * One class explained at one layer.
 * @typedef {object} TargetExplanation
 * @property {number} target index of the class
 * @property {string} label name of the class, or its index as text
 * @property {number} score the value that is explained, which is the model's score or its logit
 * @property {number | null} proba probability of the class, which is its score if the model ends
 *   with a softmax or sigmoid, else null
 * @property {string} layer name of the layer
 * @property {HeatMap} heatmap
 * @property {number} rawMin smallest value of the raw map, before it was cut at zero and scaled
 * @property {number} rawMax largest value of the raw map
 * @property {Diagnosis | null} diagnosis why the map is blank or poor. With `NOT_FINITE` the heat
 *   map is all zero, and formatAsImage shows the plain picture
 */

/**
 * What explainPrediction returns. It is plain data, which can be stored and sent.
 * @typedef {object} Explanation
 * @property {string} modelName
 * @property {string} method usual name of the explanation method, "Grad-CAM"
 * @property {string} description how to read the result
 * @property {ImageData} image the picture that heat maps are drawn on
 * @property {TargetExplanation[]} targets an entry for each class and layer, ordered by class
 */

/**
 * @param {Network} network
 * @param {Model} model
 * @param {Run} run
 * @param {{ target: number, seed: Float32Array }[]} targets 1 to MAX_TARGETS, with their seeds
 * @param {number[]} layers indices
 * @param {{ method: Method, logits: boolean }} options
 * @returns {TargetExplanation[]} one a target and layer, targets first
 */
export function explainTargets(network, model, run, targets, layers, { method, logits }) {
  const seeds = targets.map(({ seed }) => seed);
  const maps = network.explain(method, run.input, seeds, logits ? LOGIT : SCORE, layers);
  const infos = model.description.layers;
  const findEnd = gradientEnds(network, infos, { input: run.input, seeds, logits });
  return targets.flatMap(({ target }, i) => {
    const explained = { target, logits, findEnd: (/** @type {number} */ l) => findEnd(i, l) };
    return toTargetExplanations(network, model, run, explained, layers, maps[i]);
  });
}

/**
 * @param {Network} network
 * @param {Model} model
 * @param {Run} run
 * @param {object} explained
 * @param {number} explained.target
 * @param {boolean} explained.logits
 * @param {(layer: number) => LayerInfo | undefined} explained.findEnd finds the layer that passes
 *   no gradient back to a layer
 * @param {number[]} layers indices
 * @param {LayerMap[]} maps of the layers
 * @returns {TargetExplanation[]} one a layer
 */
function toTargetExplanations(network, model, run, explained, layers, maps) {
  const { target, logits, findEnd } = explained;
  const { scores } = run;
  const score = logits ? run.logits[target] : scores[target];
  const proba = givesProbabilities(run) ? scores[target] : null;
  const infos = model.description.layers;
  return maps.map(({ rawMin, rawMax, heatmap, height, width, weightsNorm }, i) => {
    const layer = layers[i];
    const { leads } = infos[layer];
    const isFinite = [score, rawMin, rawMax, weightsNorm].every(Number.isFinite);
    const notFinite = run.notFinite ?? (isFinite ? undefined : null);
    const map = { height, width, rawMax, weightsNorm, leads, logits, proba, notFinite };
    // Numbers that are none would look like a map.
    if (notFinite !== undefined) heatmap.fill(0);
    return {
      target,
      label: model.labels?.[target] ?? String(target),
      score,
      proba,
      layer: infos[layer].path,
      heatmap: setEngine({ data: heatmap, width, height }, network.engine),
      rawMin,
      rawMax,
      diagnosis: diagnose(map, () => findEnd(layer)),
    };
  });
}

/**
 * Whether a softmax or sigmoid stands between logits and scores.
 * @param {Run} run
 */
function givesProbabilities({ scores, logits }) {
  return scores.some((score, i) => score !== logits[i]);
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Method} method
 * @param {TargetExplanation[]} targets
 * @returns {Explanation}
 */
export function toExplanation(model, run, method, targets) {
  const { title, description } = methodInfo(method);
  return {
    modelName: model.name,
    method: title,
    description,
    get image() {
      // Made on demand, because it may take as long as the map.
      return run.picture;
    },
    targets,
  };
}
