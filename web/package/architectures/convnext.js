/** ConvNeXt (arXiv:2201.03545), as Keras has it. */

import { Builder, channels } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

/**
 * Blocks in the four stages, and channels in the first stage. The channels double at each stage.
 */
const VARIANTS = {
  tiny: { depths: [3, 3, 9, 3], width: 96 },
  small: { depths: [3, 3, 27, 3], width: 96 },
  base: { depths: [3, 3, 27, 3], width: 128 },
  large: { depths: [3, 3, 27, 3], width: 192 },
  xlarge: { depths: [3, 3, 27, 3], width: 256 },
};

/** ImageNet's means and standard deviations of red, green and blue, for values from 0 to 1. */
const MEANS = [0.485, 0.456, 0.406];
const DEVIATIONS = [0.229, 0.224, 0.225];

/**
 * @param {Parameters} parameters
 * @param {keyof typeof VARIANTS} variant
 * @returns {string} JSON
 */
export function convNeXt({ inputSize, includeTop, classes }, variant) {
  const { depths, width } = VARIANTS[variant];
  const name = `convnext_${variant}`;
  const builder = new Builder(name);
  let node = builder.input([...inputSize, 3]);
  node = stem(builder, normalize(builder, node, name), name, width);
  for (const [stage, count] of depths.entries()) {
    if (stage > 0) node = downsample(builder, node, `${name}_downsampling`, stage - 1);
    for (let i = 0; i < count; i++) {
      node = block(builder, node, `${name}_stage_${stage}_block_${i}`);
    }
  }
  node = builder.globalPool(node, `${name}_head_gap`);
  node = builder.layerNorm(node, `${name}_head_layernorm`);
  const top = () => builder.dense(node, `${name}_head_dense`, classes, 'softmax');
  return builder.toJson(includeTop ? top() : node);
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 */
function normalize(builder, node, name) {
  const config = {
    axis: [-1],
    mean: MEANS.map((mean) => mean * 255),
    variance: DEVIATIONS.map((deviation) => (deviation * 255) ** 2),
  };
  const layer = `${name}_prestem_normalization`;
  return builder.layer('Normalization', layer, [node], node.shape, config);
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 * @param {number} width
 */
function stem(builder, node, name, width) {
  const options = { strides: 4, padding: /** @type {const} */ ('valid'), bias: true };
  return builder.sequential(node, `${name}_stem`, (inner, input) => {
    const conv = inner.conv(input, `${name}_stem_conv`, width, 4, options);
    return inner.layerNorm(conv, `${name}_stem_layernorm`);
  });
}

/**
 * @param {Builder} builder
 * @param {Node} node
 * @param {string} name
 * @param {number} number
 */
function downsample(builder, node, name, number) {
  const options = { strides: 2, padding: /** @type {const} */ ('valid'), bias: true };
  return builder.sequential(node, `${name}_block_${number}`, (inner, input) => {
    const norm = inner.layerNorm(input, `${name}_layernorm_${number}`);
    return inner.conv(norm, `${name}_conv_${number}`, 2 * channels(input), 2, options);
  });
}

/**
 * @param {Builder} builder
 * @param {Node} input
 * @param {string} name
 */
function block(builder, input, name) {
  const width = channels(input);
  const options = { groups: width, bias: true };
  let node = builder.conv(input, `${name}_depthwise_conv`, width, 7, options);
  node = builder.layerNorm(node, `${name}_layernorm`);
  node = builder.dense(node, `${name}_pointwise_conv_1`, 4 * width);
  node = builder.activation(node, `${name}_gelu`, 'gelu');
  node = builder.dense(node, `${name}_pointwise_conv_2`, width);
  const config = { init_values: 1e-6, projection_dim: width };
  const module = 'keras.src.applications.convnext';
  const scale = `${name}_layer_scale`;
  node = builder.layer('LayerScale', scale, [node], node.shape, config, module);
  node = builder.activation(node, `${name}_identity`, 'linear');
  return builder.operation('Add', [input, node]);
}
