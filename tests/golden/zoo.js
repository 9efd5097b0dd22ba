/**
 * Whole Keras networks with weights by a formula: scores, logits, statistics of every recorded
 * activation and gradient, and maps. ../shared/golden/zoo/README.md describes the data and the
 * tolerances.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { readPicture } from '../../web/package/pictures/image.js';
import { LOGIT, Network, SCORE } from '../../web/package/engine/network.js';
import { pictureToInput } from '../../web/package/pictures/preprocessing.js';
import { init } from '../../web/package/engine/start.js';
import {
  Verdict,
  folderCases,
  largestAbsolute,
  largestDifference,
  readJson,
  wasmOptions,
} from './common.js';
import { oneHot, setFormulaWeights } from './formula.js';

/** @typedef {[mean: number, deviation: number, largest: number]} Statistics */

/** Networks whose maps no flip of a unit moves: the plain tolerance decides. */
const STRICT_SPREAD = 2.5e-5;
/** A new flip of a unit: allowed error over the largest value, in how many of a network's maps. */
const FLIP_TOLERANCE = 0.1;
const FLIP_SHARE = 1 / 4;

export const zooCases = folderCases;

/**
 * @param {string} dir
 * @param {string} name
 * @param {import('./common.js').Build} build
 */
export async function checkZooCase(dir, name, build) {
  const verdict = new Verdict(name);
  const golden = readJson(join(dir, name, 'golden.json'));
  const config = readFileSync(join(dir, name, 'model.json'), 'utf8');
  const engine = await init(wasmOptions(build));
  const network = new Network(engine, config);
  network.keep = build.keep ?? 'auto';
  try {
    const total = setFormulaWeights(network, golden);
    verdict.check(
      'sum of the weights',
      Math.abs(total - golden.weights.sum),
      1e-9 * golden.weights.abs_sum,
    );
    const picture = await readPicture(engine, readFileSync(join(dir, golden.input)));
    const [, height, width, channels] = golden.input_shape;
    const size = { height, width, channels };
    const { input } = pictureToInput(engine, picture, size, golden.preprocessing, 'nearest');
    const strict = golden.cams.every((/** @type {any} */ cam) => isStrict(cam));
    checkOutputs(verdict, network, input, golden);
    checkLayers(verdict, network, input, golden, strict);
    checkMaps(verdict, network, input, golden, strict);
  } finally {
    network.dispose();
  }
  return verdict;
}

/** @param {any} cam */
function isStrict({ targets }) {
  return targets.every((/** @type {any} */ { score, logit }) =>
    [score, logit].every(({ spread }) => spread[0] < STRICT_SPREAD),
  );
}

/**
 * @param {Verdict} verdict
 * @param {Network} network
 * @param {import('../../web/package/engine/network.js').Input} input
 * @param {any} golden
 */
function checkOutputs(verdict, network, input, { output, logits, selfcheck }) {
  const scores = network.outputs(input, SCORE);
  const scoreTolerance = Math.max(2e-4, 20 * selfcheck.output_noise) * largestAbsolute(output);
  verdict.check('output', largestDifference(scores, output), scoreTolerance);
  const ours = network.outputs(input, LOGIT);
  const values = logits.map((/** @type {number[]} */ [, value]) => value);
  const largest = Math.max(largestAbsolute(values), largestAbsolute(ours));
  const picked = logits.map((/** @type {number[]} */ [index]) => ours[index]);
  const tolerance = Math.max(2e-4, 20 * selfcheck.logit_noise) * largest;
  verdict.check('logits', largestDifference(picked, values), tolerance);
}

/**
 * Rows of rank 4 have gradients too. Where units may flip, the gradients before a new flip are as
 * uncertain as the maps there, and share their allowance.
 * @param {Verdict} verdict
 * @param {Network} network
 * @param {import('../../web/package/engine/network.js').Input} input
 * @param {any} golden
 * @param {boolean} strict
 */
function checkLayers(verdict, network, input, { layers, targets }, strict) {
  const seed = new Float32Array(network.classCount);
  seed[targets[0]] = 1;
  let flipped = 0;
  /**
   * @param {any} row
   * @param {'a' | 'gs' | 'gl'} kind
   * @param {Float32Array} values
   */
  const check = (row, kind, values) => {
    const floor = kind === 'a' ? 2e-4 : 2e-3;
    const spread = row.spread[['a', 'gs', 'gl'].indexOf(kind)];
    const error = largestDifference(statistics(values), row[kind]);
    const tolerance = Math.max(floor, 4 * spread) * row[kind][2] || Number.MIN_VALUE;
    const mayFlip =
      kind !== 'a' && !strict && error > tolerance && error <= FLIP_TOLERANCE * row[kind][2];
    if (mayFlip) flipped++;
    else verdict.check(`${kind} of ${row.path}`, error, tolerance);
  };
  for (const row of layers) check(row, 'a', network.activation(input, network.findLayer(row.path)));
  for (const [kind, output] of /** @type {const} */ ([
    ['gs', SCORE],
    ['gl', LOGIT],
  ])) {
    const rows = layers.filter((/** @type {any} */ row) => row[kind]);
    const indices = rows.map((/** @type {any} */ { path }) => network.findLayer(path));
    const gradients = network.gradients(input, output, seed, indices);
    for (const [i, row] of rows.entries()) check(row, kind, gradients[i]);
  }
  verdict.notes.push(
    `${layers.length} layers, ${flipped} gradients by the allowance for a flipped unit`,
  );
  if (flipped > layers.length * FLIP_SHARE)
    verdict.failures.push(`${flipped} gradients need the allowance`);
}

