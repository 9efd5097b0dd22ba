/** Arrays of numbers as files store them, decoded to float32, and encoded to float16. */

import { roundHalfToEven } from '../base/table.js';

/** @typedef {(view: DataView, offset: number, littleEndian: boolean) => number} ReadNumber */

/** @type {Record<string, ReadNumber>} by kind (float, int, unsigned) and bytes a number */
const readers = {
  f2: (view, offset, littleEndian) => halfToNumber(view.getUint16(offset, littleEndian)),
  f4: (view, offset, littleEndian) => view.getFloat32(offset, littleEndian),
  f8: (view, offset, littleEndian) => view.getFloat64(offset, littleEndian),
  i1: (view, offset) => view.getInt8(offset),
  i2: (view, offset, littleEndian) => view.getInt16(offset, littleEndian),
  i4: (view, offset, littleEndian) => view.getInt32(offset, littleEndian),
  i8: (view, offset, littleEndian) => Number(view.getBigInt64(offset, littleEndian)),
  u1: (view, offset) => view.getUint8(offset),
  u2: (view, offset, littleEndian) => view.getUint16(offset, littleEndian),
  u4: (view, offset, littleEndian) => view.getUint32(offset, littleEndian),
  u8: (view, offset, littleEndian) => Number(view.getBigUint64(offset, littleEndian)),
};

/**
 * Whether a type, as NumPy names it ("<f4": byte order, kind, bytes a number), can be decoded.
 * @param {unknown} type
 * @returns {type is string}
 */
export function isNumberType(type) {
  return typeof type === 'string' && /^[<>|=]?[fiu]\d$/.test(type) && type.slice(-2) in readers;
}

/**
 * Bytes a number of a type takes.
 * @param {string} type
 */
export function bytesPerNumber(type) {
  return Number(type.slice(-1));
}

/**
 * Decodes numbers to float32.
 * @param {Uint8Array} stored
 * @param {string} type as NumPy names it, "<f4"
 * @param {number} [first] the first of those that are wanted
 * @param {number} [end] behind the last
 * @returns {Float32Array} for "<f4" a view of the bytes, if they are aligned
 */
export function toFloat32(stored, type, first = 0, end = Infinity) {
  const littleEndian = !type.startsWith('>');
  const size = bytesPerNumber(type);
  const bytes = stored.subarray(first * size, end * size);
  const count = Math.floor(bytes.byteLength / size);
  if (type.endsWith('f4') && littleEndian) return viewFloat32(bytes, count);
  const read = readers[type.slice(-2)];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * size, littleEndian);
  return values;
}

/**
 * All hosts of wasm are little-endian.
 * @param {Uint8Array} bytes
 * @param {number} count
 */
function viewFloat32(bytes, count) {
  const isAligned = bytes.byteOffset % 4 === 0;
  const aligned = isAligned ? bytes : new Uint8Array(bytes.subarray(0, count * 4));
  return new Float32Array(aligned.buffer, aligned.byteOffset, count);
}

/** @type {Float32Array | undefined} the values of all 65,536 half-precision numbers */
let halves;

/**
 * The value of an IEEE 754 half-precision number.
 * @param {number} half its 16 bits
 * @returns {number}
 */
function halfToNumber(half) {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => decodeHalf(bits));
  return halves[half];
}

/** @param {number} half */
function decodeHalf(half) {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The largest half-precision number. */
export const LARGEST_HALF = 65504;

/**
 * Rounds to half precision, ties to even.
 * @param {Float32Array} values none larger than LARGEST_HALF
 * @returns {Uint16Array} their bits
 */
export function toFloat16(values) {
  const singles = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = (singles[i] >>> 16) & 0x8000;
    const size = Math.abs(values[i]);
    // Numbers below 2^-14 are counted in steps of 2^-24; of the others the exponent's bias changes.
    const rounded = (singles[i] & 0x7fffffff) + 0xfff + ((singles[i] >>> 13) & 1);
    const isSmall = size < 2 ** -14;
    halves[i] =
      sign | (isSmall ? roundHalfToEven(size * 2 ** 24) : (rounded >>> 13) - ((127 - 15) << 10));
  }
  return halves;
}
