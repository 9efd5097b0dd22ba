/** Small pictures with their heat maps. */

import { colorize } from '../paint.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Look } from '../paint.js' */

/** @typedef {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} Context */

/**
 * A picture of at most so many pixels a side.
 * @param {ImageData} picture
 * @param {number} side
 */
export function shrink(picture, side) {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const whole = new OffscreenCanvas(picture.width, picture.height);
  whole.getContext('2d')?.putImageData(picture, 0, 0);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  const small = new OffscreenCanvas(width, height);
  const context = small.getContext('2d');
  if (context) {
    context.imageSmoothingQuality = 'high';
    context.drawImage(whole, 0, 0, width, height);
  }
  return small;
}

/**
 * Draws a picture with its map. The browser resizes the map, because so small a picture shows no
 * difference.
 * @param {Context} context
 * @param {CanvasImageSource} picture
 * @param {HeatMap | undefined} heatmap
 * @param {Look} look
 * @param {[x: number, y: number, width: number, height: number]} place
 */
export function drawSmall(context, picture, heatmap, look, place) {
  context.drawImage(picture, ...place);
  if (!heatmap) return;
  const cells = new OffscreenCanvas(heatmap.width, heatmap.height);
  const colored = new ImageData(heatmap.width, heatmap.height);
  colored.data.set(colorize(heatmap, look));
  cells.getContext('2d')?.putImageData(colored, 0, 0);
  context.drawImage(cells, ...place);
}
