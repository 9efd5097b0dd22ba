/**
 * Reads the HDF5 files of Keras. They are whole models, weights alone, and the store in a .keras
 * file.
 */

import { GradCamError } from '../base/errors.js';
import { library } from './library.js';
import { bytesPerNumber, isNumberType, toFloat32 } from './numbers.js';
import { noteVersion } from './version.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { Container, Weight } from './index.js' */
/** @import { Dataset, Group } from 'jsfive' */

/** The messages in the header of a data set that tell the type and the address of its values. */
const DATATYPE_MESSAGE = 3;
const DATA_LAYOUT_MESSAGE = 8;
/** Classes of types. */
const FLOATING_POINT = 1;
const OPAQUE = 5;
/** Layouts of the values. */
const COMPACT = 0;
const CONTIGUOUS = 1;
const CHUNKED = 2;

/** What TensorFlow 2.12 and 2.13 call the group "layers" of Keras 3's store. */
const OLD_LAYERS = '_layer_checkpoint_dependencies';
/** What the group "layers" of the store may be called. */
const LAYERS = /^(layers|_layer_checkpoint_dependencies)(\\|$)/;

/** The deepest nesting of groups that is read. Keras nests one or two levels for each submodel. */
const MAX_DEPTH = 64;

/**
 * Opens a file that model.save('model.h5') or model.save_weights() of Keras 2 or 3 has written. A
 * whole model has its configuration in an attribute, and its weights in one group for each
 * top-level layer. Weights alone are in the same groups, or in Keras 3's store. The state of the
 * optimizer is not read.
 * @param {Uint8Array} bytes
 * @param {Pause} pause
 * @returns {Promise<Container>}
 */
export async function openModelH5(bytes, pause) {
  const jsfive = await library('jsfive', () => import('jsfive'));
  const { datasets, ...about } = guarded(() => findWeights(openFile(jsfive, bytes)));
  return { ...about, weights: await readAll(datasets, bytes, pause) };
}

