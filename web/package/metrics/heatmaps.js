/** Checks the maps that callers give. */

import { GradCamError, show } from '../base/errors.js';
import { resizeMap } from './maps.js';

/** @import { Size } from './maps.js' */

/**
 * A map that a caller gives.
 * @typedef {{ data: Float32Array, width: number, height: number }} GivenMap
 */

/**
 * @param {unknown} given
 * @param {string} what it is, for errors
 * @returns {GivenMap}
 */
export function checkMap(given, what = 'the heat map') {
  const map = /** @type {GivenMap} */ (given ?? {});
  const { data, width, height } = map;
  const isMap = data instanceof Float32Array && data.length > 0 && data.length === width * height;
  if (isMap && [width, height].every((side) => Number.isInteger(side) && side > 0)) {
    if (data.every(Number.isFinite)) return map;
    throw new GradCamError('INVALID_ARGUMENT', `${what} holds a value that is no finite number`);
  }
  const size = `${show(width)} x ${show(height)} values`;
  const needed = '{ data: Float32Array, width, height }';
  const text = `${what} is ${show(given)} of ${size}; needed: ${needed}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * A heat map at the size of an input.
 * @param {unknown} given
 * @param {Size} size
 * @returns {Float64Array}
 */
export function enlarged(given, size) {
  const map = checkMap(given);
  return resizeMap(map.data, map, size);
}

/**
 * Checks a heat map that multiplies an input.
 * @param {unknown} given
 */
export function checkMask(given) {
  const map = checkMap(given);
  const outside = map.data.find((value) => value < 0 || value > 1);
  if (outside === undefined) return map;
  const text = `the heat map holds ${outside}; allowed: 0 to 1, because it multiplies the input`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}
