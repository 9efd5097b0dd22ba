/**
 * The weights of ../shared/golden/zoo: a formula instead of files. Its README has the order of the
 * tensors and the values.
 */

import { fillWeight, headOf, weightTensors } from '../../web/package/metrics/formula.js';

/** @import { Network } from '../../web/package/engine/network.js' */

/**
 * Sets all weights of a network.
 * @param {Network} network
 * @param {any} golden
 * @returns {number} sum of all values, which proves the formula
 */
export function setFormulaWeights(network, { seed, gain, head_gain: headGain }) {
  const tensors = weightTensors(network);
  const head = headOf(tensors);
  let sum = 0;
  for (const tensor of tensors) {
    const { index, shape } = tensor;
    const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1));
    fillWeight(values, 0, tensor, { seed, gain: index === head ? headGain : gain });
    network.setWeight(index, values);
    for (let i = 0; i < values.length; i++) sum += values[i];
  }
  return sum;
}

/**
 * The seed that explains one class.
 * @param {Network} network
 * @param {number} target
 */
export function oneHot(network, target) {
  const seed = new Float32Array(network.classCount);
  seed[target] = 1;
  return seed;
}
