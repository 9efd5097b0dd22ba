/** The WebAssembly module: found, compiled once, and called with its memory and errors looked after. */

import { GradCamError, choose, show } from '../base/errors.js';
import { chooseThreads, createSharedMemory, takesMemory, threadStarter } from './threads.js';
import { Scratch } from './scratch.js';
import { isHtml, readFileUrl, resolveUrl } from '../base/url.js';

/**
 * A build that the package brings. "relaxed" has fused multiply-add, which not every browser runs; its
 * results differ from those of "simd" by rounding.
 * @typedef {'simd' | 'relaxed'} WasmVariant
 */

/**
 * Where the wasm comes from; without any of the first four it is the fastest variant in the package that
 * runs here.
 * @typedef {object} WasmOptions
 * @property {WasmVariant} [wasmVariant] this variant, whatever runs here
 * @property {string | URL} [wasmUrl] address of the wasm file
 * @property {ArrayBuffer | ArrayBufferView} [wasmBinary] bytes of the wasm file
 * @property {WebAssembly.Module} [wasmModule] the compiled module
 * @property {number} [threads] how many threads compute, 1 to 64, the calling one included; default: one
 *   for each processor, at most 4. There is only one where the page is not cross-origin isolated, and in
 *   a wasm file of one's own that is not one of the package's with threads. The results are the same,
 *   bit for bit
 */

/**
 * The files of the variants, without and with threads. Bundlers look for this very form of an address.
 * @type {Record<WasmVariant, { single: () => URL, threads: () => URL }>}
 */
const files = {
  simd: {
    single: () => new URL('../../../build/wasm/gradcam.wasm', import.meta.url),
    threads: () => new URL('../../../build/wasm/gradcam-threads.wasm', import.meta.url),
  },
  relaxed: {
    single: () => new URL('../../../build/wasm/gradcam-relaxed.wasm', import.meta.url),
    threads: () => new URL('../../../build/wasm/gradcam-relaxed-threads.wasm', import.meta.url),
  },
};

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
 * The package's files to try, the fastest first. A browser that lacks an instruction refuses a module
 * whole, so none is asked for that has one.
 * @param {WasmVariant | undefined} variant
 * @param {number} threads
 */
function chooseFiles(variant, threads) {
  const all = hasRelaxedSimd() ? [files.relaxed, files.simd] : [files.simd];
  const chosen = variant === undefined ? all : [choose(files, variant, 'wasmVariant')];
  return chosen.flatMap((file) =>
    threads > 1 ? [file.threads(), file.single()] : [file.single()],
  );
}

/**
 * @param {WasmOptions} options
 * @returns {Promise<WebAssembly.Module | undefined>} undefined if the package's own is meant
 */
async function compileGiven({ wasmModule, wasmBinary, wasmUrl }) {
  if (wasmModule instanceof WebAssembly.Module) return wasmModule;
  if (wasmModule) throw wrongOption({ wasmModule }, 'a WebAssembly.Module');
  if (wasmBinary instanceof ArrayBuffer || ArrayBuffer.isView(wasmBinary)) {
    return compileBytes(wasmBinary, 'wasmBinary');
  }
  if (wasmBinary) throw wrongOption({ wasmBinary }, 'an ArrayBuffer or a view of one');
  return wasmUrl ? compileUrl(resolveUrl(wasmUrl)) : undefined;
}

/** Whether WebAssembly has relaxed SIMD here. */
export function hasRelaxedSimd() {
  return WebAssembly.validate(
    // A module of one function, of type () -> v128: unreachable, f32x4.relaxed_madd.
    // prettier-ignore
    new Uint8Array([
      0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, // "\0asm", version 1
      1, 5, 1, 0x60, 0, 1, 0x7b, // types: one, of a function without parameters, with a result v128
      3, 2, 1, 0, // functions: one, of type 0
      10, 8, 1, 6, 0, 0x00, 0xfd, 0x85, 0x02, 0x0b, // code: no locals, the two instructions, end
    ]),
  );
}

/** @param {URL} url */
async function compileUrl(url) {
  if (url.protocol === 'file:') return compileFile(url);
  return compileResponse(await request(url), url);
}

/**
 * @param {Record<string, unknown>} option
 * @param {string} allowed
 */
function wrongOption(option, allowed) {
  const [[name, value]] = Object.entries(option);
  return new GradCamError('INVALID_ARGUMENT', `${name} is ${show(value)}; allowed: ${allowed}`);
}

/** @param {URL} url */
async function compileFile(url) {
  const bytes = await readFileUrl(url).catch((cause) => {
    throw new GradCamError('FETCH_FAILED', `cannot read the wasm file ${url.href}`, { cause });
  });
  return compileBytes(bytes, url.href);
}

/** @param {URL} url */
async function request(url) {
  const hint = 'see the options wasmUrl and wasmBinary';
  const response = await fetch(url).catch((cause) => {
    throw new GradCamError('FETCH_FAILED', `cannot fetch the wasm file ${url.href}; ${hint}`, {
      cause,
    });
  });
  if (response.ok) return response;
  const status = `${response.status} ${response.statusText}`.trim();
  throw new GradCamError('FETCH_FAILED', `no wasm file at ${url.href} (${status}); ${hint}`);
}

