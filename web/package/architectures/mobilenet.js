/** MobileNet (arXiv:1704.04861) and MobileNetV2 (arXiv:1801.04381), as Keras has them. */

import { Builder, channels, roundChannels, stridePadding } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

const EPSILON = 0.001;

/** Channels and stride of the blocks of MobileNet. */
const BLOCKS = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  ...Array.from({ length: 5 }, () => [512, 1]),
  [1024, 2],
  [1024, 1],
];

/**
 * @param {Parameters & { alpha: number }} parameters
 * @returns {string} JSON
 */
export function mobileNet({ alpha, inputSize, includeTop, classes }) {
  const builder = new Builder(`mobilenet_${alpha.toFixed(2)}_${inputSize[0]}`);
  let node = builder.input([...inputSize, 3]);
  node = builder.conv(node, 'conv1', Math.floor(32 * alpha), 3, { strides: 2 });
  node = normRelu6(builder, node, 'conv1');
  for (const [i, [filters, strides]] of BLOCKS.entries()) {
    node = separableBlock(builder, node, i + 1, Math.floor(filters * alpha), strides);
  }
  const pooled = builder.autoName('global_average_pooling2d');
  if (!includeTop) return builder.toJson(builder.globalPool(node, pooled));
  node = builder.globalPool(node, pooled, { keepdims: true });
  node = builder.dropout(node, builder.autoName('dropout'), 0.001);
  node = builder.conv(node, 'conv_preds', classes, 1, { bias: true });
  node = builder.reshape(node, 'reshape_2', [classes]);
  return builder.toJson(builder.activation(node, 'predictions', 'softmax'));
}

/**
 * A depthwise convolution and a convolution of 1 x 1.
 * @param {Builder} builder
 * @param {Node} node
 * @param {number} number of the block, from 1
 * @param {number} filters
 * @param {number} strides
 */
function separableBlock(builder, node, number, filters, strides) {
  const isWhole = strides === 1;
  if (!isWhole) {
    node = builder.pad(node, `conv_pad_${number}`, [
      [0, 1],
      [0, 1],
    ]);
  }
  const padding = isWhole ? 'same' : 'valid';
  node = builder.depthwise(node, `conv_dw_${number}`, 3, { strides, padding });
  node = normRelu6(builder, node, `conv_dw_${number}`);
  node = builder.conv(node, `conv_pw_${number}`, filters, 1);
  return normRelu6(builder, node, `conv_pw_${number}`);
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 */
function normRelu6(builder, node, name) {
  return builder.reluLayer(builder.batchNorm(node, `${name}_bn`, EPSILON), `${name}_relu`, 6);
}

/** Expansion, channels, blocks, and stride of the first block, for each stage of MobileNetV2. */
const STAGES = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
];

/**
 * @param {Parameters & { alpha: number }} parameters
 * @returns {string} JSON
 */
export function mobileNetV2({ alpha, inputSize, includeTop, classes }) {
  const builder = new Builder(`mobilenetv2_${alpha.toFixed(2)}_${inputSize[0]}`);
  let node = builder.input([...inputSize, 3]);
  node = builder.conv(node, 'Conv1', roundChannels(32 * alpha, 8), 3, { strides: 2 });
  node = builder.batchNorm(node, 'bn_Conv1', EPSILON);
  node = builder.reluLayer(node, 'Conv1_relu', 6);
  let block = 0;
  for (const [expansion, filters, count, strides] of STAGES) {
    for (let i = 0; i < count; i++) {
      const size = { expansion, filters: roundChannels(Math.floor(filters * alpha), 8) };
      node = invertedBlock(builder, node, block++, { ...size, strides: i === 0 ? strides : 1 });
    }
  }
  const last = alpha > 1 ? roundChannels(1280 * alpha, 8) : 1280;
  node = builder.conv(node, 'Conv_1', last, 1, { padding: 'valid' });
  node = builder.batchNorm(node, 'Conv_1_bn', EPSILON);
  node = builder.reluLayer(node, 'out_relu', 6);
  node = builder.globalPool(node, builder.autoName('global_average_pooling2d'));
  return builder.toJson(includeTop ? builder.dense(node, 'predictions', classes, 'softmax') : node);
}

/**
 * Expansion, depthwise convolution, projection.
 * @param {Builder} builder
 * @param {Node} input
 * @param {number} number of the block, from 0
 * @param {{ expansion: number, filters: number, strides: number }} size
 */
function invertedBlock(builder, input, number, { expansion, filters, strides }) {
  const name = number === 0 ? 'expanded_conv' : `block_${number}`;
  let node = input;
  if (number > 0) {
    node = builder.conv(node, `${name}_expand`, channels(input) * expansion, 1);
    node = builder.batchNorm(node, `${name}_expand_BN`, EPSILON);
    node = builder.reluLayer(node, `${name}_expand_relu`, 6);
  }
  const isWhole = strides === 1;
  if (!isWhole) node = builder.pad(node, `${name}_pad`, stridePadding(node, 3));
  const padding = isWhole ? 'same' : 'valid';
  node = builder.depthwise(node, `${name}_depthwise`, 3, { strides, padding });
  node = builder.batchNorm(node, `${name}_depthwise_BN`, EPSILON);
  node = builder.reluLayer(node, `${name}_depthwise_relu`, 6);
  node = builder.conv(node, `${name}_project`, filters, 1);
  node = builder.batchNorm(node, `${name}_project_BN`, EPSILON);
  const isResidual = isWhole && channels(input) === filters;
  return isResidual ? builder.add([input, node], `${name}_add`) : node;
}
