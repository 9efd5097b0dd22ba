/** Draws what is saved, in a worker: pictures in full size, with and without a caption. */

import { paint } from '../paint.js';
import { legendColor } from '../view/legend.js';

/** @import { Shown } from './snapshot.js' */

/** @typedef {{ data: Uint8ClampedArray<ArrayBuffer>, width: number, height: number }} Pixels */

/** Rows that are copied from a decoded picture at once. */
const STRIP = 256;
/** Pixels that a caption needs. */
const LEAST_WIDTH = 480;
const COLORS = { ground: '#ffffff', ink: '#171c1d', soft: '#566063' };
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

/**
 * The picture with its map.
 * @param {Shown} shown
 * @param {ImageBitmap} bitmap the decoded picture
 * @param {(share: number) => void} onProgress
 * @returns {Pixels}
 */
export function drawPlain(shown, bitmap, onProgress) {
  const part = visiblePart(shown, bitmap);
  return drawInto(makePixels(part.width, part.height), shown, bitmap, onProgress);
}

/**
 * The picture with its map, and under it what it shows.
 * @param {Shown} shown
 * @param {ImageBitmap} bitmap
 * @param {(share: number) => void} onProgress
 * @returns {Pixels}
 */
export function drawCaptioned(shown, bitmap, onProgress) {
  const { width, height } = visiblePart(shown, bitmap);
  const caption = drawCaption(shown, Math.max(width, LEAST_WIDTH));
  const whole = makePixels(caption.width, height + caption.height);
  whole.data.set(caption.data, height * whole.width * 4);
  if (width === whole.width) {
    const top = whole.data.subarray(0, width * height * 4);
    drawInto({ data: top, width, height }, shown, bitmap, onProgress);
    return whole;
  }
  const picture = drawPlain(shown, bitmap, onProgress);
  whole.data.fill(255, 0, height * whole.width * 4);
  const left = Math.floor((whole.width - width) / 2);
  for (let y = 0; y < height; y++) {
    const row = picture.data.subarray(y * width * 4, (y + 1) * width * 4);
    whole.data.set(row, (y * whole.width + left) * 4);
  }
  return whole;
}

/**
 * Several pictures with captions, side by side.
 * @param {{ shown: Shown, seen: ImageData }[]} panes
 * @returns {Pixels}
 */
export function drawSheet(panes) {
  const gap = 16;
  const height = Math.max(...panes.map(({ seen }) => seen.height));
  const sheets = panes.map(({ shown, seen }) => {
    const painted = new ImageData(seen.width, seen.height);
    if (shown.heat) paint(painted, seen, shown.heatmap, shown.look);
    else painted.data.set(seen.data);
    const picture = new OffscreenCanvas(seen.width, seen.height);
    contextOf(picture).putImageData(painted, 0, 0);
    const width = Math.round((seen.width * height) / seen.height);
    const caption = drawCaption(shown, Math.max(width, LEAST_WIDTH));
    return { picture, width, caption };
  });
  const total = sheets.reduce((sum, { caption }) => sum + caption.width + gap, -gap);
  const tallest = Math.max(...sheets.map(({ caption }) => caption.height));
  const context = contextOf(new OffscreenCanvas(total, height + tallest));
  context.fillStyle = COLORS.ground;
  context.fillRect(0, 0, total, height + tallest);
  context.imageSmoothingQuality = 'high';
  let x = 0;
  for (const { picture, width, caption } of sheets) {
    context.drawImage(picture, x + (caption.width - width) / 2, 0, width, height);
    context.putImageData(caption, x, height);
    x += caption.width + gap;
  }
  return context.getImageData(0, 0, total, height + tallest);
}

/**
 * @param {number} width
 * @param {number} height
 * @returns {Pixels}
 */
function makePixels(width, height) {
  return { data: new Uint8ClampedArray(width * height * 4), width, height };
}

/**
 * The part of a picture that is shown, as centreOf() of the page cuts it.
 * @param {Pick<Shown, 'crop'>} shown
 * @param {{ width: number, height: number }} picture
 */
function visiblePart({ crop }, picture) {
  if (!crop) return { left: 0, top: 0, width: picture.width, height: picture.height };
  const scale = Math.min(picture.width / crop.width, picture.height / crop.height);
  const width = Math.max(1, Math.round(crop.width * scale));
  const height = Math.max(1, Math.round(crop.height * scale));
  const left = Math.floor((picture.width - width) / 2);
  const top = Math.floor((picture.height - height) / 2);
  return { left, top, width, height };
}

