/**
 * Reads from a network's weights which pixels it was trained on.
 *
 * A BatchNormalization keeps the mean and the variance of its input over the training pictures.
 * Behind the first convolution this input is a sum of pixels, so that both can be predicted for
 * natural pictures. With w a filter, m the means and C the covariances of the values under it:
 *   mean = w . m      variance = w C w
 * The preprocessing under which the predictions fit is the one of the training.
 */

import { parseConfig } from '../files/config.js';
import { preprocessingNumbers } from '../pictures/preprocessing.js';
import { configsByPath } from './front.js';

/** @import { LayerInfo } from '../engine/network.js' */
/** @import { Weight } from '../files/index.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */

/**
 * Natural pictures with values from 0 to 1. The means are ImageNet's. The correlations were
 * measured on five photographs of 224 x 224 pixels: those of the channels at one place, and those
 * of one channel at two places with a distance d, exp(-DECAY * d ** POWER).
 */
const MEANS = [0.485, 0.456, 0.406];
const DEVIATION = 0.26;
const CHANNELS = [
  [1, 0.92, 0.8],
  [0.92, 1, 0.83],
  [0.8, 0.83, 1],
];
const DECAY = 0.05;
const POWER = 0.9;

/**
 * How well a preprocessing fits.
 * @typedef {object} Fit
 * @property {number} ratio median over the filters: predicted by kept variance
 * @property {number} distance median over the filters: between the predicted and the kept mean, in
 *   kept deviations
 * @property {number} scatter median deviation of the ratios' decimal logarithms from their median.
 *   Weights that were not trained scatter widely
 */

/** The rule. Wrong presets are off by a factor of 4 or more, or by their means. */
const LEAST_RATIO = 0.45;
const LARGEST_RATIO = 1.4;
const LARGEST_DISTANCE = 0.3;
const LARGEST_SCATTER = 0.15;
const LEAST_FILTERS = 8;
/** A BatchNormalization of the pixels themselves has the three colours, which is enough. */
const COLOURS = 3;

/** A filter whose variance is this much smaller than the largest has died in training. */
const DEAD = 1e-5;

/** @type {readonly ('none' | 'unit' | 'tf' | 'torch' | 'caffe')[]} */
const CANDIDATES = ['none', 'unit', 'tf', 'torch', 'caffe'];

/**
 * What the first convolution and its BatchNormalization hold.
 * @typedef {object} FirstConvolution
 * @property {string} path of the BatchNormalization
 * @property {Float32Array} kernel [rows][columns][3][filters]
 * @property {number[]} shape of the kernel
 * @property {Float32Array} [bias]
 * @property {Float32Array} mean
 * @property {Float32Array} variance
 */

export class PixelStatistics {
  #first;

  /** @param {FirstConvolution} first */
  constructor(first) {
    this.#first = first;
  }

  /** The path of the layer that keeps the statistics. */
  get path() {
    return this.#first.path;
  }

