/** One map of the maps of several layers. */

import { typed } from '../base/boundary.js';
import { GradCamError, choose, show } from '../base/errors.js';
import { engineOf, setEngine } from '../engine/start.js';
import { checkMap } from './heatmaps.js';
import { minmax, positive, resizeMap } from './maps.js';

/** @import { Explanation, HeatMap, TargetExplanation } from '../model/explanation.js' */
/** @import { Size } from './maps.js' */

/** A raw map, cut at 0. @typedef {Size & { data: Float64Array }} Part */

/** How maps are put together, of raw maps and the size of the picture. */
const WAYS = {
  layerCam: (/** @type {Part[]} */ parts) => {
    const bent = parts.map(scaled).map((part) => ({
      ...part,
      data: part.data.map((value) => Math.tanh(2 * value)),
    }));
    return join(bent, largestOf(parts), Math.max);
  },
  max: (/** @type {Part[]} */ parts) => join(parts.map(scaled), largestOf(parts), Math.max),
  refine: (/** @type {Part[]} */ parts) =>
    stretch(
      join(parts.map(scaled).map(scaled), largestOf(parts), (a, b) => a * b),
      LAYER,
    ),
  mean: (/** @type {Part[]} */ parts, /** @type {Size} */ size) => {
    const sum = join(parts.map(forInput), size, (a, b) => a + b);
    return stretch({ ...sum, data: sum.data.map((value) => value / parts.length) }, INPUT);
  },
  refineInput: (/** @type {Part[]} */ parts, /** @type {Size} */ size) => {
    const enlarged = parts.map(forInput).map((part) => stretch(enlarge(part, size), INPUT));
    return stretch(
      join(enlarged, size, (a, b) => a * b),
      INPUT,
    );
  },
};

/** Beside the range of a map, of a layer's size and of the picture's. */
const LAYER = 1e-8;
const INPUT = 1e-7;

/**
 * How maps of several layers are put together:
 * - `layerCam`: the largest of tanh(2 m), of m from 0 to 1, as LayerCAM's equation 9. Early layers
 *   count as much as late ones
 * - `max`: the largest
 * - `refine`: the product, at the size of the finest layer. What one layer does not show is gone
 * - `mean`: the mean, at the size of the picture
 * - `refineInput`: the product, at the size of the picture
 * @typedef {keyof typeof WAYS} FuseMethod
 */

/**
 * @typedef {object} FuseOptions
 * @property {FuseMethod} [how] (default "layerCam")
 * @property {readonly [height: number, width: number]} [size] of the map for "mean" and
 *   "refineInput" (default: that of `explanation.image`)
 */

/**
 * Puts the maps of one class at several layers together.
 * @param {Explanation} explanation of one class and one method
 * @param {FuseOptions} [options]
 * @returns {HeatMap}
 * @example
 * const layer = ['block_6_expand_relu', 'block_13_expand_relu', 'out_relu'];
 * const explanation = await run.explain({ targets: 282, layer, method: 'layerCam' });
 * const heatmap = fuseMaps(explanation, { how: 'layerCam' });
 * const overlay = formatAsImage({ heatmap, image: explanation.image });
 */
export function fuseMaps(explanation, options) {
  return typed('fuseMaps', options, ({ how = 'layerCam', size }) => {
    const fuse = choose(WAYS, how, 'how');
    const entries = checkEntries(explanation);
    const picture = needsPicture(how) ? sizeOf(explanation, size) : { height: 1, width: 1 };
    const { data, height, width } = fuse(entries.map(toPart), picture);
    const heatmap = { data: Float32Array.from(data), height, width };
    return setEngine(heatmap, engineOf(entries[0].heatmap));
  });
}

/** @param {FuseMethod} how */
function needsPicture(how) {
  return how === 'mean' || how === 'refineInput';
}

/**
 * An entry of an explanation.
 * @typedef {TargetExplanation & { method?: string, raw?: Float32Array }} Entry
 */

/**
 * @param {Explanation} explanation
 * @returns {Entry[]}
 */
function checkEntries(explanation) {
  const targets = /** @type {Entry[]} */ (explanation?.targets);
  if (!Array.isArray(targets) || targets.length === 0) {
    const text = `the explanation is ${show(explanation)}; needed: what run.explain returns`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const [{ target, method }] = targets;
  if (targets.every((entry) => entry.target === target && entry.method === method)) return targets;
  const text =
    'the explanation has maps of several classes or methods; ' +
    'fuseMaps takes one class and one method at several layers';
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {Explanation} explanation
 * @param {unknown} given
 * @returns {Size}
 */
function sizeOf(explanation, given) {
  const { height, width } = given === undefined ? explanation.image : listed(given);
  if ([height, width].every((side) => Number.isInteger(side) && side > 0)) return { height, width };
  const text = `size is ${show(given)}; allowed: [height, width], whole numbers from 1 on`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/** @param {unknown} size */
function listed(size) {
  const [height, width] = Array.isArray(size) && size.length === 2 ? size : [0, 0];
  return { height, width };
}

/**
 * The raw map of an entry, cut at 0. A heat map is this map over its largest value + 1e-7.
 * @param {Entry} entry
 * @returns {Part}
 */
function toPart({ heatmap, raw, rawMax }) {
  const { data, height, width } = checkMap(heatmap);
  if (raw) return { height, width, data: positive(checkMap({ data: raw, height, width }).data) };
  const largest = Number.isFinite(rawMax) ? Math.max(rawMax, 0) : 0;
  return { height, width, data: Float64Array.from(data, (value) => value * (largest + 1e-7)) };
}

/**
 * @param {Part} part
 * @param {number} epsilon
 * @returns {Part}
 */
function stretch(part, epsilon) {
  return { ...part, data: minmax(part.data, epsilon) };
}

/** @param {Part} part */
function scaled(part) {
  return stretch(part, LAYER);
}

/** @param {Part} part */
function forInput(part) {
  return stretch(part, INPUT);
}

/**
 * @param {Part} part
 * @param {Size} size
 * @returns {Part}
 */
function enlarge(part, { height, width }) {
  return { height, width, data: resizeMap(part.data, part, { height, width }) };
}

/** @param {Part[]} parts */
function largestOf(parts) {
  const height = Math.max(...parts.map((part) => part.height));
  return { height, width: Math.max(...parts.map((part) => part.width)) };
}

/**
 * @param {Part[]} parts
 * @param {Size} size
 * @param {(a: number, b: number) => number} combine
 * @returns {Part}
 */
function join(parts, size, combine) {
  return parts
    .map((part) => enlarge(part, size))
    .reduce((all, part) => ({
      ...all,
      data: all.data.map((value, i) => combine(value, part.data[i])),
    }));
}
