/**
 * The steps from a picture to a network's input and back, named as in Keras. model.run() takes all
 * of them. A caller that wants to see what lies between takes them one by one.
 */

import { typed } from '../base/boundary.js';
import { GradCamError, show } from '../base/errors.js';
import { checkPixels, checkPixelSize, fetchPicture, readPicture, toImageData } from './image.js';
import { inputToPicture, opaque, pictureToInput, resizeColors } from './preprocessing.js';
import { checkTensor } from './tensor.js';
import { defaultEngine, startedEngine } from '../engine/start.js';

/** @typedef {import('./image.js').Filter} Filter */
/** @typedef {import('./image.js').PictureSource} PictureSource */
/** @typedef {import('./image.js').Pixels} Pixels */
/** @typedef {import('./preprocessing.js').Preprocessing} Preprocessing */
/** @typedef {import('./tensor.js').Tensor} Tensor */

/**
 * @typedef {object} LoadImageOptions
 * @property {readonly [height: number, width: number]} [targetSize] default: the picture's own size
 * @property {Filter} [interpolation] the filter that resizes the picture; default "nearest", as in
 *   Keras
 * @property {AbortSignal} [signal]
 */

/**
 * Reads a picture, drops its transparency and resizes it, as Keras' load_img does.
 * @param {PictureSource} source a picture of any kind, or its address
 * @param {LoadImageOptions} [options]
 * @returns {Promise<ImageData>} opaque
 * @example
 * const image = await loadImage('dog.jpg', { targetSize: [224, 224], interpolation: 'bilinear' });
 */
export async function loadImage(source, options) {
  return typed('loadImage', options, (given) => load(source, given));
}

/**
 * @param {PictureSource} source
 * @param {LoadImageOptions} options
 */
async function load(source, { targetSize, interpolation = 'nearest', signal }) {
  signal?.throwIfAborted();
  const size = targetSize && checkPixelSize('targetSize', targetSize);
  const picture = await fetchPicture(source, signal);
  const engine = await startedEngine();
  const pixels = await readPicture(engine, picture);
  signal?.throwIfAborted();
  return toImageData(size ? resizeColors(engine, pixels, size, interpolation) : opaque(pixels));
}

/**
 * Makes a tensor of a picture, a batch of one, as Keras' img_to_array and preprocess_input do.
 * @param {Pixels} image of the input's size; its alpha is dropped
 * @param {{ preprocessing?: Preprocessing, channels?: 1 | 3 }} [options] `preprocessing`: default
 *   "none", the values 0 .. 255 as they are; `channels`: default 3, for R, G and B; 1 for luma
 * @returns {Tensor} [1, height, width, channels]
 * @example
 * const image = await loadImage(file, { targetSize: [224, 224] });
 * const array = imageToArray(image, { preprocessing: 'tf' });
 * const run = await model.run(array);
 */
export function imageToArray(image, options) {
  return typed('imageToArray', options, (given) => toArray(image, given));
}

/**
 * @param {Pixels} image
 * @param {{ preprocessing?: Preprocessing, channels?: 1 | 3 }} options
 * @returns {Tensor}
 */
function toArray(image, { preprocessing = 'none', channels = 3 }) {
  const engine = defaultEngine();
  const pixels = checkPixels(image);
  const { width, height } = pixels;
  if (channels !== 1 && channels !== 3) {
    throw new GradCamError('INVALID_ARGUMENT', `channels is ${show(channels)}; allowed: 1, 3`);
  }
  const size = { width, height, channels };
  const { input } = pictureToInput(engine, pixels, size, preprocessing, 'nearest');
  return { data: input.data, shape: [1, height, width, channels] };
}

/**
 * Makes a picture of a tensor, as Keras' array_to_img does.
 * @param {Tensor} array [1, height, width, channels]; 1 channel is grey, 3 are red, green and blue,
 *   and a fourth is alpha
 * @param {{ scale?: boolean }} [options] `scale`: whether to stretch the values, so that the
 *   smallest becomes 0 and the largest 255; default true. Without it, the values must be 0 .. 255
 * @returns {ImageData}
 * @example
 * const array = imageToArray(await loadImage(file), { preprocessing: 'tf' });
 * const image = arrayToImage(array);
 */
export function arrayToImage(array, options) {
  return typed('arrayToImage', options, (given) => toImage(array, given));
}

/**
 * @param {Tensor} array
 * @param {{ scale?: boolean }} options
 */
function toImage(array, { scale = true }) {
  const input = checkTensor(array, [1, null, null, null]);
  if (![1, 3, 4].includes(input.channels)) {
    const text = `the tensor has ${input.channels} channels; allowed: 1, 3, 4`;
    throw new GradCamError('INVALID_IMAGE', text);
  }
  return inputToPicture(input, { scale });
}
