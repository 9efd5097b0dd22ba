/// <reference lib="esnext.disposable" preserve="true" />

/** A Keras image classifier. */

import { GradCamError, show } from '../base/errors.js';
import { ModelInfo } from './model-info.js';
import { isPixels, readPicture, toImageData } from '../pictures/image.js';
import { inputToPicture, pictureToInput } from '../pictures/preprocessing.js';
import { Run } from './run.js';
import { checkTensor } from '../pictures/tensor.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Input, Network } from '../engine/network.js' */
/** @import { Filter, Picture } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { ModelDescription } from './model-info.js' */

/**
 * @typedef {object} RunOptions
 * @property {Picture} [image] the picture to draw heat maps on, of any size; without it, what the
 *   network sees
 * @property {Filter} [interpolation] how a picture is resized to the input's size; default
 *   "nearest", as Keras' load_img does
 * @property {AbortSignal} [signal]
 */

export class Model extends ModelInfo {
  #engine;
  #network;
  #inputSize;

  /**
   * @param {Engine} engine
   * @param {Network} network with its weights; the model owns it from now on
   * @param {ModelDescription} description
   * @param {[number, number]} [inputSize] height and width, for a model that leaves them open
   */
  constructor(engine, network, description, inputSize) {
    super(description);
    this.#engine = engine;
    this.#network = network;
    this.#inputSize = inputSize;
  }

  /** Bytes of memory that the model holds. */
  get memory() {
    return this.#network.memory;
  }

  /**
   * Runs the network on a picture. Predictions and any number of explanations then come from the
   * run that is returned.
   * @param {Picture | Tensor} image
   * @param {RunOptions} [options]
   * @returns {Promise<Run>}
   * @example
   * const run = await model.run(file, { image: file }); // heat maps are drawn on the picture itself
   * run.decodePredictions({ top: 3 });
   */
  async run(image, options = {}) {
    const { signal } = options;
    signal?.throwIfAborted();
    const { input, picture } = isTensor(image)
      ? this.#readTensor(image)
      : await this.#readImage(image, options);
    const drawn = options.image && (await readPicture(this.#engine, options.image));
    signal?.throwIfAborted();
    return new Run(this, this.#network, input, drawn ? () => toImageData(drawn) : picture);
  }

  /**
   * @param {Picture} image
   * @param {RunOptions} options
   */
  async #readImage(image, { interpolation = 'nearest' }) {
    const pixels = await readPicture(this.#engine, image);
    const size = this.#pictureSize();
    const made = pictureToInput(this.#engine, pixels, size, this.preprocessing, interpolation);
    return { input: made.input, picture: () => made.picture };
  }

  /** The size that pictures are brought to. */
  #pictureSize() {
    const [, height, width, channels] = this.inputShape;
    const size = this.#inputSize ?? [height, width];
    if (size[0] === null || size[1] === null || channels === null) {
      throw new GradCamError(
        'INVALID_ARGUMENT',
        `the model leaves its input size open (${show(this.inputShape)}): ` +
          'load it with inputSize: [height, width]',
      );
    }
    return { height: size[0], width: size[1], channels };
  }

  /**
   * @param {Tensor} tensor
   * @returns {{ input: Input, picture: () => ImageData }}
   */
  #readTensor(tensor) {
    const given = checkTensor(tensor, [1, ...this.inputShape.slice(1)]);
    const input = { ...given, data: given.data.slice() };
    return { input, picture: () => inputToPicture(input, { scale: true }) };
  }

  /**
   * Gives back the model's memory. May be called again; calls that are still waiting for a picture
   * reject with DISPOSED.
   * @example
   * model.dispose();
   */
  dispose() {
    this.#network.dispose();
  }

  /** For `using model = await loadModel(...)`; where there is no such symbol, a method of no use. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/**
 * @param {Picture | Tensor} image
 * @returns {image is Tensor}
 */
function isTensor(image) {
  return typeof image === 'object' && image !== null && 'shape' in image && !isPixels(image);
}
