/**
 * A Keras network as the peers take it: a list of steps with batch normalisation, padding and ReLU6
 * folded into the convolutions, as every converter does. Only for networks like MobileNetV2.
 */

import { openContainer } from '../web/package/files/index.js';
import { Network } from '../web/package/engine/network.js';
import { openSource } from '../web/package/base/source.js';
import { init } from '../web/package/engine/start.js';

/** @typedef {import('../web/package/engine/network.js').LayerInfo} LayerInfo */
/** @typedef {{ dims: number[], data: Float32Array }} Array4 */

/**
 * @typedef {object} Step
 * @property {'input' | 'conv' | 'depthwise' | 'add' | 'pool' | 'dense'} op `pool` is the mean over
 *   rows and columns
 * @property {string} name of the Keras layer
 * @property {number[]} inputs indices of steps
 * @property {number[]} shape of the output, without the batch
 * @property {Array4} [kernel] in Keras' layout, [rows, columns, in, filters], of a depthwise
 *   convolution [rows, columns, channels, 1], of a dense layer [in, units]
 * @property {Float32Array} [bias]
 * @property {[number, number]} [strides]
 * @property {number[]} [padding] top, bottom, left, right
 * @property {number} [max] the output is clamped to 0 .. max
 * @property {boolean} [softmax] the output goes through softmax
 */

/**
 * A model file, opened.
 * @typedef {object} Source
 * @property {any} config Keras' configuration, parsed
 * @property {LayerInfo[]} layers
 * @property {Map<string, Array4>} weights by their paths, "base/Conv1/kernel"
 */

/**
 * @param {Uint8Array} file a model with its configuration
 * @returns {Promise<Source>}
 */
export async function readNetwork(file) {
  const container = await openContainer(await openSource(file, {}));
  if (container.config === undefined) throw new Error('the model file has no configuration');
  const network = new Network(await init(), container.config);
  try {
    const weights = readWeights(network, container.weights);
    return { config: JSON.parse(container.config), layers: network.layers, weights };
  } finally {
    network.dispose();
  }
}

/**
 * The configuration of every layer, by path.
 * @param {any} model
 * @param {string} [prefix]
 * @returns {Map<string, Record<string, any>>}
 */
export function layerConfigs(model, prefix = '') {
  const entries = model.config.layers.flatMap((/** @type {any} */ layer) => {
    const path = prefix + layer.config.name;
    return [[path, layer.config], ...(layer.config.layers ? layerConfigs(layer, `${path}/`) : [])];
  });
  return new Map(entries);
}

/**
 * Every weight array by its path, "base/Conv1/kernel".
 * @param {Network} network
 * @param {import('../web/package/files/index.js').Weight[]} weights
 */
function readWeights(network, weights) {
  /** @type {Map<string, Array4>} */
  const arrays = new Map();
  for (const weight of weights) {
    const index = network.findWeight(weight.name);
    if (index < 0) continue;
    const array = { dims: network.weightShape(index), data: weight.read().slice() };
    arrays.set(network.weightPath(index), array);
  }
  return arrays;
}

/**
 * @param {Source} source
 * @returns {Step[]}
 */
export function toSteps({ config: model, layers, weights }) {
  const configs = layerConfigs(model);
  /** @type {Step[]} */
  const steps = [];
  /** @type {{ step: number, padding?: number[] }[]} what each layer gives */
  const values = [];
  for (const [i, info] of layers.entries()) {
    const inputs = inputsOf(info, layers).map((input) => values[input]);
    const config = configs.get(info.path);
    if (config === undefined) throw new Error(`no configuration of the layer ${info.path}`);
    const layer = new Folder(info, config, weights, inputs, steps);
    values[i] = layer.fold(values[i - 1]);
  }
  return steps;
}

/**
 * The layers that a layer takes; the input of a nested model takes the model's.
 * @param {LayerInfo} info
 * @param {LayerInfo[]} layers
 */
export function inputsOf(info, layers) {
  const isInner = info.type === 'InputLayer' && info.parent >= 0;
  return isInner ? layers[info.parent].inputs : info.inputs;
}

/**
 * Keras' padding "same".
 * @param {number[]} shape of the input, from its rows and columns on
 * @param {number[]} kernel rows and columns, and more
 * @param {number[]} strides
 * @returns {number[]} top, bottom, left, right
 */
export function samePadding(shape, kernel, strides) {
  return [0, 1].flatMap((axis) => {
    const out = Math.ceil(shape[axis] / strides[axis]);
    const sum = Math.max((out - 1) * strides[axis] + kernel[axis] - shape[axis], 0);
    return [Math.floor(sum / 2), Math.ceil(sum / 2)];
  });
}

/** One layer on its way into the steps. */
class Folder {
  /**
   * @param {LayerInfo} info
   * @param {Record<string, any>} config
   * @param {Map<string, Array4>} weights
   * @param {{ step: number, padding?: number[] }[]} inputs
   * @param {Step[]} steps
   */
  constructor(info, config, weights, inputs, steps) {
    this.info = info;
    this.config = config;
    this.weights = weights;
    this.inputs = inputs;
    this.steps = steps;
  }

