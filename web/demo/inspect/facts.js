/** What each part of a model takes, and how that is written. */

import { layersIn } from './tree.js';

/** @import { Profile } from 'gradcam-wasm' */
/** @import { LayerInfo, TreeNode } from './tree.js' */

/**
 * What a node takes. undefined is not known yet, null is not known at all.
 * @typedef {object} NodeFacts
 * @property {string} type
 * @property {(number | null)[]} shape of the output, without the batch
 * @property {number} params
 * @property {number | null | undefined} multiplyAdds
 * @property {number | null | undefined} memory bytes
 * @property {number | null | undefined} time milliseconds
 * @property {string[]} together names of the layers that run in the same steps
 */

/** Facts of the nodes of a tree. */
export class Facts {
  #layers;
  #nested;
  /** @type {Map<TreeNode, NodeFacts>} */
  #known = new Map();
  /** @type {Map<string, Profile['layers'][number]>} */
  #rows = new Map();
  /** @type {Profile | null | undefined} null if there will be none */
  profile;

  /** @param {LayerInfo[]} layers */
  constructor(layers) {
    this.#layers = layers;
    this.#nested = new Set(layers.map(({ parent }) => parent));
  }

  /** @param {Profile | null} profile null if it cannot be measured */
  take(profile) {
    this.profile = profile;
    this.#known.clear();
    this.#rows = new Map(profile?.layers.map((row) => [row.name, row]));
  }

  /**
   * @param {TreeNode} node
   * @returns {NodeFacts}
   */
  of(node) {
    const known = this.#known.get(node) ?? this.#find(node);
    this.#known.set(node, known);
    return known;
  }

  /**
   * @param {TreeNode} node
   * @returns {NodeFacts}
   */
  #find(node) {
    const own = layersIn(node);
    const single = own.filter((i) => !this.#nested.has(i));
    const { type, shape } = this.#layers[node.layer ?? own[own.length - 1]];
    return {
      type: node.layer === undefined ? '' : type,
      shape,
      params: sum(single.map((i) => (this.#isRepeated(i) ? 0 : this.#layers[i].params))) ?? 0,
      multiplyAdds: this.#total(single, 'multiplyAdds'),
      memory: node.layer === undefined ? null : this.#total([node.layer], 'memory'),
      ...this.#timeOf(node, own),
    };
  }

  /**
   * Whether a layer runs a second time, with the same weights.
   * @param {number} layer
   */
  #isRepeated(layer) {
    return /@\d+$/.test(this.#layers[layer].path);
  }

  /**
   * @param {number[]} layers
   * @param {'multiplyAdds' | 'memory'} key
   */
  #total(layers, key) {
    const { profile } = this;
    if (!profile) return profile;
    // The input of a Sequential model has no row, and takes nothing.
    const rows = layers.map((i) => this.#rows.get(this.#layers[i].path));
    return sum(rows.map((row) => (row ? row[key] : 0)));
  }

  /**
   * @param {TreeNode} node
   * @param {number[]} own its layers
   * @returns {Pick<NodeFacts, 'time' | 'together'>}
   */
  #timeOf(node, own) {
    const { profile } = this;
    const none = /** @type {string[]} */ ([]);
    if (!profile) return { time: profile, together: none };
    if (!profile.steps) return { time: null, together: none };
    const names = new Set(own.map((i) => this.#layers[i].path));
    const steps = profile.steps.filter(({ layers }) => layers.some((name) => names.has(name)));
    const all = new Set(steps.flatMap(({ layers }) => layers));
    const together = node.kind === 'layer' ? [...all].filter((name) => !names.has(name)) : none;
    return { time: sum(steps.map(({ time }) => time)), together };
  }
}

/**
 * @param {(number | null)[]} values
 * @returns {number | null} null if a value is not known
 */
function sum(values) {
  return values.reduce((total, value) => {
    return total === null || value === null ? null : total + value;
  }, 0);
}

/** @param {(number | null)[]} shape without the batch */
export function shapeText(shape) {
  return shape.map((size) => size ?? '?').join(' × ');
}

/**
 * A count in three digits, "3.54 M".
 * @param {number} count
 */
export function countText(count) {
  if (count < 10_000) return count.toLocaleString('en');
  for (const [size, unit] of /** @type {const} */ ([
    [1e9, 'G'],
    [1e6, 'M'],
  ])) {
    if (count >= size) return `${(count / size).toPrecision(3)} ${unit}`;
  }
  return `${(count / 1e3).toPrecision(3)} k`;
}

/** @param {number} time milliseconds */
export function timeText(time) {
  if (time === 0) return '0';
  return `${time < 10 ? time.toFixed(2) : time.toFixed(1)} ms`;
}

/** @param {number} bytes */
export function bytesText(bytes) {
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
