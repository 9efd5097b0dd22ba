/** ResNet (arXiv:1512.03385) and ResNetV2 (arXiv:1603.05027), as Keras has them. */

import { Builder } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

const EPSILON = 1.001e-5;

/** Blocks in the four stages, by the number of layers in the network's name. */
const DEPTHS = { 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3] };

/** Channels in the first stage. They double at each stage. */
const FILTERS = 64;

/** @typedef {keyof typeof DEPTHS} Depth */

/**
 * @param {Parameters} parameters
 * @param {Depth} depth
 * @returns {string} JSON
 */
export function resNet(parameters, depth) {
  const builder = new Builder(`resnet${depth}`);
  let node = stem(builder, parameters);
  node = normRelu(builder, node, 'conv1_bn', 'conv1_relu');
  node = stemPool(builder, node);
  for (const [stage, count] of DEPTHS[depth].entries()) {
    for (let i = 1; i <= count; i++) {
      const strides = i === 1 && stage > 0 ? 2 : 1;
      const filters = FILTERS * 2 ** stage;
      node = block(builder, node, `conv${stage + 2}_block${i}`, { filters, strides, i });
    }
  }
  return head(builder, node, parameters);
}

/**
 * @param {Parameters} parameters
 * @param {Depth} depth
 * @returns {string} JSON
 */
export function resNetV2(parameters, depth) {
  const builder = new Builder(`resnet${depth}v2`);
  let node = stemPool(builder, stem(builder, parameters));
  for (const [stage, count] of DEPTHS[depth].entries()) {
    for (let i = 1; i <= count; i++) {
      const strides = i === count && stage < 3 ? 2 : 1;
      const filters = FILTERS * 2 ** stage;
      node = blockV2(builder, node, `conv${stage + 2}_block${i}`, { filters, strides, i });
    }
  }
  return head(builder, normRelu(builder, node, 'post_bn', 'post_relu'), parameters);
}

/**
 * @param {Builder} builder
 * @param {Parameters} parameters
 */
function stem(builder, { inputSize }) {
  const node = builder.pad(builder.input([...inputSize, 3]), 'conv1_pad', 3);
  return builder.conv(node, 'conv1_conv', 64, 7, { strides: 2, padding: 'valid', bias: true });
}

/**
 * @param {Builder} builder
 * @param {Node} node
 */
function stemPool(builder, node) {
  return builder.pool(builder.pad(node, 'pool1_pad', 1), 'pool1_pool', 3, {
    kind: 'Max',
    strides: 2,
  });
}

/**
 * @typedef {object} BlockSize
 * @property {number} filters a fourth of the channels of the output
 * @property {number} strides
 * @property {number} i number of the block in its stage, from 1
 */

/**
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {BlockSize} size
 */
function block(builder, input, name, { filters, strides, i }) {
  const bias = true;
  const padding = /** @type {const} */ ('valid');
  const norm = (/** @type {Node} */ node, /** @type {number} */ part) =>
    builder.batchNorm(node, `${name}_${part}_bn`, EPSILON, { axis: 3 });
  const relu = (/** @type {Node} */ node, /** @type {number} */ part) =>
    builder.activation(norm(node, part), `${name}_${part}_relu`, 'relu');
  let shortcut = input;
  if (i === 1) {
    const options = { strides, padding, bias };
    shortcut = norm(builder.conv(input, `${name}_0_conv`, 4 * filters, 1, options), 0);
  }
  let node = builder.conv(input, `${name}_1_conv`, filters, 1, { strides, padding, bias });
  node = builder.conv(relu(node, 1), `${name}_2_conv`, filters, 3, { bias });
  node = builder.conv(relu(node, 2), `${name}_3_conv`, 4 * filters, 1, { padding, bias });
  node = builder.add([shortcut, norm(node, 3)], `${name}_add`);
  return builder.activation(node, `${name}_out`, 'relu');
}

/**
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {BlockSize} size
 */
function blockV2(builder, input, name, { filters, strides, i }) {
  const padding = /** @type {const} */ ('valid');
  const before = normRelu(builder, input, `${name}_preact_bn`, `${name}_preact_relu`);
  let shortcut = input;
  if (i === 1) {
    const options = { strides, padding, bias: true };
    shortcut = builder.conv(before, `${name}_0_conv`, 4 * filters, 1, options);
  } else if (strides > 1) {
    const pooled = builder.autoName('max_pooling2d');
    shortcut = builder.pool(input, pooled, 1, { kind: 'Max', strides });
  }
  let node = builder.conv(before, `${name}_1_conv`, filters, 1, { padding });
  node = normRelu(builder, node, `${name}_1_bn`, `${name}_1_relu`);
  node = builder.pad(node, `${name}_2_pad`, 1);
  node = builder.conv(node, `${name}_2_conv`, filters, 3, { strides, padding });
  node = normRelu(builder, node, `${name}_2_bn`, `${name}_2_relu`);
  node = builder.conv(node, `${name}_3_conv`, 4 * filters, 1, { padding, bias: true });
  return builder.add([shortcut, node], `${name}_out`);
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

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {Parameters} parameters
 */
function head(builder, node, { includeTop, classes }) {
  const pooled = builder.globalPool(node, 'avg_pool');
  if (!includeTop) return builder.toJson(pooled);
  return builder.toJson(builder.dense(pooled, 'predictions', classes, 'softmax'));
}
