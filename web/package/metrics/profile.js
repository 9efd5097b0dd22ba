/** What each layer of a model takes. */

import { pauses } from '../base/pauses.js';
import { weightTensors } from './formula.js';

/** @import { Input, LayerInfo, Network } from '../engine/network.js' */

/**
 * What a layer takes.
 * @typedef {object} LayerProfile
 * @property {string} name its path
 * @property {string} type Keras class
 * @property {(number | null)[]} outputShape as Keras shows it; an open size is null
 * @property {number} params number of values in its weights
 * @property {number | null} multiplyAdds of one picture, by the layer's own definition. null where
 *   the size is open, or where the class is not counted
 * @property {number | null} memory bytes of its output in float32, null for an open size
 * @property {null} time always null. Several layers run as one operator, so that a layer has no
 *   time of its own
 */

/**
 * What a model takes.
 * @typedef {object} Profile
 * @property {LayerProfile[]} layers as `model.layers`. A nested model counts what is in it
 * @property {number} params
 * @property {number} multiplyAdds the sum over the layers that are counted
 * @property {string[]} uncounted Keras classes of the layers whose multiply-adds are not counted
 * @property {number} memory bytes that the model holds now, in weights and in tensors
 * @property {number | null} time milliseconds of one run, the median of three on an input of zeros.
 *   null for a model of open size or with further inputs
 */

/** Classes whose every kernel value meets each position of the output. */
const CONVOLUTIONS = 'Conv1D Conv2D Conv3D DepthwiseConv2D SeparableConv2D Dense'.split(' ');
/** Classes whose every kernel value meets each position of the input. */
const TRANSPOSED = ['Conv2DTranspose'];
/** Classes with one product for each value of the output. */
const SCALINGS = 'BatchNormalization LayerScale Rescaling Multiply Normalization'.split(' ');
/** Classes that move, choose, add or bend values. */
const NONE = (
  'InputLayer Activation ReLU LeakyReLU Softmax Dropout SpatialDropout2D GaussianNoise Flatten ' +
  'Reshape Permute ZeroPadding2D Cropping2D Concatenate Add Subtract Average Maximum Minimum ' +
  'MaxPooling2D AveragePooling2D GlobalMaxPooling2D GlobalAveragePooling2D'
).split(' ');

const RUNS = 3;

/**
 * @param {Network} network
 * @param {LayerInfo[]} layers all layers
 * @param {Pick<Input, 'height' | 'width' | 'channels'> | null} size of the input, if it is known
 *   and the only one
 * @returns {Promise<Profile>}
 */
export async function profile(network, layers, size) {
  const kernels = kernelSizes(network);
  const isNested = layers.map((_, i) => layers.some(({ parent }) => parent === i));
  /** @type {(layer: number) => number | null} */
  const multiplyAdds = (i) => {
    if (!isNested[i]) return countOf(layers, i, kernels.get(layers[i].path.replace(/@\d+$/, '')));
    const inside = [...layers.keys()].filter((layer) => layers[layer].parent === i);
    const counts = inside.map(multiplyAdds);
    return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
  };
  const profiles = layers.map((layer, i) => toProfile(layer, multiplyAdds(i)));
  const single = profiles.filter((_, i) => !isNested[i]);
  const uncounted = single.filter((layer) => layer.multiplyAdds === null);
  return {
    layers: profiles,
    params: kernels.get('') ?? 0,
    multiplyAdds: single.reduce((sum, layer) => sum + (layer.multiplyAdds ?? 0), 0),
    uncounted: [...new Set(uncounted.map(({ type }) => type))],
    memory: network.memory,
    time: size && (await timeOf(network, size)),
  };
}

/**
 * The number of values in each layer's kernels, and of all weights under the empty path.
 * @param {Network} network
 */
function kernelSizes(network) {
  /** @type {Map<string, number>} */
  const sizes = new Map([['', 0]]);
  const add = (/** @type {string} */ path, /** @type {number} */ size) =>
    sizes.set(path, (sizes.get(path) ?? 0) + size);
  for (const { layer, shape } of weightTensors(network)) {
    const size = shape.reduce((product, axis) => product * axis, 1);
    add('', size);
    if (shape.length > 1) add(layer, size);
  }
  return sizes;
}

/**
 * Multiply-adds of a layer that is no nested model.
 * @param {LayerInfo[]} layers
 * @param {number} i index of the layer
 * @param {number} [kernel] number of values in its kernels
 * @returns {number | null}
 */
function countOf(layers, i, kernel = 0) {
  const layer = layers[i];
  if (NONE.includes(layer.type)) return 0;
  if (SCALINGS.includes(layer.type)) return productOf(layer.shape);
  const isTransposed = TRANSPOSED.includes(layer.type);
  if (!isTransposed && !CONVOLUTIONS.includes(layer.type)) return null;
  const read = isTransposed ? layers[layer.inputs[0]] : layer;
  const values = read ? productOf(read.shape) : null;
  if (values === null) return null;
  const channels = read.channelsFirst ? read.shape[0] : read.shape.at(-1);
  return (values / Number(channels)) * kernel;
}

/**
 * @param {LayerInfo} layer
 * @param {number | null} multiplyAdds
 * @returns {LayerProfile}
 */
function toProfile({ path, type, shape, params }, multiplyAdds) {
  const count = productOf(shape);
  const memory = count === null ? null : count * Float32Array.BYTES_PER_ELEMENT;
  const outputShape = [null, ...shape];
  return { name: path, type, outputShape, params, multiplyAdds, memory, time: null };
}

/**
 * @param {(number | null)[]} shape
 * @returns {number | null} null if a size is open
 */
function productOf(shape) {
  return shape.reduce((product, axis) => product && axis && product * axis, 1);
}

/**
 * @param {Network} network
 * @param {Pick<Input, 'height' | 'width' | 'channels'>} size
 */
async function timeOf(network, { height, width, channels }) {
  const data = new Float32Array(height * width * channels);
  const pause = pauses();
  /** @type {number[]} */
  const times = [];
  while (times.length < RUNS) {
    await pause();
    network.plan(height, width);
    const start = performance.now();
    network.forward({ data, height, width, channels });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[RUNS >> 1];
}