  /**
   * @param {{ step: number }} previous result of the layer before (in a nested model, its last)
   * @returns {{ step: number, padding?: number[] }}
   */
  fold(previous) {
    const [input] = this.inputs;
    switch (this.info.type) {
      case 'InputLayer':
        return input ?? this.#add({ op: 'input' });
      case 'Functional':
        return previous;
      case 'Dropout':
        return input;
      case 'ZeroPadding2D':
        return { step: input.step, padding: this.config.padding.flat() };
      case 'Conv2D':
        return this.#convolution('conv', 'kernel');
      case 'DepthwiseConv2D':
        return this.#convolution('depthwise', 'kernel');
      case 'BatchNormalization':
        this.#normalise(this.steps[input.step]);
        return input;
      case 'ReLU':
        this.steps[input.step].max = this.config.max_value ?? Infinity;
        return input;
      case 'Add':
        return this.#add({ op: 'add' });
      case 'GlobalAveragePooling2D':
        return this.#add({ op: 'pool' });
      case 'Dense':
        return this.#dense();
      default:
        throw new Error(`the bench cannot give the peers a ${this.info.type} layer`);
    }
  }

  /** @param {Partial<Step> & { op: Step['op'] }} step */
  #add(step) {
    const inputs = this.inputs.map((input) => input.step);
    this.steps.push({ name: this.info.path, inputs, shape: this.#shape(), ...step });
    return { step: this.steps.length - 1 };
  }

  #shape() {
    return this.info.shape.map((axis) => axis ?? 224);
  }

  /** @param {string} name */
  #weight(name) {
    return this.weights.get(`${this.info.path}/${name}`);
  }

  /** @param {string} name */
  #kernel(name) {
    const array = this.#weight(name);
    if (array) return { dims: array.dims, data: array.data.slice() };
    throw new Error(`no weight ${this.info.path}/${name}`);
  }

  /**
   * @param {'conv' | 'depthwise'} op
   * @param {string} name
   */
  #convolution(op, name) {
    const kernel = this.#kernel(name);
    const channels = this.#shape()[2];
    const bias = this.#weight('bias')?.data.slice() ?? new Float32Array(channels);
    const strides = /** @type {[number, number]} */ (this.config.strides);
    return this.#add({ op, kernel, bias, strides, padding: this.#padding(kernel, strides) });
  }

  /**
   * @param {Array4} kernel
   * @param {[number, number]} strides
   */
  #padding(kernel, strides) {
    const [input] = this.inputs;
    if (this.config.padding !== 'same') return input.padding ?? [0, 0, 0, 0];
    return samePadding(this.steps[input.step].shape, kernel.dims, strides);
  }

  /**
   * Folds y = (x - mean) / sqrt(variance + epsilon) * gamma + beta into the step before.
   * @param {Step} step
   */
  #normalise(step) {
    const { kernel, bias } = step;
    if (!kernel || !bias) throw new Error(`${this.info.path} does not follow a convolution`);
    const of = (/** @type {string} */ name) => this.#weight(name)?.data;
    const [mean, variance] = [of('moving_mean'), of('moving_variance')];
    if (!mean || !variance) throw new Error(`no statistics of ${this.info.path}`);
    const [gamma, beta] = [of('gamma'), of('beta')];
    const scale = variance.map(
      (value, c) => (gamma?.[c] ?? 1) / Math.sqrt(value + this.config.epsilon),
    );
    for (let i = 0; i < kernel.data.length; i++) kernel.data[i] *= scale[i % scale.length];
    for (let c = 0; c < bias.length; c++) {
      bias[c] = (bias[c] - mean[c]) * scale[c] + (beta?.[c] ?? 0);
    }
  }

  #dense() {
    const { activation } = this.config;
    if (activation !== 'softmax' && activation !== 'linear') {
      throw new Error(`the bench cannot give the peers the activation ${activation}`);
    }
    const kernel = this.#kernel('kernel');
    const bias = this.#weight('bias')?.data ?? new Float32Array(kernel.dims[1]);
    return this.#add({ op: 'dense', kernel, bias, softmax: activation === 'softmax' });
  }
}

/**
 * Multiply-adds of one forward pass: every value of a kernel meets every position of its output.
 * @param {Step[]} steps
 */
export function multiplyAdds(steps) {
  return steps.reduce((sum, { kernel, shape }) => {
    if (!kernel) return sum;
    const positions = shape.length === 3 ? shape[0] * shape[1] : 1;
    return sum + kernel.data.length * positions;
  }, 0);
}

/**
 * The bytes of a forward pass that goes to memory once for every value. It reads inputs and weights
 * and writes outputs.
 * @param {Step[]} steps
 */
export function bytesMoved(steps) {
  const size = (/** @type {Step} */ { shape }) =>
    shape.reduce((product, axis) => product * axis, 4);
  let [read, written] = [0, 0];
  for (const step of steps) {
    read += step.inputs.reduce((sum, input) => sum + size(steps[input]), 0);
    read += 4 * (step.kernel?.data.length ?? 0);
    written += step.op === 'input' ? 0 : size(step);
  }
  return { read, written };
}
