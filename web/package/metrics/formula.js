/**
 * Weights by a formula. A network whose weights are replaced by them has learned nothing, and is
 * the same on every device.
 */

import { uniform } from '../base/hash.js';

/** @import { Network } from '../engine/network.js' */

/**
 * A weight of a network.
 * @typedef {object} WeightTensor
 * @property {number} index in the network, and number in the formula
 * @property {string} layer path of the layer that owns it
 * @property {string} role a name of VALUES
 * @property {number[]} shape
 */

/**
 * @typedef {object} Formula
 * @property {number} seed
 * @property {number} gain factor of the bound of all kernels but the last
 * @property {number} headGain factor of the bound of the last kernel
 */

/** Roles that the name of an array means in some layers. @type {Record<string, object>} */
const OF_CLASS = {
  DepthwiseConv2D: { kernel: 'depthwise' },
  Conv2DTranspose: { kernel: 'transposed' },
  LayerScale: { gamma: 'layerScale' },
  Normalization: { mean: 'normMean', variance: 'normVariance' },
};

/** Roles that the name of an array means elsewhere. @type {Record<string, string>} */
const OF_NAME = {
  bias: 'bias',
  gamma: 'gamma',
  beta: 'shift',
  moving_mean: 'shift',
  moving_variance: 'variance',
  depthwise_kernel: 'depthwise',
  alpha: 'prelu',
  count: 'count',
};

/**
 * The value of each role, from a random number u and the bound of a kernel.
 * @type {Record<string, (u: number, bound: number) => number>}
 */
const VALUES = {
  kernel: (u, bound) => (2 * u - 1) * bound,
  depthwise: (u, bound) => (2 * u - 1) * bound,
  transposed: (u, bound) => (2 * u - 1) * bound,
  bias: (u) => 0.1 * (2 * u - 1),
  gamma: (u) => 0.75 + 0.5 * u,
  shift: (u) => 0.2 * (2 * u - 1),
  variance: (u) => 0.5 + u,
  layerScale: (u) => 0.2 + 0.2 * u,
  prelu: (u) => 0.1 + 0.3 * u,
  normMean: (u) => 0.4 + 0.2 * u,
  normVariance: (u) => 0.04 + 0.04 * u,
  count: () => 0,
};

const KERNELS = ['kernel', 'depthwise', 'transposed'];

/**
 * All weights of a network, in its order.
 * @param {Network} network
 * @returns {WeightTensor[]}
 */
export function weightTensors(network) {
  const types = new Map(network.layers.map(({ path, type }) => [path, type]));
  return Array.from({ length: network.weightCount }, (_, index) => {
    const path = network.weightPath(index);
    const shape = network.weightShape(index);
    const layer = ownerOf(path, types);
    return { index, layer, shape, role: roleOf(types.get(layer) ?? '', path, shape) };
  });
}

/**
 * The layer that owns a weight. Between both may stand the name of a part of the layer.
 * @param {string} path of the weight
 * @param {Map<string, string>} types of the layers by their paths
 */
function ownerOf(path, types) {
  const names = path.split('/').slice(0, -1);
  for (let count = names.length; count > 0; count--) {
    const layer = names.slice(0, count).join('/');
    if (types.has(layer)) return layer;
  }
  return names.join('/');
}

/**
 * The role of an array. Arrays of layers that the table does not know are told by their rank.
 * @param {string} type Keras class of the layer
 * @param {string} path
 * @param {number[]} shape
 * @returns {string}
 */
function roleOf(type, path, shape) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const own = /** @type {Record<string, string>} */ (OF_CLASS[type] ?? {});
  return own[name] ?? OF_NAME[name] ?? (shape.length > 1 ? 'kernel' : 'shift');
}

/**
 * The number of the kernel that gets `headGain`, which is the last one.
 * @param {WeightTensor[]} tensors
 */
export function headOf(tensors) {
  return tensors.findLast(({ role }) => KERNELS.includes(role))?.index;
}

/**
 * Writes values of a weight.
 * @param {Float32Array} values
 * @param {number} first index of the first of them in the weight
 * @param {WeightTensor} tensor
 * @param {{ seed: number, gain: number }} formula
 */
export function fillWeight(values, first, { index, role, shape }, { seed, gain }) {
  const bound = Math.sqrt(6 / fanIn(role, shape)) * gain;
  const value = VALUES[role];
  for (let i = 0; i < values.length; i++) {
    values[i] = value(uniform(seed, index, first + i), bound);
  }
}

/**
 * How many values one value of the output is summed from.
 * @param {string} role
 * @param {number[]} shape
 */
function fanIn(role, shape) {
  const left = { depthwise: [-2, -1], transposed: [-2] }[role] ?? [-1];
  const axes = shape.filter((_, i) => !left.includes(i - shape.length));
  return axes.reduce((product, axis) => product * axis, 1);
}
