/**
 * Whether a map depends on what the model has learned. The weights of its last layers are replaced
 * by numbers without meaning, more and more of them. A map that stays as it is shows the picture,
 * not the model. Adebayo et al. 2018, arXiv:1810.03292
 */

import { GradCamError, show } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { compareRaw } from './compare.js';
import { fillWeight, headOf, weightTensors } from './formula.js';
import { numberBetween, wholeNumber } from './options.js';
import { Subject, chooseMap } from './subject.js';
import { withTwin } from './twin.js';

/** @import { TargetChoice } from '../attribution/targets.js' */
/** @import { Pause } from '../base/pauses.js' */
/** @import { LayerChoice } from '../model/layers.js' */
/** @import { Method } from '../model/methods.js' */
/** @import { Likeness } from './compare.js' */
/** @import { StepProgress } from './deletion.js' */
/** @import { Formula, WeightTensor } from './formula.js' */
/** @import { Facts } from '../attribution/explained.js' */

/**
 * @typedef {object} RandomizationOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {LayerChoice} [layer] (default: the default layer)
 * @property {Method | 'saliency'} [method] which map is made (default "gradCam")
 * @property {readonly number[]} [counts] how many of the last layers with weights are replaced at
 *   each stage (default: the last one, a quarter, half and all of them)
 * @property {number} [seed] of the numbers (default 1)
 * @property {number} [gain] factor of the largest value of a kernel (default 1)
 * @property {number} [headGain] the same of the last kernel (default 1)
 * @property {boolean} [logits] whether the logit is explained instead of the score (default true)
 * @property {(progress: StepProgress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * The map of a model whose last layers were replaced, beside the map of the model itself.
 * @typedef {object} OwnRandomization
 * @property {number} count how many layers were replaced
 * @property {string} layer the lowest of them
 * @property {number} score what the replaced model gives for the class
 *
 * @typedef {OwnRandomization & Likeness} Randomization
 */

/** Beside the largest value of a map of a layer. Saliency has none. */
const EPSILON = 1e-7;

/**
 * @param {Facts} facts
 * @param {RandomizationOptions} options
 * @returns {Promise<Randomization[]>} one a count
 */
export async function randomization(facts, options) {
  const { method = 'gradCam', seed = 1, gain = 1, headGain = 1, logits = true } = options;
  const pause = pauses(options.signal);
  await pause();
  wholeNumber('seed', seed, { least: 0 });
  numberBetween('gain', gain, { above: 0 });
  numberBetween('headGain', headGain, { above: 0 });
  const tensors = weightTensors(facts.network);
  const layers = [...new Set(tensors.map(({ layer }) => layer))];
  const counts = checkCounts(options.counts ?? stagesOf(layers.length), layers.length);
  const subject = new Subject(facts, { target: options.target, logits });
  const choice = chooseMap(facts, { method, layer: options.layer }, ['saliency']);
  const before = subject.ownMap(choice);
  const epsilon = choice.layer === null ? 0 : EPSILON;
  /** @type {Randomization[]} */
  const stages = [];
  for (const count of counts) {
    const replaced = new Set(layers.slice(-count));
    const alter = replaceBy(tensors, replaced, { seed, gain, headGain });
    const map = await withTwin(
      facts.network,
      facts.input,
      alter,
      (twin) => subject.on(twin, facts).ownMap(choice),
      pause,
    );
    const likeness = compareRaw(before.raw, map.raw, before, epsilon);
    stages.push({ count, layer: layers[layers.length - count], score: map.score, ...likeness });
    options.onProgress?.({ step: stages.length, steps: counts.length });
  }
  return stages;
}

/**
 * Replaces the weights of some layers, each as a whole.
 * @param {WeightTensor[]} tensors
 * @param {Set<string>} layers
 * @param {Formula} formula
 * @returns {import('./twin.js').Alter}
 */
function replaceBy(tensors, layers, { seed, gain, headGain }) {
  const head = headOf(tensors);
  return (index, values, first) => {
    const tensor = tensors[index];
    if (!layers.has(tensor.layer)) return;
    fillWeight(values, first, tensor, { seed, gain: index === head ? headGain : gain });
  };
}

/** @param {number} all the number of layers with weights */
function stagesOf(all) {
  const counts = [1, Math.ceil(all / 4), Math.ceil(all / 2), all];
  return [...new Set(counts)].filter((count) => count > 0);
}

/**
 * @param {unknown} counts
 * @param {number} all
 * @returns {number[]}
 */
function checkCounts(counts, all) {
  if (all === 0) throw new GradCamError('INVALID_ARGUMENT', 'the model has no weights to replace');
  if (!Array.isArray(counts) || counts.length === 0) {
    const text = `counts is ${show(counts)}; allowed: a list of whole numbers from 1 to ${all}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  return Array.from(counts, (count) => wholeNumber('counts', count, { least: 1, most: all }));
}
