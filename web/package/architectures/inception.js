/** What Inception V3 and Inception-ResNet V2 share. The names of most layers are numbers. */

import { Builder } from './builder.js';

/** @import { Node, Padding } from './builder.js' */

/**
 * A convolution of a branch, with its channels and with the rows and columns of its kernel.
 * @typedef {[filters: number, rows: number, columns: number]} Step
 */

/** A step that halves rows and columns. */
const DOWN = { strides: 2, padding: /** @type {const} */ ('valid') };

export class Inception extends Builder {
  /**
   * The layers before the first branches. They keep an eighth of the rows and columns.
   * @param {Node} node
   */
  stem(node) {
    const valid = { padding: /** @type {const} */ ('valid') };
    node = this.step(node, [32, 3, 3], DOWN);
    node = this.step(node, [32, 3, 3], valid);
    node = this.maxPool(this.step(node, [64, 3, 3]));
    node = this.step(node, [80, 1, 1], valid);
    return this.maxPool(this.step(node, [192, 3, 3], valid));
  }

  /**
   * A block of 35 x 35 positions. Its branches are 1 x 1, 5 x 5, two of 3 x 3, and pooling.
   * @param {Node} node
   * @param {number} first channels of the first branch
   * @param {number} pooled channels of the last branch
   * @param {string} name
   */
  wide(node, first, pooled, name) {
    const branches = [
      this.branch(node, [[first, 1, 1]]),
      this.branch(node, [
        [48, 1, 1],
        [64, 5, 5],
      ]),
      this.branch(node, [
        [64, 1, 1],
        [96, 3, 3],
        [96, 3, 3],
      ]),
      this.poolBranch(node, pooled),
    ];
    return this.join(branches, name);
  }

  /**
   * Convolution, batch norm without scale, ReLU.
   * @param {Node} input
   * @param {Step} step
   * @param {{ strides?: number, padding?: Padding, name?: string }} [options] a step without a name
   *   gets numbers
   */
  step(input, [filters, rows, columns], { name, ...options } = {}) {
    const conv = name ?? this.autoName('conv2d');
    let node = this.conv(input, conv, filters, [rows, columns], options);
    const norm = name ? `${name}_bn` : this.autoName('batch_normalization');
    node = this.batchNorm(node, norm, 0.001, { axis: 3, scale: false });
    return this.activation(node, name ? `${name}_ac` : this.autoName('activation'), 'relu');
  }

  /**
   * @param {Node} node
   * @param {Step[]} steps
   */
  branch(node, steps) {
    for (const step of steps) node = this.step(node, step);
    return node;
  }

  /**
   * A branch whose last step halves rows and columns.
   * @param {Node} node
   * @param {Step[]} steps
   */
  downBranch(node, ...steps) {
    const last = steps.length - 1;
    return this.step(this.branch(node, steps.slice(0, last)), steps[last], DOWN);
  }

  /**
   * @param {Node} node
   * @param {number} filters
   */
  poolBranch(node, filters) {
    const name = this.autoName('average_pooling2d');
    const options = { kind: /** @type {const} */ ('Average'), strides: 1 };
    const pooled = this.pool(node, name, 3, { ...options, padding: 'same' });
    return this.step(pooled, [filters, 1, 1]);
  }

  /** @param {Node} node */
  maxPool(node) {
    const name = this.autoName('max_pooling2d');
    return this.pool(node, name, 3, { kind: 'Max', strides: 2 });
  }

  /**
   * @param {Node[]} branches
   * @param {string} name
   */
  join(branches, name) {
    return this.concatenate(branches, name, { axis: 3 });
  }
}
