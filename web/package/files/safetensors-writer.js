/** Writes .safetensors files, which safetensors.js reads. */

import { LARGEST_HALF, SMALLEST_NORMAL_HALF, bytesPerNumber, toFloat16 } from './numbers.js';
import { pack } from './pack.js';
import { PACKED_BITS, SCALE, packedBytes } from './packed.js';
import { CONFIG, CROP, KERNEL_BITS, LABELS, PREFIX, PREPROCESSING } from './safetensors.js';
import { PACKED_TYPES, VERSION } from './safetensors.js';

/** @import { Container, Weight } from './index.js' */

/** Arrays begin at multiples of this many bytes, and can be viewed without a copy. */
const ALIGNMENT = 8;

/** @typedef {12 | 16 | 32} Bits of the numbers of kernels */

/**
 * An array of the file.
 * @typedef {object} Stored
 * @property {string} name
 * @property {number[]} shape
 * @property {string} dtype
 * @property {Uint8Array} bytes
 */

/**
 * Writes a model in this format. With 16 bits, kernels are stored in half precision, which are all
 * arrays with two or more axes. With 12 bits, pointwise kernels are packed too. Vectors stay
 * float32. They are small, and the statistics of a batch normalisation may be too large or too
 * small for half precision.
 * @param {Container} model
 * @param {Bits} [bits]
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function writeSafetensors(model, bits = 32) {
  const { config, labels, preprocessing, crop, weights, file } = model;
  const arrays = weights.flatMap((weight) => encode(weight, bits));
  const isPacked = arrays.some(({ dtype }) => dtype === 'U8');
  const texts = {
    format: 'keras',
    [CONFIG]: config,
    [LABELS]: labels && JSON.stringify(labels),
    [PREPROCESSING]: preprocessing && JSON.stringify(preprocessing),
    [CROP]: crop === 'center' ? crop : undefined,
    [VERSION]: file?.kerasVersion ?? undefined,
    [KERNEL_BITS]: isPacked ? PACKED_BITS : undefined,
  };
  /** @type {Record<string, unknown>} */
  const header = { __metadata__: texts };
  let length = 0;
  // Arrays of larger numbers come first, so that every number is aligned.
  arrays.sort(
    (a, b) => bytesPerNumber(PACKED_TYPES[b.dtype]) - bytesPerNumber(PACKED_TYPES[a.dtype]),
  );
  for (const { name, dtype, shape, bytes } of arrays) {
    header[name] = { dtype, shape, data_offsets: [length, length + bytes.length] };
    length += bytes.length;
  }
  return concat(new TextEncoder().encode(JSON.stringify(header)), arrays, length);
}

/**
 * @param {Weight} weight
 * @param {Bits} bits
 * @returns {Stored[]}
 */
function encode({ name, shape, isPointwise, read }, bits) {
  const values = read();
  const packed = bits === 12 && isPointwise ? pack(values, shape[shape.length - 1]) : undefined;
  if (packed) {
    const { bytes, scales } = packed;
    const packedShape = [...shape.slice(0, -1), packedBytes(scales.length)];
    return [
      { name, shape: packedShape, dtype: 'U8', bytes },
      { name: name + SCALE, shape: [scales.length], dtype: 'F32', bytes: bytesOf(scales) },
    ];
  }
  const isHalf = bits < 32 && shape.length > 1 && fitHalf(values);
  const numbers = isHalf ? toFloat16(values) : values;
  return [{ name, shape, dtype: isHalf ? 'F16' : 'F32', bytes: bytesOf(numbers) }];
}

/** @param {Float32Array | Uint16Array} numbers */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return new Uint8Array(buffer, byteOffset, byteLength);
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
