/** The pictures of a folder with their answers, and how they are ordered. */

/** @import { HeatMap } from 'gradcam-wasm' */

/**
 * What the network says of a picture.
 * @typedef {object} Result
 * @property {number} target
 * @property {string} name of the class
 * @property {number} score
 * @property {string} text the score as the page writes it
 * @property {HeatMap} heatmap
 * @property {string} thumb address of the picture in a small form, without its map
 * @property {number} ratio width through height
 */

/**
 * @typedef {object} Item
 * @property {number} index
 * @property {File} file
 * @property {string} path
 * @property {number[]} [truth] the classes that its folder names
 * @property {string} [truthName]
 * @property {Result} [result]
 * @property {string} [error] why there is no result
 */

/** @typedef {'folder' | 'sure' | 'unsure' | 'mistakes'} Order */

/** @param {Item} item */
export function isMistake({ truth, result }) {
  return truth !== undefined && result !== undefined && !truth.includes(result.target);
}

/** @param {Item} item */
export const isDone = ({ result, error }) => result !== undefined || error !== undefined;

/**
 * The place of an item in an order. Smaller numbers come first.
 * @type {Record<Order, (item: Item) => number[]>}
 */
const keys = {
  folder: () => [],
  sure: ({ result }) => [result ? 0 : 1, -(result?.score ?? 0)],
  unsure: ({ result }) => [result ? 0 : 1, result?.score ?? 0],
  // The surest mistake first, and then the least sure of those that are right.
  mistakes(item) {
    const { truth, result } = item;
    if (!result) return [3];
    if (!truth) return [2, result.score];
    return isMistake(item) ? [0, -result.score] : [1, result.score];
  },
};

/**
 * @param {readonly Item[]} items
 * @param {Order} order
 */
export function sorted(items, order) {
  const keyed = items.map((item) => ({ item, key: [...keys[order](item), item.index] }));
  keyed.sort((a, b) => {
    const at = a.key.findIndex((value, i) => value !== b.key[i]);
    return at < 0 ? 0 : a.key[at] - b.key[at];
  });
  return keyed.map(({ item }) => item);
}
