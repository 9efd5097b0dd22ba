/**
 * Real models explained by ELI5 and Keras: scores, logits, and the map of every recorded layer and
 * class, of the score and of the logit. ../shared/golden/README.md describes the data and the
 * reasons for the tolerances.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { loadModel } from '../../web/package/index.js';

import {
  Verdict,
  folderCases,
  largestAbsolute,
  largestDifference,
  readJson,
  wasmOptions,
} from './common.js';
import { checkOverlays } from './overlays.js';

/** @typedef {'score' | 'logit'} Output */

/**
 * A recorded map.
 * @typedef {object} GoldenMap
 * @property {number} raw_min
 * @property {number} raw_max
 * @property {number} float32_noise
 * @property {number[]} [heatmap]
 * @property {number[]} [heatmap_every8]
 */

/**
 * @typedef {{ target: number, layer: string, shape: number[] } & Record<Output, GoldenMap>} Entry
 */

/** @type {Output[]} */
const OUTPUTS = ['score', 'logit'];

/** Maps of the reference build: error over the map's largest value. */
const REFERENCE_TOLERANCE = 1e-5;
/** Scores and logits: error over the largest. They were recorded from a float32 run. */
const OUTPUT_TOLERANCE = 2e-4;
/** Entries whose float32 runs differ by less are decided by the plain tolerance alone. */
export const STRICT_SPREAD = 1e-4;
/**
 * A new flip of a unit at a kink: allowed error over the largest value, in how many of the maps.
 */
export const FLIP_TOLERANCE = 0.02;
const FLIP_SHARE = 1 / 20;

export const eli5Cases = folderCases;

/**
 * @param {string} dir
 * @param {string} name
 * @param {import('./common.js').Build} build
 * @param {import('gradcam-wasm').ModelSource} [source] the same model in another file
 */
export async function checkEli5Case(dir, name, build, source) {
  const verdict = new Verdict(name);
  const golden = readJson(join(dir, name, 'golden.json'));
  const base = dirname(resolve(dir));
  const model = await loadModel(source ?? readFileSync(join(base, golden.model)), {
    preprocessing: parsePreprocessing(golden.preprocess),
    keep: build.keep,
    ...wasmOptions(build),
  });
  try {
    const run = await model.run(readFileSync(join(base, golden.image)));
    checkOutputs(verdict, run, golden);
    const spread = build.reference ? undefined : readSpread(join(dir, name, 'spread.json'));
    await checkMaps(verdict, run, golden.explanations, spread);
    if (!build.reference) await checkOverlays(verdict, dir, golden, run);
  } finally {
    model.dispose();
  }
  return verdict;
}

/**
 * "x * 0.0078125 - 0.9921875 in float32" or "x / 127.5 - 1 in float32"
 * @param {string} text
 */
export function parsePreprocessing(text) {
  const match = /^x \* (\S+) ([+-]) (\S+) in float32$/.exec(text);
  if (match) return { scale: Number(match[1]), offset: Number(match[2] + match[3]) };
  if (text === 'x / 127.5 - 1 in float32') return 'tf';
  throw new Error(`golden.json has a preprocessing that is not known: ${text}`);
}

/** @param {string} path */
function readSpread(path) {
  return existsSync(path) ? readJson(path).spread : undefined;
}

/**
 * @param {Verdict} verdict
 * @param {import('gradcam-wasm').Run} run
 * @param {{ probabilities: number[], logits: number[], top: [number, number][] }} golden
 */
function checkOutputs(verdict, run, { probabilities, logits, top }) {
  /** @type {[string, Float32Array, number[]][]} */
  const pairs = [
    ['probabilities', run.predictions, probabilities],
    ['logits', run.logits, logits],
  ];
  for (const [what, ours, theirs] of pairs) {
    const tolerance = OUTPUT_TOLERANCE * largestAbsolute(theirs);
    verdict.check(what, largestDifference(ours, theirs), tolerance);
  }
  const [best] = run.decodePredictions({ top: 1 });
  if (best.index !== top[0][0]) verdict.failures.push(`top class ${best.index}, not ${top[0][0]}`);
}

/**
 * @param {Verdict} verdict
 * @param {import('gradcam-wasm').Run} run
 * @param {Entry[]} entries
 * @param {Record<Output, number>[]} [spread] one entry a map; absent: the reference build
 */
async function checkMaps(verdict, run, entries, spread) {
  let maps = 0;
  /** @type {string[]} */
  const flipped = [];
  for (const target of new Set(entries.map((entry) => entry.target))) {
    const selected = entries
      .map((entry, i) => ({ entry, i }))
      .filter(({ entry }) => entry.target === target);
    const layer = selected.map(({ entry }) => entry.layer);
    for (const output of OUTPUTS) {
      const { targets } = await run.explain({ targets: target, layer, logits: output === 'logit' });
      for (const [k, { entry, i }] of selected.entries()) {
        maps++;
        const what = `${output} of class ${target} at ${entry.layer}`;
        const wide = checkMap(verdict, what, targets[k], entry[output], spread?.[i][output]);
        if (wide) flipped.push(what);
      }
    }
  }
  const kind = spread
    ? `${flipped.length} of them by the allowance for a flipped unit`
    : 'all to 1e-5';
  verdict.notes.push(`${maps} maps, ${kind}`, ...flipped.map((what) => `flipped: ${what}`));
  if (flipped.length > maps * FLIP_SHARE) {
    verdict.failures.push(
      `${flipped.length} of ${maps} maps need the allowance; at most one in 20 may`,
    );
  }
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {import('gradcam-wasm').TargetExplanation} ours
 * @param {GoldenMap} golden
 * @param {number} [spread] absent: the reference build
 * @returns {boolean} whether the map passes only by the allowance for a flipped unit
 */
function checkMap(verdict, what, { heatmap }, golden, spread) {
  const largest = largestValue(golden);
  const theirs = golden.heatmap ?? golden.heatmap_every8 ?? [];
  const error = largestDifference(golden.heatmap ? heatmap.data : everyEighth(heatmap), theirs);
  if (spread === undefined) {
    // A blank map must be blank, a map whose values are all rounding may still be off by that.
    verdict.check(what, error, REFERENCE_TOLERANCE * largest || Number.MIN_VALUE);
    return false;
  }
  const tolerance = mapTolerance(golden, spread);
  const mayFlip = spread >= STRICT_SPREAD && error > tolerance && error <= FLIP_TOLERANCE * largest;
  if (!mayFlip) verdict.check(what, error, tolerance || Number.MIN_VALUE);
  return mayFlip;
}

/**
 * The largest value of a heat map.
 * @param {GoldenMap} golden
 */
const largestValue = ({ raw_max: max }) => (max > 0 ? max / (max + 1e-7) : 0);

/**
 * What a map of float32 numbers may be off by.
 * @param {GoldenMap} golden
 * @param {number} spread
 */
export function mapTolerance(golden, spread) {
  return Math.max(Math.max(2e-4, 20 * golden.float32_noise) * largestValue(golden), 4 * spread);
}

/**
 * The values at rows and columns 4, 12, 20, ...
 * @param {import('gradcam-wasm').HeatMap} heatmap
 */
export function everyEighth({ data, width, height }) {
  const values = [];
  for (let y = 4; y < height; y += 8) {
    for (let x = 4; x < width; x += 8) values.push(data[y * width + x]);
  }
  return values;
}
