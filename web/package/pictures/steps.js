/**
 * The steps from a picture to a network's input and back, one by one, named as in Keras. model.run()
 * takes them by itself; with these a caller can look at what lies between.
 */

import { GradCamError, show } from '../base/errors.js';
import { checkPixels, checkPixelSize, readPicture, toImageData } from './image.js';
import { inputToPicture, opaque, pictureToInput, resizeColors } from './preprocessing.js';
import { readSource } from '../base/source.js';
import { checkTensor } from './tensor.js';
import { defaultEngine, startedEngine } from '../engine/start.js';

/** @typedef {import('./image.js').Filter} Filter */
/** @typedef {import('./image.js').Picture} Picture */
/** @typedef {import('./image.js').Pixels} Pixels */
/** @typedef {import('./preprocessing.js').Preprocessing} Preprocessing */
/** @typedef {import('./tensor.js').Tensor} Tensor */

/**
 * @typedef {object} LoadImageOptions
 * @property {[height: number, width: number]} [targetSize] default: the picture's own size
 * @property {Filter} [interpolation] how it is resized to that; default "nearest", as in Keras
 * @property {AbortSignal} [signal]
 */

/**
 * Reads a picture and resizes it: Keras' load_img. Transparency is dropped first, as there.
 * @param {Picture | string | URL} source a picture of any kind, or its address
 * @param {LoadImageOptions} [options]
 * @returns {Promise<ImageData>} opaque
 * @example
 * const image = await loadImage('photo.jpg', { targetSize: [224, 224], interpolation: 'bilinear' });
 */
export async function loadImage(source, { targetSize, interpolation = 'nearest', signal } = {}) {
  signal?.throwIfAborted();
  const size = targetSize && checkPixelSize('targetSize', targetSize);
  const isAddress = typeof source === 'string' || source instanceof URL;
  const picture = isAddress ? await readSource(source, { signal }) : source;
  const engine = await startedEngine();
  const pixels = await readPicture(engine, picture);
  signal?.throwIfAborted();
  return toImageData(size ? resizeColors(engine, pixels, size, interpolation) : opaque(pixels));
}

/**
 * A picture as a batch of one for a network: Keras' img_to_array, then its preprocess_input.
 * @param {Pixels} image of the input's size; alpha is left out
 * @param {{ preprocessing?: Preprocessing, channels?: 1 | 3 }} [options] `preprocessing`: default
 *   "none", the values 0 .. 255 as they are; `channels`: default 3; 1 for luma
 * @returns {Tensor} [1, height, width, channels]
 * @example
 * const image = await loadImage(file, { targetSize: [224, 224] });
 * const array = imageToArray(image, { preprocessing: 'tf' });
 * const run = await model.run(array);
 */
export function imageToArray(image, { preprocessing = 'none', channels = 3 } = {}) {
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
 * A tensor as a picture: Keras' array_to_img.
 * @param {Tensor} array [1, height, width, channels]; 1 channel is grey, 3 are red, green and blue, a
 *   fourth is alpha
 * @param {{ scale?: boolean }} [options] `scale`: stretch the values so that the smallest becomes 0
 *   and the largest 255, default true; else they must be 0 .. 255 already
 * @returns {ImageData}
 * @example
 * const array = imageToArray(await loadImage(file), { preprocessing: 'tf' });
 * const image = arrayToImage(array);
 */
export function arrayToImage(array, { scale = true } = {}) {
  const input = checkTensor(array, [1, null, null, null]);
  if (![1, 3, 4].includes(input.channels)) {
    const text = `the tensor has ${input.channels} channels; allowed: 1, 3, 4`;
    throw new GradCamError('INVALID_IMAGE', text);
  }
  return inputToPicture(input, { scale });
}
