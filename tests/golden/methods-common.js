/** What the checks of explanation methods and metrics share: how near a number must be. */

/** @import { Engine } from '../../web/package/engine/engine.js' */
/** @import { Input, Network } from '../../web/package/engine/network.js' */
/** @import { Model, Run } from 'gradcam-wasm' */
/** @import { Verdict } from './common.js' */

/**
 * An opened case.
 * @typedef {object} Opened
 * @property {Engine} engine
 * @property {Network} network of the model
 * @property {Model} model
 * @property {Run} run of the picture
 * @property {Input} input the preprocessed picture
 * @property {(name: string) => number} layerIndex finds a layer in the network
 * @property {number} classes how many the model tells apart
 * @property {any} golden golden.json
 * @property {boolean} isReference whether the engine computes in double precision
 * @property {boolean} isReal whether the weights are those of a real model
 * @property {{ arrays: number, flipped: number }} flips arrays that were compared, and how many of
 *   them needed the allowance for a flipped unit
 */

/** Error over the largest absolute value, where float32 runs of Keras do not differ by more. */
const TOLERANCE = 2e-4;
/** The same in double precision. */
const REFERENCE_TOLERANCE = 2e-6;

/** A new flip of a unit in a real model: allowed error over the largest value. */
export const LATE_FLIP = 0.02;
export const EARLY_FLIP = 0.1;
/** In how many of the arrays a flip is allowed. */
const FLIP_SHARE = 1 / 20;

/**
 * @param {Opened} opened
 * @param {number} [spread]
 */
export function toleranceOf({ isReference }, spread = 0) {
  return isReference ? REFERENCE_TOLERANCE : Math.max(TOLERANCE, 4 * spread);
}

/**
 * Compares an array with the stored values of the golden one.
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {string} what
 * @param {ArrayLike<number>} ours [height][width][depth]
 * @param {{ min: number, max: number, values: number[], step?: number }} golden
 * @param {object} how
 * @param {number} how.height
 * @param {number} how.width
 * @param {number} [how.depth] values at a position
 * @param {number} [how.spread]
 * @param {number} [how.flip] allowed error of an array that a flipped unit changes
 * @param {boolean} [how.isFree] whether all values may have the other sign
 */
export function checkArray(verdict, opened, what, ours, golden, how) {
  const { flip = LATE_FLIP, spread = 0, isFree = false } = how;
  const largest = Math.max(Math.abs(golden.min), Math.abs(golden.max));
  const stored = storedValues(ours, golden.step ?? 1, how);
  if (stored.length !== golden.values.length) {
    verdict.failures.push(`${what}: ${stored.length} values of ${golden.values.length}`);
  }
  const errors = (isFree ? [1, -1] : [1]).map((sign) => errorOf(stored, golden.values, sign));
  const error = Math.min(...errors);
  opened.flips.arrays++;
  const tolerance = toleranceOf(opened, spread) * largest;
  if (opened.isReal && !opened.isReference && error > tolerance && error <= flip * largest) {
    opened.flips.flipped++;
  } else {
    verdict.check(what, error, tolerance || Number.MIN_VALUE);
  }
}

/**
 * @param {ArrayLike<number>} values
 * @param {number} step
 * @param {{ height: number, width: number, depth?: number }} shape
 */
function storedValues(values, step, { height, width, depth = 1 }) {
  const stored = [];
  for (let y = Math.floor(step / 2); y < height; y += step) {
    for (let x = Math.floor(step / 2); x < width; x += step) {
      for (let c = 0; c < depth; c++) stored.push(values[(y * width + x) * depth + c]);
    }
  }
  return stored;
}

/**
 * NaN if a value is none.
 * @param {number[]} ours
 * @param {number[]} golden
 * @param {number} sign
 */
function errorOf(ours, golden, sign) {
  return golden.reduce((most, value, i) => Math.max(most, Math.abs(sign * ours[i] - value)), 0);
}

/**
 * Compares a number.
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {string} what
 * @param {number} ours
 * @param {number} golden
 * @param {number} [spread]
 */
export function checkNumber(verdict, opened, what, ours, golden, spread = 0) {
  const tolerance = toleranceOf(opened, spread) * Math.max(1, Math.abs(golden));
  verdict.check(what, Math.abs(ours - golden), tolerance);
}

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 */
export function checkFlips(verdict, { flips: { arrays, flipped } }) {
  verdict.notes.push(`${arrays} arrays, ${flipped} by the allowance for a flipped unit`);
  if (flipped > arrays * FLIP_SHARE) {
    verdict.failures.push(`${flipped} of ${arrays} arrays need the allowance`);
  }
}
