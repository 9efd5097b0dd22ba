/** The colours of a map, from little to much or from against to for. */

import { signedColor } from '../signed.js';

/** @import { Look } from '../paint.js' */

/**
 * @param {HTMLElement} pane
 * @param {{ isSigned: boolean, look: Look, words: [low: string, high: string] }} drawn
 */
export function drawLegend(pane, { isSigned, look: { colors }, words }) {
  const canvas = /** @type {HTMLCanvasElement} */ (pane.querySelector('.legend canvas'));
  const row = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < row.data.length / 4; i++) {
    const share = ((i % canvas.width) + 0.5) / canvas.width;
    const at = Math.floor(share * 256) * 3;
    const color = isSigned ? signedColor(2 * share - 1) : colors.subarray(at, at + 3);
    row.data.set([...color, 255], i * 4);
  }
  canvas.getContext('2d')?.putImageData(row, 0, 0);
  const ends = pane.querySelectorAll('.legend span');
  words.forEach((word, i) => (ends[i].textContent = word));
}
