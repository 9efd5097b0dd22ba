/** Finds the layer at which a backward pass ends, for a layer that gets no gradient. */

import { LOGIT, SCORE } from '../engine/network.js';

/** @import { Input, LayerInfo, Network } from '../engine/network.js' */

/**
 * Prepares searches for the layers that pass no gradient of a class back.
 * @param {Network} network
 * @param {LayerInfo[]} layers all layers
 * @param {{ input: Input, seed: Float32Array, logits: boolean }} explained
 * @returns {(layer: number) => LayerInfo | undefined} finds, for the index of a layer without
 *   gradient, the first layer after it that has one
 */
export function gradientEnds(network, layers, { input, seed, logits }) {
  /** @type {Map<number, boolean>} */
  const known = new Map();
  const isZero = (/** @type {number} */ layer) => {
    if (!known.has(layer)) {
      const [gradient] = network.gradients(input, logits ? LOGIT : SCORE, seed, [layer]);
      known.set(
        layer,
        gradient.every((value) => value === 0),
      );
    }
    return known.get(layer);
  };
  return (layer) => {
    for (let last = layer; isZero(last);) {
      const followers = followersOf(layers, last);
      const next = followers.find(isZero);
      if (next === undefined) return layers[followers[0]];
      last = next;
    }
    return undefined;
  };
}

/**
 * The layers that read a layer's output. After the last layer of a nested model comes the model.
 * @param {LayerInfo[]} layers
 * @param {number} layer
 */
function followersOf(layers, layer) {
  const followers = [...layers.keys()].filter((i) => layers[i].inputs.includes(layer));
  const { parent } = layers[layer];
  return followers.length > 0 || parent === -1 ? followers : [parent];
}
