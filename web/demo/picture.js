/** Pictures of the page, which are a file for the model and pixels for the screen. */

import { loadImage } from 'gradcam-wasm/worker';
import { pixelsOf } from './pixels.js';

/**
 * A picture that the page can open.
 * @typedef {object} PictureChoice
 * @property {string} name
 * @property {string} [id] of a picture that comes with the page
 * @property {string | Blob} source an address or a file
 * @property {string} [thumb] address of a small form
 */

/**
 * @typedef {object} Picture
 * @property {string} name
 * @property {Blob} file the picture in full size, for the model
 * @property {ImageData} pixels the picture with at most SHOWN_SIDE pixels a side, for heat maps
 */

/** Enough pixels for the page, and few enough to draw again while the opacity slider moves. */
const SHOWN_SIDE = 1280;
/** Scaling down a picture of more pixels takes longer than a frame. */
const LARGE = 2 ** 21;

/** @type {Map<PictureChoice['source'], Promise<Picture>>} */
const early = new Map();

/**
 * Begins to read a picture before the page asks for it.
 * @param {PictureChoice} choice
 */
export function prefetchPicture(choice) {
  const picture = readNow(choice);
  early.set(choice.source, picture);
  // The reader of the picture learns of a failure.
  picture.catch(() => {});
}

/**
 * @param {PictureChoice} choice
 * @param {AbortSignal} signal
 * @returns {Promise<Picture>}
 */
export async function readPicture(choice, signal) {
  const begun = early.get(choice.source);
  early.delete(choice.source);
  return begun ?? readNow(choice, signal);
}

/**
 * @param {PictureChoice} choice
 * @param {AbortSignal} [signal]
 * @returns {Promise<Picture>}
 */
async function readNow({ name, source }, signal) {
  const file = typeof source === 'string' ? await fetchBlob(source, signal) : source;
  return { name, file, pixels: await readPixels(file, SHOWN_SIDE, signal) };
}

/**
 * The pixels of a picture. The browser decodes it and turns it upright. What the browser cannot
 * decode, the package decodes (SVG) or refuses with a reason.
 * @param {Blob} file
 * @param {number} [side] limit of the longer side
 * @param {AbortSignal} [signal]
 * @returns {Promise<ImageData>}
 */
export async function readPixels(file, side = Infinity, signal) {
  const bitmap = await createImageBitmap(file).catch(async () =>
    createImageBitmap(await loadImage(file)),
  );
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const isLarge = bitmap.width * bitmap.height > LARGE;
  if (!isLarge) return pixelsOf(bitmap, width, height);
  const { drawLarge } = await import('./large/draw.js');
  return drawLarge({ bitmap, width, height }, signal);
}

/**
 * The part of a picture that a model with the crop "center" sees.
 * @param {ImageData} pixels
 * @param {{ width: number, height: number }} input
 */
export function centreOf(pixels, input) {
  const scale = Math.min(pixels.width / input.width, pixels.height / input.height);
  const width = Math.max(1, Math.round(input.width * scale));
  const height = Math.max(1, Math.round(input.height * scale));
  const left = Math.floor((pixels.width - width) / 2);
  const top = Math.floor((pixels.height - height) / 2);
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('The browser cannot draw a picture of that size.');
  context.putImageData(pixels, -left, -top);
  return context.getImageData(0, 0, width, height);
}

/**
 * @param {string} address
 * @param {AbortSignal} [signal]
 */
async function fetchBlob(address, signal) {
  const response = await fetch(address, { signal });
  if (!response.ok) throw new Error(`There is no picture at ${address} (${response.status}).`);
  // Chromium sometimes fails to give a preloaded body as a Blob.
  const type = response.headers.get('content-type') ?? '';
  return new Blob([await response.arrayBuffer()], { type });
}
