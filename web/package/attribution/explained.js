/** What is explained, S, as a function of what a study adds up of the network's output. */

import { GradCamError, show } from '../base/errors.js';
import { LOGIT, SCORE } from '../engine/network.js';

/** @import { Input, Network } from '../engine/network.js' */

/**
 * A class, or a weighted sum of classes. `{ 243: 1, 282: -1 }` explains the margin between both.
 * @typedef {number | Record<number, number>} AttributionTarget
 */

/**
 * @typedef {object} Explained
 * @property {AttributionTarget} target
 * @property {number} output SCORE or LOGIT
 * @property {Float32Array} seed one value a class of the network
 * @property {(sum: number) => number} value S, of the sum over classes and positions of seed times
 *   output
 * @property {(sum: number) => number} slope the derivative of `value`
 */

/**
 * @typedef {object} Classes
 * @property {number} classCount of the model. A network with one output may have two
 * @property {boolean} endsWithLogit whether the network has no final softmax or sigmoid
 */

/**
 * @param {Network} network
 * @param {Classes} classes
 * @param {AttributionTarget} target
 * @param {boolean} logits
 * @returns {Explained}
 */
export function explainedOf(network, { classCount, endsWithLogit }, target, logits) {
  const weights = weightsOf(target, classCount);
  const output = logits ? LOGIT : SCORE;
  const share = network.classCount / network.outputCount;
  if (classCount === network.classCount) {
    const seed = Float32Array.from({ length: classCount }, (_, i) => weights.get(i) ?? 0);
    return { target, output, seed, value: (sum) => sum * share, slope: () => share };
  }
  const [first, second] = [weights.get(0) ?? 0, weights.get(1) ?? 0];
  const seed = Float32Array.of(1);
  const factor = second - first;
  if (logits) {
    return {
      target,
      output,
      seed,
      value: (sum) => factor * sum * share,
      slope: () => factor * share,
    };
  }
  if (!endsWithLogit) {
    const value = (/** @type {number} */ sum) => first + factor * sum * share;
    return { target, output, seed, value, slope: () => factor * share };
  }
  // The two scores are 1 - p and p, with p the sigmoid of the logit, which the network lacks.
  const sigmoid = (/** @type {number} */ sum) => 1 / (1 + Math.exp(-sum * share));
  return {
    target,
    output,
    seed,
    value: (sum) => first + factor * sigmoid(sum),
    slope: (sum) => factor * sigmoid(sum) * (1 - sigmoid(sum)) * share,
  };
}

/**
 * The sum that `value` and `slope` take, of an input that is not changed.
 * @param {Network} network
 * @param {Input} input
 * @param {Explained} explained
 */
export function sumOf(network, input, { output, seed }) {
  const values = network.outputs(input, output);
  return values.reduce((sum, value, i) => sum + seed[i % seed.length] * value, 0);
}

/**
 * @param {unknown} target
 * @param {number} classCount
 * @returns {Map<number, number>} weights of classes
 */
function weightsOf(target, classCount) {
  const isWeights = typeof target === 'object' && target !== null;
  const entries = isWeights
    ? Object.entries(target).map(([index, weight]) => [Number(index), weight])
    : [[target, 1]];
  const weights = new Map(/** @type {[number, number][]} */ (entries));
  const fits = ([index, weight] = /** @type {unknown[]} */ ([])) =>
    Number.isInteger(index) &&
    Number(index) >= 0 &&
    Number(index) < classCount &&
    Number.isFinite(Math.fround(/** @type {number} */ (weight)));
  if (weights.size > 0 && entries.every(fits)) return weights;
  const given = isWeights ? JSON.stringify(target) : show(target);
  const allowed = `0 to ${classCount - 1}, or finite weights of these classes ({ 0: 1, 1: -1 })`;
  throw new GradCamError('INVALID_TARGET', `target is ${given}; allowed: ${allowed}`);
}

/**
 * The name of a target.
 * @param {AttributionTarget} target
 * @param {readonly string[] | undefined} labels
 */
export function labelOf(target, labels) {
  const name = (/** @type {number | string} */ index) => labels?.[Number(index)] ?? String(index);
  if (typeof target === 'number') return name(target);
  const parts = Object.entries(target).map(([index, weight], i) => {
    const sign = weight < 0 ? '- ' : i > 0 ? '+ ' : '';
    const size = Math.abs(weight);
    return `${sign}${size === 1 ? '' : `${size} `}${name(index)}`;
  });
  return parts.join(' ');
}
