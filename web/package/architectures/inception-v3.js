/** Inception V3 (arXiv:1512.00567), as Keras has it. The names of its layers are numbers. */

import { Builder } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

/**
 * A convolution of a branch, with its channels and with the rows and columns of its kernel.
 * @typedef {[filters: number, rows: number, columns: number]} Step
 */

/**
 * @param {Parameters} parameters
 * @returns {string} JSON
 */
export function inceptionV3(parameters) {
  return new InceptionV3().build(parameters);
}

class InceptionV3 {
  #builder = new Builder('inception_v3');

  /**
   * @param {Parameters} parameters
   * @returns {string} JSON
   */
  build({ inputSize, includeTop, classes }) {
    const builder = this.#builder;
    let node = this.#stem(builder.input([...inputSize, 3]));
    for (const [i, filters] of [32, 64, 64].entries()) node = this.#wide(node, i, filters);
    node = this.#downTo17(node);
    for (const [i, filters] of [128, 160, 160, 192].entries()) {
      node = this.#long(node, i + 4, filters);
    }
    node = this.#downTo8(node);
    for (const i of [9, 10]) node = this.#split(node, i);
    node = builder.globalPool(node, 'avg_pool');
    const top = () => builder.dense(node, 'predictions', classes, 'softmax');
    return builder.toJson(includeTop ? top() : node);
  }

  /** @param {Node} node */
  #stem(node) {
    const valid = { padding: /** @type {const} */ ('valid') };
    node = this.#conv(node, [32, 3, 3], { ...valid, strides: 2 });
    node = this.#conv(node, [32, 3, 3], valid);
    node = this.#maxPool(this.#conv(node, [64, 3, 3]));
    node = this.#conv(node, [80, 1, 1], valid);
    return this.#maxPool(this.#conv(node, [192, 3, 3], valid));
  }

  /**
   * A block of 35 x 35 positions. Its branches are 1 x 1, 5 x 5, two of 3 x 3, and pooling.
   * @param {Node} node
   * @param {number} number
   * @param {number} pooled channels of the last branch
   */
  #wide(node, number, pooled) {
    const branches = [
      this.#branch(node, [[64, 1, 1]]),
      this.#branch(node, [
        [48, 1, 1],
        [64, 5, 5],
      ]),
      this.#branch(node, [
        [64, 1, 1],
        [96, 3, 3],
        [96, 3, 3],
      ]),
      this.#poolBranch(node, pooled),
    ];
    return this.#join(branches, `mixed${number}`);
  }

  /** @param {Node} node */
  #downTo17(node) {
    const down = { strides: 2, padding: /** @type {const} */ ('valid') };
    const branches = [
      this.#conv(node, [384, 3, 3], down),
      this.#conv(
        this.#branch(node, [
          [64, 1, 1],
          [96, 3, 3],
        ]),
        [96, 3, 3],
        down,
      ),
      this.#maxPool(node),
    ];
    return this.#join(branches, 'mixed3');
  }

  /**
   * A block of 17 x 17 positions. Its branches have kernels of 1 x 7 and 7 x 1.
   * @param {Node} node
   * @param {number} number
   * @param {number} filters inside the branches
   */
  #long(node, number, filters) {
    const branches = [
      this.#branch(node, [[192, 1, 1]]),
      this.#branch(node, [
        [filters, 1, 1],
        [filters, 1, 7],
        [192, 7, 1],
      ]),
      this.#branch(node, [
        [filters, 1, 1],
        [filters, 7, 1],
        [filters, 1, 7],
        [filters, 7, 1],
        [192, 1, 7],
      ]),
      this.#poolBranch(node, 192),
    ];
    return this.#join(branches, `mixed${number}`);
  }

  /** @param {Node} node */
  #downTo8(node) {
    const down = { strides: 2, padding: /** @type {const} */ ('valid') };
    const branches = [
      this.#conv(this.#branch(node, [[192, 1, 1]]), [320, 3, 3], down),
      this.#conv(
        this.#branch(node, [
          [192, 1, 1],
          [192, 1, 7],
          [192, 7, 1],
        ]),
        [192, 3, 3],
        down,
      ),
      this.#maxPool(node),
    ];
    return this.#join(branches, 'mixed8');
  }

  /**
   * A block of 8 x 8 positions. Branches end in 1 x 3 and 3 x 1 side by side.
   * @param {Node} node
   * @param {number} number
   */
  #split(node, number) {
    const single = this.#branch(node, [[320, 1, 1]]);
    const short = this.#sides(this.#branch(node, [[384, 1, 1]]), `mixed9_${number - 9}`);
    const long = this.#sides(
      this.#branch(node, [
        [448, 1, 1],
        [384, 3, 3],
      ]),
      this.#builder.autoName('concatenate'),
    );
    const pooled = this.#poolBranch(node, 192);
    return this.#join([single, short, long, pooled], `mixed${number}`);
  }

  /**
   * @param {Node} node
   * @param {string} name
   */
  #sides(node, name) {
    return this.#join([this.#conv(node, [384, 1, 3]), this.#conv(node, [384, 3, 1])], name);
  }

  /**
   * @param {Node} node
   * @param {Step[]} steps
   */
  #branch(node, steps) {
    for (const step of steps) node = this.#conv(node, step);
    return node;
  }

  /**
   * @param {Node} node
   * @param {number} filters
   */
  #poolBranch(node, filters) {
    const name = this.#builder.autoName('average_pooling2d');
    const options = { kind: /** @type {const} */ ('Average'), strides: 1 };
    const pooled = this.#builder.pool(node, name, 3, { ...options, padding: 'same' });
    return this.#conv(pooled, [filters, 1, 1]);
  }

  /**
   * Convolution, batch norm without scale, ReLU.
   * @param {Node} input
   * @param {Step} step
   * @param {{ strides?: number, padding?: 'same' | 'valid' }} [options]
   */
  #conv(input, [filters, rows, columns], options) {
    const builder = this.#builder;
    let node = builder.conv(input, builder.autoName('conv2d'), filters, [rows, columns], options);
    const norm = builder.autoName('batch_normalization');
    node = builder.batchNorm(node, norm, 0.001, { axis: 3, scale: false });
    return builder.activation(node, builder.autoName('activation'), 'relu');
  }

  /** @param {Node} node */
  #maxPool(node) {
    const name = this.#builder.autoName('max_pooling2d');
    return this.#builder.pool(node, name, 3, { kind: 'Max', strides: 2 });
  }

  /**
   * @param {Node[]} branches
   * @param {string} name
   */
  #join(branches, name) {
    return this.#builder.concatenate(branches, name, { axis: 3 });
  }
}
