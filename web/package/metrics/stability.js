/** How much a map changes when its input, or the rounding of float32, changes a little. */

import { uniform } from '../base/hash.js';
import { pauses } from '../base/pauses.js';
import { range } from '../base/range.js';
import { UNIFORM } from '../engine/study.js';
import { numberBetween, wholeNumber } from './options.js';
import { Subject, chooseMap } from './subject.js';
import { withTwin } from './twin.js';

/** @import { Target, TargetChoice } from '../attribution/targets.js' */
/** @import { LayerChoice } from '../model/layers.js' */
/** @import { Method } from '../model/methods.js' */
/** @import { StepProgress } from './deletion.js' */
/** @import { Facts } from '../attribution/explained.js' */

/**
 * @typedef {object} StabilityOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {LayerChoice} [layer] (default: the default layer)
 * @property {Method | 'gradient' | 'saliency'} [method] which map is made (default "gradCam")
 * @property {number} [samples] how many noisy inputs are tried (default 4)
 * @property {number} [radius] the largest noise at a value of the input (default: a hundredth of
 *   the distance between the smallest and the largest value)
 * @property {number} [roundings] how many sets of moved weights are tried (default 2)
 * @property {number} [seed] of the noise (default 1)
 * @property {boolean} [logits] whether the logit is explained instead of the score (default true)
 * @property {(progress: StepProgress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * Relative changes of a raw map. A change of 0.1 means that the difference of two maps has a tenth
 * of the first map's Euclidean norm.
 * @typedef {object} Changes
 * @property {number[]} changes one a sample
 * @property {number} mean
 * @property {number} max
 */

/**
 * How much a map changes with noise in its input. `rounding` says the same for weights that move by
 * a relative 1e-7, which is what float32 rounds away.
 * @typedef {Changes & { rounding: Changes & { amount: number }, settings: StabilitySettings }}
 *   Stability
 */

/**
 * @typedef {object} StabilitySettings
 * @property {Target} target
 * @property {string} method
 * @property {string | null} layer null for a map of the input
 * @property {number} samples
 * @property {number} radius
 * @property {number} roundings
 * @property {number} seed
 * @property {boolean} logits
 */

/** How far weights move, relative to their values. */
const AMOUNT = 1e-7;

/**
 * @param {Facts} facts
 * @param {StabilityOptions} options
 * @returns {Promise<Stability>}
 */
export async function stability(facts, options) {
  const { method = 'gradCam', samples = 4, roundings = 2, seed = 1, logits = true } = options;
  const pause = pauses(options.signal);
  await pause();
  const { min, max } = range(facts.input.data);
  const radius = numberBetween('radius', options.radius ?? ((max - min) / 100 || 0.01), {
    above: 0,
  });
  wholeNumber('samples', samples, { least: 1 });
  wholeNumber('roundings', roundings, { least: 0 });
  wholeNumber('seed', seed, { least: 0 });
  const subject = new Subject(facts, { target: options.target, logits });
  const choice = chooseMap(facts, { method, layer: options.layer });
  const steps = samples + roundings;
  const report = (/** @type {number} */ step) => options.onProgress?.({ step, steps });
  /** @type {number[]} */
  const changes = [];
  /** @type {number[]} */
  const rounding = [];
  const study = subject.study();
  try {
    const { raw: before } = subject.map(study, choice);
    for (let sample = 0; sample < samples; sample++) {
      await pause();
      study.noise(UNIFORM, radius, seed, sample);
      changes.push(relativeChange(before, subject.map(study, choice).raw));
      report(sample + 1);
    }
    for (let sample = 0; sample < roundings; sample++) {
      const moved = await mapOfMoved(facts, subject, choice, { seed, sample }, pause);
      rounding.push(relativeChange(before, moved));
      report(samples + sample + 1);
    }
  } finally {
    study.dispose();
  }
  const layer = choice.layer === null ? null : facts.network.layerPath(choice.layer);
  const { target } = subject;
  return {
    ...summarize(changes),
    rounding: { ...summarize(rounding), amount: AMOUNT },
    settings: { target, method, layer, samples, radius, roundings, seed, logits },
  };
}

/**
 * The map of the same input on weights that moved. Every weight w becomes w (1 + 1e-7 r), rounded
 * to float32, with r from -1 to 1.
 * @param {Facts} facts
 * @param {Subject} subject
 * @param {import('./subject.js').MapChoice} choice
 * @param {{ seed: number, sample: number }} numbers
 * @param {import('../base/pauses.js').Pause} pause
 */
async function mapOfMoved(facts, subject, choice, { seed, sample }, pause) {
  const weights = facts.network.weightCount;
  /** @type {import('./twin.js').Alter} */
  const move = (index, values, first) => {
    const stream = sample * weights + index;
    for (let i = 0; i < values.length; i++) {
      values[i] *= 1 + AMOUNT * (2 * uniform(seed, stream, first + i) - 1);
    }
  };
  return withTwin(
    facts.network,
    facts.input,
    move,
    (twin) => subject.on(twin, facts).ownMap(choice).raw,
    pause,
  );
}

/**
 * The norm of the difference of two maps over the norm of the first, 0 for equal maps.
 * @param {Float32Array} before
 * @param {Float32Array} after
 */
function relativeChange(before, after) {
  let [difference, norm] = [0, 0];
  for (let i = 0; i < before.length; i++) {
    difference += (after[i] - before[i]) ** 2;
    norm += before[i] ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
}

/**
 * @param {number[]} changes
 * @returns {Changes}
 */
function summarize(changes) {
  const sum = changes.reduce((total, change) => total + change, 0);
  return { changes, mean: sum / (changes.length || 1), max: Math.max(0, ...changes) };
}
