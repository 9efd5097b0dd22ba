/** NASNet-A (arXiv:1707.07012), as Keras has it. */

import { Builder, channels, stridePadding } from './builder.js';

/** @import { Node } from './builder.js' */
/** @import { Parameters } from './index.js' */

/**
 * @typedef {object} Variant
 * @property {string} name
 * @property {number} penultimate channels before the classes
 * @property {number} repeats number of normal cells between two reductions
 * @property {number} stem channels of the first convolution
 * @property {boolean} skipReduction whether the cell after a reduction also reads the input of the
 *   reduction
 */

const EPSILON = 0.001;
/** How much a reduction multiplies the channels. */
const MULTIPLIER = 2;

const MOBILE = { name: 'nasnet_mobile', penultimate: 1056, repeats: 4, stem: 32 };
const LARGE = { name: 'nasnet_large', penultimate: 4032, repeats: 6, stem: 96 };

/** @param {Parameters} parameters */
export function nasNetMobile(parameters) {
  return new NasNet({ ...MOBILE, skipReduction: false }).build(parameters);
}

/** @param {Parameters} parameters */
export function nasNetLarge(parameters) {
  return new NasNet({ ...LARGE, skipReduction: true }).build(parameters);
}

class NasNet {
  #builder;
  #variant;

  /** @param {Variant} variant */
  constructor(variant) {
    this.#builder = new Builder(variant.name);
    this.#variant = variant;
  }

  /**
   * @param {Parameters} parameters
   * @returns {string} JSON
   */
  build({ inputSize, includeTop, classes }) {
    const builder = this.#builder;
    let node = this.#cells(builder.input([...inputSize, 3]));
    node = this.#relu(node);
    node = builder.globalPool(node, builder.autoName('global_average_pooling2d'));
    const top = () => builder.dense(node, 'predictions', classes, 'softmax');
    return builder.toJson(includeTop ? top() : node);
  }

