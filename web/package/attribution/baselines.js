/** Inputs without content, in whose place an input is taken away. */

import { GradCamError, show } from '../base/errors.js';
import { gaussian } from '../base/gaussian.js';
import { pictureToInput } from '../pictures/preprocessing.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Input } from '../engine/network.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */

/**
 * An input without content:
 * - `zero`: 0 after preprocessing
 * - `black`: a black picture
 * - `mean`: the mean of each channel of the input
 * - `blur`: the input, blurred by a Gaussian of 5 pixels
 * @typedef {'zero' | 'black' | 'mean' | 'blur'} BaselineName
 */

/**
 * What the makers of baselines need.
 * @typedef {{ engine: Engine, preprocessing: Preprocessing }} Maker
 */

/** Radius and deviation of "blur", in pixels. */
const RADIUS = 5;
const DEVIATION = 5;

/** @type {Record<BaselineName, (input: Input, maker: Maker) => Float32Array>} */
const BASELINES = {
  zero: ({ data }) => new Float32Array(data.length),
  black: blackInput,
  mean: meanInput,
  blur: (input) => blurInput(input, gaussian(RADIUS, DEVIATION)),
};

/** Names of the baselines, the default first. */
export const BASELINE_NAMES = /** @type {BaselineName[]} */ (Object.keys(BASELINES));

/**
 * The values of a baseline, [height][width][channels].
 * @param {unknown} baseline a BaselineName, or an Input that was read from the caller's picture
 * @param {Input} input
 * @param {Maker} maker
 * @returns {Float32Array}
 */
export function baselineValues(baseline, input, maker) {
  if (typeof baseline === 'string' && Object.hasOwn(BASELINES, baseline)) {
    return BASELINES[/** @type {BaselineName} */ (baseline)](input, maker);
  }
  const { data, height, width, channels } = /** @type {Input} */ (baseline ?? {});
  const isSame = height === input.height && width === input.width && channels === input.channels;
  if (isSame && data instanceof Float32Array && data.length === input.data.length) return data;
  const allowed = `${BASELINE_NAMES.join(', ')}, or a picture or tensor of the input's size`;
  const text = `baseline is ${show(baseline)}; allowed: ${allowed}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * A black picture, as the model's own preprocessing makes an input of it.
 * @param {Input} input
 * @param {Maker} maker
 */
function blackInput({ height, width, channels }, { engine, preprocessing }) {
  const data = new Uint8ClampedArray(4 * height * width);
  for (let i = 3; i < data.length; i += 4) data[i] = 255;
  const size = { height, width, channels };
  return pictureToInput(engine, { data, height, width }, size, preprocessing, 'nearest').input.data;
}

/** @param {Input} input */
function meanInput({ data, channels }) {
  const sums = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) sums[i % channels] += data[i];
  return data.map((_, i) => (sums[i % channels] * channels) / data.length);
}

/**
 * Blurs an input along its rows and then its columns. The values at its edges are repeated.
 * @param {Input} input
 * @param {number[]} weights of an odd number of pixels, whose sum is 1
 * @returns {Float32Array}
 */
export function blurInput({ data, height, width, channels }, weights) {
  const rows = blurAlong(data, weights, { count: width, stride: channels });
  return Float32Array.from(blurAlong(rows, weights, { count: height, stride: width * channels }));
}

/**
 * @param {ArrayLike<number>} values
 * @param {number[]} weights
 * @param {{ count: number, stride: number }} axis its length, and the values from one to the next
 */
function blurAlong(values, weights, { count, stride }) {
  const radius = (weights.length - 1) / 2;
  const blurred = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / stride) % count;
    for (let k = -radius; k <= radius; k++) {
      const from = Math.min(Math.max(at + k, 0), count - 1);
      blurred[i] += weights[k + radius] * values[i + (from - at) * stride];
    }
  }
  return blurred;
}
