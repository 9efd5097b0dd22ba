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

/**
 * @param {HTMLElement} pane
 * @param {Legend} legend
 * @param {Look} look
 */
export function drawLegend(pane, legend, look) {
  const canvas = /** @type {HTMLCanvasElement} */ (pane.querySelector('.legend canvas'));
  const row = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < row.data.length / 4; i++) {
    const share = ((i % canvas.width) + 0.5) / canvas.width;
    row.data.set([...legendColor(share, legend, look), 255], i * 4);
  }
  canvas.getContext('2d')?.putImageData(row, 0, 0);
  const ends = pane.querySelectorAll('.legend span');
  legend.words.forEach((word, i) => (ends[i].textContent = word));
}
