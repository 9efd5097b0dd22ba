/** Inception V3 (arXiv:1512.00567), as Keras has it. The names of its layers are numbers. */

import { Inception } from './inception.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

/**
 * @param {Parameters} parameters
 * @returns {string} JSON
 */
export function inceptionV3(parameters) {
  return new InceptionV3('inception_v3').build(parameters);
}

class InceptionV3 extends Inception {
  /**
   * @param {Parameters} parameters
   * @returns {string} JSON
   */
  build({ inputSize, includeTop, classes }) {
    let node = this.stem(this.input([...inputSize, 3]));
    for (const [i, filters] of [32, 64, 64].entries()) {
      node = this.wide(node, 64, filters, `mixed${i}`);
    }
    node = this.#downTo17(node);
    for (const [i, filters] of [128, 160, 160, 192].entries()) {
      node = this.#long(node, i + 4, filters);
    }
    node = this.#downTo8(node);
    for (const i of [9, 10]) node = this.#split(node, i);
    node = this.globalPool(node, 'avg_pool');
    const top = () => this.dense(node, 'predictions', classes, 'softmax');
    return this.toJson(includeTop ? top() : node);
  }

  /** @param {Node} node */
  #downTo17(node) {
    const branches = [
      this.downBranch(node, [384, 3, 3]),
      this.downBranch(node, [64, 1, 1], [96, 3, 3], [96, 3, 3]),
      this.maxPool(node),
    ];
    return this.join(branches, 'mixed3');
  }

  /**
   * A block of 17 x 17 positions. Its branches have kernels of 1 x 7 and 7 x 1.
   * @param {Node} node
   * @param {number} number
   * @param {number} filters inside the branches
   */
  #long(node, number, filters) {
    const branches = [
      this.branch(node, [[192, 1, 1]]),
      this.branch(node, [
        [filters, 1, 1],
        [filters, 1, 7],
        [192, 7, 1],
      ]),
      this.branch(node, [
        [filters, 1, 1],
        [filters, 7, 1],
        [filters, 1, 7],
        [filters, 7, 1],
        [192, 1, 7],
      ]),
      this.poolBranch(node, 192),
    ];
    return this.join(branches, `mixed${number}`);
  }

  /** @param {Node} node */
  #downTo8(node) {
    const branches = [
      this.downBranch(node, [192, 1, 1], [320, 3, 3]),
      this.downBranch(node, [192, 1, 1], [192, 1, 7], [192, 7, 1], [192, 3, 3]),
      this.maxPool(node),
    ];
    return this.join(branches, 'mixed8');
  }

  /**
   * A block of 8 x 8 positions. Branches end in 1 x 3 and 3 x 1 side by side.
   * @param {Node} node
   * @param {number} number
   */
  #split(node, number) {
    const single = this.branch(node, [[320, 1, 1]]);
    const short = this.#sides(this.branch(node, [[384, 1, 1]]), `mixed9_${number - 9}`);
    const long = this.#sides(
      this.branch(node, [
        [448, 1, 1],
        [384, 3, 3],
      ]),
      this.autoName('concatenate'),
    );
    const pooled = this.poolBranch(node, 192);
    return this.join([single, short, long, pooled], `mixed${number}`);
  }

  /**
   * @param {Node} node
   * @param {string} name
   */
  #sides(node, name) {
    return this.join([this.step(node, [384, 1, 3]), this.step(node, [384, 3, 1])], name);
  }
}
