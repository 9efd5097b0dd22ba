/** From a picture to a network's input, and back. */

import { GradCamError, choose, show } from './errors.js';
import { resize, toImageData } from './image.js';
import { range } from './range.js';

/** @typedef {import('./wasm.js').Engine} Engine */
/** @typedef {import('./image.js').Pixels} Pixels */
/** @typedef {import('./network.js').Input} Input */

/** The ranges that networks were trained with: gc_preprocessing. */
const PRESETS = { none: 0, tf: 1, torch: 2, caffe: 3 };

/**
 * How pixels, 0 to 255, become a network's input:
 * - `none`: as they are
 * - `tf`: x / 127.5 - 1 (MobileNet, Inception, Xception, NASNet)
 * - `torch`: (x / 255 - mean) / deviation of ImageNet (DenseNet)
 * - `caffe`: B, G, R minus ImageNet's means (VGG, ResNet)
 * - numbers of one's own: x * scale + offset, each a number or one a channel (R, G, B)
 * @typedef {keyof typeof PRESETS
 *   | { scale: number | number[], offset: number | number[] }} Preprocessing
 */

/** Layers that preprocess inside the model. */
const PREPROCESSING_LAYERS = ['Rescaling', 'Normalization'];

/**
 * The preprocessing of a model that nobody named one for: none where the model rescales by itself,
 * else that of the MobileNet family.
 * @param {{ type: string }[]} layers
 * @returns {Preprocessing}
 */
export function defaultPreprocessing(layers) {
  return layers.some(({ type }) => PREPROCESSING_LAYERS.includes(type)) ? 'none' : 'tf';
}

/**
 * @param {unknown} preprocessing
 * @returns {asserts preprocessing is Preprocessing}
 */
export function checkPreprocessing(preprocessing) {
  if (typeof preprocessing === 'object' && preprocessing !== null) triples(preprocessing);
  else choose(PRESETS, preprocessing, 'preprocessing');
}

/** @param {object} preprocessing */
function triples(preprocessing) {
  const { scale, offset } = /** @type {{ scale: unknown, offset: unknown }} */ (preprocessing);
  return [scale, offset].map((value) => {
    const numbers = Array.isArray(value) ? value : [value, value, value];
    if (numbers.length === 3 && numbers.every(Number.isFinite)) return Float32Array.from(numbers);
    throw new GradCamError(
      'INVALID_ARGUMENT',
      `preprocessing has scale ${show(scale)}, offset ${show(offset)}; ` +
        'allowed: a number or three, for R, G and B',
    );
  });
}

/**
 * Resizes a picture to a network's input size and preprocesses it.
 * @param {Engine} engine
 * @param {Pixels} pixels
 * @param {{ width: number, height: number, channels: number }} size
 * @param {Preprocessing} preprocessing
 * @param {unknown} filter a Filter
 * @returns {{ input: Input, picture: ImageData }} `picture` is what the network sees
 */
export function pictureToInput(engine, pixels, { width, height, channels }, preprocessing, filter) {
  if (channels !== 1 && channels !== 3) {
    const text = `the model takes ${channels} channels; pictures have 1 or 3: give a tensor`;
    throw new GradCamError('INVALID_IMAGE', text);
  }
  const picture = resizeColors(engine, pixels, { width, height }, filter);
  const data = toTensor(engine, picture.data, channels, preprocessing);
  return { input: { data, width, height, channels }, picture: toImageData(picture) };
}

/**
 * Resizes a picture without its transparency. Keras converts to RGB before it resizes, so the colours
 * of transparent pixels count like all others.
 * @param {Engine} engine
 * @param {Pixels} pixels
 * @param {{ width: number, height: number }} size
 * @param {unknown} filter a Filter
 * @returns {Pixels}
 */
export function resizeColors(engine, pixels, size, filter) {
  return resize(engine, opaque(pixels), size, filter);
}

/** @param {Pixels} pixels */
export function opaque({ data, width, height }) {
  const copy = new Uint8ClampedArray(data);
  for (let i = 3; i < copy.length; i += 4) copy[i] = 255;
  return { data: copy, width, height };
}

/**
 * @param {Engine} engine
 * @param {Uint8Array | Uint8ClampedArray} data RGBA
 * @param {number} channels
 * @param {Preprocessing} preprocessing
 * @returns {Float32Array}
 */
export function toTensor(engine, data, channels, preprocessing) {
  const count = data.length / 4;
  return engine.scratch((scratch) => {
    const out = scratch.alloc(count * channels * 4);
    const given = [out, channels, scratch.copy(data), count];
    if (typeof preprocessing === 'string') {
      engine.check('gc_image_to_tensor', ...given, PRESETS[preprocessing]);
    } else {
      const [scale, offset] = triples(preprocessing).map((numbers) => scratch.copy(numbers));
      engine.check('gc_image_to_tensor_affine', ...given, scale, offset);
    }
    return engine.floats(out, count * channels);
  });
}

/**
 * A tensor as a picture: its values, 0 .. 255, truncated; or stretched, so that the smallest becomes 0
 * and the largest 255.
 * @param {Input} input
 * @param {{ scale: boolean }} options
 * @returns {ImageData}
 */
export function inputToPicture({ data, width, height, channels }, { scale }) {
  const toByte = scale ? stretch(range(data)) : Math.trunc;
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      pixels[i * 4 + c] = toByte(data[i * channels + (channels < 3 ? 0 : c)]);
    }
    pixels[i * 4 + 3] = channels === 4 ? toByte(data[i * 4 + 3]) : 255;
  }
  return toImageData({ data: pixels, width, height });
}

/**
 * Every step is rounded to float32, as NumPy does it.
 * @param {{ min: number, max: number }} range of the values
 * @returns {(value: number) => number} 0 .. 255
 */
function stretch({ min, max }) {
  const extent = Math.fround(max - min) || 1;
  return (value) => Math.trunc(Math.fround(Math.fround(Math.fround(value - min) / extent) * 255));
}
