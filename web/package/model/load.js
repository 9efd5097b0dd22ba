/** Loads a model from a file. */

import { findArchitecture } from '../architectures/index.js';
import { parseConfig, renameClasses } from '../files/config.js';
import { openContainer } from '../files/index.js';
import {
  IMAGENET_LIST,
  chooseLabels,
  readDefault,
  readImagenet,
  readList,
} from '../files/class-names.js';
import { typed } from '../base/boundary.js';
import { part } from '../base/parts.js';
import { GradCamError, choose, show } from '../base/errors.js';
import { checkPixelSize } from '../pictures/image.js';
import { isBinary } from './classes.js';
import { findPreprocessing } from './find-preprocessing.js';
import { Model } from './model.js';
import { toDataFormat } from './model-info.js';
import { KEEP, Network } from '../engine/network.js';
import { pauses } from '../base/pauses.js';
import { resolvePreprocessing } from '../pictures/preprocessing.js';
import { openSource } from '../base/source.js';
import { startEngine } from '../engine/start.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { ModelSource, Progress } from '../base/source.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { WasmOptions } from '../engine/wasm.js' */
/** @import { Container, ModelFile, Weight } from '../files/index.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */
/** @import { End } from '../engine/network.js' */
/** @import { ModelDescription, ModelEnd } from './model-info.js' */
/** @import { Topology, TopologyOptions } from './topology.js' */

/**
 * @typedef {object} OwnLoadOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 * @property {readonly string[] | File | 'imagenet'} [labels] names of the classes, in their order,
 *   or a file with them: one name a line, a JSON list, class_indices of Keras, or the metadata.json
 *   or labels.txt of Teachable Machine. "imagenet" stands for the names of ImageNet's 1,000 classes
 *   (default: the names in the model's files)
 * @property {boolean} [binary] whether a model with one output has two classes. The output p is
 *   then the score of the second class, and 1 - p that of the first. With rows and columns
 *   p is their mean (default: only with two labels)
 * @property {string | number} [head] which output is explained, if the model has several: a name or
 *   an index of `model.heads` (default: the first that gives classes)
 * @property {'imagenet'} [defaultLabels] names for a model that has 1,000 classes and no names.
 *   Most such models were trained on ImageNet, but no file says so. `model.labelsReason` is
 *   "imagenet" then
 * @property {Preprocessing} [preprocessing] how pixels become the network's input. The default is
 *   what the file says. Else it is found, and `model.preprocessingReason` says how
 * @property {readonly [height: number, width: number]} [inputSize] size of the input, if the model
 *   leaves it open.
 * @property {Record<string, string>} [customObjects] layers of Keras by the names of classes that
 *   only rename them, as `{ FixedDropout: 'Dropout' }`
 * @property {'auto' | 'layers' | 'checkpoints'} [keep] what a run keeps, so that layers are
 *   explained without a further forward pass: all layers, or the last ones alone, which is faster
 *   and takes less memory. "auto" keeps what was asked of the run before (default). All give the
 *   same numbers
 *
 * @typedef {OwnLoadOptions & TopologyOptions} LoadOptions
 */

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
export async function loadModel(source, options) {
  return typed('loadModel', options, (given) => load(source, given));
}

/**
 * @param {ModelSource} source
 * @param {LoadOptions & WasmOptions} options
 */
async function load(source, options) {
  const { engine, topology } = await openModel(source, options);
  return buildModel(engine, topology, options);
}

/**
 * Opens the files of a model. For weights alone it finds their network.
 * @param {ModelSource} source
 * @param {LoadOptions & WasmOptions} options
 */
export async function openModel(source, options) {
  const { signal, preprocessing, inputSize, keep = 'auto' } = options;
  signal?.throwIfAborted();
  if (preprocessing !== undefined) resolvePreprocessing(preprocessing);
  if (inputSize !== undefined) checkPixelSize('inputSize', inputSize);
  choose(KEEP, keep, 'keep');
  const [engine, files, labels] = await Promise.all([
    startEngine(options),
    openSource(source, options),
    readLabels(options.labels),
  ]);
  const pause = pauses(signal);
  const container = withClasses(
    await openContainer(files, { pause, engine }),
    options.customObjects,
  );
  const fileName = container.fileName ?? ('name' in files ? files.name : '');
  const topology = await withConfig(engine, container, fileName, options, pause);
  const imagenet = labels ? undefined : await readDefault(options.defaultLabels, topology);
  signal?.throwIfAborted();
  return { engine, topology: { ...topology, ...labels, imagenet } };
}

/**
 * Finds the configuration of weights alone.
 * @param {Engine} engine
 * @param {Container} container
 * @param {string} fileName
 * @param {TopologyOptions} options
 * @param {Pause} pause
 * @returns {Promise<Topology>}
 */
