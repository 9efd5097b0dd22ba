/** What a worker keeps for the page. */

import { resolveUrl } from '../base/url.js';
import { WasmMap } from '../engine/wasm-map.js';
import { checkPixels } from '../pictures/image.js';

/** @import { WasmOptions } from '../engine/wasm.js' */
/** @import { Pixels } from '../pictures/image.js' */
/** @import { Client } from './client.js' */

/**
 * Something that the worker keeps, with the request that makes it there. A worker that was stopped
 * has lost it, and the next call that needs it makes it again.
 * @typedef {object} Kept
 * @property {number} place where the worker keeps it. A place holds one thing at a time
 * @property {number} version a number that other things in this place do not have
 * @property {string} method of the worker that makes it
 * @property {object} args of the method, which is also given the place
 * @property {boolean} [isDisposed] whether it must not be used any more
 * @property {boolean} [isQuiet] whether the method cannot fail. No call waits for its answer then
 */

/** Knows what the worker of a client keeps. */
export class Keeper {
  /** @type {WasmMap<Kept>} */
  #engines = new WasmMap();
  /** @type {Kept | undefined} the worker's default engine, which was started first */
  defaultEngine;
  /** @type {WeakMap<Pixels, number>} */
  #picturePlaces = new WeakMap();
  /** @type {FinalizationRegistry<number>} drops pictures that were collected on the page */
  #collected;

  /** @param {Client} client */
  constructor(client) {
    this.client = client;
    this.#collected = new FinalizationRegistry((place) => client.drop(place));
  }

  /**
   * The engine with these options.
   * @param {WasmOptions} options
   * @returns {Kept}
   */
  engine(options) {
    const { wasmBinary, wasmModule, wasmUrl, wasmVariant, threads } = options;
    const address = wasmUrl && resolveUrl(wasmUrl).href;
    const sent = { wasmBinary, wasmModule, wasmUrl: address, wasmVariant, threads };
    return this.#engines.get(options, () => {
      const place = this.client.newKey();
      return { place, version: 0, method: 'start', args: { options: sent }, isQuiet: true };
    });
  }

  /**
   * A picture, which is sent once. Changed pixels are another version, which is sent again.
   * @param {Pixels} picture
   * @returns {Kept}
   */
  picture(picture) {
    const pixels = checkPixels(picture);
    const place = this.#placeOf(picture);
    return { place, version: checksum(pixels), method: 'keep', args: { picture: pixels } };
  }

  /** @param {Pixels} picture */
  #placeOf(picture) {
    const known = this.#picturePlaces.get(picture);
    if (known !== undefined) return known;
    const place = this.client.newKey();
    this.#picturePlaces.set(picture, place);
    this.#collected.register(picture, place);
    return place;
  }
}

/**
 * The hash FNV-1a. Words of 32 bits stand in for bytes, unless the pixels begin in the middle of
 * one.
 * @param {Pixels} pixels
 */
function checksum({ data }) {
  const { buffer, byteOffset, byteLength } = data;
  const words = byteOffset % 4 === 0 ? new Uint32Array(buffer, byteOffset, byteLength / 4) : data;
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ words[i], 0x01000193);
  return sum;
}
