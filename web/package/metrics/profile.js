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
 * @property {number | null} time milliseconds of the steps that compute it, 0 for a layer that
 *   computes nothing, null where the whole time is. Layers that run as one step, as a convolution
 *   with its batch norm and its ReLU, each have the time of this step
 */

/**
 * A step of a run, which is one operator.
 * @typedef {{ layers: string[], time: number }} StepProfile the layers that it computes, and
 *   milliseconds
 */

/**
 * What a model takes.
 * @typedef {object} Profile
 * @property {LayerProfile[]} layers as `model.layers`. A nested model counts what is in it
 * @property {number} params
 * @property {number} multiplyAdds the sum over the layers that are counted
 * @property {string[]} uncounted Keras classes of the layers whose multiply-adds are not counted
 * @property {number} memory bytes that the model holds now, in weights and in tensors
 * @property {number | null} time milliseconds of one run, the median of five on an input of zeros.
 *   null for a model of open size or with further inputs
 * @property {StepProfile[] | null} steps of a run, in their order, each with the mean of three
 *   times out of five, without the shortest and the longest. null where `time` is
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

/** Of a step's times the middle ones are averaged, because a clock may be coarse. */
const RUNS = 5;

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
  const times = size && (await timesOf(network, size));
  const inside = nesting(layers);
  const profiles = layers.map((layer, i) => toProfile(layer, multiplyAdds(i)));
  if (times) profiles.forEach((one, i) => (one.time = sumOf(times.steps, inside[i])));
  const single = profiles.filter((_, i) => !isNested[i]);
  const uncounted = single.filter((layer) => layer.multiplyAdds === null);
  const path = (/** @type {number} */ layer) => layers[layer].path;
  return {
    layers: profiles,
    params: kernels.get('') ?? 0,
    multiplyAdds: single.reduce((sum, layer) => sum + (layer.multiplyAdds ?? 0), 0),
    uncounted: [...new Set(uncounted.map(({ type }) => type))],
    memory: network.memory,
    time: times && times.run,
    steps: times && times.steps.map((step) => ({ ...step, layers: step.layers.map(path) })),
  };
}

/**
 * For each layer its own index, and those of all layers in it.
 * @param {LayerInfo[]} layers
 */
function nesting(layers) {
  const inside = layers.map((_, i) => new Set([i]));
  for (const [i] of layers.entries()) {
    for (let at = layers[i].parent; at >= 0; at = layers[at].parent) inside[at].add(i);
  }
  return inside;
}

/**
 * The time of all steps that compute one of some layers.
 * @param {StepTime[]} steps
 * @param {Set<number>} layers
 */
function sumOf(steps, layers) {
  const ours = steps.filter((step) => step.layers.some((layer) => layers.has(layer)));
  return ours.reduce((sum, { time }) => sum + time, 0);
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

/** A step with indices of layers. @typedef {{ layers: number[], time: number }} StepTime */

/**
 * @param {Network} network
 * @param {Pick<Input, 'height' | 'width' | 'channels'>} size
 * @returns {Promise<{ run: number, steps: StepTime[] }>}
 */
async function timesOf(network, { height, width, channels }) {
  const data = new Float32Array(height * width * channels);
  const pause = pauses();
  network.plan(height, width);
  /** @type {number[]} */
  const runs = [];
  /** @type {number[][]} */
  const times = [];
  /** @type {number[][]} */
  let steps = [];
  while (runs.length < RUNS) {
    await pause();
    const input = { data, height, width, channels };
    runs.push(timed(() => network.forward(input)));
    steps = network.steps(input);
    for (const [i] of steps.entries()) {
      (times[i] ??= []).push(timed(() => network.repeatStep(input, i)));
    }
  }
  const toStep = (/** @type {number[]} */ layers, /** @type {number} */ i) => {
    return { layers, time: middleMean(times[i]) };
  };
  return { run: runs.sort((a, b) => a - b)[RUNS >> 1], steps: steps.map(toStep) };
}

/** @param {() => void} work */
function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/**
 * The mean without the smallest and the largest value.
 * @param {number[]} values three at least
 */
function middleMean(values) {
  const middle = values.toSorted((a, b) => a - b).slice(1, -1);
  return middle.reduce((sum, value) => sum + value, 0) / middle.length;
}
