/** Arithmetic on maps, in double precision. A map is [height][width]. */

import { gaussian } from '../base/gaussian.js';

/** @typedef {{ height: number, width: number }} Size */

/** The window of SSIM: its longest side, its deviation, and the constants of its fractions. */
const SIDE = 11;
const DEVIATION = 1.5;
const STABILIZERS = [0.01, 0.03];

/**
 * The ranks of values, 1 for the smallest. Equal values share the mean of their ranks.
 * @param {ArrayLike<number>} values
 * @returns {Float64Array}
 */
export function averageRanks(values) {
  const order = orderOf(values, (a, b) => a - b);
  const ranks = new Float64Array(values.length);
  for (let first = 0, end; first < order.length; first = end) {
    end = first + 1;
    while (end < order.length && values[order[end]] === values[order[first]]) end++;
    for (let i = first; i < end; i++) ranks[order[i]] = (first + 1 + end) / 2;
  }
  return ranks;
}

/**
 * The indices of values in falling order, equal ones as they come.
 * @param {ArrayLike<number>} values
 */
export function fallingOrder(values) {
  return orderOf(values, (a, b) => b - a);
}

/**
 * @param {ArrayLike<number>} values
 * @param {(a: number, b: number) => number} compare
 */
function orderOf(values, compare) {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  return order.sort((a, b) => compare(values[a], values[b]) || a - b);
}

/**
 * Sums of squares and products around the means.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b of the same length
 */
export function moments(a, b) {
  const [meanA, meanB] = [mean(a), mean(b)];
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
    ab += (a[i] - meanA) * (b[i] - meanB);
  }
  return { aa, bb, ab };
}

/** @param {ArrayLike<number>} values */
export function mean(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/**
 * Pearson's correlation. A constant has none, so that it is 1 between two constants and 0 between a
 * constant and anything else.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b of the same length
 */
export function correlation(a, b) {
  const { aa, bb, ab } = moments(a, b);
  if (aa === 0 || bb === 0) return aa === bb ? 1 : 0;
  return ab / Math.sqrt(aa * bb);
}

/**
 * Spearman's correlation, which is that of the ranks.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b of the same length
 */
export function spearman(a, b) {
  return correlation(averageRanks(a), averageRanks(b));
}

/**
 * The values of a map without their signs.
 * @param {ArrayLike<number>} values
 */
export function absolute(values) {
  return Float64Array.from(values, Math.abs);
}

/**
 * The values of a map, cut at 0.
 * @param {ArrayLike<number>} values
 */
export function positive(values) {
  return Float64Array.from(values, (value) => Math.max(value, 0));
}

/**
 * The values of a map from 0 to 1: (m - min m) / (max(m - min m) + epsilon).
 * @param {ArrayLike<number>} values
 * @param {number} epsilon
 */
export function minmax(values, epsilon) {
  const { least, most } = bounds(values);
  return Float64Array.from(values, (value) => (value - least) / (most - least + epsilon));
}

/**
 * The values of a map over its largest value.
 * @param {ArrayLike<number>} values from 0 on
 * @param {number} epsilon
 */
export function overLargest(values, epsilon) {
  const divisor = bounds(values).most + epsilon;
  return Float64Array.from(values, (value) => (divisor === 0 ? 0 : value / divisor));
}

/**
 * The smallest and the largest value.
 * @param {ArrayLike<number>} values
 */
export function bounds(values) {
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    least = Math.min(least, values[i]);
    most = Math.max(most, values[i]);
  }
  return { least, most };
}

/**
 * Resizes a map, bilinear with half-pixel centres and without antialiasing.
 * @param {ArrayLike<number>} map
 * @param {Size} from
 * @param {Size} to
 * @returns {Float64Array}
 */
export function resizeMap(map, from, to) {
  const rows = placesOf(from.height, to.height);
  const columns = placesOf(from.width, to.width);
  const resized = new Float64Array(to.height * to.width);
  let next = 0;
  for (const y of rows) {
    const [upper, lower] = [y.first * from.width, y.next * from.width];
    for (const x of columns) {
      const above = between(map[upper + x.first], map[upper + x.next], x.share);
      const below = between(map[lower + x.first], map[lower + x.next], x.share);
      resized[next++] = between(above, below, y.share);
    }
  }
  return resized;
}

/**
 * Where each value of a resized line is read.
 * @param {number} count values of the line
 * @param {number} full values of the resized line
 */
function placesOf(count, full) {
  return Array.from({ length: full }, (_, i) => {
    const at = Math.min(Math.max(((i + 0.5) * count) / full - 0.5, 0), count - 1);
    const first = Math.floor(at);
    return { first, next: Math.min(first + 1, count - 1), share: at - first };
  });
}

/**
 * @param {number} a
 * @param {number} b
 * @param {number} share of b
 */
function between(a, b, share) {
  return a + share * (b - a);
}

/**
 * The structural similarity of two maps, 1 for equal ones. Wang et al. 2004, IEEE Transactions on
 * Image Processing 13.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 * @param {Size} size of both
 */
export function ssim(a, b, size) {
  const both = [bounds(a), bounds(b)];
  const least = Math.min(...both.map((one) => one.least));
  const range = Math.max(...both.map((one) => one.most)) - least;
  if (range === 0) return 1;
  const [c1, c2] = STABILIZERS.map((share) => (share * range) ** 2);
  const average = windows(size);
  const [meanA, meanB] = [average(a), average(b)];
  const [aa, bb, ab] = [product(a, a), product(b, b), product(a, b)].map(average);
  let sum = 0;
  for (let i = 0; i < meanA.length; i++) {
    const [squareA, squareB, both] = [meanA[i] ** 2, meanB[i] ** 2, meanA[i] * meanB[i]];
    const likeness = (2 * both + c1) * (2 * (ab[i] - both) + c2);
    sum += likeness / ((squareA + squareB + c1) * (aa[i] - squareA + bb[i] - squareB + c2));
  }
  return sum / meanA.length;
}

/**
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function product(a, b) {
  return Float64Array.from(a, (value, i) => value * b[i]);
}

/**
 * Prepares means in Gaussian windows that lie in the map as a whole.
 * @param {Size} size of the maps
 * @returns {(map: ArrayLike<number>) => Float64Array}
 */
function windows({ height, width }) {
  const least = Math.min(SIDE, height, width);
  const side = least % 2 === 0 ? least - 1 : least;
  const weights = gaussian((side - 1) / 2, DEVIATION);
  const [rows, columns] = [height - side + 1, width - side + 1];
  return (map) => {
    const along = new Float64Array(height * columns);
    for (let i = 0; i < along.length; i++) {
      const first = Math.floor(i / columns) * width + (i % columns);
      for (let k = 0; k < side; k++) along[i] += weights[k] * map[first + k];
    }
    const means = new Float64Array(rows * columns);
    for (let i = 0; i < means.length; i++) {
      for (let k = 0; k < side; k++) means[i] += weights[k] * along[i + k * columns];
    }
    return means;
  };
}
