/** Writes .safetensors files, which safetensors.js reads. */

import { LARGEST_HALF, SMALLEST_NORMAL_HALF, bytesPerNumber, toFloat16 } from './numbers.js';
import { CONFIG, CROP, LABELS, PREFIX, PREPROCESSING, TYPES } from './safetensors.js';

/** @import { Container, Weight } from './index.js' */

/** Arrays begin at multiples of this many bytes, and can be viewed without a copy. */
const ALIGNMENT = 8;

/**
 * Writes a model in this format. With `float16`, kernels are stored in half precision, which are
 * all arrays with two or more axes. Vectors stay float32. They are small, and the statistics of a
 * batch normalisation may be too large or too small for half precision.
 * @param {Container} model
 * @param {{ float16?: boolean }} [options]
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeSafetensors({ config, labels, preprocessing, crop, weights }, options = {}) {
  const arrays = weights.map((weight) => encode(weight, options.float16 ?? false));
  const texts = {
    format: 'keras',
    [CONFIG]: config,
    [LABELS]: labels && JSON.stringify(labels),
    [PREPROCESSING]: preprocessing && JSON.stringify(preprocessing),
    [CROP]: crop === 'center' ? crop : undefined,
  };
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: texts };
  let length = 0;
  // Arrays of larger numbers come first, so that every number is aligned.
  arrays.sort((a, b) => bytesPerNumber(TYPES[b.dtype]) - bytesPerNumber(TYPES[a.dtype]));
  for (const { name, dtype, shape, bytes } of arrays) {
    header[name] = { dtype, shape, data_offsets: [length, length + bytes.length] };
    length += bytes.length;
  }
  return concat(new TextEncoder().encode(JSON.stringify(header)), arrays, length);
}

/**
 * @param {Weight} weight
 * @param {boolean} float16
 */
function encode({ name, shape, read }, float16) {
  const values = read();
  const isHalf = float16 && shape.length > 1 && fitHalf(values);
  const { buffer, byteOffset, byteLength } = isHalf ? toFloat16(values) : values;
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  return { name, shape, dtype: isHalf ? 'F16' : 'F32', bytes };
}

/**
 * Whether half precision holds the values. The largest of them must neither overflow nor be so
 * small that its digits are lost.
 * @param {Float32Array} values
 */
function fitHalf(values) {
  let largest = 0;
  for (const value of values) {
    if (!(Math.abs(value) <= LARGEST_HALF)) return false;
    largest = Math.max(largest, Math.abs(value));
  }
  return largest === 0 || largest >= SMALLEST_NORMAL_HALF;
}

/**
 * @param {Uint8Array} header
 * @param {{ bytes: Uint8Array }[]} arrays
 * @param {number} length of all arrays
 */
function concat(header, arrays, length) {
  const padded = Math.ceil(header.length / ALIGNMENT) * ALIGNMENT;
  const file = new Uint8Array(PREFIX + padded + length).fill(0x20, PREFIX, PREFIX + padded);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, PREFIX);
  let offset = PREFIX + padded;
  for (const { bytes } of arrays) {
    file.set(bytes, offset);
    offset += bytes.length;
  }
  return file;
}