/**
 * In one pass, for the networks have hundreds of millions of values: sums in double precision have
 * digits enough for that.
 * @param {Float32Array} values
 * @returns {Statistics}
 */
function statistics(values) {
  let sum = 0;
  let squares = 0;
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    sum += value;
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  const mean = sum / values.length;
  const variance = Math.max(squares / values.length - mean * mean, 0);
  return [mean, Math.sqrt(variance), largest];
}

/**
 * @param {Verdict} verdict
 * @param {Network} network
 * @param {import('../../web/package/engine/network.js').Input} input
 * @param {any} golden
 * @param {boolean} strict
 */
function checkMaps(verdict, network, input, { cams, targets }, strict) {
  const layers = cams.map((/** @type {any} */ { path }) => network.findLayer(path));
  let maps = 0;
  let flipped = 0;
  for (const [t, target] of targets.entries()) {
    for (const [kind, output] of Object.entries({ score: SCORE, logit: LOGIT })) {
      const [[ours]] = network.explain(
        ['gradCam'],
        input,
        [oneHot(network, target)],
        output,
        layers,
      );
      for (const [i, cam] of cams.entries()) {
        maps++;
        const what = `${kind} map of class ${target} at ${cam.path}`;
        if (checkMap(verdict, what, ours[i], cam.targets[t][kind], strict)) flipped++;
      }
    }
  }
  verdict.notes.push(`${maps} maps, ${flipped} by the allowance for a flipped unit`);
  if (flipped > maps * FLIP_SHARE)
    verdict.failures.push(`${flipped} of ${maps} maps need the allowance`);
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {import('../../web/package/engine/network.js').LayerMap} ours
 * @param {any} golden
 * @param {boolean} strict
 * @returns {boolean} whether the map passes only by the allowance for a flipped unit
 */
function checkMap(verdict, what, ours, golden, strict) {
  const { raw, spread, float32_noise: noise, raw_noise: rawNoise } = golden;
  const largest = raw[1] > 0 ? raw[1] / (raw[1] + 1e-7) : 0;
  const tolerance =
    Math.max(2e-4 * largest, 20 * noise * largest, 4 * spread[0]) || Number.MIN_VALUE;
  const values = golden.map ? ours.heatmap : blockMeans(ours);
  const error = largestDifference(values, golden.map ?? golden.blocks);
  if (!strict && error > tolerance && error <= FLIP_TOLERANCE * largest) return true;
  verdict.check(what, error, tolerance);
  if (!strict) return false;
  const range = [ours.rawMin, ours.rawMax];
  const rawTolerance = Math.max(2e-4, 20 * rawNoise, 4 * spread[1]) * largestAbsolute(raw);
  verdict.check(
    `raw range, ${what}`,
    largestDifference(range, raw),
    rawTolerance || Number.MIN_VALUE,
  );
  const normTolerance = Math.max(2e-4, 4 * spread[2]) * golden.w_l2 || Number.MIN_VALUE;
  verdict.check(
    `norm of the weights, ${what}`,
    Math.abs(ours.weightsNorm - golden.w_l2),
    normTolerance,
  );
  const [row, column] = golden.max_at;
  const below = largest - ours.heatmap[row * ours.width + column];
  verdict.check(`maximum, ${what}`, Math.max(below, 0), tolerance);
  return false;
}

/**
 * Means of 8 x 8 blocks.
 * @param {import('../../web/package/engine/network.js').LayerMap} map
 */
function blockMeans({ heatmap, height, width }) {
  const edge = (/** @type {number} */ i, /** @type {number} */ size) => Math.floor((i * size) / 8);
  const means = [];
  for (let r = 0; r < 8; r++) {
    for (let c = 0; c < 8; c++) {
      let sum = 0;
      const [top, bottom] = [edge(r, height), edge(r + 1, height)];
      const [left, right] = [edge(c, width), edge(c + 1, width)];
      for (let y = top; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += heatmap[y * width + x];
      }
      means.push(sum / ((bottom - top) * (right - left)));
    }
  }
  return means;
}