async function withConfig(engine, container, fileName, options, pause) {
  const { config } = container;
  if (options.architecture !== undefined) findArchitecture(options.architecture);
  if (config !== undefined) return { ...container, config };
  const { withTopology } = await part('the finder of networks', () => import('./topology.js'));
  return withTopology(engine, container, fileName, options, pause);
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
 * Reads class names that are not given as a list.
 * @param {LoadOptions['labels']} labels
 */
async function readLabels(labels) {
  if (labels === 'imagenet') {
    return { givenLabels: await readImagenet(), labelsName: IMAGENET_LIST };
  }
  if (!(labels instanceof Blob)) return undefined;
  const name = labels.name || undefined;
  return { givenLabels: await readList(labels, name), labelsName: name };
}

/**
 * @param {Engine} engine
 * @param {Topology} topology what the file holds
 * @param {LoadOptions} options that were checked
 * @returns {Promise<Model>}
 */
export async function buildModel(engine, topology, options) {
  const pause = pauses(options.signal);
  /** @type {Network | undefined} */
  let network;
  try {
    network = new Network(engine, topology.config);
    chooseHead(network, options.head);
    network.keep = options.keep ?? 'auto';
    const located = locate(network, topology.weights);
    await setWeights(network, located, options, pause);
    await prepare(network, options, pause);
    const description = describe(network, topology, located, options);
    return new Model(engine, network, description, options.inputSize);
  } catch (error) {
    network?.dispose();
    engine.rest();
    throw error;
  }
}

/**
 * @param {Network} network
 * @param {unknown} head a name or an index; undefined leaves the network's own choice
 */
function chooseHead(network, head) {
  if (head === undefined) return;
  const names = network.heads.map(({ name }) => name);
  const index = typeof head === 'string' ? names.indexOf(head) : head;
  if (typeof index === 'number' && index in names) return network.selectHead(index);
  const allowed = `${names.join(', ')}, or an index from 0 to ${names.length - 1}`;
  throw new GradCamError('INVALID_ARGUMENT', `head is ${show(head)}; allowed: ${allowed}`);
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
  const located = weights
    .map((weight) => ({ weight, index: network.findWeight(weight.name) }))
    .filter(({ index }) => index >= 0);
  /** @type {Map<number, string>} */
  const names = new Map();
  for (const { weight, index } of located) {
    const other = names.get(index);
    names.set(index, weight.name);
    if (other === undefined) continue;
    const both = `${other} and ${weight.name}`;
    const text = `the file has the weight ${network.weightPath(index)} twice, as ${both}`;
    throw new GradCamError('INVALID_MODEL', text);
  }
  return located;
}

/**
 * @param {Network} network
 * @param {Topology} topology
 * @param {LocatedWeight[]} located
 * @param {LoadOptions} options
 * @returns {ModelDescription}
 */
function describe(network, topology, located, options) {
  const { name, classCount: channelCount, layers, inputs, pictureShape, channelsFirst } = network;
  const names = topology.givenLabels ?? options.labels ?? topology.labels;
  const binary = isBinary(channelCount, options.binary, Array.isArray(names) ? names : undefined);
  const classCount = binary ? 2 : channelCount;
  const { architecture, config, preprocessing: file } = topology;
  const byPath = new Map(located.map(({ weight, index }) => [network.weightPath(index), weight]));
  /** @param {string} path */
  const findWeight = (path) => byPath.get(path);
  const found = findPreprocessing({
    option: options.preprocessing,
    file,
    name,
    architecture,
    channels: pictureShape[2],
    layers,
    config,
    findWeight,
    furtherInputs: inputs.slice(1).map((input) => input.name),
  });
  return {
    name,
    inputShape: [null, ...inputs[0].shape],
    dataFormat: toDataFormat(channelsFirst),
    pictureShape,
    inputs: inputs.slice(1).map(withBatch),
    heads: network.heads.map(withBatch),
    head: network.head,
    layers,
    classCount,
    isBinary: binary,
    isSequential: parseConfig(topology.config).class_name === 'Sequential',
    ...chooseLabels(
      {
        given: topology.givenLabels ?? options.labels,
        own: topology.labels,
        listName: Array.isArray(options.labels) ? undefined : topology.labelsName,
        // The channels of a base without a head are no classes of ImageNet.
        imagenet: network.outputCount === channelCount ? topology.imagenet : undefined,
      },
      classCount,
    ),
    ...found,
    crop: topology.crop ?? 'stretch',
    architecture,
    file: /** @type {ModelFile} */ (topology.file),
  };
}

/**
 * @template {End} E
 * @param {E} end
 * @returns {E}
 */
function withBatch(end) {
  return { ...end, shape: [null, ...end.shape] };
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
    checkShape(weight, network.weightShape(index));
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
 * Compares shapes before a weight is read. A broken file may state any shape. An array of as many
 * values in another order would give wrong scores without a word.
 * @param {Weight} weight
 * @param {number[]} needed the shape that the model needs
 */
function checkShape({ name, shape }, needed) {
  if (shape.length === needed.length && shape.every((axis, i) => axis === needed[i])) return;
  const text = `weight ${name} has shape ${show(shape)}; the model needs ${show(needed)}`;
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * Plans the network if its input size is known. The first run is quick then, and a file that lacks
 * weights is refused now.
 * @param {Network} network
 * @param {LoadOptions} options
 * @param {Pause} pause
 */
async function prepare(network, { inputSize, onProgress }, pause) {
  const [height, width] = inputSize ?? network.pictureShape;
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
