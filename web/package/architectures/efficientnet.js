/** EfficientNet B0 to B7 (arXiv:1905.11946), as Keras has them. */

import { Builder, channels, roundChannels, stridePadding } from './builder.js';
import { addInput, normSwish, project, squeezeExcite } from './efficient-blocks.js';

/** @import { Node } from './builder.js' */
/** @import { BlockSize } from './efficient-blocks.js' */
/** @import { Parameters } from './index.js' */

/** Rate of the dropout in the last block. The rates of the blocks grow up to it. */
const LAST_DROP_RATE = 0.2;

/** ImageNet's standard deviations of red, green and blue, for values from 0 to 1. */
const DEVIATIONS = [0.229, 0.224, 0.225];

/** Width factor, depth factor and rate of the dropout before the classes, from B0 to B7. */
const VARIANTS = [
  [1.0, 1.0, 0.2],
  [1.0, 1.1, 0.2],
  [1.1, 1.2, 0.3],
  [1.2, 1.4, 0.3],
  [1.4, 1.8, 0.4],
  [1.6, 2.2, 0.4],
  [1.8, 2.6, 0.5],
  [2.0, 3.1, 0.5],
];

/** Kernel, blocks, channels, expansion, and stride of the first block, for each stage. */
const STAGES = [
  [3, 1, 16, 1, 1],
  [3, 2, 24, 6, 2],
  [5, 2, 40, 6, 2],
  [3, 3, 80, 6, 2],
  [5, 3, 112, 6, 1],
  [5, 4, 192, 6, 2],
  [3, 1, 320, 6, 1],
];

/**
 * @param {Parameters & { imagenet?: boolean }} parameters `imagenet` adds a second scaling, as
 *   Keras does for its ImageNet weights. Their training divided by the variance, but the
 *   Normalization layer divides by its square root
 * @param {number} variant 0 to 7
 * @returns {string} JSON
 */
export function efficientNet({ inputSize, includeTop, classes, imagenet }, variant) {
  const [width, depth, dropRate] = VARIANTS[variant];
  const builder = new Builder(`efficientnetb${variant}`);
  let node = preprocess(builder, builder.input([...inputSize, 3]), imagenet ?? false);
  node = builder.pad(node, 'stem_conv_pad', stridePadding(node, 3));
  const stem = { strides: 2, padding: /** @type {const} */ ('valid') };
  node = builder.conv(node, 'stem_conv', roundChannels(32 * width, 8), 3, stem);
  node = normSwish(builder, node, 'stem');
  node = blocks(builder, node, width, depth);
  node = builder.conv(node, 'top_conv', roundChannels(1280 * width, 8), 1);
  node = normSwish(builder, node, 'top');
  node = builder.globalPool(node, 'avg_pool');
  if (!includeTop) return builder.toJson(node);
  node = builder.dropout(node, 'top_dropout', dropRate);
  return builder.toJson(builder.dense(node, 'predictions', classes, 'softmax'));
}

/**
 * @param {Builder} builder
 * @param {Node} input
 * @param {boolean} imagenet
 */
function preprocess(builder, input, imagenet) {
  const { shape } = input;
  const rescale = (/** @type {Node} */ node, /** @type {number | number[]} */ scale) =>
    builder.layer('Rescaling', builder.autoName('rescaling'), [node], shape, { scale, offset: 0 });
  const axes = { axis: [3], mean: null, variance: null };
  const name = builder.autoName('normalization');
  const node = builder.layer('Normalization', name, [rescale(input, 1 / 255)], shape, axes);
  if (!imagenet) return node;
  const scales = DEVIATIONS.map((deviation) => 1 / Math.sqrt(deviation));
  return rescale(node, scales);
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {number} width
 * @param {number} depth
 */
function blocks(builder, node, width, depth) {
  const counts = STAGES.map(([, count]) => Math.ceil(depth * count));
  const total = counts.reduce((sum, count) => sum + count, 0);
  let done = 0;
  for (const [stage, [kernel, , filters, expansion, strides]] of STAGES.entries()) {
    for (let i = 0; i < counts[stage]; i++) {
      const name = `block${stage + 1}${String.fromCharCode(97 + i)}`;
      const size = { kernel, expansion, filters: roundChannels(filters * width, 8) };
      const dropRate = (LAST_DROP_RATE * done++) / total;
      node = block(builder, node, name, { ...size, strides: i === 0 ? strides : 1, dropRate });
    }
  }
  return node;
}

/**
 * Expansion, depthwise convolution, squeeze and excitation, projection.
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {BlockSize & { kernel: number }} size
 */
function block(builder, input, name, size) {
  const { kernel, expansion, filters, strides } = size;
  let node = input;
  if (expansion > 1) {
    node = builder.conv(node, `${name}_expand_conv`, channels(input) * expansion, 1);
    node = normSwish(builder, node, `${name}_expand`);
  }
  const isWhole = strides === 1;
  if (!isWhole) node = builder.pad(node, `${name}_dwconv_pad`, stridePadding(node, kernel));
  const padding = isWhole ? 'same' : 'valid';
  node = builder.depthwise(node, `${name}_dwconv`, kernel, { strides, padding });
  node = normSwish(builder, node, name);
  const narrow = Math.max(1, Math.floor(channels(input) / 4));
  node = squeezeExcite(builder, node, `${name}_se`, narrow);
  return addInput(builder, input, project(builder, node, name, filters), name, size);
}
