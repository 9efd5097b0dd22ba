/// <reference lib="esnext.disposable" preserve="true" />

/** A Keras image classifier. */

import { typed } from '../base/boundary.js';
import { GradCamError, show } from '../base/errors.js';
import { readFurtherInputs } from './further-inputs.js';
import { ModelInfo } from './model-info.js';
import { cropPicture } from '../pictures/crop.js';
import { fetchPicture, isPixels, readPicture, toImageData } from '../pictures/image.js';
import { inputToPicture, pictureToInput } from '../pictures/preprocessing.js';
import { Run, loadMetrics } from './run.js';
import { checkTensor, turnInput } from '../pictures/tensor.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Input, Network } from '../engine/network.js' */
/** @import { Profile } from '../metrics/profile.js' */
/** @import { Randomization, RandomizationOptions } from '../metrics/randomization.js' */
/** @import { Crop } from '../pictures/crop.js' */
/** @import { Filter, Picture, PictureSource, Pixels } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { InputValues } from './further-inputs.js' */
/** @import { ModelDescription } from './model-info.js' */

/**
 * @typedef {object} RunOptions
 * @property {PictureSource | 'input'} [image] the picture to draw heat maps on, which may have any
 *   size. "input" is the picture as the network sees it (default, except for showPrediction)
 * @property {Filter} [interpolation] how a picture is resized to the input's size (default
 *   "nearest", as in Keras' load_img)
 * @property {Crop} [crop] what happens to a picture of another shape than the input's (default
 *   `model.crop`). "stretch" is what Keras' load_img does. "center" takes its centre, as Teachable
 *   Machine does, and crops `image` likewise
 * @property {Record<string, InputValues>} [inputs] values of the model's further inputs, by their
 *   names in `model.inputs`
 * @property {AbortSignal} [signal]
 */

export class Model extends ModelInfo {
  #engine;
  #network;
  #inputSize;

  /**
   * @param {Engine} engine
   * @param {Network} network with its weights, which the model owns from now on
   * @param {ModelDescription} description
   * @param {[number, number]} [inputSize] height and width, for a model that leaves them open
   */
  constructor(engine, network, description, inputSize) {
    super(description);
    this.#engine = engine;
    this.#network = network;
    this.#inputSize = inputSize;
  }

  /** How many bytes of memory the model holds. */
  get memory() {
    return this.#network.memory;
  }

