/** Decodes numbers of files to float32, and encodes float16. */

import { roundHalfToEven } from '../base/table.js';

/** @typedef {(view: DataView, offset: number, littleEndian: boolean) => number} ReadNumber */

/**
 * By kind (bfloat, float, int, unsigned) and bytes of a number. NumPy has no bfloat16, so its name
 * "<b2" is the package's own.
 * @type {Record<string, ReadNumber>}
 */
const readers = {
  b2: (view, offset, littleEndian) => bfloatToNumber(view.getUint16(offset, littleEndian)),
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
 * Whether a type can be decoded. NumPy's name of a type, such as "<f4", has the byte order, the
 * kind and the bytes of a number.
 * @param {unknown} type
 * @returns {type is string}
 */
export function isNumberType(type) {
  return typeof type === 'string' && /^[<>|=]?[bfiu]\d$/.test(type) && type.slice(-2) in readers;
}

/**
 * How many bytes a number of a type takes.
 * @param {string} type
 */
export function bytesPerNumber(type) {
  return Number(type.slice(-1));
}

/** @type {Record<string, string>} */
const KINDS = { b: 'bfloat', f: 'float', i: 'int', u: 'uint' };

/**
 * Keras' name of a type.
 * @param {string} type NumPy's name, "<f4"
 * @returns {string} "float32"
 */
export function dtypeOf(type) {
  const kind = KINDS[type.at(-2) ?? ''];
  return kind ? `${kind}${8 * bytesPerNumber(type)}` : type;
}

/**
 * Decodes numbers to float32.
 * @param {Uint8Array} stored
 * @param {string} type NumPy's name, "<f4"
 * @param {number} [first] index of the first number
 * @param {number} [end] index after the last number
 * @returns {Float32Array} a view of the bytes if the type is "<f4" and they are aligned
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
 * Views bytes as numbers, because all systems with wasm are little-endian.
 * @param {Uint8Array} bytes
 * @param {number} count
 */
function viewFloat32(bytes, count) {
  const isAligned = bytes.byteOffset % 4 === 0;
  const aligned = isAligned ? bytes : new Uint8Array(bytes.subarray(0, count * 4));
  return new Float32Array(aligned.buffer, aligned.byteOffset, count);
}

/** @type {Float32Array | undefined} the values of all 65,536 numbers in half precision */
let halves;

/**
 * The value of a number in IEEE 754 half precision.
 * @param {number} half its 16 bits
 * @returns {number}
 */
function halfToNumber(half) {
  halves ??= Float32Array.from({ length: 65536 }, (_, bits) => decodeHalf(bits));
  return halves[half];
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/**
 * The value of a bfloat16, which is the upper half of a float32.
 * @param {number} bits
 */
function bfloatToNumber(bits) {
  singleBits[0] = bits << 16;
  return single[0];
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

/** The largest number in half precision. */
export const LARGEST_HALF = 65504;
/** The smallest number in half precision that has all its digits. */
export const SMALLEST_NORMAL_HALF = 2 ** -14;

/**
 * Rounds to half precision, ties to even.
 * @param {Float32Array} values not larger than LARGEST_HALF
 * @returns {Uint16Array} their bits
 */
export function toFloat16(values) {
  const singles = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = (singles[i] >>> 16) & 0x8000;
    const size = Math.abs(values[i]);
    // Numbers below 2^-14 are multiples of 2^-24. For other numbers the bias of the exponent
    // changes.
    const rounded = (singles[i] & 0x7fffffff) + 0xfff + ((singles[i] >>> 13) & 1);
    const isSmall = size < 2 ** -14;
    halves[i] =
      sign | (isSmall ? roundHalfToEven(size * 2 ** 24) : (rounded >>> 13) - ((127 - 15) << 10));
  }
  return halves;
}
