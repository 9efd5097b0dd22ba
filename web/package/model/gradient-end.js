/** Finds the layer at which a backward pass ends, for a layer that gets no gradient. */

import { LOGIT, SCORE } from '../engine/network.js';

/** @import { Input, LayerInfo, Network } from '../engine/network.js' */

/**
 * Prepares searches for the layers that pass no gradient of a class back. All searches share one
 * backward pass, which the first of them makes.
 * @param {Network} network
 * @param {LayerInfo[]} layers all layers
 * @param {{ input: Input, seeds: Float32Array[], logits: boolean }} explained
 * @returns {(seed: number, layer: number) => LayerInfo | undefined} finds, for the indices of a
 *   seed and of a layer without gradient, the first layer after it that has one
 */
export function gradientEnds(network, layers, { input, seeds, logits }) {
  /** @type {boolean[][] | undefined} */
  let zeros;
  const followers = memoize(() => followersOf(layers));
  return (seed, layer) => {
    zeros ??= network.zeroGradients(input, logits ? LOGIT : SCORE, seeds, [...layers.keys()]);
    const isZero = zeros[seed];
    for (let last = layer; isZero[last];) {
      const next = followers()[last].find((follower) => isZero[follower]);
      if (next === undefined) return layers[followers()[last][0]];
      last = next;
    }
    return undefined;
  };
}

/**
 * The layers that read each layer's output. After the last layer of a nested model comes the model.
 * @param {LayerInfo[]} layers
 * @returns {number[][]}
 */
function followersOf(layers) {
  /** @type {number[][]} */
  const followers = layers.map(() => []);
  layers.forEach(({ inputs }, i) => new Set(inputs).forEach((input) => followers[input].push(i)));
  layers.forEach(({ parent }, i) => {
    if (followers[i].length === 0 && parent !== -1) followers[i].push(parent);
  });
  return followers;
}

/**
 * @template T
 * @param {() => T} make
 */
function memoize(make) {
  /** @type {T | undefined} */
  let made;
  return () => (made ??= make());
}
