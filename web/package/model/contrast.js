/**
 * FinerCAM (Zhang et al. 2025, arXiv:2501.11309) explains what tells a class apart from classes
 * like it. The class' logit z_c gets its weight, and the logits z_d of the T others get negative
 * ones.
 *
 *     S = z_c - gamma / T * sum over d of z_d
 *
 * The weighted form weighs the others by their probabilities p, where P is the sum of these.
 *
 *     S = sum over d of p_d (z_c - gamma z_d) / (P + 1e-9)
 */

import { GradCamError, show } from '../base/errors.js';
import { checkNames } from '../base/option-names.js';
import { readTarget } from '../attribution/targets.js';

/** @import { Run } from './run.js' */
/** @import { Classes, Target } from '../attribution/targets.js' */

/**
 * How a class is set apart from others.
 * @typedef {object} Contrast
 * @property {readonly (number | string)[] | 'nearest'} [against] the other classes, by their
 *   indices or labels. "nearest" takes those whose logits
 *   are nearest to the logit of the class (default)
 * @property {number} [count] how many classes "nearest" takes (default 3)
 * @property {number} [gamma] how much the other classes count (default 0.6)
 * @property {boolean} [weighted] whether more probable classes count more (default false)
 */

/**
 * A contrast with the classes that it takes.
 * @typedef {Omit<Required<Contrast>, 'against'> & { against: number[] }} ResolvedContrast
 */

/** So that a sum of probabilities is never zero. */
const SMALL = 1e-9;

/**
 * @param {Contrast} contrast
 * @param {{ target: Target, logits: Float32Array, wantsLogits: boolean | undefined,
 *   labels: readonly string[] | undefined }} explained
 * @returns {ResolvedContrast}
 */
export function resolveContrast(contrast, { target, logits, wantsLogits, labels }) {
  if (typeof contrast !== 'object' || contrast === null) {
    throw refuse('contrast', contrast, "an object, { against: 'nearest' }");
  }
  checkNames('contrast', contrast);
  if (wantsLogits === false) {
    throw new GradCamError(
      'INVALID_ARGUMENT',
      'contrast needs logits: true, because scores of classes depend on each other already',
    );
  }
  if (typeof target !== 'number') {
    throw new GradCamError('INVALID_ARGUMENT', 'contrast needs a class as target, not weights');
  }
  const { against = 'nearest', count = 3, gamma = 0.6, weighted = false } = contrast;
  const most = logits.length - 1;
  if (most < 1) throw new GradCamError('INVALID_ARGUMENT', 'contrast needs a model of two classes');
  if (!Number.isInteger(count) || count < 1) throw refuse('contrast.count', count, '1, 2, 3, ...');
  if (!Number.isFinite(gamma)) throw refuse('contrast.gamma', gamma, 'a finite number');
  if (typeof weighted !== 'boolean') throw refuse('contrast.weighted', weighted, 'true, false');
  const others =
    against === 'nearest'
      ? nearest(logits, target, Math.min(count, most))
      : readOthers(against, target, { classCount: logits.length, labels });
  return { against: others, count: others.length, gamma, weighted };
}

/**
 * @param {string} option
 * @param {unknown} value
 * @param {string} allowed
 */
function refuse(option, value, allowed) {
  return new GradCamError('INVALID_ARGUMENT', `${option} is ${show(value)}; allowed: ${allowed}`);
}

/**
 * The classes whose logits are nearest to that of a class, the nearest first.
 * @param {Float32Array} logits
 * @param {number} target
 * @param {number} count
 */
function nearest(logits, target, count) {
  const distance = (/** @type {number} */ i) => Math.abs(logits[i] - logits[target]);
  return Array.from(logits.keys())
    .filter((i) => i !== target)
    .sort((a, b) => distance(a) - distance(b) || a - b)
    .slice(0, count);
}

/**
 * @param {unknown} against
 * @param {number} target
 * @param {Classes} classes
 * @returns {number[]}
 */
function readOthers(against, target, classes) {
  const allowed = `'nearest' or a list of classes other than ${target}`;
  if (!Array.isArray(against) || against.length === 0) {
    throw refuse('contrast.against', against, allowed);
  }
  const others = Array.from(against, (other) => readTarget(other, classes));
  const isRight = others.every((index) => typeof index === 'number' && index !== target);
  if (!isRight || new Set(others).size < others.length) {
    throw refuse('contrast.against', against, `${allowed}, each once`);
  }
  return /** @type {number[]} */ (others);
}

/**
 * What is explained, S, and its derivative with regard to each logit.
 * @param {Pick<Run, 'logits'>} run
 * @param {number} target
 * @param {ResolvedContrast} contrast
 * @returns {{ score: number, weights: [index: number, weight: number][] }}
 */
export function contrastOf({ logits }, target, { against, gamma, weighted }) {
  if (weighted) return weightedContrast(logits, target, against, gamma);
  const share = -gamma / against.length;
  const score = against.reduce((sum, d) => sum + share * logits[d], logits[target]);
  return { score, weights: [[target, 1], ...against.map((d) => pair(d, share))] };
}

/**
 * @param {number} index
 * @param {number} weight
 * @returns {[index: number, weight: number]}
 */
function pair(index, weight) {
  return [index, weight];
}

/**
 * The probabilities depend on all logits, so all classes get a weight.
 * @param {Float32Array} logits
 * @param {number} target
 * @param {number[]} against
 * @param {number} gamma
 */
function weightedContrast(logits, target, against, gamma) {
  const p = softmax(logits);
  const all = against.reduce((sum, d) => sum + p[d], 0) + SMALL;
  const margin = (/** @type {number} */ d) => logits[target] - gamma * logits[d];
  const score = against.reduce((sum, d) => sum + (p[d] * margin(d)) / all, 0);
  const surplus = against.map((d) => (p[d] * (margin(d) - score)) / all);
  const total = surplus.reduce((sum, value) => sum + value, 0);
  const weights = Array.from(p, (probability, j) => pair(j, -probability * total));
  weights[target][1] += (all - SMALL) / all;
  against.forEach((d, i) => (weights[d][1] += surplus[i] - (gamma * p[d]) / all));
  return { score, weights };
}

/** @param {Float32Array} logits */
function softmax(logits) {
  const largest = logits.reduce((most, value) => Math.max(most, value), -Infinity);
  const powers = Array.from(logits, (value) => Math.exp(value - largest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / sum);
}