  /** The only preset that fits, or undefined. */
  get preset() {
    const fitting = CANDIDATES.filter((candidate) => isGood(this.fit(candidate)));
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  /**
   * @param {Preprocessing} preprocessing
   * @returns {Fit}
   */
  fit(preprocessing) {
    const { mean, variance } = this.#first;
    const predicted = predict(this.#first, preprocessing);
    const largest = Math.max(...variance);
    const live = [...variance.keys()].filter((filter) => variance[filter] > DEAD * largest);
    const least = this.#first.kernel === PIXELS ? COLOURS : LEAST_FILTERS;
    if (live.length < least) return { ratio: NaN, distance: NaN, scatter: NaN };
    const ratios = live.map((filter) => predicted.variance[filter] / variance[filter]);
    const logarithms = ratios.map((value) => Math.log10(value));
    const middle = median(logarithms);
    const distances = live.map(
      (filter) => Math.abs(predicted.mean[filter] - mean[filter]) / Math.sqrt(variance[filter]),
    );
    return {
      ratio: 10 ** middle,
      distance: median(distances),
      scatter: median(logarithms.map((value) => Math.abs(value - middle))),
    };
  }
}

/** The kernel [1][1][3][3] that gives the pixels themselves. */
const PIXELS = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);

/** @param {Fit} fit */
export function isGood({ ratio, distance, scatter }) {
  const hasVariance = ratio >= LEAST_RATIO && ratio <= LARGEST_RATIO;
  return hasVariance && distance <= LARGEST_DISTANCE && scatter <= LARGEST_SCATTER;
}

/**
 * @param {readonly LayerInfo[]} layers
 * @param {string} config JSON of the architecture
 * @param {(path: string) => Weight | undefined} findWeight finds the weight of a path
 * @returns {PixelStatistics | undefined} undefined if the network does not begin with a
 *   BatchNormalization of colours, or a convolution of colours before one, or was not trained
 */
export function readStatistics(layers, config, findWeight) {
  const index = layers.findIndex(({ params }) => params > 0);
  if (index < 0) return undefined;
  const first = layers[index];
  if (first.type === 'BatchNormalization') {
    const shape = [1, 1, COLOURS, COLOURS];
    const colours = findWeight(`${first.path}/moving_mean`)?.size;
    return colours === COLOURS ? read({ kernel: PIXELS, shape }, first, findWeight) : undefined;
  }
  const next = layers.find(({ inputs }) => inputs.length === 1 && inputs[0] === index);
  if (first.type !== 'Conv2D' || next?.type !== 'BatchNormalization') return undefined;
  const activation = configsByPath(parseConfig(config)).get(first.path)?.config.activation;
  if ((activation ?? 'linear') !== 'linear') return undefined;
  const kernel = findWeight(`${first.path}/kernel`);
  if (kernel?.shape[2] !== COLOURS) return undefined;
  const bias = findWeight(`${first.path}/bias`)?.read();
  return read({ kernel: kernel.read(), shape: kernel.shape, bias }, next, findWeight);
}

/**
 * @param {Pick<FirstConvolution, 'kernel' | 'shape' | 'bias'>} convolution
 * @param {LayerInfo} normalization
 * @param {(path: string) => Weight | undefined} findWeight
 * @returns {PixelStatistics | undefined}
 */
function read(convolution, { path }, findWeight) {
  const mean = findWeight(`${path}/moving_mean`)?.read();
  const variance = findWeight(`${path}/moving_variance`)?.read();
  // Before any training all means are 0.
  if (!mean || !variance || mean.every((value) => value === 0)) return undefined;
  return new PixelStatistics({ ...convolution, path, mean, variance });
}

/**
 * @param {FirstConvolution} first
 * @param {Preprocessing} preprocessing
 * @returns {{ mean: Float64Array, variance: Float64Array }} of each filter
 */
function predict({ kernel, shape, bias }, preprocessing) {
  const [rows, columns, , filters] = shape;
  const { scale, offset, order } = preprocessingNumbers(preprocessing);
  const colours = order === 'bgr' ? [2, 1, 0] : [0, 1, 2];
  const places = Array.from({ length: rows * columns * 3 }, (_, i) => ({
    y: Math.floor(i / (3 * columns)),
    x: Math.floor(i / 3) % columns,
    colour: colours[i % 3],
  }));
  const mean = new Float64Array(filters).map((_, filter) => bias?.[filter] ?? 0);
  const variance = new Float64Array(filters);
  for (const [i, a] of places.entries()) {
    const value = 255 * MEANS[a.colour] * scale[a.colour] + offset[a.colour];
    addProduct(mean, value, kernel.subarray(i * filters));
    for (const [j, b] of places.entries()) {
      const covariance = 255 ** 2 * scale[a.colour] * scale[b.colour] * covarianceOf(a, b);
      for (let f = 0; f < filters; f++) {
        variance[f] += kernel[i * filters + f] * covariance * kernel[j * filters + f];
      }
    }
  }
  return { mean, variance };
}

/**
 * @param {Float64Array} sums
 * @param {number} factor
 * @param {Float32Array} values
 */
function addProduct(sums, factor, values) {
  for (let i = 0; i < sums.length; i++) sums[i] += factor * values[i];
}

/**
 * The covariance of two values of a natural picture.
 * @param {{ y: number, x: number, colour: number }} a
 * @param {{ y: number, x: number, colour: number }} b
 */
function covarianceOf(a, b) {
  const distance = Math.hypot(a.y - b.y, a.x - b.x);
  return DEVIATION ** 2 * CHANNELS[a.colour][b.colour] * Math.exp(-DECAY * distance ** POWER);
}

/** @param {number[]} values */
function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
