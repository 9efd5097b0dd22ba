/** What the blocks of EfficientNet and EfficientNetV2 share. */

import { channels } from './builder.js';

/** @import { Builder, Node } from './builder.js' */

const BATCH_NORM = { axis: 3 };
const EPSILON = 0.001;

/**
 * A block. It begins with `expansion` times the channels of its input.
 * @typedef {object} BlockSize
 * @property {number} expansion
 * @property {number} filters of the output
 * @property {number} strides
 * @property {number} dropRate
 */

/**
 * Batch norm and swish.
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 */
export function normSwish(builder, node, name) {
  const norm = builder.batchNorm(node, `${name}_bn`, EPSILON, BATCH_NORM);
  return builder.activation(norm, `${name}_activation`, 'silu');
}

/**
 * Squeeze and excitation.
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {number} narrow channels in between
 */
export function squeezeExcite(builder, input, name, narrow) {
  const wide = channels(input);
  let node = builder.globalPool(input, `${name}_squeeze`);
  node = builder.reshape(node, `${name}_reshape`, [1, 1, wide]);
  const [swish, sigmoid] = ['silu', 'sigmoid'].map((activation) => ({ activation, bias: true }));
  node = builder.conv(node, `${name}_reduce`, narrow, 1, swish);
  node = builder.conv(node, `${name}_expand`, wide, 1, sigmoid);
  return builder.multiply([input, node], `${name}_excite`);
}

/**
 * The convolution of 1 x 1 at the end of a block, and its batch norm.
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 * @param {number} filters
 */
export function project(builder, node, name, filters) {
  node = builder.conv(node, `${name}_project_conv`, filters, 1);
  return builder.batchNorm(node, `${name}_project_bn`, EPSILON, BATCH_NORM);
}

/**
 * Adds the input of a block to its output, if both have the same shape.
 * @param {Builder} builder
 * @param {Node} input
 * @param {Node} output
 * @param {string} name
 * @param {BlockSize} size
 */
export function addInput(builder, input, output, name, { filters, strides, dropRate }) {
  if (strides > 1 || channels(input) !== filters) return output;
  if (dropRate > 0) output = builder.dropout(output, `${name}_drop`, dropRate);
  return builder.add([output, input], `${name}_add`);
}
