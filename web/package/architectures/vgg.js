/** VGG16 and VGG19 (arXiv:1409.1556), as Keras has them. */

import { Builder } from './builder.js';

/** @import { Parameters } from './index.js' */

/** Channels of the five blocks. */
const FILTERS = [64, 128, 256, 512, 512];
/** Convolutions in the blocks, by the number of layers in the network's name. */
const DEPTHS = { 16: [2, 2, 3, 3, 3], 19: [2, 2, 4, 4, 4] };

/**
 * @param {Parameters} parameters
 * @param {keyof typeof DEPTHS} depth
 * @returns {string} JSON
 */
export function vgg({ inputSize, includeTop, classes }, depth) {
  const builder = new Builder(`vgg${depth}`);
  const options = { bias: true, activation: 'relu' };
  let node = builder.input([...inputSize, 3]);
  for (const [i, count] of DEPTHS[depth].entries()) {
    const name = `block${i + 1}`;
    for (let k = 1; k <= count; k++) {
      node = builder.conv(node, `${name}_conv${k}`, FILTERS[i], 3, options);
    }
    node = builder.pool(node, `${name}_pool`, 2, { kind: 'Max', strides: 2 });
  }
  if (!includeTop) {
    return builder.toJson(builder.globalPool(node, builder.autoName('global_average_pooling2d')));
  }
  node = builder.flatten(node, 'flatten');
  for (const name of ['fc1', 'fc2']) node = builder.dense(node, name, 4096, 'relu');
  return builder.toJson(builder.dense(node, 'predictions', classes, 'softmax'));
}
