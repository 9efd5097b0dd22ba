import { GradCamError } from '../base/errors.js';
import { Instance } from './instance.js';
import { Scratch } from './scratch.js';

/** @import { GradCamErrorCode } from '../base/errors.js' */
/** @import { Recipe } from './instance.js' */

/** Work on this many bytes gets an instance of its own. A picture of 4 megapixels has them. */
const LARGE = 2 ** 24;

/** The largest number that a 32-bit module takes. */
const LARGEST = 0xffffffff;

/**
 * The functions of gradcam.h and the memory in which they work. WebAssembly memory never shrinks.
 * The engine therefore lets its instance of the module go after its last model, and the next call
 * starts another one.
 */
export class Engine {
  /** @type {Instance | undefined} undefined while the engine rests */
  #instance;
  #recipe;
  #onFailure;
  /** How many models and readers have pointers into the memory. */
  #users = 0;
  /** @type {WeakRef<Engine> | undefined} */
  #temporary;
  /** @type {GradCamError | undefined} why the engine cannot be used any more */
  #failure;
  /** @type {Uint8Array | undefined} the file that the running call reads */
  #file;

  /**
   * @param {Instance | undefined} instance
   * @param {() => void} onFailure called if the engine fails for good
   * @param {Recipe} [recipe] of further instances; without it the engine never rests
   */
  constructor(instance, onFailure, recipe) {
    this.#instance = instance;
    this.#onFailure = onFailure;
    this.#recipe = recipe;
  }

  /** The module of all instances, if there can be further ones. */
  get module() {
    return this.#recipe?.module;
  }

