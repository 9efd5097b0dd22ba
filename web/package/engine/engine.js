import { GradCamError } from '../base/errors.js';
import { Scratch } from './scratch.js';

/** @import { GradCamErrorCode } from '../base/errors.js' */

/** The largest number that a 32-bit module takes. */
const LARGEST = 0xffffffff;

/**
 * One instance of the module. It has the functions of gradcam.h and the memory in which they work.
 */
export class Engine {
  #functions;
  #memory;
  #onFailure;
  /** @type {GradCamError | undefined} why the engine cannot be used any more */
  #failure;
  /** @type {Uint8Array | undefined} the file that the running call reads */
  #file;

  /**
   * @param {WebAssembly.Instance} instance
   * @param {() => void} onFailure called if the engine fails for good
   * @param {WebAssembly.Memory} [memory] that the instance imports, if it exports none
   */
  constructor(instance, onFailure, memory) {
    const functions = instance.exports;
    this.#memory = memory ?? /** @type {WebAssembly.Memory} */ (functions.memory);
    this.#functions = /** @type {Record<string, (...args: number[]) => number>} */ (functions);
    this.#onFailure = onFailure;
    if ('_initialize' in functions) this.call('_initialize');
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
    if (this.#failure) throw this.#failure;
    for (const number of args) {
      // NaN is refused too.
      if (!(number <= LARGEST && number >= -LARGEST)) throw tooLarge(name, number);
    }
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

  /** Threads that compute, the calling one included. The others start later than the engine. */
  get threads() {
    return 'gc_thread_running' in this.#functions ? this.call('gc_thread_running') + 1 : 1;
  }

  /** Bytes of the engine's memory, which grows and never shrinks. */
  get memorySize() {
    return this.#memory.buffer.byteLength;
  }

  /**
   * The memory at a pointer. The view is valid until the next call, because growing moves the
   * memory.
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
   * Float32 values at a pointer. The view is valid until the next call, as view() says.
   * @param {number} pointer
   * @param {number} count
   */
  viewFloats(pointer, count) {
    return new Float32Array(this.#memory.buffer, pointer >>> 0, count);
  }

  /**
   * A copy of float64 values.
   * @param {number} pointer
   * @param {number} count
   */
  doubles(pointer, count) {
    return [...new Float64Array(this.#memory.buffer, pointer >>> 0, count)];
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
