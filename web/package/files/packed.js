/**
 * Kernels whose numbers have 12 bits. The metadata of their .safetensors file say "kernel_bits":
 * "12". Such a kernel is a tensor of bytes, and the numbers of its outputs share a scale:
 *   kernel        U8  [...][inputs][3 outputs / 2, rounded up]
 *   kernel_scale  F32 [outputs]
 * A value is an integer from -2048 to 2047 times the scale of its output. The integers a and b of
 * two neighbouring outputs are in three bytes, the lower bits first:
 *   a & 255,  (a >> 8) & 15 | (b & 15) << 4,  (b >> 4) & 255
 */

import { GradCamError, show } from '../base/errors.js';
import { toFloat32 } from './numbers.js';

/** @import { Weight } from './index.js' */
/** @import { Entry } from './safetensors.js' */

/** The bits of the numbers of a packed kernel. */
export const PACKED_BITS = '12';
/** What the name of the scales has after the name of their kernel. */
export const SCALE = '_scale';
/** No scale is larger, so that every value is finite. */
export const LARGEST_SCALE = 2 ** 116;

/**
 * Bytes of the numbers of one input.
 * @param {number} outputs
 */
export function packedBytes(outputs) {
  return Math.ceil((3 * outputs) / 2);
}

/**
 * The weights of a file with packed kernels. The scales are no weights of the model.
 * @param {Entry[]} entries
 * @param {(entry: Entry) => Uint8Array} bytesOf
 * @param {(entry: Entry) => Weight} toWeight makes the weight of an entry that is not packed
 * @returns {Weight[]}
 */
export function unpackWeights(entries, bytesOf, toWeight) {
  const kernels = entries.filter(({ type }) => type === '|u1');
  const names = new Set(kernels.map(({ name }) => name + SCALE));
  const scales = new Map(entries.filter(({ name }) => names.has(name)).map((e) => [e.name, e]));
  return entries.flatMap((entry) => {
    if (names.has(entry.name)) return [];
    if (entry.type !== '|u1') return [toWeight(entry)];
    const scale = readScale(entry, scales.get(entry.name + SCALE), bytesOf);
    return [toKernel(entry, scale, bytesOf(entry))];
  });
}

/**
 * @param {Entry} kernel
 * @param {Entry | undefined} scale
 * @param {(entry: Entry) => Uint8Array} bytesOf
 */
function readScale({ name, shape }, scale, bytesOf) {
  if (!scale) throw invalid(name, `${name}${SCALE} is missing`);
  const [outputs] = scale.shape;
  const isPlain = scale.type === '<f4' && scale.shape.length === 1 && shape.length > 1;
  if (!isPlain || packedBytes(outputs) !== shape.at(-1)) {
    const shapes = `its bytes have shape ${show(shape)}, its scales ${show(scale.shape)}`;
    throw invalid(name, `${shapes}; allowed: F32 scales, one an output, and 3 bytes for 2 outputs`);
  }
  const values = toFloat32(bytesOf(scale), scale.type);
  const wrong = values.find((value) => !(value >= 0 && value <= LARGEST_SCALE));
  if (wrong === undefined) return values;
  throw invalid(name, `a scale is ${wrong}; allowed: 0 to ${LARGEST_SCALE}`);
}

/**
 * @param {string} name
 * @param {string} reason
 */
function invalid(name, reason) {
  return new GradCamError('INVALID_MODEL', `the packed kernel ${name} is broken: ${reason}`);
}

/**
 * @param {Entry} kernel
 * @param {Float32Array} scales
 * @param {Uint8Array} bytes
 * @returns {Weight}
 */
function toKernel({ name, shape }, scales, bytes) {
  const outer = shape.slice(0, -1);
  const size = outer.reduce((product, axis) => product * axis, scales.length);
  return {
    name,
    shape: [...outer, scales.length],
    size,
    dtype: `int${PACKED_BITS}`,
    read(first = 0, end = size, place = undefined) {
      const values = place
        ? place.engine.viewFloats(place.pointer, end - first)
        : new Float32Array(end - first);
      unpack(bytes, scales, first, values);
      return values;
    },
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {Float32Array} scales
 * @param {number} first index of the first value
 * @param {Float32Array} values is filled
 */
function unpack(bytes, scales, first, values) {
  const outputs = scales.length;
  let row = Math.floor(first / outputs);
  let output = first % outputs;
  for (let i = 0; i < values.length; row++, output = 0) {
    const end = Math.min(outputs, output + values.length - i);
    for (; output < end; output++, i++) {
      const at = row * packedBytes(outputs) + 3 * (output >> 1);
      const bits =
        output & 1
          ? (bytes[at + 1] >> 4) | (bytes[at + 2] << 4)
          : bytes[at] | ((bytes[at + 1] & 15) << 8);
      values[i] = ((bits << 20) >> 20) * scales[output];
    }
  }
}
