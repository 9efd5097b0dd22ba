/**
 * Smooth maps. The input is explained six times, mirrored or not and with its values times 0.9, 1
 * and 1.1, and the maps are averaged in the size of the input.
 */

import { bounds, minmax, positive, resizeMap } from '../metrics/maps.js';

/** @import { Input, LayerMap } from '../engine/network.js' */
/** @import { Pause } from '../base/pauses.js' */

/** What is done to the input, one turn after another. */
const CHANGES = [false, true].flatMap((isMirrored) =>
  [0.9, 1, 1.1].map((factor) => ({ isMirrored, factor })),
);

/** How often an input is explained. */
export const TURNS = CHANGES.length;

/** So that a blank map is not divided by zero. */
const SMALL = 1e-7;

/**
 * @param {Input} input
 * @param {(input: Input) => LayerMap[]} explain makes raw maps of an input, as many each time
 * @param {{ pause: Pause, onStep: () => void }} work
 * @returns {Promise<LayerMap[]>} the mean maps
 */
export async function smoothMaps(input, explain, { pause, onStep }) {
  /** @type {Float64Array[]} */
  const sums = [];
  /** @type {LayerMap[]} */
  let last = [];
  for (const change of CHANGES) {
    await pause();
    last = explain(changed(input, change));
    last.forEach((map, i) => add((sums[i] ??= emptyMap(input)), map, input, change.isMirrored));
    onStep();
  }
  return last.map((map, i) => meanMap(map, sums[i], input, TURNS));
}

/**
 * @param {Input} input
 * @param {typeof CHANGES[number]} change
 * @returns {Input}
 */
function changed(input, { isMirrored, factor }) {
  const { width, channels } = input;
  const data = input.data.map((value, i, values) => {
    if (!isMirrored) return value * factor;
    const pixel = Math.floor(i / channels);
    const column = pixel % width;
    return values[i + (width - 1 - 2 * column) * channels] * factor;
  });
  return { ...input, data };
}

/** @param {Input} input */
function emptyMap({ height, width }) {
  return new Float64Array(height * width);
}

/**
 * @param {Float64Array} sum in the size of the input
 * @param {LayerMap} map
 * @param {Input} input
 * @param {boolean} isMirrored whether the map is mirrored back
 */
function add(sum, map, { height, width }, isMirrored) {
  const scaled = minmax(positive(/** @type {Float32Array} */ (map.raw)), SMALL);
  const large = minmax(resizeMap(scaled, map, { height, width }), SMALL);
  for (let i = 0; i < sum.length; i++) {
    const column = i % width;
    sum[i] += large[isMirrored ? i + width - 1 - 2 * column : i];
  }
}

/**
 * @param {LayerMap} map of the last turn
 * @param {Float64Array} sum
 * @param {Input} input
 * @param {number} count
 * @returns {LayerMap}
 */
function meanMap({ weightsNorm }, sum, { height, width }, count) {
  const raw = Float32Array.from(sum, (value) => value / count);
  const { least: rawMin, most: rawMax } = bounds(raw);
  return { height, width, rawMin, rawMax, heatmap: raw.slice(), weightsNorm, raw };
}
