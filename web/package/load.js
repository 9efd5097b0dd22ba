/** From a model file to a model that is ready to run. */

import { openContainer } from './containers/index.js';
import { GradCamError, show } from './errors.js';
import { checkPixelSize } from './image.js';
import { Model } from './model.js';
import { Network } from './network.js';
import { checkPreprocessing, defaultPreprocessing } from './preprocessing.js';
import { readSource } from './source.js';
import { init } from './wasm.js';

/** @typedef {import('./containers/index.js').Weight} Weight */
/** @typedef {import('./source.js').Progress} Progress */

/**
 * @typedef {object} LoadOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 * @property {string[]} [labels] names of the classes, in their order
 * @property {import('./preprocessing.js').Preprocessing} [preprocessing] default: "none" if the model
 *   has a Rescaling or Normalization layer, else "tf"
 * @property {[height: number, width: number]} [inputSize] for a model that leaves its input size open
 */

/** Values handed over between two moments in which events get through. */
const VALUES_PER_TASK = 4 * 2 ** 20;

/**
 * Loads a Keras model: a whole model as .h5 (Keras 2 and 3) or .keras.
 * @param {import('./source.js').ModelSource} source
 * @param {LoadOptions & import('./wasm.js').WasmOptions} [options]
 * @returns {Promise<Model>} to be disposed of by its dispose()
 */
export async function loadModel(source, options = {}) {
  const { signal, preprocessing, inputSize } = options;
  signal?.throwIfAborted();
  if (preprocessing !== undefined) checkPreprocessing(preprocessing);
  if (inputSize !== undefined) checkPixelSize('inputSize', inputSize);
  const [engine, bytes] = await Promise.all([init(options), readSource(source, options)]);
  const container = await openContainer(bytes);
  signal?.throwIfAborted();
  return buildModel(engine, container, options);
}

/**
 * @param {import('./wasm.js').Engine} engine
 * @param {import('./containers/index.js').Container} container what the file holds
 * @param {LoadOptions} options that were checked
 * @returns {Promise<Model>}
 */
export async function buildModel(engine, { config, weights }, options) {
  const { labels, inputSize } = options;
  const network = new Network(engine, config);
  try {
    await setWeights(network, weights, options);
    prepare(network, options);
    if (labels !== undefined) checkLabels(labels, network.classCount);
    return new Model(engine, network, describe(network, config, options), inputSize);
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/**
 * @param {Network} network
 * @param {string} config
 * @param {LoadOptions} options
 * @returns {import('./model-info.js').ModelDescription}
 */
function describe(network, config, { labels, preprocessing }) {
  const { name, classCount, layers: records } = network;
  return {
    name,
    inputShape: [null, ...network.inputShape],
    records,
    classCount,
    isSequential: JSON.parse(config).class_name === 'Sequential',
    labels,
    preprocessing: preprocessing ?? defaultPreprocessing(records),
  };
}

/**
 * @param {Network} network
 * @param {Weight[]} weights
 * @param {LoadOptions} options
 */
async function setWeights(network, weights, { onProgress, signal }) {
  const wanted = weights
    .map((weight) => ({ weight, index: network.findWeight(weight.name) }))
    .filter(({ index }) => index >= 0);
  const total = wanted.reduce((sum, { weight }) => sum + weight.size, 0);
  let loaded = 0;
  let sinceTask = 0;
  for (const { weight, index } of wanted) {
    checkSize(weight, network.weightShape(index));
    network.setWeight(index, weight.read());
    loaded += weight.size;
    sinceTask += weight.size;
    if (sinceTask < VALUES_PER_TASK) continue;
    sinceTask = 0;
    onProgress?.({ phase: 'weights', loaded, total });
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
  }
  onProgress?.({ phase: 'weights', loaded, total });
}

/**
 * Compares sizes before a weight is read, so that no size in a broken file is believed.
 * @param {Weight} weight
 * @param {number[]} needed shape that the model needs
 */
function checkSize({ name, shape, size }, needed) {
  if (size === needed.reduce((product, axis) => product * axis, 1)) return;
  const text = `weight ${name} has shape ${show(shape)}; the model needs ${show(needed)}`;
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * Plans the network now where its input size is known, so that the first run is quick and a file
 * without some of the weights is refused.
 * @param {Network} network
 * @param {LoadOptions} options
 */
function prepare(network, { inputSize, onProgress }) {
  const [height, width] = inputSize ?? network.inputShape;
  if (!height || !width) return;
  onProgress?.({ phase: 'plan', loaded: 0, total: 1 });
  try {
    network.plan(height, width);
  } catch (cause) {
    if (!(cause instanceof GradCamError) || cause.code !== 'NOT_READY') throw cause;
    throw new GradCamError('INVALID_MODEL', cause.message, { cause });
  }
  onProgress?.({ phase: 'plan', loaded: 1, total: 1 });
}

/**
 * @param {unknown} labels
 * @param {number} classCount
 */
function checkLabels(labels, classCount) {
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== 'string')) {
    throw new GradCamError(
      'INVALID_ARGUMENT',
      `labels is ${show(labels)}; allowed: a list of texts`,
    );
  }
  if (labels.length === classCount) return;
  const text = `there are ${labels.length} labels; the model has ${classCount} classes`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}