/**
 * Copies the picture strip by strip, because a second copy of a large picture may not fit in the
 * memory, and paints the map over it.
 * @param {Pixels} to
 * @param {Shown} shown
 * @param {ImageBitmap} bitmap
 * @param {(share: number) => void} onProgress
 */
function drawInto(to, shown, bitmap, onProgress) {
  const { left, top } = visiblePart(shown, bitmap);
  const { width, height } = to;
  const strip = new OffscreenCanvas(width, Math.min(STRIP, height));
  const context = contextOf(strip);
  for (let y = 0; y < height; y += STRIP) {
    const rows = Math.min(STRIP, height - y);
    context.clearRect(0, 0, width, strip.height);
    context.drawImage(bitmap, -left, -top - y);
    to.data.set(context.getImageData(0, 0, width, rows).data, y * width * 4);
    onProgress((0.5 * (y + rows)) / height);
  }
  const pixels = new ImageData(to.data, width, height);
  if (shown.heat) paint(pixels, pixels, shown.heatmap, shown.look);
  onProgress(1);
  return to;
}

/** @param {OffscreenCanvas} canvas */
function contextOf(canvas) {
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('The browser cannot draw a picture of that size.');
  return context;
}

/* ---- The caption ---- */

/**
 * Headline, sentence, legend and facts on a light ground.
 * @param {Shown} shown
 * @param {number} width
 * @returns {ImageData}
 */
function drawCaption(shown, width) {
  const unit = Math.max(14, width / 48);
  const inside = width - 2 * unit;
  const measure = contextOf(new OffscreenCanvas(1, 1));
  /** @type {{ text: string, font: string, color: string, height: number }[]} */
  const lines = [
    ...wrap(
      measure,
      shown.headline,
      `600 ${1.3 * unit}px ${FONT}`,
      inside,
      COLORS.ink,
      1.75 * unit,
    ),
    ...wrap(measure, shown.where, `${unit}px ${FONT}`, inside, COLORS.ink, 1.45 * unit),
    ...wrap(measure, shown.facts, `${0.85 * unit}px ${FONT}`, inside, COLORS.soft, 1.3 * unit),
  ];
  const legend = shown.heat ? 1.9 * unit : 0;
  const height = Math.ceil(lines.reduce((sum, line) => sum + line.height, 1.6 * unit + legend));
  const context = contextOf(new OffscreenCanvas(width, height));
  context.fillStyle = COLORS.ground;
  context.fillRect(0, 0, width, height);
  context.textBaseline = 'middle';
  let y = 0.8 * unit;
  for (const { text, font, color, height } of lines) {
    context.font = font;
    context.fillStyle = color;
    context.fillText(text, unit, y + height / 2);
    y += height;
  }
  if (shown.heat) drawLegend(context, shown, unit, y + legend / 2);
  return context.getImageData(0, 0, width, height);
}

/**
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {Shown} shown
 * @param {number} unit
 * @param {number} y of its middle
 */
function drawLegend(context, { legend, look }, unit, y) {
  context.font = `${0.85 * unit}px ${FONT}`;
  context.fillStyle = COLORS.soft;
  const [low, high] = legend.words;
  const inside = context.canvas.width - 3 * unit;
  // Names of classes may be long. They keep at most a third of the width each.
  const [before, after] = legend.words.map((word) =>
    Math.min(context.measureText(word).width, inside / 3),
  );
  context.fillText(low, unit, y, before);
  const left = 1.5 * unit + before;
  const length = Math.min(12 * unit, inside - before - after);
  for (let x = 0; x < length; x++) {
    context.fillStyle = `rgb(${[...legendColor(x / length, legend, look)].join(' ')})`;
    context.fillRect(left + x, y - 0.35 * unit, Math.min(1.5, length - x), 0.7 * unit);
  }
  context.fillStyle = COLORS.soft;
  context.fillText(high, left + length + 0.5 * unit, y, after);
}

/**
 * A text in lines that fit.
 * @param {OffscreenCanvasRenderingContext2D} context
 * @param {string} text
 * @param {string} font
 * @param {number} width
 * @param {string} color
 * @param {number} height of a line
 */
function wrap(context, text, font, width, color, height) {
  context.font = font;
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const longer = lines.length > 0 ? `${lines[lines.length - 1]} ${word}` : word;
    const fits = lines.length > 0 && context.measureText(longer).width <= width;
    if (fits) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines.map((line) => ({ text: line, font, color, height }));
}
