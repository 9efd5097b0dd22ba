import { GradCamError } from '../base/errors.js';

/** @import { Engine } from './engine.js' */

/** Memory of the engine for the length of one call. */
export class Scratch {
  #engine;
  /** @type {number[]} */
  #pointers = [];

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * @param {number} length in bytes
   * @returns {number} pointer
   */
  alloc(length) {
    const pointer = this.#engine.call('malloc', Math.max(length, 1)) >>> 0;
    if (pointer === 0) {
      throw new GradCamError('OUT_OF_MEMORY', `no memory for ${length} bytes`);
    }
    this.#pointers.push(pointer);
    return pointer;
  }

  /**
   * Copies an array into the engine.
   * @param {Uint8Array | Uint8ClampedArray | Float32Array | Int32Array} array
   * @returns {number} pointer
   */
  copy(array) {
    const pointer = this.alloc(array.byteLength);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    this.#engine.view(pointer, array.byteLength).set(bytes);
    return pointer;
  }

  /**
   * Copies a string into the engine, as NUL-terminated UTF-8.
   * @param {string} text
   * @returns {number} pointer
   */
  string(text) {
    return this.copy(new TextEncoder().encode(`${text}\0`));
  }

  free() {
    for (const pointer of this.#pointers) this.#engine.call('free', pointer);
  }
}
