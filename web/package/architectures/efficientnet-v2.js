/** EfficientNetV2 B0 to B3, S, M and L (arXiv:2104.00298), as Keras has them. */

import { Builder, channels } from './builder.js';
import { addInput, normSwish, project, squeezeExcite } from './efficient-blocks.js';

/** @import { Node } from './builder.js' */
/** @import { BlockSize } from './efficient-blocks.js' */
/** @import { Parameters } from './index.js' */

const TOP_CHANNELS = 1280;
/** Rate of the dropout before the classes. The rates of the blocks grow up to it. */
const DROP_RATE = 0.2;

/** ImageNet's means and standard deviations of red, green and blue, for values from 0 to 1. */
const MEANS = [0.485, 0.456, 0.406];
const DEVIATIONS = [0.229, 0.224, 0.225];

/**
 * A stage. Blocks that are fused have a convolution of 3 x 3, the others a depthwise convolution
 * with squeeze and excitation.
 * @typedef {[blocks: number, channels: number, expansion: number, stride: number,
 *   isFused: boolean]} Stage
 */

/** @type {Stage[]} */
const B_STAGES = [
  [1, 16, 1, 1, true],
  [2, 32, 4, 2, true],
  [2, 48, 4, 2, true],
  [3, 96, 4, 2, false],
  [5, 112, 6, 1, false],
  [8, 192, 6, 2, false],
];

/** @type {Stage[]} */
const S_STAGES = [
  [2, 24, 1, 1, true],
  [4, 48, 4, 2, true],
  [4, 64, 4, 2, true],
  [6, 128, 4, 2, false],
  [9, 160, 6, 1, false],
  [15, 256, 6, 2, false],
];

/** @type {Stage[]} */
const M_STAGES = [
  [3, 24, 1, 1, true],
  [5, 48, 4, 2, true],
  [5, 80, 4, 2, true],
  [7, 160, 4, 2, false],
  [14, 176, 6, 1, false],
  [18, 304, 6, 2, false],
  [5, 512, 6, 1, false],
];

/** @type {Stage[]} */
const L_STAGES = [
  [4, 32, 1, 1, true],
  [7, 64, 4, 2, true],
  [7, 96, 4, 2, true],
  [10, 192, 4, 2, false],
  [19, 224, 6, 1, false],
  [25, 384, 6, 2, false],
  [7, 640, 6, 1, false],
];

/**
 * Stages, channels of the stem, width factor and depth factor.
 * @type {Record<string, [stages: Stage[], stem: number, width: number, depth: number]>}
 */
const VARIANTS = {
  B0: [B_STAGES, 32, 1.0, 1.0],
  B1: [B_STAGES, 32, 1.0, 1.1],
  B2: [B_STAGES, 32, 1.1, 1.2],
  B3: [B_STAGES, 32, 1.2, 1.4],
  S: [S_STAGES, 24, 1.0, 1.0],
  M: [M_STAGES, 24, 1.0, 1.0],
  L: [L_STAGES, 32, 1.0, 1.0],
};

/**
 * @param {Parameters} parameters
 * @param {string} variant
 * @returns {string} JSON
 */
export function efficientNetV2({ inputSize, includeTop, classes }, variant) {
  const [stages, stem, width, depth] = VARIANTS[variant];
  const builder = new Builder(`efficientnetv2-${variant.toLowerCase()}`);
  let node = preprocess(builder, builder.input([...inputSize, 3]), stages === B_STAGES);
  node = builder.conv(node, 'stem_conv', toEights(stem * width), 3, { strides: 2 });
  node = normSwish(builder, node, 'stem');
  node = blocks(builder, node, stages, width, depth);
  node = builder.conv(node, 'top_conv', toEights(TOP_CHANNELS * width), 1);
  node = builder.globalPool(normSwish(builder, node, 'top'), 'avg_pool');
  if (!includeTop) return builder.toJson(node);
  node = builder.dropout(node, 'top_dropout', DROP_RATE);
  return builder.toJson(builder.dense(node, 'predictions', classes, 'softmax'));
}

/**
 * Rounds a number of channels to a multiple of 8. Other networks also keep nine tenths of the
 * number (`roundChannels`), but these do not.
 * @param {number} value
 */
function toEights(value) {
  return Math.max(8, Math.floor((value + 4) / 8) * 8);
}

/**
 * B0 to B3 subtract ImageNet's means and divide by its deviations. S, M and L take x / 128 - 1.
 * @param {Builder} builder
 * @param {Node} input
 * @param {boolean} isNormalized
 */
function preprocess(builder, input, isNormalized) {
  const { shape } = input;
  const config = isNormalized ? { scale: 1 / 255, offset: 0 } : { scale: 1 / 128, offset: -1 };
  const node = builder.layer('Rescaling', builder.autoName('rescaling'), [input], shape, config);
  if (!isNormalized) return node;
  const variance = DEVIATIONS.map((deviation) => deviation ** 2);
  const name = builder.autoName('normalization');
  return builder.layer('Normalization', name, [node], shape, { axis: [3], mean: MEANS, variance });
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {Stage[]} stages
 * @param {number} width
 * @param {number} depth
 */
function blocks(builder, node, stages, width, depth) {
  // Keras divides by the number of blocks without the depth factor.
  const total = stages.reduce((sum, [count]) => sum + count, 0);
  let done = 0;
  for (const [stage, [count, filters, expansion, strides, isFused]] of stages.entries()) {
    const block = isFused ? fusedBlock : depthwiseBlock;
    for (let i = 0; i < Math.ceil(depth * count); i++) {
      const name = `block${stage + 1}${String.fromCharCode(97 + i)}`;
      const size = { expansion, filters: toEights(filters * width) };
      const dropRate = (DROP_RATE * done++) / total;
      node = block(builder, node, name, { ...size, strides: i === 0 ? strides : 1, dropRate });
    }
  }
  return node;
}

/**
 * Expansion and projection. The first of the two convolutions is 3 x 3.
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {BlockSize} size
 */
function fusedBlock(builder, input, name, size) {
  const { expansion, filters, strides } = size;
  let node = input;
  if (expansion > 1) {
    const wide = channels(input) * expansion;
    node = builder.conv(node, `${name}_expand_conv`, wide, 3, { strides });
    node = normSwish(builder, node, `${name}_expand`);
    node = project(builder, node, name, filters);
  } else {
    node = builder.conv(node, `${name}_project_conv`, filters, 3, { strides });
    node = normSwish(builder, node, `${name}_project`);
  }
  return addInput(builder, input, node, name, size);
}

/**
 * Expansion, depthwise convolution, squeeze and excitation, projection.
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 * @param {BlockSize} size
 */
function depthwiseBlock(builder, input, name, size) {
  const { expansion, filters, strides } = size;
  let node = builder.conv(input, `${name}_expand_conv`, channels(input) * expansion, 1);
  node = normSwish(builder, node, `${name}_expand`);
  node = builder.depthwise(node, `${name}_dwconv2`, 3, { strides });
  node = normSwish(builder, node, name);
  node = squeezeExcite(builder, node, `${name}_se`, Math.floor(channels(input) / 4));
  return addInput(builder, input, project(builder, node, name, filters), name, size);
}