  /** Starts the instance and its threads, if the engine rests. */
  async wake() {
    const recipe = /** @type {Recipe} */ (this.#recipe);
    const started = this.#instance ?? (await startOrFail(() => Instance.start(recipe, this)));
    // Another call may have started one meanwhile.
    this.#instance ??= started;
    this.#instance.startThreads();
  }

  /** The instance, which is started without threads if the engine rests. */
  get #awake() {
    if (this.#failure) throw this.#failure;
    if (this.#instance) return this.#instance;
    try {
      return (this.#instance = Instance.startNow(/** @type {Recipe} */ (this.#recipe), this));
    } catch (cause) {
      throw startFailure(cause);
    }
  }

  /** Keeps the instance until release(). Whoever has pointers into the memory calls it. */
  retain() {
    this.#awake.startThreads();
    this.#users++;
  }

  release() {
    this.#users--;
  }

  /** Lets the instance and its memory go, unless they are retained. */
  rest() {
    if (this.#users > 0 || !this.#recipe || this.#failure) return;
    this.#instance?.stop();
    this.#instance = undefined;
  }

  /**
   * The engine for work that takes a number of bytes for a short time. If they are many, it is a
   * temporary one, which is collected with its memory. Until then it serves other large work.
   * @param {number} bytes
   * @returns {Engine}
   */
  forBytes(bytes) {
    if (bytes < LARGE || !this.#recipe) return this;
    const known = this.#temporary?.deref();
    if (known?.isUsable) return known;
    try {
      const temporary = new Engine(Instance.startNow(this.#recipe), () => {});
      this.#temporary = new WeakRef(temporary);
      return temporary;
    } catch {
      // There is no memory for another instance, but this one may have what it needs.
      return this;
    }
  }

  /** Whether the engine has not failed. */
  get isUsable() {
    return this.#failure === undefined;
  }

  /**
   * Calls a function of gradcam.h. WebAssembly would take whole numbers modulo 2 ** 32, and so a
   * larger number is refused. A trap leaves the memory in an unknown state, and ends the
   * engine. Its models are lost, and the next init() starts another engine.
   * @param {string} name
   * @param {...number} args
   * @returns {number}
   */
  call(name, ...args) {
    const { functions } = this.#awake;
    for (const number of args) {
      // NaN is refused too.
      if (!(number <= LARGEST && number >= -LARGEST)) throw tooLarge(name, number);
    }
    try {
      return functions[name](...args);
    } catch (cause) {
      const text = `the engine failed in ${name} (${cause}); load the model again`;
      this.#failure = new GradCamError('WASM_FAILED', text, { cause });
      this.#instance?.stop();
      this.#onFailure();
      throw this.#failure;
    }
  }

  /**
   * Calls a function that returns a gc_status, and throws the error that it reports.
   * @param {string} name
   * @param {...number} args
   */
  check(name, ...args) {
    const status = this.call(name, ...args);
    if (status === 0) return;
    const code = this.text(this.call('gc_status_name', status));
    throw new GradCamError(
      /** @type {GradCamErrorCode} */ (code),
      this.text(this.call('gc_error')),
    );
  }

  /**
   * Runs `body` with memory of the engine, and frees the memory afterwards.
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

  /**
   * Runs `body`, in which the engine may read a file. The file's bytes stay where they are.
   * @template T
   * @param {Uint8Array} file
   * @param {() => T} body
   * @returns {T}
   */
  withFile(file, body) {
    this.#file = file;
    try {
      return body();
    } finally {
      this.#file = undefined;
    }
  }

  /**
   * Copies bytes of the file into the memory. The engine calls it as env.gc_host_read.
   * @param {number} offset of the first byte in the file
   * @param {number} pointer
   * @param {number} count
   */
  readFile(offset, pointer, count) {
    const bytes = this.#file?.subarray(offset, offset + (count >>> 0)) ?? [];
    this.view(pointer, count >>> 0).set(bytes);
  }

  /**
   * Threads that compute, the calling one included. The others start later than the engine, and end
   * with its last model.
   */
  get threads() {
    const functions = this.#instance?.functions;
    return functions && 'gc_thread_running' in functions ? this.call('gc_thread_running') + 1 : 1;
  }

  /** Bytes of the engine's memory, 0 while the engine rests. */
  get memorySize() {
    return this.#instance?.memory.buffer.byteLength ?? 0;
  }

  get #buffer() {
    return this.#awake.memory.buffer;
  }

  /**
   * The memory at a pointer. The view is valid until the next call, because growing moves the
   * memory.
   * @param {number} pointer
   * @param {number} length in bytes
   */
  view(pointer, length) {
    return new Uint8Array(this.#buffer, pointer >>> 0, length);
  }

  /**
   * A copy of float32 values.
   * @param {number} pointer
   * @param {number} count
   */
  floats(pointer, count) {
    return new Float32Array(this.#buffer, pointer >>> 0, count).slice();
  }

  /**
   * Float32 values at a pointer. The view is valid until the next call, as view() says.
   * @param {number} pointer
   * @param {number} count
   */
  viewFloats(pointer, count) {
    return new Float32Array(this.#buffer, pointer >>> 0, count);
  }

  /**
   * A copy of float64 values.
   * @param {number} pointer
   * @param {number} count
   */
  doubles(pointer, count) {
    return [...new Float64Array(this.#buffer, pointer >>> 0, count)];
  }

  /**
   * A copy of int32 values.
   * @param {number} pointer
   * @param {number} count
   */
  ints(pointer, count) {
    return [...new Int32Array(this.#buffer, pointer >>> 0, count)];
  }

  /**
   * A NUL-terminated UTF-8 string.
   * @param {number} pointer
   */
  text(pointer) {
    const bytes = new Uint8Array(this.#buffer, pointer >>> 0);
    // The bytes are copied because a decoder refuses memory that threads share.
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }
}

/**
 * @param {string} name
 * @param {number} number
 */
function tooLarge(name, number) {
  const text = `the number ${number} is too large for the engine (${name}); allowed: to ${LARGEST}`;
  return new GradCamError('TOO_LARGE', text);
}

/**
 * @param {() => Promise<Instance>} start
 * @returns {Promise<Instance>}
 */
export async function startOrFail(start) {
  try {
    return await start();
  } catch (cause) {
    throw startFailure(cause);
  }
}

/** @param {unknown} cause */
function startFailure(cause) {
  const { message } = /** @type {Error} */ (cause);
  return new GradCamError('WASM_FAILED', `the wasm does not start: ${message}`, { cause });
}
