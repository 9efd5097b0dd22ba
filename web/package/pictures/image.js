/** Reads pictures of every kind as pixels. */

import { GradCamError, choose, show } from '../base/errors.js';
import { readSource } from '../base/source.js';
import { loadSvg, readSvgText, viewBytes } from './svg.js';

/** @typedef {import('../engine/engine.js').Engine} Engine */

/**
 * Pixels of four bytes each: red, green, blue and alpha. The first row is the top one.
 * @typedef {object} Pixels
 * @property {Uint8Array | Uint8ClampedArray} data
 * @property {number} width
 * @property {number} height
 */

/**
 * A picture. The engine decodes files and bytes (JPEG, PNG, BMP, GIF), so that they give the same
 * pixels everywhere, and turns them upright by their EXIF orientation. It refuses damaged files.
 * The browser decodes other kinds, and a page draws SVG files on white.
 * @typedef {ImageData | Pixels | Blob | ArrayBuffer | ArrayBufferView | CanvasImageSource} Picture
 */

/**
 * A picture, or its address. In Node an address may be a path.
 * @typedef {Picture | string | URL} PictureSource
 */

/** Pillow's filters: gc_filter. */
const FILTERS = { nearest: 0, box: 1, bilinear: 2, hamming: 3, bicubic: 4, lanczos: 5 };

/** @typedef {keyof typeof FILTERS} Filter */

/**
 * @param {unknown} filter a Filter
 * @returns {number} as the engine has it
 */
export function filterNumber(filter) {
  return choose(FILTERS, filter, 'the filter');
}

/** A file of so many bytes has some megapixels, or it is a BMP. */
const LARGE_FILE = 2 ** 21;

/** Bytes of an int32 and a pointer of wasm32. */
const WORD = 4;

const ALLOWED =
  'an address, ImageData, { data, width, height } with RGBA bytes, an image, video or canvas ' +
  'element, OffscreenCanvas, ImageBitmap, VideoFrame, Blob, File or the bytes of a picture file';

/**
 * @param {unknown} source
 * @returns {source is string | URL}
 */
export function isAddress(source) {
  return typeof source === 'string' || source instanceof URL;
}

/**
 * The picture itself, which is read from its address if it is given by one.
 * @param {PictureSource} source
 * @param {AbortSignal} [signal]
 * @returns {Promise<Picture>}
 */
export async function fetchPicture(source, signal) {
  return isAddress(source) ? readSource(source, { signal }) : source;
}

/**
 * @param {Engine} engine
 * @param {Picture} picture
 * @returns {Promise<Pixels>} `data` may be the caller's own
 */
export async function readPicture(engine, picture) {
  if (isPixels(picture)) return checkPixels(picture);
  if (isDrawable(picture)) return readDrawable(picture);
  const svg = await drawSvg(picture);
  if (svg) return svg;
  const blob = picture instanceof Blob ? picture : undefined;
  const bytes = blob ? new Uint8Array(await readBlob(blob)) : pictureBytes(picture);
  try {
    return decode(engine, bytes);
  } catch (error) {
    const isForeign = error instanceof GradCamError && error.code === 'INVALID_IMAGE';
    if (!isForeign || isDecodedHere(bytes) || !('createImageBitmap' in globalThis)) throw error;
    return decodeByBrowser(blob ?? new Blob([bytes.slice()]), error);
  }
}

/**
 * Draws an SVG file, at the size that it says.
 * @param {unknown} picture
 * @returns {Promise<Pixels | undefined>} undefined if the picture is of another kind
 */
export async function drawSvg(picture) {
  const text = await readSvgText(picture);
  if (text === undefined) return undefined;
  const image = await loadSvg(text);
  const { width, height } = sizeOf(image);
  return draw(image, width, height, 'white');
}

/**
 * Whether the engine decodes all pictures of that format: JPEG, PNG or GIF. What it refuses is
 * damaged, and a browser may show a part of it. Of BMP, browsers know more kinds.
 * @param {Uint8Array} bytes of a picture file
 */
function isDecodedHere([first, second, third]) {
  const start = String.fromCharCode(first, second, third);
  return ['\xff\xd8\xff', '\x89PN', 'GIF'].includes(start);
}

/**
 * @param {unknown} picture
 * @returns {picture is Pixels}
 */
export function isPixels(picture) {
  return typeof picture === 'object' && picture !== null && 'data' in picture && 'width' in picture;
}

