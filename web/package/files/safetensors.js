/**
 * Reads .safetensors files, which https://github.com/huggingface/safetensors defines. A
 * file has the length of its header, the header as JSON, and the arrays one after another. The
 * metadata in the header hold the model's configuration, so that the file is a whole model.
 */

import { GradCamError, show } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { bytesPerNumber, dtypeOf, toFloat32 } from './numbers.js';
import { PACKED_BITS, unpackWeights } from './packed.js';

/** @import { Container, Weight } from './index.js' */

/** Bytes before the header, which hold its length. */
export const PREFIX = 8;
/** The longest header that the library of the format's authors allows. */
const MAX_HEADER_BYTES = 100_000_000;

/** @type {Record<string, string>} types of numbers with their names in NumPy */
export const TYPES = { F32: '<f4', F16: '<f2' };
/** @type {Record<string, string>} the same for a file with packed kernels, see packed.js */
export const PACKED_TYPES = { ...TYPES, U8: '|u1' };

/** Keys of metadata whose values are JSON. */
export const CONFIG = 'keras_config';
export const LABELS = 'labels';
export const PREPROCESSING = 'preprocessing';
export const CROP = 'crop';
/** Key of the metadata that has the version of Keras which wrote the file that was converted. */
export const VERSION = 'keras_version';
/** Key of the metadata that says that kernels are packed, and the bits of their numbers. */
export const KERNEL_BITS = 'kernel_bits';

/**
 * An entry of the header.
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} type
 * @property {number[]} shape
 * @property {number} start offset of its bytes after the header
 * @property {number} end
 */

/**
 * Whether a file begins like this format, with a possible length and a JSON object.
 * @param {Uint8Array} bytes
 */
export function isSafetensors(bytes) {
  return bytes.length > PREFIX && bytes[PREFIX] === 0x7b && headerLength(bytes) >= 2;
}

/** @param {Uint8Array} bytes */
function headerLength(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  return length <= MAX_HEADER_BYTES ? Number(length) : 0;
}

/**
 * @param {Uint8Array} bytes
 * @returns {Container}
 */
export function openSafetensors(bytes) {
  const length = headerLength(bytes);
  const data = bytes.subarray(PREFIX + length);
  if (PREFIX + length > bytes.length) {
    throw invalid(`it is cut off; its header has ${length} bytes, the file ${bytes.length}`);
  }
  const header = parseObject(bytes.subarray(PREFIX, PREFIX + length));
  const { __metadata__: metadata = {}, ...tensors } = header;
  const { isPacked, ...facts } = readMetadata(metadata);
  const types = isPacked ? PACKED_TYPES : TYPES;
  const entries = Object.entries(tensors).map(([name, tensor]) => readEntry(name, tensor, types));
  checkPlaces(entries, data.length);
  const bytesOf = (/** @type {Entry} */ { start, end }) => data.subarray(start, end);
  const toPlain = (/** @type {Entry} */ entry) => toWeight(entry, bytesOf(entry));
  const weights = isPacked ? unpackWeights(entries, bytesOf, toPlain) : entries.map(toPlain);
  return { ...facts, weights };
}

/** @param {string} reason */
function invalid(reason) {
  return new GradCamError('INVALID_MODEL', `the .safetensors file cannot be read: ${reason}`);
}

/**
 * @param {Uint8Array} bytes
 * @returns {Record<string, unknown>}
 */
function parseObject(bytes) {
  const value = parseJson(bytes, 'the header of the .safetensors file');
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw invalid('its header is not a JSON object');
}

/**
 * @param {string} name
 * @param {unknown} tensor
 * @param {Record<string, string>} types that the file may have
 * @returns {Entry}
 */
function readEntry(name, tensor, types) {
  const { dtype, shape, data_offsets: offsets } = /** @type {any} */ (tensor ?? {});
  if (typeof dtype !== 'string' || !Object.hasOwn(types, dtype)) {
    const allowed = Object.keys(types).join(', ');
    throw invalid(`tensor ${name} has numbers of type ${show(dtype)}; allowed: ${allowed}`);
  }
  if (!areSizes(shape)) throw invalid(`tensor ${name} has shape ${show(shape)}`);
  if (!areSizes(offsets) || offsets.length !== 2) {
    throw invalid(`tensor ${name} has data_offsets ${show(offsets)}`);
  }
  const [start, end] = offsets;
  const needed = count(shape) * bytesPerNumber(types[dtype]);
  if (end - start !== needed) {
    throw invalid(`tensor ${name} of shape ${show(shape)} has ${end - start} bytes, not ${needed}`);
  }
  return { name, type: types[dtype], shape, start, end };
}

/**
 * @param {unknown} value
 * @returns {value is number[]}
 */
function areSizes(value) {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/** @param {number[]} shape */
function count(shape) {
  return shape.reduce((product, axis) => product * axis, 1);
}

/**
 * Checks that the arrays fill the file without gap or overlap.
 * @param {Entry[]} entries
 * @param {number} length bytes after the header
 */
function checkPlaces(entries, length) {
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.start - b.start || a.end - b.end)) {
    if (entry.start !== end) {
      const what = entry.start < end ? 'overlaps the one before it' : 'leaves a gap before it';
      throw invalid(`tensor ${entry.name} ${what}; it begins at ${entry.start}, not at ${end}`);
    }
    end = entry.end;
  }
  if (end !== length) throw invalid(`its tensors have ${end} bytes, but it holds ${length}`);
}

/**
 * @param {unknown} metadata
 * @returns {Omit<Container, 'weights'> & { isPacked: boolean }}
 */
function readMetadata(metadata) {
  const texts = /** @type {Record<string, unknown>} */ (metadata);
  const isMap = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (!isMap || Object.values(texts).some((text) => typeof text !== 'string')) {
    throw invalid('its __metadata__ is not a map of texts');
  }
  const { [CONFIG]: config, [LABELS]: labels, [PREPROCESSING]: preprocessing } = texts;
  const { [KERNEL_BITS]: bits } = texts;
  if (bits !== undefined && bits !== PACKED_BITS) {
    throw invalid(`its kernels have ${show(bits)} bits; allowed: ${PACKED_BITS}`);
  }
  return {
    isPacked: bits !== undefined,
    config: /** @type {string | undefined} */ (config),
    labels: parseText(LABELS, labels),
    preprocessing: parseText(PREPROCESSING, preprocessing),
    crop: texts[CROP] === 'center' ? 'center' : undefined,
    file: { kerasVersion: /** @type {string | undefined} */ (texts[VERSION]) ?? null },
  };
}

/**
 * @param {string} key
 * @param {unknown} text
 */
function parseText(key, text) {
  if (typeof text !== 'string') return undefined;
  return parseJson(text, `the .safetensors file's metadata "${key}"`);
}

/**
 * @param {Entry} entry
 * @param {Uint8Array} bytes
 * @returns {Weight}
 */
function toWeight({ name, type, shape }, bytes) {
  return {
    name,
    shape,
    size: count(shape),
    dtype: dtypeOf(type),
    read: (first, end) => toFloat32(bytes, type, first, end),
  };
}