  /** @param {Node} input */
  #cells(input) {
    const { penultimate, repeats, stem, skipReduction } = this.#variant;
    const filters = Math.floor(penultimate / 24);
    const builder = this.#builder;
    const options = { strides: 2, padding: /** @type {const} */ ('valid') };
    let node = builder.conv(input, 'stem_conv1', stem, 3, options);
    node = builder.batchNorm(node, 'stem_bn1', EPSILON);
    /** @type {Node | undefined} the input of the cell before */
    let before;
    [node, before] = this.#reduction(node, before, filters / MULTIPLIER ** 2, 'stem_1');
    [node, before] = this.#reduction(node, before, filters / MULTIPLIER, 'stem_2');
    for (const stage of [0, 1, 2]) {
      const width = filters * MULTIPLIER ** stage;
      if (stage > 0) {
        const number = stage * repeats;
        /** @type {Node | undefined} */
        const last = before;
        [node, before] = this.#reduction(node, before, width, `reduce_${number}`);
        if (skipReduction) before = last;
      }
      for (let i = 0; i < repeats; i++) {
        const number = stage * repeats + Math.min(stage, 1) + i;
        [node, before] = this.#normal(node, before, width, String(number));
      }
    }
    return node;
  }

  /**
   * @param {Node} input
   * @param {Node | undefined} before
   * @param {number} filters
   * @param {string} id
   * @returns {[Node, Node]} the cell's output and its input
   */
  #normal(input, before, filters, id) {
    const builder = this.#builder;
    const p = this.#adjust(before, input, filters, id);
    const h = this.#squeeze(input, filters, `normal_conv_1_${id}`, `normal_bn_1_${id}`);
    /** @type {(node: Node, kernel: number, name: string) => Node} */
    const separable = (node, kernel, name) =>
      this.#separable(node, filters, kernel, 1, `normal_${name}_${id}`);
    const pool = (/** @type {Node} */ node, /** @type {string} */ name) =>
      this.#pool('Average', node, `normal_${name}_${id}`, 1);
    const add = (/** @type {Node[]} */ nodes, /** @type {number} */ number) =>
      builder.add(nodes, `normal_add_${number}_${id}`);
    const first = add([separable(h, 5, 'left1'), separable(p, 3, 'right1')], 1);
    const second = add([separable(p, 5, 'left2'), separable(p, 3, 'right2')], 2);
    const third = add([pool(h, 'left3'), p], 3);
    const fourth = add([pool(p, 'left4'), pool(p, 'right4')], 4);
    const fifth = add([separable(h, 3, 'left5'), h], 5);
    const parts = [p, first, second, third, fourth, fifth];
    return [builder.concatenate(parts, `normal_concat_${id}`), input];
  }

  /**
   * @param {Node} input
   * @param {Node | undefined} before
   * @param {number} filters
   * @param {string} id
   * @returns {[Node, Node]} the cell's output and its input
   */
  #reduction(input, before, filters, id) {
    const builder = this.#builder;
    const p = this.#adjust(before, input, filters, id);
    const h = this.#squeeze(input, filters, `reduction_conv_1_${id}`, `reduction_bn_1_${id}`);
    const padded = builder.pad(h, `reduction_pad_1_${id}`, stridePadding(h, 3));
    /** @type {(node: Node, kernel: number, strides: number, name: string) => Node} */
    const separable = (node, kernel, strides, name) =>
      this.#separable(node, filters, kernel, strides, `reduction_${name}_${id}`);
    /** @type {(kind: 'Max' | 'Average', name: string) => Node} */
    const pool = (kind, name) => this.#pool(kind, padded, `reduction_${name}_${id}`, 2);
    const add = (/** @type {Node[]} */ nodes, /** @type {string} */ name) =>
      builder.add(nodes, `reduction_${name}_${id}`);
    const first = add([separable(h, 5, 2, 'left1'), separable(p, 7, 2, 'right1')], 'add_1');
    const second = add([pool('Max', 'left2'), separable(p, 7, 2, 'right2')], 'add_2');
    const third = add([pool('Average', 'left3'), separable(p, 5, 2, 'right3')], 'add3');
    const averaged = this.#pool('Average', first, `reduction_left4_${id}`, 1);
    const fourth = builder.add([second, averaged], builder.autoName('add'));
    const fifth = add([separable(first, 3, 1, 'left4'), pool('Max', 'right5')], 'add4');
    const parts = [second, third, fourth, fifth];
    return [builder.concatenate(parts, `reduction_concat_${id}`), input];
  }

  /**
   * Brings the input of the cell before to the size and the channels of this cell.
   * @param {Node | undefined} before
   * @param {Node} input of this cell
   * @param {number} filters
   * @param {string} id
   */
  #adjust(before, input, filters, id) {
    const builder = this.#builder;
    if (!before) return input;
    if (before.shape[0] !== input.shape[0]) return this.#halve(before, filters, id);
    if (channels(before) === filters) return before;
    const node = builder.conv(this.#relu(before), `adjust_conv_projection_${id}`, filters, 1);
    return builder.batchNorm(node, `adjust_bn_${id}`, EPSILON);
  }

  /**
   * Takes every second position. Half of the channels get the positions in between.
   * @param {Node} before
   * @param {number} filters
   * @param {string} id
   */
  #halve(before, filters, id) {
    const builder = this.#builder;
    const relu = builder.activation(before, `adjust_relu_1_${id}`, 'relu');
    const padded = builder.pad(relu, builder.autoName('zero_padding2d'), [
      [0, 1],
      [0, 1],
    ]);
    const shifted = builder.crop(padded, builder.autoName('cropping2d'), [
      [1, 0],
      [1, 0],
    ]);
    const halves = [relu, shifted].map((node, i) => {
      const options = { kind: /** @type {const} */ ('Average'), strides: 2 };
      const pooled = builder.pool(node, `adjust_avg_pool_${i + 1}_${id}`, 1, options);
      return builder.conv(pooled, `adjust_conv_${i + 1}_${id}`, Math.floor(filters / 2), 1);
    });
    const node = builder.concatenate(halves, builder.autoName('concatenate'));
    return builder.batchNorm(node, `adjust_bn_${id}`, EPSILON);
  }

  /**
   * @param {Node} input
   * @param {number} filters
   * @param {string} conv
   * @param {string} norm
   */
  #squeeze(input, filters, conv, norm) {
    const node = this.#builder.conv(this.#relu(input), conv, filters, 1);
    return this.#builder.batchNorm(node, norm, EPSILON);
  }

  /**
   * A ReLU, a separable convolution and a batch norm, two times.
   * @param {Node} input
   * @param {number} filters
   * @param {number} kernel
   * @param {number} strides of the first convolution
   * @param {string} id
   */
  #separable(input, filters, kernel, strides, id) {
    const builder = this.#builder;
    let node = this.#relu(input);
    if (strides > 1) {
      node = builder.pad(node, `separable_conv_1_pad_${id}`, stridePadding(node, kernel));
    }
    const padding = strides > 1 ? 'valid' : 'same';
    node = builder.separable(node, `separable_conv_1_${id}`, filters, kernel, { strides, padding });
    node = this.#relu(builder.batchNorm(node, `separable_conv_1_bn_${id}`, EPSILON));
    node = builder.separable(node, `separable_conv_2_${id}`, filters, kernel);
    return builder.batchNorm(node, `separable_conv_2_bn_${id}`, EPSILON);
  }

  /**
   * @param {'Max' | 'Average'} kind
   * @param {Node} node padded if the stride is 2
   * @param {string} name
   * @param {number} strides
   */
  #pool(kind, node, name, strides) {
    const padding = strides > 1 ? 'valid' : 'same';
    return this.#builder.pool(node, name, 3, { kind, strides, padding });
  }

  /** @param {Node} node */
  #relu(node) {
    return this.#builder.activation(node, this.#builder.autoName('activation'), 'relu');
  }
}