/**
 * Refuses pixels whose data and size do not agree.
 * @param {Pixels} picture
 * @returns {Pixels}
 */
export function checkPixels({ data, width, height }) {
  const sizes = `width ${show(width)}, height ${show(height)}`;
  if (!isSize(width) || !isSize(height)) {
    throw new GradCamError('INVALID_IMAGE', `the picture has no pixels: ${sizes}`);
  }
  if (!(data instanceof Uint8Array || data instanceof Uint8ClampedArray)) {
    const allowed = 'allowed: Uint8ClampedArray, Uint8Array';
    throw new GradCamError('INVALID_IMAGE', `the picture's data are ${show(data)}; ${allowed}`);
  }
  if (data.length !== width * height * 4) {
    const lengths = `${data.length} bytes; RGBA of ${sizes} needs ${width * height * 4}`;
    throw new GradCamError('INVALID_IMAGE', `the picture's data have ${lengths}`);
  }
  return { data, width, height };
}

/** @param {unknown} value */
function isSize(value) {
  return Number.isInteger(value) && Number(value) > 0;
}

/**
 * @param {string} option the option's name
 * @param {unknown} size [height, width], as Keras has it
 * @returns {{ height: number, width: number }}
 */
export function checkPixelSize(option, size) {
  if (Array.isArray(size) && size.length === 2 && size.every(isSize)) {
    return { height: size[0], width: size[1] };
  }
  const text = `${option} is ${show(size)}; allowed: [height, width], in pixels`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * Whether a canvas can draw a picture. The classes exist in browsers only, and some of them in
 * workers.
 * @param {unknown} picture
 * @returns {picture is CanvasImageSource}
 */
export function isDrawable(picture) {
  const { HTMLElement, OffscreenCanvas, ImageBitmap, VideoFrame } = globalThis;
  return [HTMLElement, OffscreenCanvas, ImageBitmap, VideoFrame].some(
    (kind) => kind && picture instanceof kind,
  );
}

/**
 * Draws a picture on a canvas and reads its pixels.
 * @param {CanvasImageSource} picture
 * @returns {Promise<Pixels>}
 */
export async function readDrawable(picture) {
  if (globalThis.HTMLImageElement && picture instanceof HTMLImageElement) {
    await picture.decode().catch((cause) => {
      const text = `the image ${show(picture.src)} does not load${foreignHint(picture)}`;
      throw new GradCamError('INVALID_IMAGE', text, { cause });
    });
  }
  const { width, height } = sizeOf(picture);
  if (!isSize(width) || !isSize(height)) {
    const sizes = `width ${width}, height ${height}`;
    throw new GradCamError(
      'INVALID_IMAGE',
      `the picture has no pixels: ${show(picture)}, ${sizes}`,
    );
  }
  return draw(picture, width, height);
}

/** What a picture of another origin needs. */
const CORS =
  "a picture of another server needs crossOrigin = 'anonymous' before its src, and that server " +
  'has to allow it (CORS, the header Access-Control-Allow-Origin)';

/**
 * What may be the reason if an image does not load.
 * @param {HTMLImageElement} image
 */
function foreignHint({ src, crossOrigin }) {
  const isForeign = src !== '' && new URL(src, document.baseURI).origin !== location.origin;
  return isForeign && crossOrigin !== null ? `; ${CORS}` : '';
}

/**
 * @param {any} picture of a kind that a canvas can draw; each kind names its size in its own way
 * @returns {{ width: number, height: number }}
 */
function sizeOf(picture) {
  return {
    width: picture.naturalWidth ?? picture.videoWidth ?? picture.displayWidth ?? picture.width,
    height: picture.naturalHeight ?? picture.videoHeight ?? picture.displayHeight ?? picture.height,
  };
}

/**
 * @param {CanvasImageSource} picture
 * @param {number} width
 * @param {number} height
 * @param {string} [background] a colour of CSS; nothing without it
 * @returns {Pixels}
 */
function draw(picture, width, height, background = 'transparent') {
  try {
    const canvas = createCanvas(width, height);
    const context = /** @type {CanvasRenderingContext2D | null} */ (
      canvas.getContext('2d', { willReadFrequently: true })
    );
    if (!context) throw new Error('no canvas of that size');
    context.fillStyle = background;
    context.fillRect(0, 0, width, height);
    context.drawImage(picture, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const isTainted = cause instanceof DOMException && cause.name === 'SecurityError';
    const text =
      `the pixels of ${show(picture)} (${width} x ${height}) cannot be read: ${reason}` +
      (isTainted ? `; ${CORS}` : '');
    throw new GradCamError('INVALID_IMAGE', text, { cause });
  }
}

/**
 * @param {number} width
 * @param {number} height
 */
function createCanvas(width, height) {
  if ('OffscreenCanvas' in globalThis) return new OffscreenCanvas(width, height);
  return Object.assign(document.createElement('canvas'), { width, height });
}

/** @param {Blob} blob */
function readBlob(blob) {
  return blob.arrayBuffer().catch((cause) => {
    throw new GradCamError('INVALID_IMAGE', `the picture cannot be read: ${cause.message}`, {
      cause,
    });
  });
}

/**
 * @param {unknown} picture
 * @returns {Uint8Array}
 */
function pictureBytes(picture) {
  const bytes = viewBytes(picture);
  if (bytes) return bytes;
  throw new GradCamError('INVALID_IMAGE', `the picture is ${show(picture)}; allowed: ${ALLOWED}`);
}

/**
 * A copy of bytes in the engine.
 * @param {Engine} engine
 * @param {number} pointer
 * @param {number} length
 */
export function copyPixels(engine, pointer, length) {
  return new Uint8ClampedArray(engine.view(pointer, length));
}

/**
 * How many bytes of the engine decoding takes at least.
 * @param {Engine} engine
 * @param {Uint8Array} bytes of a picture file
 */
function decodedSize(engine, bytes) {
  // Copying a large file would take as much as its pixels.
  if (bytes.length > LARGE_FILE) return Infinity;
  return engine.scratch((scratch) => {
    const { size, file } = scratch.block({ size: 2 * WORD, file: bytes });
    const status = engine.call('gc_image_size', size, size + WORD, file, bytes.length);
    const [width, height] = engine.ints(size, 2);
    return status === 0 ? Math.abs(width * height) * 4 : 0;
  });
}

/**
 * @param {Engine} engine
 * @param {Uint8Array} bytes of a picture file
 * @returns {Pixels}
 */
function decode(engine, bytes) {
  engine = engine.forBytes(decodedSize(engine, bytes));
  return engine.scratch((scratch) => {
    const { out, file } = scratch.block({ out: 3 * WORD, file: bytes });
    engine.check('gc_image_decode', out, out + WORD, out + 2 * WORD, file, bytes.length);
    const [pixels, width, height] = engine.ints(out, 3);
    try {
      return { data: copyPixels(engine, pixels, width * height * 4), width, height };
    } finally {
      engine.call('gc_free', pixels);
    }
  });
}

/**
 * @param {Blob} blob
 * @param {GradCamError} error why the engine refused it
 */
async function decodeByBrowser(blob, error) {
  const bitmap = await createImageBitmap(blob).catch(() => {
    throw error;
  });
  try {
    return draw(bitmap, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}

/**
 * Resizes a picture byte for byte as Pillow's Image.resize.
 * @param {Engine} engine
 * @param {Pixels} picture `channels` bytes a pixel
 * @param {{ width: number, height: number }} size
 * @param {unknown} filter a Filter
 * @param {number} [channels] 1 or 4
 * @returns {Pixels}
 */
export function resize(engine, { data, width, height }, size, filter, channels = 4) {
  const number = filterNumber(filter);
  const length = size.width * size.height * channels;
  engine = engine.forBytes(length + data.length);
  return engine.scratch((scratch) => {
    const at = scratch.block({ out: length, data });
    const [to, from] = [
      [at.out, size.width, size.height],
      [at.data, width, height],
    ];
    engine.check('gc_image_resize', ...to, ...from, channels, number);
    return { data: copyPixels(engine, at.out, length), ...size };
  });
}

/**
 * Copies pixels to an ImageData. Node has no such class and gets a plain object with the same
 * properties.
 * @param {Pixels} pixels
 * @returns {ImageData}
 */
export function toImageData({ data, width, height }) {
  const bytes = new Uint8ClampedArray(data);
  if ('ImageData' in globalThis) return new ImageData(bytes, width, height);
  return /** @type {ImageData} */ ({ data: bytes, width, height, colorSpace: 'srgb' });
}
