/**
 * Reads layers-models of TensorFlow.js. The file model.json has the Keras configuration and a list
 * of the weights. Shards are files of numbers, which together hold the weights one after another.
 * The weights may be quantised, as https://github.com/tensorflow/tfjs/tree/master/tfjs-converter
 * describes.
 */

import { joinBytes } from '../base/bytes.js';
import { GradCamError, show } from '../base/errors.js';
import { parseJson, writeJson } from '../base/json.js';
import { openMetadata } from './labels.js';
import { bytesPerNumber, dtypeOf, toFloat32 } from './numbers.js';

/** @import { ModelFiles } from '../base/source.js' */
/** @import { Container, Weight } from './index.js' */

/** The most bytes that all shards may have. */
const MAX_BYTES = 2 ** 31 - 1;

/** The most bytes that a list of class names may have. */
const MAX_METADATA = 2 ** 20;

/** Types of numbers with their names in NumPy. */
const TYPES = new Map([
  ['float32', '<f4'],
  ['float16', '<f2'],
  ['int32', '<i4'],
  ['uint16', '<u2'],
  ['uint8', '|u1'],
  ['bool', '|u1'],
]);

/**
 * How the numbers of a weight are stored.
 * @typedef {object} Storage
 * @property {string} type NumPy's name
 * @property {number} scale value = stored * scale + min
 * @property {number} min
 */

/**
 * A group of weights. Each group has its own shards.
 * @typedef {{ paths: string[], weights: unknown[] }} Group
 */

/**
 * @param {ModelFiles} files
 * @returns {Promise<Container>}
 */
export async function openTfjs(files) {
  const model = parseJson(files.bytes, 'model.json');
  const config = readTopology(model);
  const groups = readManifest(model.weightsManifest);
  const entries = groups.map(({ weights }) => weights.map(readEntry));
  const lengths = entries.map(sumLengths);
  const paths = groups.flatMap((group) => group.paths);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total > MAX_BYTES) {
    throw new GradCamError('TOO_LARGE', `the weights of model.json have ${total} bytes`);
  }
  const shards = await files.readBeside(paths, total);
  const weights = groups.flatMap((group, i) => {
    const bytes = join(shards.splice(0, group.paths.length), group.paths, lengths[i]);
    return toWeights(entries[i], bytes);
  });
  const { keras_version: version } = model.modelTopology;
  const kerasVersion = typeof version === 'string' ? version : null;
  const file = { kerasVersion, bytes: files.bytes.length + total };
  return { config, weights, file, ...(await readMetadata(files, paths)) };
}

/**
 * The class names beside a model of Teachable Machine. A model that does not name its weights as
 * Teachable Machine does has none, and no server is asked for them.
 * @param {ModelFiles} files
 * @param {string[]} paths of the weights
 */
async function readMetadata(files, paths) {
  if (paths.length !== 1 || !/^(\.\/)?weights\.bin$/.test(paths[0])) return {};
  try {
    const [bytes] = await files.readBeside(['metadata.json'], MAX_METADATA);
    return openMetadata(bytes);
  } catch (error) {
    // The file may be missing. An abort ends the work.
    if (error instanceof GradCamError) return {};
    throw error;
  }
}

/** @param {string} reason */
function invalid(reason) {
  return new GradCamError('INVALID_MODEL', `model.json cannot be read: ${reason}`);
}

/** @param {any} model */
function readTopology({ format, modelTopology, weightsManifest, class_name: className }) {
  if (format === 'graph-model' || modelTopology?.node) {
    throw new GradCamError(
      'INVALID_MODEL',
      'this is a TensorFlow.js graph-model, which has no Keras layers; convert the Keras model ' +
        'again with --output_format=tfjs_layers_model, or open the Keras model itself',
    );
  }
  if (className && !modelTopology) {
    throw invalid(
      'it is a configuration without weights; give it together with the file of its weights, or ' +
        'save the whole model in Keras',
    );
  }
  const config = modelTopology?.model_config ?? modelTopology;
  if (typeof config !== 'object' || config === null) throw invalid('it has no modelTopology');
  if (!weightsManifest) throw invalid('it is a configuration without weights (weightsManifest)');
  return writeJson(config);
}

