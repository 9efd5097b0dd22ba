/** The colours of a map, from little to much or from against to for. */

import { signedColor } from '../signed.js';

/** @import { Look } from '../paint.js' */

/**
 * What the colours mean.
 * @typedef {object} Legend
 * @property {boolean} isSigned whether the map has signs, and colours of its own
 * @property {[low: string, high: string]} words at both ends
 */

/**
 * The colour at a place of the legend.
 * @param {number} share 0 left .. 1 right
 * @param {Legend} legend
 * @param {Look} look
 * @returns {Iterable<number>} R, G, B
 */
export function legendColor(share, { isSigned }, { colors }) {
  if (isSigned) return signedColor(2 * share - 1);
  const at = Math.min(255, Math.floor(share * 256)) * 3;
  return colors.subarray(at, at + 3);
}

/** @type {WeakMap<HTMLElement, unknown[]>} what the legend of each pane shows */
const drawn = new WeakMap();

/**
 * Draws a legend. Most maps that follow one another have the same, which stays.
 * @param {HTMLElement} pane
 * @param {Legend} legend
 * @param {Look} look
 */
export function drawLegend(pane, legend, look) {
  const shown = [legend.isSigned, look.colors, ...legend.words];
  if (drawn.get(pane)?.every((part, i) => part === shown[i])) return;
  drawn.set(pane, shown);
  const canvas = /** @type {HTMLCanvasElement} */ (pane.querySelector('.legend canvas'));
  const { width, height } = canvas;
  const row = new ImageData(width, 1);
  for (let x = 0; x < width; x++) {
    row.data.set([...legendColor((x + 0.5) / width, legend, look), 255], x * 4);
  }
  const context = canvas.getContext('2d');
  for (let y = 0; y < height; y++) context?.putImageData(row, 0, y);
  const ends = pane.querySelectorAll('.legend span');
  legend.words.forEach((word, i) => (ends[i].textContent = word));
}
