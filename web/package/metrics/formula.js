/**
 * The weights of ../shared/golden/zoo: a formula instead of files. Its README has the order of the
 * tensors and the values.
 */

/** @import { Network } from '../../web/package/engine/network.js' */

/** @typedef {{ class_name: string, config: Record<string, any> }} LayerConfig */
/** @typedef {{ path: string, name: string, role: string, isCount: boolean }} WeightTensor */

/**
 * Arrays of a layer, in their order; those of which the configuration says no are left out.
 * @type {Record<string, (config: Record<string, any>) => [name: string, role: string, there?:
 *   boolean][]>}
 */
const ARRAYS = {
  Conv2D: (c) => [
    ['kernel', 'kernel'],
    ['bias', 'bias', c.use_bias],
  ],
  DepthwiseConv2D: (c) => [
    ['kernel', 'depthwise'],
    ['bias', 'bias', c.use_bias],
  ],
  SeparableConv2D: (c) => [
    ['depthwise_kernel', 'depthwise'],
    ['pointwise_kernel', 'kernel'],
    ['bias', 'bias', c.use_bias],
  ],
  Conv2DTranspose: (c) => [
    ['kernel', 'transposed'],
    ['bias', 'bias', c.use_bias],
  ],
  Dense: (c) => [
    ['kernel', 'kernel'],
    ['bias', 'bias', c.use_bias],
  ],
  BatchNormalization: (c) => [
    ['gamma', 'gamma', c.scale],
    ['beta', 'shift', c.center],
    ['moving_mean', 'shift'],
    ['moving_variance', 'variance'],
  ],
  LayerNormalization: (c) => [
    ['gamma', 'gamma', c.scale],
    ['beta', 'shift', c.center],
  ],
  LayerScale: () => [['gamma', 'layer_scale']],
  PReLU: () => [['alpha', 'prelu']],
  Normalization: (c) => [
    ['mean', 'norm_mean', c.mean === null],
    ['variance', 'norm_variance', c.mean === null],
    ['count', 'count', c.mean === null],
  ],
};

/** @type {Record<string, (u: number, bound: number) => number>} */
const VALUES = {
  kernel: (u, bound) => (2 * u - 1) * bound,
  depthwise: (u, bound) => (2 * u - 1) * bound,
  transposed: (u, bound) => (2 * u - 1) * bound,
  bias: (u) => 0.1 * (2 * u - 1),
  gamma: (u) => 0.75 + 0.5 * u,
  shift: (u) => 0.2 * (2 * u - 1),
  variance: (u) => 0.5 + u,
  layer_scale: (u) => 0.2 + 0.2 * u,
  prelu: (u) => 0.1 + 0.3 * u,
  norm_mean: (u) => 0.4 + 0.2 * u,
  norm_variance: (u) => 0.04 + 0.04 * u,
};

/**
 * All weight tensors of a model, in the formula's order; number t is the index in this list.
 * @param {LayerConfig} model
 * @param {string} [prefix]
 * @returns {WeightTensor[]}
 */
export function weightTensors(model, prefix = '') {
  return model.config.layers.flatMap((/** @type {LayerConfig} */ layer) => {
    const path = prefix + layer.config.name;
    if (Array.isArray(layer.config.layers)) return weightTensors(layer, `${path}/`);
    const arrays = ARRAYS[layer.class_name]?.(layer.config) ?? [];
    return arrays
      .filter(([, , there]) => there !== false)
      .map(([name, role]) => ({ path, name, role, isCount: role === 'count' }));
  });
}

/**
 * Sets all weights of a network.
 * @param {Network} network
 * @param {LayerConfig} model
 * @param {any} golden
 * @returns {number} sum of all values, which proves the formula
 */
export function setFormulaWeights(network, model, { seed, gain, head_gain: headGain }) {
  const tensors = weightTensors(model);
  const head = tensors.findLastIndex(({ role }) =>
    ['kernel', 'depthwise', 'transposed'].includes(role),
  );
  let sum = 0;
  for (const [t, { path, name, role, isCount }] of tensors.entries()) {
    if (isCount) continue; // means nothing, and is zero
    const index = network.findWeight(`${path}/${name}`);
    if (index < 0) throw new Error(`the model has no weight ${path}/${name}`);
    const formula = { seed, gain: t === head ? headGain : gain };
    const values = weightValues(t, role, network.weightShape(index), formula);
    network.setWeight(index, values);
    for (let i = 0; i < values.length; i++) sum += values[i];
  }
  return sum;
}

/**
 * @param {number} t number of the tensor
 * @param {string} role
 * @param {number[]} shape
 * @param {{ seed: number, gain: number }} formula
 * @returns {Float32Array}
 */
export function weightValues(t, role, shape, { seed, gain }) {
  const count = shape.reduce((product, axis) => product * axis, 1);
  const offset = (Math.imul(t, 0x9e3779b9) + seed) >>> 0;
  const bound = Math.sqrt(6 / fanIn(role, shape)) * gain;
  const value = VALUES[role];
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = value(uniform(i + offset), bound);
  return values;
}

/** @param {number} index */
function uniform(index) {
  let x = index | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}

/**
 * @param {string} role
 * @param {number[]} shape
 */
function fanIn(role, shape) {
  if (role === 'depthwise') return shape[0] * shape[1];
  if (role === 'transposed') return shape[0] * shape[1] * shape[3];
  return shape.slice(0, -1).reduce((product, axis) => product * axis, 1);
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