/**
 * Compiles while the bytes arrive, where the server says that they are wasm.
 * @param {Response} response
 * @param {URL} url
 */
async function compileResponse(response, url) {
  if (response.headers.get('content-type')?.startsWith('application/wasm')) {
    try {
      return await WebAssembly.compileStreaming(response.clone());
    } catch {
      // The bytes tell the reason below.
    }
  }
  const bytes = await response.arrayBuffer().catch((cause) => {
    throw new GradCamError('FETCH_FAILED', `the wasm file ${url.href} arrives cut off`, { cause });
  });
  return compileBytes(bytes, url.href);
}

/**
 * @param {ArrayBuffer | ArrayBufferView} source
 * @param {string} origin for error messages
 */
async function compileBytes(source, origin) {
  const bytes = /** @type {Uint8Array<ArrayBuffer>} */ (
    ArrayBuffer.isView(source)
      ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
      : new Uint8Array(source)
  );
  if (isHtml(bytes)) {
    throw new GradCamError(
      'WASM_FAILED',
      `${origin} is an HTML page, not a wasm file: the server or bundler does not serve ` +
        `gradcam.wasm there; give its address as wasmUrl`,
    );
  }
  return WebAssembly.compile(bytes).catch((cause) => {
    throw new GradCamError('WASM_FAILED', `${origin} does not compile: ${cause.message}`, {
      cause,
    });
  });
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

/** One instance of the module: the functions of gradcam.h and the memory that they work in. */
export class Engine {
  #functions;
  #memory;
  #onFailure;
  /** @type {GradCamError | undefined} why the engine cannot be used any more */
  #failure;

  /**
   * @param {WebAssembly.Instance} instance
   * @param {() => void} onFailure called if the engine fails for good
   * @param {WebAssembly.Memory} [memory] that the instance imports; default: the one that it exports
   */
  constructor(instance, onFailure, memory) {
    const functions = instance.exports;
    this.#memory = memory ?? /** @type {WebAssembly.Memory} */ (functions.memory);
    this.#functions = /** @type {Record<string, (...args: number[]) => number>} */ (functions);
    this.#onFailure = onFailure;
    if ('_initialize' in functions) this.call('_initialize');
  }

  /**
   * Calls a function of gradcam.h. A trap leaves the memory in an unknown state, so it ends the
   * engine: its models are lost, the next init() starts another.
   * @param {string} name
   * @param {...number} args
   * @returns {number}
   */
  call(name, ...args) {
    if (this.#failure) throw this.#failure;
    try {
      return this.#functions[name](...args);
    } catch (cause) {
      const text = `the engine failed in ${name} (${cause}); load the model again`;
      this.#failure = new GradCamError('WASM_FAILED', text, { cause });
      this.#onFailure();
      throw this.#failure;
    }
  }

  /**
   * Calls a function that returns a gc_status and throws what it reports.
   * @param {string} name
   * @param {...number} args
   */
  check(name, ...args) {
    const status = this.call(name, ...args);
    if (status === 0) return;
    const code = this.text(this.call('gc_status_name', status));
    throw new GradCamError(
      /** @type {import('../base/errors.js').GradCamErrorCode} */ (code),
      this.text(this.call('gc_error')),
    );
  }

  /**
   * Runs `body` with memory of the engine that is given back afterwards.
   * @template T
   * @param {(scratch: Scratch) => T} body
   * @returns {T}
   */
  scratch(body) {
    const scratch = new Scratch(this);
    try {
      return body(scratch);
    } finally {
      scratch.free();
    }
  }

  /** Threads that compute, this one included. Others begin by and by after the engine's start. */
  get threads() {
    return 'gc_thread_running' in this.#functions ? this.call('gc_thread_running') + 1 : 1;
  }

  /** Bytes of the engine's memory. It grows with need and never shrinks. */
  get memorySize() {
    return this.#memory.buffer.byteLength;
  }

  /**
   * The memory at a pointer. The view ends with the next call, since memory that grows moves.
   * @param {number} pointer
   * @param {number} length in bytes
   */
  view(pointer, length) {
    return new Uint8Array(this.#memory.buffer, pointer >>> 0, length);
  }

  /**
   * A copy of float32 values.
   * @param {number} pointer
   * @param {number} count
   */
  floats(pointer, count) {
    return new Float32Array(this.#memory.buffer, pointer >>> 0, count).slice();
  }

  /**
   * A copy of int32 values.
   * @param {number} pointer
   * @param {number} count
   */
  ints(pointer, count) {
    return [...new Int32Array(this.#memory.buffer, pointer >>> 0, count)];
  }

  /**
   * A NUL-terminated UTF-8 string.
   * @param {number} pointer
   */
  text(pointer) {
    const bytes = new Uint8Array(this.#memory.buffer, pointer >>> 0);
    // A copy, for a decoder takes nothing from a memory that threads share.
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }
}
