/** Loads a model from a file. */

import { renameClasses } from '../files/config.js';
import { openContainer } from '../files/index.js';
import { checkLabels, parseLabels } from '../files/labels.js';
import { GradCamError, show } from '../base/errors.js';
import { checkPixelSize } from '../pictures/image.js';
import { isBinary } from './classes.js';
import { findPreprocessing } from './find-preprocessing.js';
import { Model } from './model.js';
import { Network } from '../engine/network.js';
import { pauses } from '../base/pauses.js';
import { resolvePreprocessing } from '../pictures/preprocessing.js';
import { openSource } from '../base/source.js';
import { withTopology } from './topology.js';
import { init } from '../engine/start.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { ModelSource, Progress } from '../base/source.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { WasmOptions } from '../engine/wasm.js' */
/** @import { Container, Weight } from '../files/index.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */
/** @import { ModelDescription } from './model-info.js' */
/** @import { Topology, TopologyOptions } from './topology.js' */

/**
 * @typedef {object} OwnLoadOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 * @property {string[] | File} [labels] names of the classes, in their order, or a file with
 *   them: one name a line, a JSON list, class_indices of Keras, or the metadata.json or labels.txt
 *   of Teachable Machine (default: the names in the model's files)
 * @property {boolean} [binary] whether a model with one output has two classes. The output p is
 *   then the score of the second class, and 1 - p that of the first (default: only with two labels)
 * @property {string[]} [imagenetLabels] names of ImageNet's 1,000 classes. They are used for
 *   weights of keras.applications that were trained on these classes, because such files hold no
 *   names
 * @property {Preprocessing} [preprocessing] how pixels become the network's input. The default is
 *   what the file says. Else it is found, and `model.preprocessingReason` says how
 * @property {[height: number, width: number]} [inputSize] size of the input, if the model leaves it
 *   open.
 * @property {Record<string, string>} [customObjects] layers of Keras by the names of classes that
 *   only rename them, as `{ FixedDropout: 'Dropout' }`
 *
 * @typedef {OwnLoadOptions & TopologyOptions} LoadOptions
 */

/** The number of classes in ImageNet's competition. */
const IMAGENET_CLASSES = 1000;

/** Values handed over at once, which takes a few milliseconds. */
const VALUES_AT_ONCE = 2 ** 20;

/**
 * Loads a Keras model. A whole model is a .keras file, an .h5 file of Keras 2 or 3, a TensorFlow.js
 * layers-model or a .safetensors file. The weights alone of a network of keras.applications are an
 * .h5 file.
 * @param {ModelSource} source
 * @param {LoadOptions & WasmOptions} [options]
 * @returns {Promise<Model>} its dispose() frees its memory
 * @example
 * const model = await loadModel('model.keras', {
 *   labels: ['cat', 'dog'],
 *   onProgress: ({ phase, loaded, total }) => console.log(phase, loaded, total),
 * });
 */
export async function loadModel(source, options = {}) {
  const { engine, topology } = await openModel(source, options);
  const model = await buildModel(engine, topology, options);
  checkOutput(model);
  return model;
}

/**
 * Opens the files of a model. For weights alone it finds their network.
 * @param {ModelSource} source
 * @param {LoadOptions & WasmOptions} options
 */
export async function openModel(source, options) {
  const { signal, preprocessing, inputSize } = options;
  signal?.throwIfAborted();
  if (preprocessing !== undefined) resolvePreprocessing(preprocessing);
  if (inputSize !== undefined) checkPixelSize('inputSize', inputSize);
  const [engine, files, labels] = await Promise.all([
    init(options),
    openSource(source, options),
    readLabels(options.labels),
  ]);
  const pause = pauses(signal);
  const container = withClasses(
    await openContainer(files, { pause, engine }),
    options.customObjects,
  );
  const fileName = container.fileName ?? ('name' in files ? files.name : '');
  const topology = await withTopology(engine, container, fileName, options, pause);
  signal?.throwIfAborted();
  return { engine, topology: { ...topology, ...labels } };
}

/**
 * @param {Container} container
 * @param {unknown} customObjects
 * @returns {Container}
 */
