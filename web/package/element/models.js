/** The models that the elements of a page show. Elements with the same model share it. */

/** @import { LoadOptions, Model, ModelSource, Progress, WasmOptions } from '../index.js' */
/** @import { Model as RemoteModel } from '../worker/index.js' */

/**
 * The functions of the package. Those of 'gradcam-wasm' return some values at once, where those of
 * 'gradcam-wasm/worker' return promises. The element awaits all of them.
 * @typedef {typeof import('../worker/index.js')} Front
 */

/**
 * A model with the functions that go with it.
 * @typedef {{ front: Front, model: RemoteModel }} Opened
 */

/**
 * What several elements share.
 * @typedef {object} Shared
 * @property {Promise<Opened>} opened
 * @property {Set<(progress: Progress) => void>} listeners of the elements that wait
 * @property {number} users
 * @property {boolean} isLoaded
 */

/**
 * A model for as long as an element needs it.
 * @typedef {object} Lease
 * @property {string} key which is the same for equal models
 * @property {Promise<Opened>} opened
 * @property {boolean} isLoaded
 * @property {() => void} release
 */

/**
 * How long a model without an element is kept, in milliseconds. A page may remove an element and
 * insert another one.
 */
const GRACE = 1000;

/** @type {Map<string, Shared>} */
const models = new Map();

/**
 * Loads a model, or shares the one that another element has.
 * @param {ModelSource | Model | RemoteModel} source a loaded model stays its owner's
 * @param {LoadOptions & WasmOptions} options
 * @param {(progress: Progress) => void} onProgress
 * @returns {Lease}
 */
export function borrow(source, options, onProgress) {
  const key = keyOf(source, options);
  const shared = models.get(key) ?? share(key, source, options);
  shared.users++;
  shared.listeners.add(onProgress);
  const release = () => {
    shared.listeners.delete(onProgress);
    shared.users--;
    setTimeout(() => dropUnused(key, shared, source), GRACE);
  };
  return {
    ...{ key, opened: shared.opened, release },
    get isLoaded() {
      return shared.isLoaded;
    },
  };
}

/**
 * @param {string} key
 * @param {ModelSource | Model | RemoteModel} source
 * @param {LoadOptions & WasmOptions} options
 * @returns {Shared}
 */
function share(key, source, options) {
  /** @type {Shared['listeners']} */
  const listeners = new Set();
  const onProgress = (/** @type {Progress} */ progress) => {
    for (const listener of listeners) listener(progress);
  };
  const opened = isModel(source) ? withFront(source) : load(source, { ...options, onProgress });
  const shared = { opened, listeners, users: 0, isLoaded: false };
  models.set(key, shared);
  // After a failure the next element tries again.
  const forget = () => models.get(key) === shared && models.delete(key);
  opened.then(() => (shared.isLoaded = true), forget);
  return shared;
}

/**
 * @param {string} key
 * @param {Shared} shared
 * @param {unknown} source
 */
function dropUnused(key, shared, source) {
  if (shared.users > 0 || models.get(key) !== shared) return;
  models.delete(key);
  if (isModel(source)) return;
  shared.opened.then(({ model }) => model.dispose()).catch(() => {});
}

/**
 * @param {unknown} source
 * @returns {source is Model | RemoteModel}
 */
function isModel(source) {
  return typeof (/** @type {{ run?: unknown }} */ (source).run) === 'function';
}

/**
 * @param {Model | RemoteModel} model
 * @returns {Promise<Opened>}
 */
async function withFront(model) {
  // Only a model on the page knows its memory.
  const front = 'memory' in model ? await pageFront() : await import('../worker/index.js');
  return { front, model: /** @type {RemoteModel} */ (model) };
}

/** Whether a worker could not be started before. */
let hasNoWorker = !('Worker' in globalThis);

/**
 * Loads a model in the worker. Where no worker can run, as under some policies, the page does the
 * work itself.
 * @param {ModelSource} source
 * @param {LoadOptions & WasmOptions} options
 * @returns {Promise<Opened>}
 */
async function load(source, options) {
  if (!hasNoWorker) {
    const front = await import('../worker/index.js');
    try {
      return { front, model: await front.loadModel(source, options) };
    } catch (error) {
      const { code } = /** @type {{ code?: string }} */ (error);
      if (code !== 'WORKER_FAILED') throw error;
      hasNoWorker = true;
    }
  }
  const front = await pageFront();
  return { front, model: await front.loadModel(source, options) };
}

/** The functions that work on the page. */
async function pageFront() {
  return /** @type {Front} */ (/** @type {unknown} */ (await import('../page.js')));
}

/** @type {WeakMap<object, number>} */
const numbers = new WeakMap();
let lastNumber = 0;

/** @param {object} object */
function numberOf(object) {
  const number = numbers.get(object) ?? ++lastNumber;
  numbers.set(object, number);
  return number;
}

/**
 * A text that is the same for the same model with equal options.
 * @param {unknown} source
 * @param {LoadOptions & WasmOptions} options
 */
function keyOf(source, options) {
  const isAddress = typeof source === 'string' || source instanceof URL;
  const name = isAddress
    ? new URL(source, document.baseURI).href
    : `#${numberOf(/** @type {object} */ (source))}`;
  return `${name} ${textOf(options)}`;
}

/**
 * A text that is the same for equal options.
 * @param {LoadOptions & WasmOptions} options
 */
export function textOf(options) {
  return JSON.stringify(options, plainOrNumber);
}

/**
 * Plain values are told apart by what they hold, others by what they are.
 * @param {string} _
 * @param {unknown} value
 */
function plainOrNumber(_, value) {
  if (typeof value === 'function') return `#${numberOf(value)}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.getPrototypeOf(value) === Object.prototype ? value : `#${numberOf(value)}`;
}