  /**
   * Runs the network on a picture. The run that it returns has the predictions, and makes any
   * number of explanations. Runs that overlap are done one after another, and a run stays as it is
   * when others follow.
   * @param {PictureSource | Tensor} image
   * @param {RunOptions} [options]
   * @returns {Promise<Run>}
   * @example
   * const run = await model.run(file, { image: file }); // heat maps are drawn on the file's pixels
   * run.decodePredictions({ top: 3 });
   */
  async run(image, options) {
    return typed('model.run', options, (given) => this.#run(image, given));
  }

  /**
   * @param {PictureSource | Tensor} source
   * @param {RunOptions} options
   */
  async #run(source, options) {
    const { signal, crop = this.crop, image: shown = 'input' } = options;
    signal?.throwIfAborted();
    const further = readFurtherInputs(this.inputs, options.inputs);
    const image = isTensor(source) ? source : await fetchPicture(source, signal);
    const read = isTensor(image) ? this.#readTensor(image) : await this.#readImage(image, options);
    const input = further ? { ...read.input, further } : read.input;
    const drawn =
      shown !== 'input' && shown !== null
        ? await this.#readDrawn(shown, { source, read, crop, signal })
        : undefined;
    signal?.throwIfAborted();
    return new Run(this, this.#network, input, drawn ? () => toImageData(drawn) : read.picture);
  }

  /**
   * Replaces the weights of the last layers by numbers without meaning, more and more of them, and
   * compares the maps before and after. A map that stays as it is does not depend on what the model
   * has learned. A second network takes the numbers, so that the model stays as it is. It needs as
   * much memory as the model for as long as the call takes.
   * @param {PictureSource | Tensor} image
   * @param {RandomizationOptions & RunOptions} [options]
   * @returns {Promise<Randomization[]>} one a count
   * @example
   * for (const { count, layer, spearman } of await model.randomization(image, { target: 282 })) {
   *   console.log(count, layer, spearman); // near 0 is good
   * }
   */
  async randomization(image, options) {
    return typed('model.randomization', options, async (given) => {
      const [metrics, run] = await Promise.all([loadMetrics(), this.#run(image, given)]);
      return metrics.randomization(run.facts, given);
    });
  }

  /**
   * What each layer takes, in values, multiply-adds, memory and time. Layers that fusion runs as
   * one step, as a convolution with its batch norm and its ReLU, each have the time of the whole
   * step. `steps` has every step once.
   * @returns {Promise<Profile>}
   * @example
   * const { layers, steps, time } = await model.profile();
   * console.table(layers);
   */
  async profile() {
    return typed(null, {}, async () => {
      const metrics = await loadMetrics();
      const [height, width] = this.#inputSize ?? this.description.pictureShape;
      const channels = this.description.pictureShape[2];
      const isKnown = height && width && channels && this.inputs.length === 0;
      const size = isKnown ? { height, width, channels } : null;
      const profile = await metrics.profile(this.#network, this.description.layers, size);
      const names = new Set(this.layers.map(({ name }) => name));
      return { ...profile, layers: profile.layers.filter(({ name }) => names.has(name)) };
    });
  }

  /**
   * Makes an input of a picture or tensor.
   * @param {PictureSource | Tensor} image
   * @internal
   */
  async readInput(image) {
    if (isTensor(image)) return this.#readTensor(image).input;
    return (await this.#readImage(await fetchPicture(image), {})).input;
  }

  /**
   * @param {Picture} image
   * @param {RunOptions} options
   * @returns {Promise<{ input: Input, picture: () => ImageData, pixels: Pixels }>}
   */
  async #readImage(image, { interpolation = 'nearest', crop = this.crop }) {
    const size = this.#pictureSize();
    const pixels = cropPicture(await readPicture(this.#engine, image), size, crop);
    const made = pictureToInput(this.#engine, pixels, size, this.preprocessing, interpolation);
    return { input: made.input, picture: () => made.picture, pixels };
  }

  /**
   * The pixels to draw on. A picture that is also the input is not read twice.
   * @param {PictureSource} drawn
   * @param {{ source: unknown, read: { input: Input, pixels?: Pixels }, crop: Crop,
   *   signal: AbortSignal | undefined }} run
   */
  async #readDrawn(drawn, { source, read: { input, pixels }, crop, signal }) {
    if (pixels && drawn === source) return pixels;
    const picture = await fetchPicture(drawn, signal);
    return cropPicture(await readPicture(this.#engine, picture), input, crop);
  }

  /** The size to which pictures are resized. */
  #pictureSize() {
    const [height, width, channels] = this.description.pictureShape;
    const size = this.#inputSize ?? [height, width];
    if (size[0] === null || size[1] === null || channels === null) {
      throw new GradCamError(
        'INVALID_ARGUMENT',
        `the model leaves its input size open (${show(this.inputShape)}); ` +
          'load it with inputSize: [height, width] (--input-size on the command line), best the ' +
          'size that it was trained at; usual are 96, 128, 160, 192, 224, 256, 299, 331 and 384',
      );
    }
    return { height: size[0], width: size[1], channels };
  }

  /**
   * @param {Tensor} tensor
   * @returns {{ input: Input, picture: () => ImageData, pixels?: undefined }}
   */
  #readTensor(tensor) {
    const { dataFormat, inputShape } = this;
    const { pictureShape } = this.description;
    const shape = [1, ...inputShape.slice(1)];
    const first = dataFormat === 'channels_first';
    const given = checkTensor(tensor, shape, first ? shape : [1, ...pictureShape]);
    const input = first ? turnInput(given) : { ...given, data: given.data.slice() };
    return { input, picture: () => inputToPicture(input, { scale: true }) };
  }

  /**
   * Frees the model's memory. It may be called again. Calls that still wait for a picture reject
   * with DISPOSED. At the end of a block that has `using model = await loadModel(...)` it is called
   * by itself, where the language has `using`.
   * @example
   * model.dispose();
   */
  dispose() {
    this.#network.dispose();
    this.#engine.rest();
  }

  /** For `using model = await loadModel(...)`. */
  [Symbol.dispose]() {
    this.dispose();
  }
}

/**
 * @param {PictureSource | Tensor} image
 * @returns {image is Tensor}
 */
export function isTensor(image) {
  return typeof image === 'object' && image !== null && 'shape' in image && !isPixels(image);
}
