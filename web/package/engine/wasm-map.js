import { resolveUrl } from '../base/url.js';

/** @import { WasmOptions } from './wasm.js' */

/**
 * A map whose keys are WasmOptions. Options that name the same wasm and the same number of threads
 * are one key. Bytes and modules are held weakly, and their entries are collected with them.
 * @template T
 */
export class WasmMap {
  /** @type {Map<unknown, Map<number | undefined, T>>} by address or variant, then by threads */
  #named = new Map();
  /** @type {WeakMap<object, Map<number | undefined, T>>} by bytes or module, then by threads */
  #given = new WeakMap();

  /**
   * @param {WasmOptions} options
   * @param {() => T} make makes the entry if there is none
   */
  get(options, make) {
    const entries = this.#entriesOf(options);
    const entry = entries.get(options.threads) ?? make();
    entries.set(options.threads, entry);
    return entry;
  }

  /** @param {WasmOptions} options */
  delete(options) {
    this.#entriesOf(options).delete(options.threads);
  }

  /** @param {WasmOptions} options */
  #entriesOf({ wasmModule, wasmBinary, wasmUrl, wasmVariant }) {
    const origin =
      wasmModule ?? wasmBinary ?? (wasmUrl && resolveUrl(wasmUrl).href) ?? wasmVariant ?? undefined;
    const maps = typeof origin === 'object' ? this.#given : this.#named;
    const entries = maps.get(/** @type {any} */ (origin)) ?? new Map();
    maps.set(/** @type {any} */ (origin), entries);
    return entries;
  }
}