/** @param {Group} file */
function findWeights(file) {
  const config = file.attrs.model_config;
  if (typeof config === 'string') {
    checkVersion(config, file.attrs.keras_version);
    const noted = noteVersion(config, file.attrs.keras_version);
    return { config: noted, datasets: layerWeights(childGroup(file, 'model_weights')) };
  }
  const hasLayers = ['layer_names', 'layer_names0'].some((name) => name in file.attrs);
  if (hasLayers) return { datasets: layerWeights(file), isOrdered: true };
  if (file.keys.some((key) => LAYERS.test(key))) return { datasets: storeWeights(file) };
  const text = 'this HDF5 file is not a Keras model; it has no attribute model_config';
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * Refuses models of Keras 1, whose layers have other options.
 * @param {string} config
 * @param {unknown} version
 */
function checkVersion(config, version) {
  if (!/^1\./.test(String(version)) && !/"nb_(filter|row)"/.test(config)) return;
  const text = 'the model was saved by Keras 1; load it in Keras 2.0 to 2.2 and save it again';
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * The weights of Keras 3's store, model.weights.h5. Their names are their paths in the file, such
 * as "layers/conv2d/vars/0".
 * @param {Uint8Array} bytes
 * @param {Pause} pause
 * @returns {Promise<Weight[]>}
 */
export async function openWeightStore(bytes, pause) {
  const jsfive = await library('jsfive', () => import('jsfive'));
  const file = guarded(() => openFile(jsfive, bytes));
  return readAll(storeWeights(file), bytes, pause);
}

/**
 * @param {Generator<[string, Dataset, layer?: string]>} datasets
 * @param {Uint8Array} bytes of the file
 * @param {Pause} pause
 */
async function readAll(datasets, bytes, pause) {
  const weights = [];
  for (;;) {
    const { done, value } = guarded(() => datasets.next());
    if (done) return weights;
    const [name, dataset, layer] = value;
    weights.push({ ...weight(name, dataset, bytes), layer });
    await pause();
  }
}

/**
 * Runs a step that reads the file. jsfive throws texts, and range errors for addresses outside the
 * file.
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
function guarded(read) {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof GradCamError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GradCamError('INVALID_MODEL', `the HDF5 file cannot be read: ${reason}`, { cause });
  }
}

/**
 * @param {typeof import('jsfive')} jsfive
 * @param {Uint8Array} bytes
 */
function openFile(jsfive, bytes) {
  checkLength(bytes);
  const isWhole = bytes.byteLength === bytes.buffer.byteLength;
  return new jsfive.File(isWhole ? bytes.buffer : new Uint8Array(bytes).buffer);
}

/**
 * Compares the length of the file with the length that its first block states.
 * @param {Uint8Array} bytes
 */
function checkLength(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = Number(view.getBigUint64(view.getUint8(8) < 2 ? 40 : 28, true));
  if (bytes.byteLength < expected) {
    const lengths = `${bytes.byteLength} of ${expected} bytes`;
    throw new GradCamError('INVALID_MODEL', `the HDF5 file is cut off: ${lengths}`);
  }
}

/**
 * The data sets of all layers. Their names are "<layer's group>/<weight's name>".
 * @param {Group} group
 * @returns {Generator<[string, Dataset]>}
 */
function* layerWeights(group) {
  for (const layer of names(group, 'layer_names')) {
    const layerGroup = childGroup(group, layer);
    for (const name of names(layerGroup, 'weight_names')) {
      const dataset = layerGroup.get(name);
      if (!dataset || !('shape' in dataset)) {
        throw new GradCamError('INVALID_MODEL', `the file lacks the weight ${layer}/${name}`);
      }
      yield [`${layer}/${name}`, dataset];
    }
  }
}

/**
 * @param {Group} group
 * @param {string} name
 * @returns {Group}
 */
function childGroup(group, name) {
  const child = group.get(name);
  if (child && 'keys' in child && !('shape' in child)) return child;
  throw new GradCamError('INVALID_MODEL', `the file lacks the group ${name}`);
}

/**
 * A list of names in the attributes of a group. Keras splits a list that is too long for one
 * attribute into layer_names0, layer_names1 and so on.
 * @param {Group} group
 * @param {string} attribute
 * @returns {string[]}
 */
function names(group, attribute) {
  const { attrs } = group;
  const parts = attribute in attrs ? [attrs[attribute]] : [];
  for (let i = 0; parts.length === i && `${attribute}${i}` in attrs; i++) {
    parts.push(attrs[`${attribute}${i}`]);
  }
  if (parts.length === 0) throw new GradCamError('INVALID_MODEL', `the file lacks ${attribute}`);
  return parts.flat().map((name) => decodeName(String(name).replace(/\0+$/, '')));
}

/**
 * A name in an attribute. jsfive gives a character for each byte, but Keras writes UTF-8.
 * @param {string} name
 */
function decodeName(name) {
  if (/[^\0-\xff]/.test(name)) return name;
  const bytes = Uint8Array.from(name, (character) => character.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return name;
  }
}

/**
 * The data sets of a group and of its groups. Their names are their paths, as Keras writes them
 * today. Two older spellings have the same meaning:
 *   layers\\conv2d/vars/0                        of Keras under Windows
 *   _layer_checkpoint_dependencies/conv2d/vars/0  of TensorFlow 2.12 and 2.13
 * @param {Group} group
 * @param {string} [path] of the group, "" or ending in "/"
 * @param {Set<number>} [visited] addresses of the groups that were read
 * @returns {Generator<[string, Dataset, string | undefined]>} paths, arrays and layers
 */
function* storeWeights(group, path = '', visited = new Set()) {
  const { offset } = group._dataobjects;
  if (visited.has(offset) || path.split('/').length > MAX_DEPTH) {
    throw new GradCamError('INVALID_MODEL', `the groups of the HDF5 file form a circle at ${path}`);
  }
  visited.add(offset);
  // Keras writes the name of a layer beside its variables.
  const layer = typeof group.attrs.name === 'string' ? decodeName(group.attrs.name) : undefined;
  for (const key of group.keys) {
    if (path === '' && key === 'optimizer') continue;
    const child = group.get(key);
    if (!child) continue;
    const name = key.replaceAll('\\', '/').replaceAll(OLD_LAYERS, 'layers');
    if ('shape' in child) yield [path + name, child, layer];
    else yield* storeWeights(child, `${path}${name}/`, visited);
  }
}

/**
 * @param {string} name
 * @param {Dataset} dataset
 * @param {Uint8Array} bytes of the file
 * @returns {Weight}
 */
function weight(name, dataset, bytes) {
  const shape = [...dataset.shape];
  const size = shape.reduce((product, axis) => product * axis, 1);
  /** @type {Float32Array | undefined} kept from the first part to the last */
  let unpacked;
  const read = (first = 0, end = size) => {
    unpacked ??= guarded(() => readValues(name, dataset, size, bytes));
    const values = unpacked.subarray(first, end);
    if (end === size) unpacked = undefined;
    return values;
  };
  const isInteger = () => guarded(() => /[iu]1$/.test(String(typeOf(dataset, bytes))));
  return { name, shape, size, read, isInteger };
}

/**
 * @param {string} name
 * @param {Dataset} dataset
 * @param {number} size number of values
 * @param {Uint8Array} bytes of the file
 * @returns {Float32Array}
 */
function readValues(name, dataset, size, bytes) {
  const type = typeOf(dataset, bytes);
  if (!isNumberType(type)) {
    throw new GradCamError(
      'INVALID_MODEL',
      `weight ${name} has values of type ${type}, which are not numbers`,
    );
  }
  const stored = storedBytes(dataset, size * bytesPerNumber(type), bytes);
  if (stored) return toFloat32(stored, type);
  checkChunks(name, dataset, size);
  return Float32Array.from(/** @type {number[]} */ (dataset.value));
}

/**
 * NumPy's name of the type of the values. Keras stores bfloat16 as opaque values of two bytes,
 * because h5py has no such type. Other programs store it as a floating-point type with eight bits
 * of exponent, which jsfive takes for half precision.
 * @param {Dataset} dataset
 * @param {Uint8Array} bytes of the file
 */
function typeOf(dataset, bytes) {
  const [message] = dataset._dataobjects.find_msg_type(DATATYPE_MESSAGE);
  const start = Number(message.get('offset_to_message'));
  const view = new DataView(bytes.buffer, bytes.byteOffset + start);
  const [typeClass, size] = [view.getUint8(0) & 15, view.getUint32(4, true)];
  if (size !== 2) return typeClass === OPAQUE ? `opaque (${size} bytes)` : dataset.dtype;
  if (typeClass === OPAQUE) return '<b2';
  const exponentBits = view.getUint8(13);
  return typeClass === FLOATING_POINT && exponentBits === 8 ? '<b2' : dataset.dtype;
}

/**
 * The bytes of the values if they are in one piece, else undefined. jsfive would read the values
 * one by one into an array of JavaScript numbers, which takes six times the memory.
 * @param {Dataset} dataset
 * @param {number} length in bytes
 * @param {Uint8Array} bytes of the file
 */
function storedBytes(dataset, length, bytes) {
  const objects = dataset._dataobjects;
  const message = Number(objects.find_msg_type(DATA_LAYOUT_MESSAGE)[0].get('offset_to_message'));
  const [version, , layout, properties] = objects._get_data_message_properties(message);
  if (version > 3 && layout === CHUNKED) {
    const text = 'values are in a layout of HDF5 1.10; write the file without libver="latest"';
    throw new RangeError(text);
  }
  if (version < 3) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start;
  if (layout === COMPACT) start = properties + 2;
  else if (layout === CONTIGUOUS) start = Number(view.getBigUint64(properties, true));
  else return undefined;
  if (start + length > bytes.byteLength) throw new RangeError('values are outside the file');
  return bytes.subarray(start, start + length);
}

/**
 * Refuses chunks that are far larger than their data set, because reading them would take too long.
 * @param {string} name
 * @param {Dataset} dataset
 * @param {number} size number of values
 */
function checkChunks(name, dataset, size) {
  const chunk = dataset._dataobjects.chunks ?? [];
  if (chunk.reduce((product, axis) => product * axis, 1) > 16 * size + 65536) {
    throw new GradCamError(
      'INVALID_MODEL',
      `weight ${name} is stored in chunks of ${chunk} values, more than it has`,
    );
  }
}
