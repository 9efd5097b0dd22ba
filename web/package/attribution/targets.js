/** What is explained: a class, or a sum of classes with weights. */

import { GradCamError, show } from '../base/errors.js';
import { nearestNames, plain } from '../base/nearest.js';

/**
 * Weights of classes by their indices. What is explained is the weighted sum. `{ 243: 1, 282: -1 }`
 * asks what speaks for class 243 and against class 282.
 * @typedef {Record<number, number>} ClassWeights
 */

/** @typedef {number | ClassWeights} Target */

/**
 * A target as a caller names it. A text is the label of a class. Weights may have labels too,
 * `{ zebra: 1, giraffe: -1 }`.
 * @typedef {Target | string | Record<string, number>} TargetChoice
 */

/**
 * The classes of a model.
 * @typedef {{ classCount: number, labels?: readonly string[] }} Classes
 */

/**
 * @param {unknown} target
 * @param {Classes} classes
 * @returns {Target}
 */
export function readTarget(target, classes) {
  if (typeof target === 'object' && target !== null) return readWeights(target, classes);
  if (typeof target === 'string') return findLabel(target, classes);
  if (isClass(target, classes.classCount)) return Number(target);
  throw refuse(target, classes.classCount);
}

/**
 * The class with a label. Case and the signs between words do not count, unless labels differ by
 * them alone.
 * @param {string} label
 * @param {Classes} classes
 * @returns {number}
 */
function findLabel(label, { classCount, labels }) {
  if (!labels) {
    const text = `target is ${show(label)}, and the model has no labels; allowed: whole numbers`;
    throw new GradCamError('INVALID_TARGET', `${text} from 0 to ${classCount - 1}`);
  }
  const indices = [...labels.keys()];
  const same = indices.filter((i) => labels[i] === label);
  const wanted = plain(label);
  const found = same.length > 0 ? same : indices.filter((i) => plain(labels[i]) === wanted);
  if (found.length === 1) return found[0];
  const nearest = nearestNames(label, labels).map(show);
  const text =
    found.length > 1
      ? `the label ${show(label)} means the classes ${found.join(', ')}; give an index`
      : `no class has the label ${show(label)}` +
        (nearest.length > 0
          ? `; the nearest labels are ${nearest.join(', ')}`
          : `; allowed: the texts of model.labels, and whole numbers from 0 to ${classCount - 1}`);
  throw new GradCamError('INVALID_TARGET', text);
}

/**
 * @param {unknown} target
 * @param {number} classCount
 */
function refuse(target, classCount) {
  const last = classCount - 1;
  return new GradCamError(
    'INVALID_TARGET',
    `target is ${show(target)}; allowed: whole numbers from 0 to ${last}, labels, or finite ` +
      `weights of such classes, { 0: 1, ${last}: -1 }`,
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
 * Weights of indices. A key that is no index is a label.
 * @param {object} target
 * @param {Classes} classes
 * @returns {ClassWeights}
 */
function readWeights(target, classes) {
  const { classCount, labels } = classes;
  const entries = Array.isArray(target) ? [] : Object.entries(target);
  const isIndex = (/** @type {string} */ key) =>
    String(Number(key)) === key && isClass(Number(key), classCount);
  const isRight = ([key, weight] = ['', 0]) =>
    (isIndex(key) || labels !== undefined) && Number.isFinite(weight);
  if (entries.length === 0 || !entries.every(isRight)) throw refuse(target, classCount);
  const read = entries.map(([key, weight]) => [
    isIndex(key) ? Number(key) : findLabel(key, classes),
    weight,
  ]);
  const weights = Object.fromEntries(read);
  if (Object.keys(weights).length === entries.length) return weights;
  throw new GradCamError('INVALID_TARGET', `target ${show(target)} names a class twice`);
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
