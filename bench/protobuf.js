/** Writes the protocol buffers of an ONNX file. A message is a list of its fields' bytes. */

const VARINT = 0;
const BYTES = 2;
const FIXED32 = 5;

/**
 * A whole number that is not negative, 7 bits a byte, the lowest first.
 * @param {number} value
 * @returns {number[]}
 */
function varint(value) {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/**
 * @param {number} field number of the field
 * @param {number} value
 */
export function integer(field, value) {
  return Uint8Array.from([...varint(field * 8 + VARINT), ...varint(value)]);
}

/**
 * @param {number} field
 * @param {number} value a float32
 */
export function float(field, value) {
  const fixed = new DataView(new ArrayBuffer(4));
  fixed.setFloat32(0, value, true);
  return concat([Uint8Array.from(varint(field * 8 + FIXED32)), new Uint8Array(fixed.buffer)]);
}

/**
 * @param {number} field
 * @param {Uint8Array} value
 */
export function bytes(field, value) {
  return concat([Uint8Array.from([...varint(field * 8 + BYTES), ...varint(value.length)]), value]);
}

/**
 * @param {number} field
 * @param {string} value
 */
export function text(field, value) {
  return bytes(field, new TextEncoder().encode(value));
}

/**
 * @param {number} field
 * @param {Uint8Array[]} fields of the message inside
 */
export function message(field, fields) {
  return bytes(field, concat(fields));
}

/** @param {Uint8Array[]} parts */
export function concat(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
