/** Baselines, which are inputs without content. Attributions and metrics compare an input with them. */

import { GradCamError, show } from '../base/errors.js';
import { isDrawable, isPixels } from '../pictures/image.js';
import { preprocessingNumbers } from '../pictures/preprocessing.js';

/** @import { Input } from '../engine/network.js' */
/** @import { Model } from '../model/model.js' */
/** @import { Picture } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */

/**
 * An input without content:
 * - `zero`: 0 after preprocessing, which is a mean grey for many models
 * - `black`: a black picture
 * - `mean`: the mean of each channel of the input
 * - `blur`: the input, blurred
 * - a picture or a tensor, as model.run() takes it
 * @typedef {'zero' | 'black' | 'mean' | 'blur' | Picture | Tensor} Baseline
 */

/** @type {Record<string, (input: Input, model: Model) => Float32Array>} */
const BASELINES = {
  zero: ({ data }) => new Float32Array(data.length),
  black,
  mean,
  blur,
};

/**
 * The values of a baseline.
 * @param {string} option the option's name
 * @param {unknown} baseline
 * @param {Input} input
 * @param {Model} model
 * @returns {Promise<Float32Array>} [height][width][channels]
 */
export async function baselineValues(option, baseline, input, model) {
  if (typeof baseline === 'string' && Object.hasOwn(BASELINES, baseline)) {
    return BASELINES[baseline](input, model);
  }
  if (!isPicture(baseline)) {
    const allowed = `${Object.keys(BASELINES).join(', ')}, a picture or a tensor`;
    const text = `${option} is ${show(baseline)}; allowed: ${allowed}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const { data } = await model.toInput(/** @type {Picture | Tensor} */ (baseline));
  if (data.length === input.data.length) return data;
  const given = `${data.length} values`;
  const text = `${option} has ${given}; the input has ${input.data.length}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/** @param {unknown} value */
function isPicture(value) {
  if (typeof value !== 'object' || value === null) return false;
  const isBytes =
    value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value);
  return isBytes || isPixels(value) || isDrawable(value) || 'shape' in value;
}

/**
 * @param {Input} input
 * @param {Model} model
 */
function black({ data, channels }, { preprocessing }) {
  const { offset, order } = preprocessingNumbers(preprocessing);
  const offsets = order === 'bgr' ? offset.toReversed() : offset;
  return data.map((_, i) => offsets[channels === 1 ? 0 : i % channels]);
}

/** @param {Input} input */
function mean({ data, channels }) {
  const sums = new Float64Array(channels);
  data.forEach((value, i) => (sums[i % channels] += value));
  const pixels = data.length / channels;
  return data.map((_, i) => sums[i % channels] / pixels);
}

/** The deviation of the blur, and how far it reaches. */
const BLUR_DEVIATION = 5;
const BLUR_REACH = 5;

/** @param {Input} input */
function blur({ data, height, width, channels }) {
  const reach = Array.from({ length: 2 * BLUR_REACH + 1 }, (_, i) => i - BLUR_REACH);
  const bell = reach.map((d) => Math.exp(-(d * d) / (2 * BLUR_DEVIATION ** 2)));
  const sum = bell.reduce((total, value) => total + value);
  const kernel = bell.map((value) => value / sum);
  const rows = { count: height, stride: width * channels };
  const columns = { count: width, stride: channels };
  const along = convolve(Float64Array.from(data), kernel, columns);
  return Float32Array.from(convolve(along, kernel, rows));
}

/**
 * A convolution along one axis, on which the values at the ends are repeated.
 * @param {Float64Array} values
 * @param {number[]} kernel
 * @param {{ count: number, stride: number }} axis
 */
function convolve(values, kernel, { count, stride }) {
  const half = (kernel.length - 1) / 2;
  return values.map((_, i) => {
    const place = Math.floor(i / stride) % count;
    const first = i - place * stride;
    let sum = 0;
    for (let k = 0; k < kernel.length; k++) {
      const near = Math.min(Math.max(place + k - half, 0), count - 1);
      sum += kernel[k] * values[first + near * stride];
    }
    return sum;
  });
}
