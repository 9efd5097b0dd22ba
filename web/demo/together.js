/** What several maps say together: one scale for all, and the difference of two. */

import { signedMap, signedValues } from './signed.js';
import { isAttribution } from './ways.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Answer } from './explainer.js' */

/**
 * The factor of each map on one scale, where the strongest raw map reaches 1.
 * @param {(Answer | undefined)[]} answers
 * @returns {number[] | undefined} undefined if the raw maps have no common unit
 */
export function scalesOf(answers) {
  const found = answers.filter((answer) => answer !== undefined);
  if (found.length < answers.length || new Set(found.map(unitOf)).size > 1) return undefined;
  if (found.some(({ question }) => isAttribution(question.method))) return undefined;
  const peaks = found.map(({ explanation }) => Math.max(0, explanation.targets[0].rawMax));
  const most = Math.max(...peaks);
  return most > 0 ? peaks.map((peak) => peak / most) : undefined;
}

/** @param {Answer} answer */
function unitOf({ question: { method, logits, versus } }) {
  return `${method} ${logits || versus !== undefined}`;
}

/**
 * A heat map with all values times a factor.
 * @param {HeatMap} heatmap
 * @param {number} factor
 * @returns {HeatMap}
 */
export function scaled(heatmap, factor) {
  if (factor === 1) return heatmap;
  return { ...heatmap, data: heatmap.data.map((value) => value * factor) };
}

/**
 * The first map minus the second, at the size of the finer one.
 * @param {HeatMap} first
 * @param {HeatMap} second
 * @returns {{ heatmap: HeatMap, maps: [HeatMap, HeatMap] }} `maps` have their signs and that size
 */
export function minus(first, second) {
  const isFiner = first.data.length >= second.data.length;
  const { width, height } = isFiner ? first : second;
  const maps = /** @type {[HeatMap, HeatMap]} */ (
    [first, second].map((map) => resized(withSigns(map), width, height))
  );
  const values = maps[0].data.map((value, i) => value - maps[1].data[i]);
  return { heatmap: signedMap(values, { width, height }, 1), maps };
}

/**
 * @param {HeatMap} heatmap
 * @returns {HeatMap} with negative values where it speaks against
 */
function withSigns(heatmap) {
  const { width, height } = heatmap;
  return { data: signedValues(heatmap), width, height };
}

/**
 * A map of another size, linear between the centres of its cells.
 * @param {HeatMap} map
 * @param {number} width
 * @param {number} height
 * @returns {HeatMap}
 */
function resized(map, width, height) {
  if (map.width === width && map.height === height) return map;
  const across = Array.from({ length: width }, (_, x) => between(x, width, map.width));
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++) {
    const down = between(y, height, map.height);
    for (let x = 0; x < width; x++) {
      const [top, bottom] = [down.from, down.to].map((row) => {
        const { from, to, share } = across[x];
        const [left, right] = [map.data[row * map.width + from], map.data[row * map.width + to]];
        return left + share * (right - left);
      });
      data[y * width + x] = top + down.share * (bottom - top);
    }
  }
  return { data, width, height };
}

/**
 * The two cells around the centre of a finer cell, and how near the second is.
 * @param {number} at
 * @param {number} size
 * @param {number} count of cells
 */
function between(at, size, count) {
  const place = Math.min(count - 1, Math.max(0, ((at + 0.5) * count) / size - 0.5));
  const from = Math.floor(place);
  return { from, to: Math.min(count - 1, from + 1), share: place - from };
}
