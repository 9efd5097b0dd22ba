/** A second network with other weights, which leaves the model as it is. */

/** @import { Pause } from '../base/pauses.js' */
/** @import { Network } from '../engine/network.js' */

/**
 * Changes values of a weight.
 * @callback Alter
 * @param {number} index of the weight
 * @param {Float32Array} values
 * @param {number} first index of the first of them in the weight
 */

/**
 * Makes a second network, uses it and frees its memory. It takes as much memory as the model.
 * @template T
 * @param {Network} network that has run
 * @param {{ height: number, width: number }} size of the input
 * @param {Alter} alter
 * @param {(twin: Network) => T} use
 * @param {Pause} pause
 * @returns {Promise<T>}
 */
export async function withTwin(network, { height, width }, alter, use, pause) {
  const twin = network.twin();
  try {
    for (let index = 0; index < network.weightCount; index++) {
      const change = (/** @type {Float32Array} */ values, /** @type {number} */ first) =>
        alter(index, values, first);
      for (const part of twin.copyWeight(network, index, change)) {
        void part;
        await pause();
      }
    }
    for (const left of twin.planInParts(height, width)) {
      void left;
      await pause();
    }
    return use(twin);
  } finally {
    twin.dispose();
    // The model may have been disposed of meanwhile.
    network.engine.rest();
  }
}
