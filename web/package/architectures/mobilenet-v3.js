/** MobileNetV3 (arXiv:1905.02244), as Keras has it. */

import { Builder, channels, roundChannels, stridePadding } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

/**
 * A minimalistic network has kernels of 3 x 3, ReLU, and no squeeze and excitation.
 * @typedef {Parameters & { alpha: number, minimalistic: boolean }} V3Parameters
 */

/**
 * Expansion, channels, kernel, stride, squeeze and excitation, hard swish.
 * @typedef {[expansion: number, filters: number, kernel: number, strides: number,
 *   squeeze: boolean, hard: boolean]} Block
 */

const EPSILON = 0.001;

/** @type {Block[]} */
const SMALL = [
  [1, 16, 3, 2, true, false],
  [72 / 16, 24, 3, 2, false, false],
  [88 / 24, 24, 3, 1, false, false],
  [4, 40, 5, 2, true, true],
  [6, 40, 5, 1, true, true],
  [6, 40, 5, 1, true, true],
  [3, 48, 5, 1, true, true],
  [3, 48, 5, 1, true, true],
  [6, 96, 5, 2, true, true],
  [6, 96, 5, 1, true, true],
  [6, 96, 5, 1, true, true],
];

/** @type {Block[]} */
const LARGE = [
  [1, 16, 3, 1, false, false],
  [4, 24, 3, 2, false, false],
  [3, 24, 3, 1, false, false],
  [3, 40, 5, 2, true, false],
  [3, 40, 5, 1, true, false],
  [3, 40, 5, 1, true, false],
  [6, 80, 3, 2, false, true],
  [2.5, 80, 3, 1, false, true],
  [2.3, 80, 3, 1, false, true],
  [2.3, 80, 3, 1, false, true],
  [6, 112, 3, 1, true, true],
  [6, 112, 3, 1, true, true],
  [6, 160, 5, 2, true, true],
  [6, 160, 5, 1, true, true],
  [6, 160, 5, 1, true, true],
];

/** @param {V3Parameters} parameters */
export function mobileNetV3Small(parameters) {
  return new MobileNetV3('MobileNetV3Small', parameters).build(SMALL, 1024);
}

/** @param {V3Parameters} parameters */
export function mobileNetV3Large(parameters) {
  return new MobileNetV3('MobileNetV3Large', parameters).build(LARGE, 1280);
}

class MobileNetV3 {
  #builder;
  #parameters;

  /**
   * @param {string} name
   * @param {V3Parameters} parameters
   */
  constructor(name, parameters) {
    this.#builder = new Builder(name);
    this.#parameters = parameters;
  }

  /**
   * @param {Block[]} blocks
   * @param {number} lastChannels
   * @returns {string} JSON
   */
  build(blocks, lastChannels) {
    const builder = this.#builder;
    const { alpha, inputSize, includeTop, classes } = this.#parameters;
    let node = builder.input([...inputSize, 3]);
    const range = { scale: 1 / 127.5, offset: -1 };
    node = builder.layer('Rescaling', builder.autoName('rescaling'), [node], node.shape, range);
    node = builder.conv(node, 'conv', 16, 3, { strides: 2 });
    node = this.#activation(builder.batchNorm(node, 'conv_bn', EPSILON), true);
    for (const [i, block] of blocks.entries()) node = this.#block(node, i, block);
    node = builder.conv(node, 'conv_1', roundChannels(channels(node) * 6, 8), 1);
    node = this.#activation(builder.batchNorm(node, 'conv_1_bn', EPSILON), true);
    const pooled = builder.autoName('global_average_pooling2d');
    if (!includeTop) return builder.toJson(builder.globalPool(node, pooled));
    node = builder.globalPool(node, pooled, { keepdims: true });
    const wide = alpha > 1 ? roundChannels(lastChannels * alpha, 8) : lastChannels;
    node = builder.conv(node, 'conv_2', wide, 1, { bias: true });
    node = this.#activation(node, true);
    node = builder.dropout(node, builder.autoName('dropout'), 0.2);
    node = builder.conv(node, 'logits', classes, 1, { bias: true });
    node = builder.flatten(node, builder.autoName('flatten'));
    return builder.toJson(builder.activation(node, 'predictions', 'softmax'));
  }

  /**
   * @param {Node} input
   * @param {number} number of the block, from 0
   * @param {Block} block
   */
  #block(input, number, [expansion, base, baseKernel, strides, squeeze, hard]) {
    const builder = this.#builder;
    const { alpha, minimalistic } = this.#parameters;
    const kernel = minimalistic ? 3 : baseKernel;
    const filters = roundChannels(base * alpha, 8);
    const name = number === 0 ? 'expanded_conv' : `expanded_conv_${number}`;
    let node = input;
    if (number > 0) {
      const wide = roundChannels(channels(input) * expansion, 8);
      node = builder.conv(node, `${name}_expand`, wide, 1);
      node = this.#activation(builder.batchNorm(node, `${name}_expand_bn`, EPSILON), hard);
    }
    const isWhole = strides === 1;
    if (!isWhole) node = builder.pad(node, `${name}_depthwise_pad`, stridePadding(node, kernel));
    const padding = isWhole ? 'same' : 'valid';
    node = builder.depthwise(node, `${name}_depthwise`, kernel, { strides, padding });
    node = this.#activation(builder.batchNorm(node, `${name}_depthwise_bn`, EPSILON), hard);
    if (squeeze && !minimalistic) node = this.#squeezeExcite(node, `${name}_squeeze_excite`);
    node = builder.conv(node, `${name}_project`, filters, 1);
    node = builder.batchNorm(node, `${name}_project_bn`, EPSILON);
    const isResidual = isWhole && channels(input) === filters;
    return isResidual ? builder.add([input, node], `${name}_add`) : node;
  }

  /**
   * @param {Node} input
   * @param {string} name
   */
  #squeezeExcite(input, name) {
    const builder = this.#builder;
    const narrow = roundChannels(channels(input) / 4, 8);
    let node = builder.globalPool(input, `${name}_avg_pool`, { keepdims: true });
    node = builder.conv(node, `${name}_conv`, narrow, 1, { bias: true });
    node = builder.reluLayer(node, `${name}_relu`);
    node = builder.conv(node, `${name}_conv_1`, channels(input), 1, { bias: true });
    // Hard sigmoid.
    node = builder.operation('Add', [node], 3);
    node = builder.reluLayer(node, builder.autoName('re_lu'), 6);
    node = builder.operation('Multiply', [node], 1 / 6);
    return builder.multiply([input, node], `${name}_mul`);
  }

  /**
   * @param {Node} node
   * @param {boolean} hard hard swish instead of ReLU
   */
  #activation(node, hard) {
    const builder = this.#builder;
    if (hard && !this.#parameters.minimalistic) {
      return builder.activation(node, builder.autoName('activation'), 'hard_silu');
    }
    return builder.reluLayer(node, builder.autoName('re_lu'));
  }
}
