/** Engines: started once for each wasm, with their threads. */

import { GradCamError } from '../base/errors.js';
import { resolveUrl } from '../base/url.js';
import { Engine } from './engine.js';
import { chooseThreads, createSharedMemory, takesMemory, threadStarter } from './threads.js';
import { chooseFiles, compileGiven, compileUrl } from './wasm.js';

/** @typedef {import('./wasm.js').WasmOptions} WasmOptions */

/**
 * Engines by the origin of their wasm: an address or a variant, or else bytes or a module, with which they go
 * when nobody has those any more.
 */
class Engines {
  /** @type {Map<unknown, Promise<Engine>>} */
  #named = new Map();
  /** @type {WeakMap<object, Promise<Engine>>} */
  #given = new WeakMap();

  /** @param {object | string | undefined} origin */
  #of(origin) {
    const engines = typeof origin === 'object' ? this.#given : this.#named;
    return /** @type {Map<unknown, Promise<Engine>>} */ (engines);
  }

  /**
   * @param {object | string | undefined} origin
   * @param {() => Promise<Engine>} start
   */
  get(origin, start) {
    const engine = this.#of(origin).get(origin) ?? start();
    this.#of(origin).set(origin, engine);
    return engine;
  }

  /** @param {object | string | undefined} origin */
  delete(origin) {
    this.#of(origin).delete(origin);
  }
}

/** @type {Map<number | undefined, Engines>} by number of threads */
const started = new Map();

/** @type {Engine | undefined} the engine that was initialised last */
let current;

/**
 * Compiles and starts the engine. loadModel does this by itself; call it to be ready sooner, or to
 * use formatAsImage and its like without a model. Calls share one initialisation; after a failure the
 * next call tries again.
 * @param {WasmOptions} [options]
 * @returns {Promise<Engine>} for the package itself
 * @example
 * await init({ wasmUrl: '/assets/gradcam.wasm' });
 */
export async function init(options = {}) {
  const { wasmModule, wasmBinary, wasmUrl, wasmVariant, threads } = options;
  const key = wasmModule ?? wasmBinary ?? (wasmUrl && resolveUrl(wasmUrl).href) ?? wasmVariant;
  const engines = started.get(threads) ?? new Engines();
  started.set(threads, engines);
  const forget = () => engines.delete(key);
  const engine = engines.get(key, () => start(options, forget));
  engine.catch(forget);
  current = await engine;
  return current;
}

/**
 * The engine that was initialised last, for the functions that are not asynchronous.
 * @returns {Engine}
 */
export function currentEngine() {
  if (current) return current;
  throw new GradCamError(
    'NOT_READY',
    'the engine is not started: await init() or loadModel() first',
  );
}

/** The engine that was initialised last, or else the package's own. */
export async function startedEngine() {
  return current ?? init();
}

/**
 * @param {WasmOptions} options
 * @param {() => void} onFailure called if the engine fails for good
 */
async function start(options, onFailure) {
  const threads = await chooseThreads(options.threads);
  const given = await compileGiven(options);
  if (given) return instantiate(given, threads, onFailure);
  const urls = chooseFiles(options.wasmVariant, threads);
  // Should a server not have the one file, or memory for threads not be had, the next will do.
  const startUrl = async (/** @type {URL} */ url) =>
    instantiate(await compileUrl(url), threads, onFailure);
  return urls
    .slice(1)
    .reduce((engine, url) => engine.catch(() => startUrl(url)), startUrl(urls[0]));
}

/**
 * @param {WebAssembly.Module} module
 * @param {number} threads that it shall have, if it is a module for threads
 * @param {() => void} onFailure called if the engine fails for good
 */
async function instantiate(module, threads, onFailure) {
  try {
    if (takesMemory(module)) return await instantiateShared(module, threads, onFailure);
    return new Engine(await WebAssembly.instantiate(module, imports(module)), onFailure);
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    throw new GradCamError('WASM_FAILED', `the wasm does not start: ${message}`, { cause });
  }
}

/**
 * @param {WebAssembly.Module} module
 * @param {number} count of threads
 * @param {() => void} onFailure
 */
async function instantiateShared(module, count, onFailure) {
  const memory = createSharedMemory();
  const instance = await WebAssembly.instantiate(module, imports(module, memory));
  const startThread = await threadStarter();
  /** @type {(import('./threads.js').Thread | undefined)[]} */
  const threads = [];
  const stop = () => threads.forEach((thread) => thread?.terminate());
  const engine = new Engine(instance, () => (stop(), onFailure()), memory);
  while (threads.length < count - 1) {
    const stack = engine.call('gc_thread_create') >>> 0;
    if (stack === 0) break;
    threads.push(startThread({ module, memory, stack }));
  }
  return engine;
}

/**
 * The engine needs nothing of its host but, with threads, the memory. What its C library imports all the
 * same (WASI's files and clock, the news that memory grew) is answered with "not supported".
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} [memory]
 */
function imports(module, memory) {
  const WASI_ENOSYS = 52;
  /** @type {WebAssembly.Imports} */
  const imports = memory ? { env: { memory } } : {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') (imports[from] ??= {})[name] = () => WASI_ENOSYS;
  }
  return imports;
}