/**
 * @param {unknown} manifest
 * @returns {Group[]}
 */
function readManifest(manifest) {
  const isList = Array.isArray(manifest) && manifest.length > 0;
  const isGroup = (/** @type {any} */ group) =>
    Array.isArray(group?.weights) &&
    Array.isArray(group.paths) &&
    group.paths.every((/** @type {unknown} */ path) => typeof path === 'string' && path !== '');
  if (isList && manifest.every(isGroup)) return manifest;
  throw invalid('its weightsManifest is not a list of groups with paths and weights');
}

/** @param {any} entry */
function readEntry(entry) {
  const { name, shape, dtype, quantization } = entry ?? {};
  if (typeof name !== 'string') throw invalid(`a weight has the name ${show(name)}`);
  const isShape = Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!isShape) throw invalid(`weight ${name} has shape ${show(shape)}`);
  const size = shape.reduce((product, axis) => product * axis, 1);
  const storage = readStorage(name, dtype, quantization);
  return { name, shape, size, ...storage, length: size * bytesPerNumber(storage.type) };
}

/**
 * @param {string} name
 * @param {unknown} dtype
 * @param {any} quantization
 * @returns {Storage}
 */
function readStorage(name, dtype, quantization) {
  const stored = quantization?.dtype ?? dtype;
  const type = TYPES.get(stored);
  if (!type) {
    const allowed = [...TYPES.keys()].join(', ');
    throw invalid(`weight ${name} has numbers of type ${show(stored)}; allowed: ${allowed}`);
  }
  const { scale = 1, min = 0 } = quantization ?? {};
  if (Number.isFinite(scale) && Number.isFinite(min)) return { type, scale, min };
  throw invalid(`weight ${name} is quantised with scale ${show(scale)}, min ${show(min)}`);
}

/** @param {ReturnType<typeof readEntry>[]} entries */
function sumLengths(entries) {
  return entries.reduce((sum, { length }) => sum + length, 0);
}

/**
 * @param {Uint8Array[]} shards
 * @param {string[]} paths
 * @param {number} length bytes of all shards
 * @returns {Uint8Array}
 */
function join(shards, paths, length) {
  const sizes = shards.map((shard) => shard.length);
  const given = sizes.reduce((sum, size) => sum + size, 0);
  if (given !== length) {
    throw invalid(`its weights need ${length} bytes, but ${paths.join(', ')} hold ${given}`);
  }
  // The converter fills all shards except the last.
  if (sizes[sizes.length - 1] > sizes[0]) {
    throw invalid(`the last shard is larger than the first; are ${paths.join(', ')} swapped?`);
  }
  return shards.length === 1 ? shards[0] : joinBytes(shards);
}

/**
 * @param {ReturnType<typeof readEntry>[]} entries
 * @param {Uint8Array} bytes of the group
 * @returns {Weight[]}
 */
function toWeights(entries, bytes) {
  let offset = 0;
  return entries.map(({ name, shape, size, length, ...storage }) => {
    const stored = bytes.subarray(offset, offset + length);
    offset += length;
    const read = (/** @type {number | undefined} */ first, /** @type {number | undefined} */ end) =>
      dequantize(stored, storage, first, end);
    return { name, shape, size, dtype: dtypeOf(storage.type), read };
  });
}

/**
 * Computes values from quantised numbers. Each step is rounded to float32, as in the converter.
 * TensorFlow.js rounds once. The difference is a rounding error of the largest value, which is
 * large beside statistics near zero.
 * @param {Uint8Array} bytes
 * @param {Storage} storage
 * @param {number} [first] index of the first number
 * @param {number} [end] index after the last number
 */
function dequantize(bytes, { type, scale, min }, first, end) {
  const values = toFloat32(bytes, type, first, end);
  if (scale === 1 && min === 0) return values;
  const [step, least] = [Math.fround(scale), Math.fround(min)];
  return values.map((value) => Math.fround(value * step) + least);
}
