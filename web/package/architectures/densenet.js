/** DenseNet (arXiv:1608.06993), as Keras has it. */

import { Builder, channels } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

const EPSILON = 1.001e-5;
/** How many channels a block adds. */
const GROWTH = 32;

/** Blocks in the four stages, by the number of layers in the network's name. */
const DEPTHS = { 121: [6, 12, 24, 16], 169: [6, 12, 32, 32], 201: [6, 12, 48, 32] };

/**
 * @param {Parameters} parameters
 * @param {keyof typeof DEPTHS} depth
 * @returns {string} JSON
 */
export function denseNet({ inputSize, includeTop, classes }, depth) {
  const builder = new Builder(`densenet${depth}`);
  let node = builder.input([...inputSize, 3]);
  node = builder.pad(node, builder.autoName('zero_padding2d'), 3);
  node = builder.conv(node, 'conv1_conv', 64, 7, { strides: 2, padding: 'valid' });
  node = normRelu(builder, node, 'conv1_bn', 'conv1_relu');
  node = builder.pad(node, builder.autoName('zero_padding2d'), 1);
  node = builder.pool(node, 'pool1', 3, { kind: 'Max', strides: 2 });
  for (const [stage, count] of DEPTHS[depth].entries()) {
    if (stage > 0) node = transition(builder, node, `pool${stage + 1}`);
    for (let i = 1; i <= count; i++) node = block(builder, node, `conv${stage + 2}_block${i}`);
  }
  node = builder.globalPool(normRelu(builder, node, 'bn', 'relu'), 'avg_pool');
  return builder.toJson(includeTop ? builder.dense(node, 'predictions', classes, 'softmax') : node);
}

/**
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 */
function block(builder, input, name) {
  let node = normRelu(builder, input, `${name}_0_bn`, `${name}_0_relu`);
  node = builder.conv(node, `${name}_1_conv`, 4 * GROWTH, 1, { padding: 'valid' });
  node = normRelu(builder, node, `${name}_1_bn`, `${name}_1_relu`);
  node = builder.conv(node, `${name}_2_conv`, GROWTH, 3);
  return builder.concatenate([input, node], `${name}_concat`, { axis: 3 });
}

/**
 * Halves the channels, the rows and the columns.
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 */
function transition(builder, input, name) {
  let node = normRelu(builder, input, `${name}_bn`, `${name}_relu`);
  node = builder.conv(node, `${name}_conv`, channels(input) / 2, 1, { padding: 'valid' });
  return builder.pool(node, `${name}_pool`, 2, { kind: 'Average', strides: 2 });
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} norm
 * @param {string} activation
 */
function normRelu(builder, node, norm, activation) {
  return builder.activation(
    builder.batchNorm(node, norm, EPSILON, { axis: 3 }),
    activation,
    'relu',
  );
}
