/** Xception (arXiv:1610.02357), as Keras has it. */

import { Builder } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

const EPSILON = 0.001;

/**
 * @param {Parameters} parameters
 * @returns {string} JSON
 */
export function xception({ inputSize, includeTop, classes }) {
  const builder = new Builder('xception');
  const valid = /** @type {const} */ ('valid');
  let node = builder.input([...inputSize, 3]);
  node = builder.conv(node, 'block1_conv1', 32, 3, { strides: 2, padding: valid });
  node = normRelu(builder, node, 'block1_conv1');
  node = builder.conv(node, 'block1_conv2', 64, 3, { padding: valid });
  node = normRelu(builder, node, 'block1_conv2');
  node = downBlock(builder, node, 'block2', [128, 128], false);
  node = downBlock(builder, node, 'block3', [256, 256]);
  node = downBlock(builder, node, 'block4', [728, 728]);
  for (let i = 5; i <= 12; i++) node = middleBlock(builder, node, `block${i}`);
  node = downBlock(builder, node, 'block13', [728, 1024]);
  for (const [i, filters] of [1536, 2048].entries()) {
    const name = `block14_sepconv${i + 1}`;
    node = normRelu(builder, builder.separable(node, name, filters, 3), name);
  }
  node = builder.globalPool(node, 'avg_pool');
  return builder.toJson(includeTop ? builder.dense(node, 'predictions', classes, 'softmax') : node);
}

/**
 * Two separable convolutions and a pooling, and a convolution of stride 2 around them.
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {number[]} filters
 * @param {boolean} [reluFirst] whether a ReLU comes before the first convolution
 */
function downBlock(builder, input, name, filters, reluFirst = true) {
  let shortcut = builder.conv(input, builder.autoName('conv2d'), filters[1], 1, { strides: 2 });
  shortcut = builder.batchNorm(shortcut, builder.autoName('batch_normalization'), EPSILON);
  let node = input;
  for (const [i, count] of filters.entries()) {
    node = reluConv(builder, node, `${name}_sepconv${i + 1}`, count, reluFirst || i > 0);
  }
  const options = { kind: /** @type {const} */ ('Max'), strides: 2 };
  node = builder.pool(node, `${name}_pool`, 3, { ...options, padding: 'same' });
  return builder.add([node, shortcut], builder.autoName('add'));
}

/**
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 */
function middleBlock(builder, input, name) {
  let node = input;
  for (let i = 1; i <= 3; i++) node = reluConv(builder, node, `${name}_sepconv${i}`, 728, true);
  return builder.add([node, input], builder.autoName('add'));
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 * @param {number} filters
 * @param {boolean} relu
 */
function reluConv(builder, node, name, filters, relu) {
  if (relu) node = builder.activation(node, `${name}_act`, 'relu');
  return builder.batchNorm(builder.separable(node, name, filters, 3), `${name}_bn`, EPSILON);
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 */
function normRelu(builder, node, name) {
  return builder.activation(builder.batchNorm(node, `${name}_bn`, EPSILON), `${name}_act`, 'relu');
}
