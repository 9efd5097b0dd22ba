/** How alike two maps are. */

import { typed } from '../base/boundary.js';
import { GradCamError } from '../base/errors.js';
import { checkMap } from './heatmaps.js';
import { absolute, overLargest, positive, spearman, ssim } from './maps.js';

/** @import { GivenMap } from './heatmaps.js' */
/** @import { Size } from './maps.js' */

/**
 * How alike two maps are.
 * @typedef {object} Likeness
 * @property {number} spearman correlation of the ranks of their values, 1 for the same order of
 *   positions, -1 for the reverse
 * @property {number} spearmanAbs the same of the values without their signs
 * @property {number} ssim structural similarity of the two as pictures, 1 for equal ones
 */

/**
 * A map to compare. Of an entry of `explanation.targets` with a raw map, the ranks are those of the
 * raw map, and the structural similarity is that of the heat map.
 * @typedef {GivenMap | { heatmap: GivenMap, raw?: Float32Array }} Comparable
 */

/**
 * Compares two maps of the same size. The order of a constant map is equal to that of another
 * constant one (1), and says nothing of any other (0).
 * @param {Comparable} a
 * @param {Comparable} b
 * @returns {Likeness}
 * @example
 * const { targets } = await run.explain({ targets: [281, 282], layer: 'out_relu' });
 * compareMaps(targets[0].heatmap, targets[1].heatmap).spearman; // 1 if both look alike
 */
export function compareMaps(a, b) {
  return typed(null, {}, () => {
    const [first, second] = [toComparable(a, 'the first map'), toComparable(b, 'the second map')];
    const { height, width } = first.heatmap;
    if (second.heatmap.height !== height || second.heatmap.width !== width) {
      const sizes = [first, second].map(({ heatmap }) => `${heatmap.height} x ${heatmap.width}`);
      const text = `the maps have ${sizes.join(' and ')} values; needed: two of the same size`;
      throw new GradCamError('INVALID_ARGUMENT', text);
    }
    return {
      ...ranksOf(first.raw, second.raw),
      ssim: ssim(first.heatmap.data, second.heatmap.data, first.heatmap),
    };
  });
}

/**
 * @param {Comparable} given
 * @param {string} what
 */
function toComparable(given, what) {
  const entry = /** @type {{ heatmap?: GivenMap, raw?: Float32Array }} */ (given ?? {});
  const heatmap = checkMap(entry.heatmap ?? given, what);
  const raw = entry.heatmap && entry.raw;
  return { heatmap, raw: raw ? checkMap({ ...heatmap, data: raw }, what).data : heatmap.data };
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function ranksOf(a, b) {
  return { spearman: spearman(a, b), spearmanAbs: spearman(absolute(a), absolute(b)) };
}

/**
 * Compares two raw maps. As pictures they are cut at 0 and scaled by their largest value.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {Size} size of both
 * @param {number} epsilon beside the largest value
 * @returns {Likeness}
 */
export function compareRaw(a, b, size, epsilon) {
  const [left, right] = [a, b].map((raw) => overLargest(positive(raw), epsilon));
  return { ...ranksOf(a, b), ssim: ssim(left, right, size) };
}
