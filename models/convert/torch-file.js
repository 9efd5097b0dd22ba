// Reads the tensors in a file of torch.save in its legacy layout. The file begins with five
// pickles, the magic number, the protocol version, facts of the machine, the state and the
// storages' keys. For each storage, the number of its elements and the elements follow.
// ../shared/models/README.md describes one such file byte by byte.

import { toFloat32 } from '../../web/package/files/numbers.js';
import { readPickle } from './pickle.js';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

const ORDERED_DICT = 'collections OrderedDict';
const REBUILD_TENSOR = 'torch._utils _rebuild_tensor_v2';
const FLOATS = 'torch FloatStorage';
const INTEGERS = 'torch LongStorage';

/** Bytes an element. */
const ELEMENT_BYTES = new Map([
  [FLOATS, 4],
  [INTEGERS, 8],
]);
/** Bytes of the number before the elements. */
const COUNT_BYTES = 8;

/**
 * @typedef {object} Tensor
 * @property {number[]} size
 * @property {number[]} stride in elements, one an axis
 * @property {Float32Array} storage all elements of its storage, in the order of the file
 */

class Storage {
  /** @type {Float32Array | undefined} the elements, if they are floats */
  elements;

  /**
   * @param {string} type
   * @param {string} key
   * @param {number} count of elements
   */
  constructor(type, key, count) {
    this.type = type;
    this.key = key;
    this.count = count;
  }
}

class Record {
  /**
   * @param {Storage} storage
   * @param {number[]} size
   * @param {number[]} stride
   */
  constructor(storage, size, stride) {
    this.storage = storage;
    this.size = size;
    this.stride = stride;
  }
}

/**
 * The tensors of floats in a file's state. Counters are left out.
 * @param {Uint8Array} bytes
 * @returns {Map<string, Tensor>} by their keys in the state
 */
export function readTorchFile(bytes) {
  /** @type {Map<string, Storage>} */
  const storages = new Map();
  const meaning = { names: NAMES, call, persistent: (/** @type {unknown} */ id) => find(id) };
  const find = (/** @type {unknown} */ id) => findStorage(storages, id);
  let offset = 0;
  const [magic, version, system, state, keys] = Array.from({ length: 5 }, () => {
    const { value, end } = readPickle(bytes, offset, meaning);
    offset = end;
    return value;
  });
  if (magic !== MAGIC || version !== PROTOCOL_VERSION) throw new Error('not a file of torch.save');
  const isLittleEndian = system instanceof Map && system.get('little_endian') === true;
  if (!isLittleEndian) throw new Error('the file was written on a big-endian machine');
  readStorages(bytes, offset, storages, keys);
  return toTensors(state);
}

const NAMES = [ORDERED_DICT, REBUILD_TENSOR, FLOATS, INTEGERS];

/**
 * @param {string} name
 * @param {unknown[]} args
 */
function call(name, args) {
  if (name === ORDERED_DICT && args.length === 0) return new Map();
  const [storage, offset, size, stride, gradient, hooks] = args;
  const isPlain = offset === 0 && gradient === false && hooks instanceof Map && hooks.size === 0;
  if (name !== REBUILD_TENSOR || args.length !== 6 || !isPlain || !(storage instanceof Storage)) {
    throw new Error(`a call of "${name}" with arguments that are not allowed`);
  }
  if (!areSizes(size) || !areSizes(stride) || size.length !== stride.length) {
    throw new Error('a tensor without size or stride');
  }
  return new Record(storage, size, stride);
}

/**
 * @param {unknown} value
 * @returns {value is number[]}
 */
function areSizes(value) {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

/**
 * @param {Map<string, Storage>} storages the known ones, to which a new one is added
 * @param {unknown} id ('storage', type, key, 'cpu', number of elements, None)
 */
function findStorage(storages, id) {
  const [kind, type, key, device, count, view] = Array.isArray(id) ? id : [];
  const isCpu = kind === 'storage' && device === 'cpu' && view === null;
  if (!isCpu || !ELEMENT_BYTES.has(type?.text) || typeof key !== 'string' || !areSizes([count])) {
    throw new Error('a reference to something other than a storage on the CPU');
  }
  const known = storages.get(key);
  if (known && (known.type !== type.text || known.count !== count)) {
    throw new Error(`storage ${key} is described in two ways`);
  }
  const storage = known ?? new Storage(type.text, key, count);
  storages.set(key, storage);
  return storage;
}

/**
 * Finds the storages' elements.
 * @param {Uint8Array} bytes
 * @param {number} offset where they begin
 * @param {Map<string, Storage>} storages
 * @param {unknown} keys of the storages in the order in which they follow
 */
function readStorages(bytes, offset, storages, keys) {
  if (!Array.isArray(keys) || keys.length !== storages.size || new Set(keys).size !== keys.length) {
    throw new Error('the list of storages does not match the tensors');
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const key of keys) {
    const storage = storages.get(key);
    if (!storage) throw new Error(`no tensor has the storage ${key}`);
    const length = storage.count * Number(ELEMENT_BYTES.get(storage.type));
    const start = offset + COUNT_BYTES;
    if (start + length > bytes.length) throw new Error('the file is cut off');
    const count = view.getBigInt64(offset, true);
    if (count !== BigInt(storage.count)) {
      throw new Error(`storage ${key} has ${count} elements, not ${storage.count}`);
    }
    if (storage.type === FLOATS) {
      storage.elements = toFloat32(bytes.subarray(start, start + length), '<f4');
    }
    offset = start + length;
  }
  if (offset !== bytes.length) throw new Error(`${bytes.length - offset} bytes are left over`);
}

/**
 * @param {unknown} state
 * @returns {Map<string, Tensor>}
 */
function toTensors(state) {
  if (!(state instanceof Map)) throw new Error('the state is not a map');
  const tensors = new Map();
  for (const [key, record] of state) {
    if (!(record instanceof Record)) throw new Error(`${key} is not a tensor`);
    const { storage, size, stride } = record;
    const count = size.reduce((product, axis) => product * axis, 1);
    if (count !== storage.count) throw new Error(`${key} is not the whole of its storage`);
    if (storage.elements) tensors.set(key, { size, stride, storage: storage.elements });
  }
  return tensors;
}
