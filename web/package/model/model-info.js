/** What a model says about itself without being run. */

import { typed } from '../base/boundary.js';
import { formatSummary, isHiddenInput } from './summary.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { OwnScaling, Preprocessing } from '../pictures/preprocessing.js' */
/** @import { PreprocessingReason } from './find-preprocessing.js' */
/** @import { SummaryOptions } from './summary.js' */

/**
 * A layer of a model.
 * @typedef {object} Layer
 * @property {string} name its path, which joins names from outside to inside by "/"
 * @property {string} type Keras class, "Conv2D"
 * @property {(number | null)[]} outputShape with the batch first; an open size is null
 * @property {number} params number of values in its weights
 */

/**
 * A model as plain data.
 * @typedef {object} ModelDescription
 * @property {string} name
 * @property {(number | null)[]} inputShape [null, height, width, channels]; an open size is null
 * @property {LayerInfo[]} layers all layers
 * @property {number} classCount
 * @property {boolean} isBinary whether one output of the network stands for two classes
 * @property {boolean} isSequential whether it is of Keras' class Sequential
 * @property {string[]} [labels] names of the classes, in their order
 * @property {Preprocessing} preprocessing
 * @property {PreprocessingReason} preprocessingReason
 * @property {OwnScaling} [ownScaling] what the model's layers take, if they scale pixels
 * @property {string} [contradiction] how the weights' statistics contradict the preprocessing
 * @property {string} [architecture] the network of keras.applications to which weights alone
 *   belong, "MobileNetV2"
 */

export class ModelInfo {
  /** @param {ModelDescription} description */
  constructor(description) {
    /**
     * The model as plain data, which a worker can send.
     * @internal
     */
    this.description = description;
    /** The name that the model has in Keras. */
    this.name = description.name;
    /** The input's shape [null, height, width, channels]. An open size is null. */
    this.inputShape = description.inputShape;
    /**
     * All layers in the order in which they run, nested layers included. The input of a Sequential
     * model is not among them, as in Keras.
     * @type {readonly Layer[]}
     */
    this.layers = description.layers
      .filter((layer) => !isHiddenInput(layer, description))
      .map(toLayer);
    /** The number of classes. */
    this.classCount = description.classCount;
    /**
     * Names of the classes.
     * @type {readonly string[] | undefined}
     */
    this.labels = description.labels;
    /** How pixels become the network's input. */
    this.preprocessing = description.preprocessing;
    /** How the preprocessing was found. A "guess" deserves a look at the predictions. */
    this.preprocessingReason = description.preprocessingReason;
    /** The network of keras.applications to which weights alone belong. */
    this.architecture = description.architecture;
  }

  /**
   * The table of the top-level layers that Keras prints.
   * @param {SummaryOptions} [options]
   * @returns {string}
   * @example
   * console.log(model.summary({ layerRange: ['block_1', 'block_2'], lineLength: 100 }));
   */
  summary(options) {
    return typed(options, (given) => formatSummary(this.description, given));
  }
}

/**
 * @param {LayerInfo} layer
 * @returns {Layer}
 */
function toLayer({ path, type, shape, params }) {
  return Object.freeze({ name: path, type, outputShape: [null, ...shape], params });
}
