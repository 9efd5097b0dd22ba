// EfficientNet-Lite0 as a Keras model, with the weights of a PyTorch state. The network is
// EfficientNet-B0 without squeeze and excitation, with ReLU6 in place of swish. It comes from
// https://github.com/tensorflow/tpu, models/official/efficientnet/lite.

import { Builder, channels } from '../../web/package/architectures/builder.js';
import { readTorchFile } from './torch-file.js';

/** @typedef {import('../../web/package/architectures/builder.js').Node} Node */
/** @typedef {import('./torch-file.js').Tensor} Tensor */

const INPUT = [224, 224, 3];
const CLASSES = 1000;
const EPSILON = 0.001;

/** Kernel, stride of the first block, expansion, channels and number of blocks of each stage. */
const STAGES = [
  [3, 1, 1, 16, 1],
  [3, 2, 6, 24, 2],
  [5, 2, 6, 40, 2],
  [3, 2, 6, 80, 3],
  [5, 1, 6, 112, 3],
  [5, 2, 6, 192, 4],
  [3, 1, 6, 320, 1],
];

/** Arrays of a layer in Keras, and their names in PyTorch. */
const ARRAYS = {
  conv: { kernel: 'weight' },
  norm: {
    gamma: 'weight',
    beta: 'bias',
    moving_mean: 'running_mean',
    moving_variance: 'running_var',
  },
  dense: { kernel: 'weight', bias: 'bias' },
};

/**
 * @param {Uint8Array} bytes of the file of torch.save that holds the state
 * @returns {import('../../web/package/files/index.js').Container}
 */
export function openEfficientNetLite0(bytes) {
  const tensors = readTorchFile(bytes);
  const network = new Lite0();
  const config = network.build();
  const weights = network.arrays.map(({ path, key }) => {
    const tensor = tensors.get(key);
    if (!tensor) throw new Error(`the state has no ${key}`);
    tensors.delete(key);
    return toWeight(path, tensor);
  });
  const [left] = tensors.keys();
  if (left !== undefined) throw new Error(`no weight of the network is called ${left}`);
  return { config, weights };
}

class Lite0 {
  /** @type {{ path: string, key: string }[]} paths of arrays in Keras, and their keys in PyTorch */
  arrays = [];
  #builder = new Builder('efficientnet_lite0');

  /** @returns {string} the configuration */
  build() {
    const builder = this.#builder;
    let node = this.#conv(builder.input(INPUT), 'stem', 32, '_conv_stem', '_bn0', [3, 2]);
    let block = 0;
    for (const [stage, [kernel, strides, expansion, filters, count]] of STAGES.entries()) {
      for (let i = 0; i < count; i++) {
        const name = `block${stage + 1}${'abcd'[i]}`;
        const size = { kernel, strides: i === 0 ? strides : 1, expansion, filters };
        node = this.#block(node, name, `_blocks.${block++}`, size, i > 0);
      }
    }
    node = this.#conv(node, 'top', 1280, '_conv_head', '_bn1');
    node = builder.dropout(builder.globalPool(node, 'avg_pool'), 'top_dropout', 0.2);
    this.#take('predictions', '_fc', ARRAYS.dense);
    return builder.toJson(builder.dense(node, 'predictions', CLASSES, 'softmax'));
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {string} key
   * @param {{ kernel: number, strides: number, expansion: number, filters: number }} size
   * @param {boolean} isResidual
   */
  #block(input, name, key, { kernel, strides, expansion, filters }, isResidual) {
    const builder = this.#builder;
    const wide = channels(input) * expansion;
    let node = input;
    if (expansion > 1) {
      node = this.#conv(node, `${name}_expand`, wide, `${key}._expand_conv`, `${key}._bn0`);
    }
    this.#take(`${name}_dwconv`, `${key}._depthwise_conv`, ARRAYS.conv);
    node = builder.depthwise(node, `${name}_dwconv`, kernel, { strides });
    node = this.#norm(node, name, `${key}._bn1`);
    node = builder.reluLayer(node, `${name}_activation`, 6);
    this.#take(`${name}_project_conv`, `${key}._project_conv`, ARRAYS.conv);
    node = builder.conv(node, `${name}_project_conv`, filters, 1);
    node = this.#norm(node, `${name}_project`, `${key}._bn2`);
    return isResidual ? builder.add([node, input], `${name}_add`) : node;
  }

  /**
   * Convolution, batch norm and ReLU6.
   * @param {Node} input
   * @param {string} name
   * @param {number} filters
   * @param {string} convKey
   * @param {string} normKey
   * @param {[kernel: number, strides: number]} [window]
   */
  #conv(input, name, filters, convKey, normKey, [kernel, strides] = [1, 1]) {
    this.#take(`${name}_conv`, convKey, ARRAYS.conv);
    const node = this.#builder.conv(input, `${name}_conv`, filters, kernel, { strides });
    return this.#builder.reluLayer(this.#norm(node, name, normKey), `${name}_activation`, 6);
  }

  /**
   * @param {Node} input
   * @param {string} name
   * @param {string} key
   */
  #norm(input, name, key) {
    this.#take(`${name}_bn`, key, ARRAYS.norm);
    return this.#builder.batchNorm(input, `${name}_bn`, EPSILON);
  }

  /**
   * @param {string} layer
   * @param {string} key
   * @param {Record<string, string>} names
   */
  #take(layer, key, names) {
    for (const [array, name] of Object.entries(names)) {
      this.arrays.push({ path: `${layer}/${array}`, key: `${key}.${name}` });
    }
  }
}

/**
 * The order of a tensor's axes in Keras, outermost first. These weights came from TensorFlow, and
 * PyTorch changed only their strides. In the file they lie in Keras' order.
 * @param {number[]} size in PyTorch
 * @param {string} path in Keras
 * @returns {number[]} axes of PyTorch
 */
function kerasAxes({ length }, path) {
  if (length === 4) return path.endsWith('_dwconv/kernel') ? [2, 3, 0, 1] : [2, 3, 1, 0];
  return length === 2 ? [1, 0] : [0];
}

/**
 * @param {string} name
 * @param {Tensor} tensor
 */
function toWeight(name, { size, stride, storage }) {
  const axes = kerasAxes(size, name);
  const shape = axes.map((axis) => size[axis]);
  let step = storage.length;
  for (const axis of axes) {
    step /= size[axis];
    if (size[axis] > 1 && stride[axis] !== step) {
      throw new Error(`${name} does not lie in Keras' order, its strides are ${stride}`);
    }
  }
  return { name, shape, size: storage.length, read: () => storage };
}
