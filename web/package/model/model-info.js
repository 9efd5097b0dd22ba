/** What a model says about itself without being run. */

import { typed } from '../base/boundary.js';
import { Own } from '../base/own.js';
import { formatSummary, isHiddenInput } from './summary.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { ModelFile } from '../files/index.js' */
/** @import { LabelsReason } from '../files/class-names.js' */
/** @import { Crop } from '../pictures/crop.js' */
/** @import { OwnScaling, Preprocessing } from '../pictures/preprocessing.js' */
/** @import { PreprocessingReason } from './find-preprocessing.js' */
/** @import { SummaryOptions } from './summary.js' */

/**
 * A layer of a model.
 * @typedef {object} Layer
 * @property {string} name its path, which joins names from outside to inside by "/"
 * @property {string} type Keras class, "Conv2D"
 * @property {(number | null)[]} outputShape as Keras shows it, with the batch first; an open size
 *   is null
 * @property {DataFormat} dataFormat whether the channels come behind the batch or last
 * @property {number} params number of values in its weights
 */

/** @typedef {'channels_first' | 'channels_last'} DataFormat as Keras calls the order of axes */

/**
 * A further input or a head of a model.
 * @typedef {object} ModelEnd
 * @property {string} name
 * @property {(number | null)[]} shape with the batch first; an open size is null
 */

/**
 * A head, which is an output of a model.
 * @typedef {ModelEnd & { dataFormat: DataFormat, classCount: number }} Head
 */

/**
 * A model as plain data.
 * @typedef {object} ModelDescription
 * @property {string} name
 * @property {(number | null)[]} inputShape as Keras shows it, [null, height, width, channels] of
 *   most models; an open size is null
 * @property {DataFormat} dataFormat where the input has its channels
 * @property {(number | null)[]} pictureShape [height, width, channels] of the picture in the input
 * @property {ModelEnd[]} inputs the inputs besides the picture
 * @property {(ModelEnd & { channelsFirst: boolean })[]} heads
 * @property {number} head index of the head that is explained
 * @property {LayerInfo[]} layers all layers
 * @property {number} classCount
 * @property {boolean} isBinary whether one output of the network stands for two classes
 * @property {boolean} isSequential whether it is of Keras' class Sequential
 * @property {string[]} [labels] names of the classes, in their order
 * @property {LabelsReason} [labelsReason]
 * @property {Preprocessing} preprocessing
 * @property {PreprocessingReason} preprocessingReason
 * @property {OwnScaling} [ownScaling] what the model's layers take, if they scale pixels
 * @property {Crop} crop how a picture gets the input's shape, if a run does not say
 * @property {string} [contradiction] how the weights' statistics contradict the preprocessing
 * @property {string} [architecture] the network of keras.applications to which weights alone
 *   belong, "MobileNetV2"
 * @property {ModelFile} file
 */

export class ModelInfo extends Own {
  /** @param {ModelDescription} description */
  constructor(description) {
    super();
    /**
     * The model as plain data, which a worker can send.
     * @internal
     */
    this.description = description;
    /** The name that the model has in Keras. */
    this.name = description.name;
    /**
     * The input's shape as Keras shows it, [null, height, width, channels] of most models, or
     * [null, channels, height, width] if `dataFormat` is "channels_first". A grey picture may lack
     * the channels. An open size is null.
     */
    this.inputShape = description.inputShape;
    /** Where the input has its channels. */
    this.dataFormat = description.dataFormat;
    /**
     * The inputs besides the picture, which model.run() takes as its option `inputs`.
     * @type {readonly ModelEnd[]}
     */
    this.inputs = description.inputs;
    /**
     * The outputs of the model. The last axis of a head's shape are its classes.
     * @type {readonly Head[]}
     */
    this.heads = description.heads.map(toHead);
    /** The head that is explained, one of `heads`. */
    this.head = this.heads[description.head];
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
    /** Where the names of the classes are from. "imagenet" is the default that was asked for. */
    this.labelsReason = description.labelsReason;
    /** How pixels become the network's input. */
    this.preprocessing = description.preprocessing;
    /** How the preprocessing was found. A "guess" deserves a look at the predictions. */
    this.preprocessingReason = description.preprocessingReason;
    /** How a picture gets the input's shape, if a run does not say. */
    this.crop = description.crop;
    /** The network of keras.applications to which weights alone belong. */
    this.architecture = description.architecture;
    /** What the model's file is, besides the model. */
    this.file = description.file;
  }

  /**
   * The table of the top-level layers that Keras prints.
   * @param {SummaryOptions} [options]
   * @returns {string}
   * @example
   * console.log(model.summary({ layerRange: ['block_1', 'block_2'], lineLength: 100 }));
   */
  summary(options) {
    return typed('model.summary', options, (given) => formatSummary(this.description, given));
  }
}

/**
 * @param {ModelDescription['heads'][number]} end
 * @returns {Head}
 */
function toHead({ name, shape, channelsFirst }) {
  const channels = channelsFirst ? shape[1] : shape.at(-1);
  const classCount = shape.length > 1 ? (channels ?? 0) : 1;
  return Object.freeze({ name, shape, dataFormat: toDataFormat(channelsFirst), classCount });
}

/** @param {boolean} channelsFirst */
export function toDataFormat(channelsFirst) {
  return channelsFirst ? 'channels_first' : 'channels_last';
}

/**
 * @param {LayerInfo} layer
 * @returns {Layer}
 */
function toLayer({ path, type, shape, channelsFirst, params }) {
  const dataFormat = toDataFormat(channelsFirst);
  return Object.freeze({ name: path, type, outputShape: [null, ...shape], dataFormat, params });
}
