/** What is explained: a class, or a sum of classes with weights. */

import { GradCamError, show } from '../base/errors.js';

/**
 * Weights of classes by their indices. What is explained is the weighted sum. `{ 243: 1, 282: -1 }`
 * asks what speaks for class 243 and against class 282.
 * @typedef {Record<number, number>} ClassWeights
 */

/** @typedef {number | ClassWeights} Target */

/**
 * @param {unknown} target
 * @param {number} classCount
 * @returns {Target}
 */
export function readTarget(target, classCount) {
  if (typeof target === 'object' && target !== null) return readWeights(target, classCount);
  if (isClass(target, classCount)) return Number(target);
  throw refuse(target, classCount);
}

/**
 * @param {unknown} target
 * @param {number} classCount
 */
function refuse(target, classCount) {
  const last = classCount - 1;
  return new GradCamError(
    'INVALID_TARGET',
    `target is ${show(target)}; allowed: whole numbers from 0 to ${last}, or finite weights of ` +
      `such classes, { 0: 1, ${last}: -1 }`,
  );
}

/**
 * @param {unknown} index
 * @param {number} classCount
 */
function isClass(index, classCount) {
  return Number.isInteger(index) && Number(index) >= 0 && Number(index) < classCount;
}

/**
 * @param {object} target
 * @param {number} classCount
 * @returns {ClassWeights}
 */
function readWeights(target, classCount) {
  const entries = Array.isArray(target) ? [] : Object.entries(target);
  const isRight = ([index, weight] = ['', 0]) =>
    String(Number(index)) === index &&
    isClass(Number(index), classCount) &&
    Number.isFinite(weight);
  if (entries.length > 0 && entries.every(isRight)) return { ...target };
  throw refuse(target, classCount);
}

/**
 * Index of the largest value, the first one if there are several.
 * @param {Float32Array} values
 */
export function indexOfLargest(values) {
  let largest = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[largest]) largest = i;
  return largest;
}

/**
 * A target as weights of classes.
 * @param {Target} target
 * @returns {[index: number, weight: number][]}
 */
export function weightsOf(target) {
  if (typeof target === 'number') return [[target, 1]];
  return Object.entries(target).map(([index, weight]) => [Number(index), weight]);
}

/**
 * @param {{ labels?: readonly string[] }} model
 * @param {Target} target
 */
export function labelOf({ labels }, target) {
  const nameOf = (/** @type {number} */ index) => labels?.[index] ?? String(index);
  if (typeof target === 'number') return nameOf(target);
  return weightsOf(target)
    .map(([index, weight]) => `${weight} × ${nameOf(index)}`)
    .join(' + ')
    .replaceAll('+ -', '- ');
}
