/** Compares arrays and numbers with those of ../shared/golden/methods. */

/** @import { Verdict } from './common.js' */
/** @import { Opened } from './methods.js' */

/** Error over the largest absolute value. The first is that of float32 without a flipped unit. */
const TOLERANCE = 2e-4;
const REFERENCE_TOLERANCE = 2e-6;

/** A flip of a unit in a real model: allowed error over the largest value, in how many arrays. */
const FLIP_TOLERANCE = 0.1;

/**
 * @param {Opened} opened
 * @param {number} spread of float32 runs
 */
function toleranceOf({ build }, spread) {
  return build.reference ? REFERENCE_TOLERANCE : Math.max(TOLERANCE, 4 * spread);
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {{ data: Float32Array, shape: number[] }} found
 * @param {{ min: number, max: number, values: number[], step?: number, shape: number[] }} golden
 * @param {{ spread: number, isReal: boolean, opened: Opened }} options
 */
export function checkArray(verdict, what, { data, shape }, golden, { spread = 0, isReal, opened }) {
  const { min, max, values, step = 1 } = golden;
  if (String(shape) !== String(golden.shape)) {
    verdict.failures.push(`${what}: the shape is ${shape}, not ${golden.shape}`);
    return;
  }
  const [height, width, channels = 1] = shape;
  const largest = Math.max(Math.abs(min), Math.abs(max));
  let error = 0;
  let next = 0;
  for (let y = Math.floor(step / 2); y < height; y += step) {
    for (let x = Math.floor(step / 2); x < width; x += step) {
      for (let c = 0; c < channels; c++) {
        const difference = Math.abs(data[(y * width + x) * channels + c] - values[next++]);
        if (!(difference <= error)) error = difference;
      }
    }
  }
  if (next !== values.length) verdict.failures.push(`${what}: ${next} values of ${values.length}`);
  opened.arrays++;
  const tolerance = toleranceOf(opened, spread) * largest;
  if (isReal && !opened.build.reference && error > tolerance && error <= FLIP_TOLERANCE * largest) {
    opened.flips++;
    return;
  }
  verdict.check(what, error, tolerance || Number.MIN_VALUE);
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {number} found
 * @param {number} golden
 * @param {number} spread
 * @param {Opened} opened
 */
export function checkNumber(verdict, what, found, golden, spread, opened) {
  const scale = Math.max(1, Math.abs(golden));
  verdict.check(what, Math.abs(found - golden), toleranceOf(opened, spread) * scale);
}
