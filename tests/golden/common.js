/** What the golden checks share: where things are, and how an error is weighed. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @import { Engine } from '../../web/package/engine/engine.js' */

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** The golden data, beside the project. */
export const GOLDEN = join(ROOT, '../shared/golden');

/**
 * Which build is checked: the double-precision one, or a variant of the product; without either,
 * the variant that the package takes here.
 * @typedef {object} Build
 * @property {boolean} reference
 * @property {import('gradcam-wasm').WasmVariant} [variant]
 * @property {number} [threads] default: as the package has it
 * @property {import('gradcam-wasm').LoadOptions['keep']} [keep] default: as the package has it
 * @property {boolean} [isShort] whether lists that take minutes are left out
 */

/** @type {Uint8Array | undefined} one object, so that all cases share one engine */
let referenceBytes;

/**
 * @param {Build} build
 * @returns {import('gradcam-wasm').WasmOptions}
 */
export function wasmOptions({ reference, variant, threads }) {
  if (!reference) return { wasmVariant: variant, threads };
  referenceBytes ??= readFileSync(join(ROOT, 'build/wasm/gradcam-reference.wasm'));
  return { wasmBinary: referenceBytes };
}

/**
 * Why tests on the golden data are skipped: they are not here. In CI they must be: there it is no
 * reason.
 */
export const SKIP =
  !existsSync(GOLDEN) &&
  !process.env.CI &&
  'the golden data (../shared/golden) are not on this machine';

/**
 * Folders with a golden.json of their own.
 * @param {string} dir
 */
export function folderCases(dir) {
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(dir, entry.name, 'golden.json')))
    .map((entry) => entry.name)
    .sort();
}

/** @param {string} path */
export function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

/**
 * Collects errors of one case, each over its tolerance.
 */
export class Verdict {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.worst = 0;
    /** @type {string[]} */
    this.failures = [];
    /** @type {string[]} */
    this.notes = [];
  }

  /**
   * @param {string} what
   * @param {number} error
   * @param {number} tolerance
   */
  check(what, error, tolerance) {
    const ratio = error === 0 ? 0 : error / tolerance;
    this.worst = Math.max(this.worst, Number.isNaN(ratio) ? Infinity : ratio);
    if (!(ratio <= 1)) {
      this.failures.push(
        `${what}: off by ${error.toExponential(2)}, allowed ${tolerance.toExponential(2)}`,
      );
    }
  }
}

/**
 * Largest difference between two lists of equal length; NaN if one holds a NaN, Infinity if the
 * lengths differ.
 * @param {ArrayLike<number>} ours
 * @param {ArrayLike<number>} golden
 */
export function largestDifference(ours, golden) {
  if (ours.length !== golden.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < golden.length; i++) {
    const difference = Math.abs(ours[i] - golden[i]);
    if (!(difference <= largest)) largest = difference;
  }
  return largest;
}

/** @param {ArrayLike<number>} values */
export function largestAbsolute(values) {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}

/**
 * Hands over the raw maps and the norms of each explanation, before the package makes heat maps of
 * them.
 * @param {Engine} engine
 * @param {(raw: Uint8Array<ArrayBuffer>, norms: Uint8Array<ArrayBuffer>) => void} take
 * @returns {() => void} that ends it
 */
export function watchMaps(engine, take) {
  const { check } = engine;
  engine.check = (name, ...args) => {
    check.call(engine, name, ...args);
    if (name !== 'gc_model_explain') return;
    const [, , methodCount, , , targetCount, , , layerCount, raw, count, norms] = args;
    take(
      engine.view(raw, 4 * count).slice(),
      engine.view(norms, 4 * methodCount * targetCount * layerCount).slice(),
    );
  };
  return () => (engine.check = check);
}
