/** Inception-ResNet V2 (arXiv:1602.07261), as Keras has it. */

import { channels } from './builder.js';
import { Inception } from './inception.js';

/** @import { Node } from './builder.js' */
/** @import { Step } from './inception.js' */
/** @import { Parameters } from './index.js' */

/**
 * A kind of block. All its branches begin with a convolution of 1 x 1.
 * @typedef {object} BlockKind
 * @property {string} name
 * @property {number} scale of what the branches add to the input
 * @property {Step[][]} branches
 */

/** @type {BlockKind} with 35 x 35 positions */
const BLOCK_35 = {
  name: 'block35',
  scale: 0.17,
  branches: [
    [[32, 1, 1]],
    [
      [32, 1, 1],
      [32, 3, 3],
    ],
    [
      [32, 1, 1],
      [48, 3, 3],
      [64, 3, 3],
    ],
  ],
};

/** @type {BlockKind} with 17 x 17 positions */
const BLOCK_17 = {
  name: 'block17',
  scale: 0.1,
  branches: [
    [[192, 1, 1]],
    [
      [128, 1, 1],
      [160, 1, 7],
      [192, 7, 1],
    ],
  ],
};

/** @type {BlockKind} with 8 x 8 positions */
const BLOCK_8 = {
  name: 'block8',
  scale: 0.2,
  branches: [
    [[192, 1, 1]],
    [
      [192, 1, 1],
      [224, 1, 3],
      [256, 3, 1],
    ],
  ],
};

/**
 * @param {Parameters} parameters
 * @returns {string} JSON
 */
export function inceptionResNetV2(parameters) {
  return new InceptionResNetV2('inception_resnet_v2').build(parameters);
}

class InceptionResNetV2 extends Inception {
  /**
   * @param {Parameters} parameters
   * @returns {string} JSON
   */
  build({ inputSize, includeTop, classes }) {
    let node = this.stem(this.input([...inputSize, 3]));
    node = this.wide(node, 96, 64, 'mixed_5b');
    for (let i = 1; i <= 10; i++) node = this.#block(node, BLOCK_35, i);
    node = this.#downTo17(node);
    for (let i = 1; i <= 20; i++) node = this.#block(node, BLOCK_17, i);
    node = this.#downTo8(node);
    for (let i = 1; i <= 9; i++) node = this.#block(node, BLOCK_8, i);
    node = this.#scaledBranches(node, { ...BLOCK_8, scale: 1 }, 10);
    node = this.step(node, [1536, 1, 1], { name: 'conv_7b' });
    if (!includeTop) {
      return this.toJson(this.globalPool(node, this.autoName('global_average_pooling2d')));
    }
    node = this.globalPool(node, 'avg_pool');
    return this.toJson(this.dense(node, 'predictions', classes, 'softmax'));
  }

  /** @param {Node} node */
  #downTo17(node) {
    const branches = [
      this.downBranch(node, [384, 3, 3]),
      this.downBranch(node, [256, 1, 1], [256, 3, 3], [384, 3, 3]),
      this.maxPool(node),
    ];
    return this.join(branches, 'mixed_6a');
  }

  /** @param {Node} node */
  #downTo8(node) {
    const branches = [
      this.downBranch(node, [256, 1, 1], [384, 3, 3]),
      this.downBranch(node, [256, 1, 1], [288, 3, 3]),
      this.downBranch(node, [256, 1, 1], [288, 3, 3], [320, 3, 3]),
      this.maxPool(node),
    ];
    return this.join(branches, 'mixed_7a');
  }

  /**
   * @param {Node} node
   * @param {BlockKind} kind
   * @param {number} number of the block, from 1
   */
  #block(node, kind, number) {
    const sum = this.#scaledBranches(node, kind, number);
    return this.activation(sum, `${kind.name}_${number}_ac`, 'relu');
  }

  /**
   * Joins the branches, gives them the channels of the input, and adds them to it.
   * @param {Node} input
   * @param {BlockKind} kind
   * @param {number} number of the block, from 1
   */
  #scaledBranches(input, { name: kind, scale, branches }, number) {
    const name = `${kind}_${number}`;
    const ends = branches.map((steps) => this.branch(input, steps));
    const mixed = this.join(ends, `${name}_mixed`);
    const up = this.conv(mixed, `${name}_conv`, channels(input), 1, { bias: true });
    const module = 'keras.src.applications.inception_resnet_v2';
    const layer = this.autoName('custom_scale_layer');
    return this.layer('CustomScaleLayer', layer, [input, up], input.shape, { scale }, module);
  }
}