function withClasses(container, customObjects = {}) {
  const isObject = typeof customObjects === 'object' && customObjects !== null;
  if (!isObject || Object.values(customObjects).some((name) => typeof name !== 'string')) {
    const text =
      `customObjects is ${show(customObjects)}; allowed: an object with names of Keras' ` +
      "classes, as { FixedDropout: 'Dropout' }";
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (container.config === undefined) return container;
  const names = /** @type {Record<string, string>} */ (customObjects);
  return { ...container, config: renameClasses(container.config, names) };
}

/**
 * Reads class names that are given as a file.
 * @param {LoadOptions['labels']} labels
 */
async function readLabels(labels) {
  if (!(labels instanceof Blob)) return undefined;
  const name = labels.name || undefined;
  return { givenLabels: parseLabels(await labels.text(), name), labelsName: name };
}

/**
 * @param {Engine} engine
 * @param {Topology} topology what the file holds
 * @param {LoadOptions} options that were checked
 * @returns {Promise<Model>}
 */
export async function buildModel(engine, topology, options) {
  const pause = pauses(options.signal);
  const network = new Network(engine, topology.config);
  try {
    const located = locate(network, topology.weights);
    await setWeights(network, located, options, pause);
    await prepare(network, options, pause);
    const description = describe(network, topology, located, options);
    return new Model(engine, network, description, options.inputSize);
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/**
 * A weight that the network needs, and its index there.
 * @typedef {{ weight: Weight, index: number }} LocatedWeight
 */

/**
 * @param {Network} network
 * @param {Weight[]} weights of the file
 * @returns {LocatedWeight[]}
 */
function locate(network, weights) {
  return weights
    .map((weight) => ({ weight, index: network.findWeight(weight.name) }))
    .filter(({ index }) => index >= 0);
}

/**
 * @param {Network} network
 * @param {Topology} topology
 * @param {LocatedWeight[]} located
 * @param {LoadOptions} options
 * @returns {ModelDescription}
 */
function describe(network, topology, located, options) {
  const { name, classCount: outputCount, layers, inputShape } = network;
  const names = topology.givenLabels ?? options.labels ?? topology.labels;
  const binary = isBinary(outputCount, options.binary, Array.isArray(names) ? names : undefined);
  const classCount = binary ? 2 : outputCount;
  const { architecture, config, preprocessing: file } = topology;
  /** @param {string} path */
  const findWeight = (path) =>
    located.find(({ index }) => network.weightPath(index) === path)?.weight;
  const found = findPreprocessing({
    option: options.preprocessing,
    file,
    name,
    architecture,
    channels: inputShape[2],
    layers,
    config,
    findWeight,
  });
  return {
    name,
    inputShape: [null, ...inputShape],
    layers,
    classCount,
    isBinary: binary,
    isSequential: JSON.parse(topology.config).class_name === 'Sequential',
    labels: chooseLabels(topology, options, classCount),
    ...found,
    architecture,
  };
}

/**
 * @param {Topology} topology
 * @param {LoadOptions} options
 * @param {number} classCount
 */
function chooseLabels(topology, options, classCount) {
  const { architecture, labels: own, labelsName } = topology;
  const { labels, imagenetLabels } = options;
  const given = topology.givenLabels ?? labels;
  if (given !== undefined) return checkLabels(given, classCount, 'INVALID_ARGUMENT', labelsName);
  if (own !== undefined) return checkLabels(own, classCount, 'INVALID_MODEL', labelsName);
  if (!imagenetLabels || !architecture || classCount !== IMAGENET_CLASSES) return undefined;
  return checkLabels(imagenetLabels, classCount, 'INVALID_ARGUMENT');
}

/**
 * @param {Network} network
 * @param {LocatedWeight[]} located
 * @param {LoadOptions} options
 * @param {Pause} pause
 */
async function setWeights(network, located, { onProgress }, pause) {
  const total = located.reduce((sum, { weight }) => sum + weight.size, 0);
  let loaded = 0;
  for (const { weight, index } of located) {
    checkSize(weight, network.weightShape(index));
    for (const part of setWeight(network, index, weight)) {
      loaded += part;
      onProgress?.({ phase: 'weights', loaded, total });
      await pause();
    }
  }
}

/**
 * @param {Network} network
 * @param {number} index
 * @param {Weight} weight
 * @returns {Generator<number>} values that were set, part by part
 */
function* setWeight(network, index, { size, read, part }) {
  const { engine } = network;
  // A file that lacks the values of a large weight is refused before memory is taken for them.
  const most = (size > VALUES_AT_ONCE && part?.()) || VALUES_AT_ONCE;
  const buffer = network.weightBuffer(index, size);
  for (let first = 0; first < size; first += most) {
    const end = Math.min(first + most, size);
    const place = { engine, pointer: buffer + first * Float32Array.BYTES_PER_ELEMENT };
    network.writeWeight(index, buffer, first, read(first, end, place));
    yield end - first;
  }
}

/**
 * Compares sizes before a weight is read. A broken file may state any size.
 * @param {Weight} weight
 * @param {number[]} needed the shape that the model needs
 */
function checkSize({ name, shape, size }, needed) {
  if (size === needed.reduce((product, axis) => product * axis, 1)) return;
  const text = `weight ${name} has shape ${show(shape)}; the model needs ${show(needed)}`;
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * Refuses a model whose output has positions. Its values are no scores of classes.
 * @param {Model} model is disposed of if it is refused
 */
function checkOutput(model) {
  const { layers } = model.description;
  const { shape, path } = layers[layers.length - 1];
  if (shape.length < 2) return;
  model.dispose();
  const text = shape.map((axis) => axis ?? 'open').join(', ');
  throw new GradCamError(
    'UNSUPPORTED_LAYER',
    `the model ends in ${path}, which gives (${text}), as models for segmentation and bases ` +
      'without a head do. Only one list of scores can be explained. In Python, add ' +
      'keras.layers.GlobalAveragePooling2D() behind the last layer and save that model',
  );
}

/**
 * Plans the network if its input size is known. The first run is quick then, and a file that lacks
 * weights is refused now.
 * @param {Network} network
 * @param {LoadOptions} options
 * @param {Pause} pause
 */
async function prepare(network, { inputSize, onProgress }, pause) {
  const [height, width] = inputSize ?? network.inputShape;
  if (!height || !width) return;
  let total = 0;
  try {
    for (const left of network.planInParts(height, width)) {
      total = Math.max(total, left);
      onProgress?.({ phase: 'plan', loaded: total - left, total });
      await pause();
    }
  } catch (cause) {
    if (!(cause instanceof GradCamError) || cause.code !== 'NOT_READY') throw cause;
    throw new GradCamError('INVALID_MODEL', cause.message, { cause });
  }
}
