/** Packs kernels into numbers of 12 bits, as packed.js describes them. */

import { LARGEST_SCALE, packedBytes } from './packed.js';

/** The integers of a kernel are symmetric, from -2047 to 2047. */
const LARGEST = 2047;
/** The smallest float32 that has all its digits. */
const SMALLEST_NORMAL = 2 ** -126;
/** Bits of a float32 that a scale leaves zero. */
const UNUSED = 11;

/**
 * @param {Float32Array} values [...][inputs][outputs]
 * @param {number} outputs
 * @returns {{ bytes: Uint8Array, scales: Float32Array } | undefined} undefined if half precision
 *   takes fewer bytes, or if the integers would lose too much
 */
export function pack(values, outputs) {
  const rows = values.length / outputs;
  const length = rows * packedBytes(outputs);
  if (!(length + 4 * outputs < 2 * values.length)) return undefined;
  const scales = findScales(values, outputs);
  if (!scales) return undefined;
  const bytes = new Uint8Array(length);
  for (let row = 0; row < rows; row++) {
    const from = values.subarray(row * outputs, (row + 1) * outputs);
    packRow(from, scales, bytes.subarray(row * packedBytes(outputs)));
  }
  return { bytes, scales };
}

/**
 * The scale of each output, by which its largest value becomes 2047.
 * @param {Float32Array} values
 * @param {number} outputs
 * @returns {Float32Array | undefined} undefined if a value is no finite number, or is too large or
 *   too small for a scale
 */
function findScales(values, outputs) {
  const largest = new Float32Array(outputs);
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (!(size < Infinity)) return undefined;
    if (size > largest[i % outputs]) largest[i % outputs] = size;
  }
  const scales = largest.map(roundedScale);
  const fits = scales.every((scale, i) => {
    return largest[i] === 0 || (scale >= SMALLEST_NORMAL && scale <= LARGEST_SCALE);
  });
  return fits ? scales : undefined;
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/**
 * A scale with 13 significant bits. Its product with an integer of 11 bits is a float32 without
 * rounding, so a model that is read and packed again stays the same. The scale is rounded up, but
 * by so little that the largest value still becomes 2047.
 * @param {number} largest
 */
function roundedScale(largest) {
  single[0] = largest / LARGEST;
  singleBits[0] = ((singleBits[0] + (1 << UNUSED) - 1) >>> UNUSED) << UNUSED;
  return single[0];
}

/**
 * @param {Float32Array} values of one input
 * @param {Float32Array} scales
 * @param {Uint8Array} bytes is filled
 */
function packRow(values, scales, bytes) {
  const integerAt = (/** @type {number} */ i) =>
    values[i] ? Math.round(values[i] / scales[i]) : 0;
  for (let i = 0, at = 0; i < values.length; i += 2) {
    const [a, b] = [integerAt(i), integerAt(i + 1)];
    bytes[at++] = a;
    bytes[at++] = ((a >> 8) & 15) | (b << 4);
    if (i + 1 < values.length) bytes[at++] = b >> 4;
  }
}
