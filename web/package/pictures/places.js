/** Where a heat map is strong, and on how much of the picture. */

/** @import { HeatMap } from 'gradcam-wasm' */

/**
 * @typedef {object} Place
 * @property {number} x of the strongest position, 0 left .. 1 right
 * @property {number} y 0 top .. 1 bottom
 * @property {number} share the smallest share of the picture with half of the map's sum, 0 .. 1
 */

/**
 * @param {HeatMap} heatmap
 * @returns {Place | undefined} undefined if the map is blank
 */
export function findPlace({ data, width, height }) {
  const total = data.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return undefined;
  const largest = data.reduce((best, value, i) => (value > data[best] ? i : best), 0);
  const x = ((largest % width) + 0.5) / width;
  const y = (Math.floor(largest / width) + 0.5) / height;
  return { x, y, share: halfShare(data, total) };
}

/**
 * @param {Float32Array} data
 * @param {number} total its sum
 */
function halfShare(data, total) {
  const values = data.slice().sort();
  let left = total / 2;
  let count = 0;
  for (let i = values.length - 1; i >= 0 && left > 0; i--) {
    // Of the last position only the part that is needed counts.
    count += Math.min(1, left / values[i]);
    left -= values[i];
  }
  return count / values.length;
}
