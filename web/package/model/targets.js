/**
 * What a run explains. It reaches the engine as a seed, a weight for each class of the network.
 */

import { indexOfLargest, readTarget } from '../attribution/targets.js';
import { GradCamError } from '../base/errors.js';
import { seedOf } from './classes.js';

/** @import { Target } from '../attribution/targets.js' */
/** @import { Network } from '../engine/network.js' */
/** @import { Model } from './model.js' */
/** @import { Run } from './run.js' */

/**
 * What a run knows for explanations.
 * @typedef {object} Explained
 * @property {Model} model
 * @property {Network} network
 * @property {Run} run
 * @property {boolean} endsWithLogit whether no softmax or sigmoid ends the network
 */

/**
 * The targets that a caller gave.
 * @param {Explained} explained
 * @param {unknown} targets
 * @returns {Target[]}
 */
export function readTargets({ model, run }, targets) {
  if (targets === undefined || targets === null) return [indexOfLargest(run.scores)];
  const list = Array.isArray(targets) ? targets : [targets];
  if (list.length === 0) {
    throw new GradCamError(
      'INVALID_TARGET',
      'targets is an empty list; leave it out for the top class',
    );
  }
  return Array.from(list, (target) => readTarget(target, model));
}

/**
 * What is differentiated, as a weight for each class of the network.
 * @param {Explained} explained
 * @param {[index: number, weight: number][]} weights
 * @param {boolean} logits
 * @returns {Float32Array} [classes of the network]
 */
export function seedOfWeights({ network, run, endsWithLogit }, weights, logits) {
  const options = { logits, channelCount: network.classCount, endsWithLogit };
  const sum = new Float32Array(options.channelCount);
  for (const [index, weight] of weights) {
    seedOf(run, index, options).forEach((value, i) => (sum[i] += weight * value));
  }
  return sum;
}

/**
 * The value of a weighted sum of classes.
 * @param {Run} run
 * @param {[index: number, weight: number][]} weights
 * @param {boolean} logits
 */
export function valueOfWeights({ scores, logits: ofClasses }, weights, logits) {
  const values = logits ? ofClasses : scores;
  return weights.reduce((sum, [index, weight]) => sum + weight * values[index], 0);
}
