/** What can be read of a model without running it. */

import { formatSummary, isHiddenInput } from './summary.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */
/** @import { SummaryOptions } from './summary.js' */

/**
 * A layer of a model.
 * @typedef {object} Layer
 * @property {string} name its path: names from outside to inside, joined by "/"
 * @property {string} type Keras class, "Conv2D"
 * @property {(number | null)[]} outputShape with the batch first, null where a size is open
 * @property {number} params number of values in its weights
 */

/**
 * A model as plain data.
 * @typedef {object} ModelDescription
 * @property {string} name
 * @property {(number | null)[]} inputShape [null, height, width, channels]; null where a size is open
 * @property {LayerInfo[]} layers all layers
 * @property {number} classCount
 * @property {boolean} isSequential of Keras' class Sequential
 * @property {string[]} [labels] names of the classes, in their order
 * @property {Preprocessing} preprocessing
 * @property {string} [architecture] network of keras.applications that a file of weights alone belongs
 *   to, "MobileNetV2"
 */

export class ModelInfo {
  /** @param {ModelDescription} description */
  constructor(description) {
    /**
     * The model as plain data, to be sent from a worker.
     * @internal
     */
    this.description = description;
    /** The model's own name. */
    this.name = description.name;
    /** [null, height, width, channels]; null where a size is open. */
    this.inputShape = description.inputShape;
    /**
     * All layers, nested ones too, in the order in which they run; as in Keras, a Sequential model's
     * input is none of them.
     * @type {readonly Layer[]}
     */
    this.layers = description.layers
      .filter((layer) => !isHiddenInput(layer, description))
      .map(toLayer);
    /** Number of classes. */
    this.classCount = description.classCount;
    /**
     * Names of the classes.
     * @type {readonly string[] | undefined}
     */
    this.labels = description.labels;
    /** How pixels become the network's input. */
    this.preprocessing = description.preprocessing;
    /** The network of keras.applications that weights without a configuration were found to be of. */
    this.architecture = description.architecture;
  }

  /**
   * Keras' table of the top-level layers.
   * @param {SummaryOptions} [options]
   * @returns {string}
   * @example
   * console.log(model.summary({ layerRange: ['block_1', 'block_2'], lineLength: 100 }));
   */
  summary(options) {
    return formatSummary(this.description, options);
  }
}

/**
 * @param {LayerInfo} layer
 * @returns {Layer}
 */
function toLayer({ path, type, shape, params }) {
  return Object.freeze({ name: path, type, outputShape: [null, ...shape], params });
}
