import { GradCamError } from '../base/errors.js';

/** @import { Engine } from './engine.js' */

/** What malloc aligns its blocks to, in bytes. */
const ALIGNMENT = 8;
/** The largest block that a 32-bit module can address, in bytes. */
const LARGEST_BLOCK = 0xffffffff;

/**
 * What an array in the engine is for: a number of bytes that the engine writes, values that are
 * copied, or a text that becomes NUL-terminated UTF-8.
 * @typedef {number | string | Uint8Array | Uint8ClampedArray | Float32Array | Int32Array} Content
 */

/** Memory of the engine for the length of one call. */
export class Scratch {
  #engine;
  /** @type {number[]} */
  #blocks = [];

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * Lays arrays out in one block, one behind the other, so that many arrays cost one malloc.
   * @template {string} Name
   * @param {Record<Name, Content>} contents of the arrays, by their names
   * @returns {Record<Name, number>} pointers
   * @example
   * const at = scratch.block({ out: 4 * data.length, data });
   * engine.call('gc_do', at.out, at.data, data.length);
   */
  block(contents) {
    const arrays = Object.entries(contents).map(([name, content]) => ({
      name,
      bytes: bytesOf(/** @type {Content} */ (content)),
    }));
    const length = arrays.reduce((sum, { bytes }) => sum + sizeInBlock(bytes), 0);
    const pointers = /** @type {Record<string, number>} */ ({});
    let next = this.#allocate(length);
    for (const { name, bytes } of arrays) {
      pointers[name] = next;
      if (typeof bytes !== 'number') this.#engine.view(next, bytes.length).set(bytes);
      next += sizeInBlock(bytes);
    }
    return pointers;
  }

  /**
   * @param {number} length in bytes
   * @returns {number} pointer
   */
  alloc(length) {
    return this.block({ array: length }).array;
  }

  /**
   * @param {Content} content
   * @returns {number} pointer
   */
  copy(content) {
    return this.block({ array: content }).array;
  }

  /** @param {number} length in bytes */
  #allocate(length) {
    const pointer = length > LARGEST_BLOCK ? 0 : this.#engine.call('malloc', length) >>> 0;
    if (pointer === 0) throw new GradCamError('OUT_OF_MEMORY', `no memory for ${length} bytes`);
    this.#blocks.push(pointer);
    return pointer;
  }

  free() {
    for (const block of this.#blocks) this.#engine.call('free', block);
  }
}

/**
 * @param {Content} content
 * @returns {number | Uint8Array} the bytes, or how many the engine writes
 */
function bytesOf(content) {
  if (typeof content === 'number') return content;
  if (typeof content === 'string') {
    // A text ends at its first NUL. A name that goes on behind it must not mean the name before it.
    return new TextEncoder().encode(`${content.replaceAll('\0', '\ufffd')}\0`);
  }
  return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
}

/**
 * The bytes of an array with its padding. An empty array takes some too, so that its pointer is its
 * own.
 * @param {number | Uint8Array} bytes
 */
function sizeInBlock(bytes) {
  const length = typeof bytes === 'number' ? bytes : bytes.length;
  return Math.ceil(Math.max(length, 1) / ALIGNMENT) * ALIGNMENT;
}
