/** What is explained, S, as a function of what a study adds up of the network's output. */

import { LOGIT, SCORE } from '../engine/network.js';
import { indexOfLargest, readTarget, weightsOf } from './targets.js';

/** @import { Input, Network } from '../engine/network.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */
/** @import { Target } from './targets.js' */

/**
 * @typedef {object} Explained
 * @property {Target} target
 * @property {number} output SCORE or LOGIT
 * @property {Float32Array} seed one value a class of the network
 * @property {(sum: number) => number} value S, of the sum over classes and positions of seed times
 *   output
 * @property {(sum: number) => number} slope the derivative of `value`
 */

/**
 * What attributions and metrics need of a run and its model.
 * @typedef {object} Facts
 * @property {Network} network
 * @property {Input} input
 * @property {Float32Array} scores of the model's classes. A network with one output may have two
 * @property {boolean} endsWithLogit whether the network has no final softmax or sigmoid
 * @property {readonly string[] | undefined} labels
 * @property {Preprocessing} preprocessing
 * @property {'channels_last' | 'channels_first'} dataFormat of the input in Keras
 * @property {(choice: any) => number} findLayer index of the layer that a caller names
 * @property {(image: any) => Promise<Input>} readInput makes an input of a picture or tensor
 */

/**
 * @param {Pick<Facts, 'network' | 'scores' | 'endsWithLogit'> & { labels?: Facts['labels'] }} facts
 * @param {unknown} given a TargetChoice as the caller gave it, by default the top class
 * @param {boolean} logits
 * @returns {Explained}
 */
export function explainedOf({ network, scores, endsWithLogit, labels }, given, logits) {
  const classCount = scores.length;
  const target = readTarget(given ?? indexOfLargest(scores), { classCount, labels });
  const weights = new Map(weightsOf(target));
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
