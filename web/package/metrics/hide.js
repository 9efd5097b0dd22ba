/** Two changed pictures that show what the hottest part of a heat map means for the score. */

import { pauses } from '../base/pauses.js';
import { preprocessingNumbers, inputToPicture } from '../pictures/preprocessing.js';
import { toImageData } from '../pictures/image.js';
import { hottest } from './deletion.js';
import { enlarged } from './heatmaps.js';
import { fallingOrder } from './maps.js';
import { numberBetween } from './options.js';
import { Subject } from './subject.js';

/** @import { Target, TargetChoice } from '../attribution/targets.js' */
/** @import { Input } from '../engine/network.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */
/** @import { GivenMap } from './heatmaps.js' */
/** @import { Facts } from '../attribution/explained.js' */

/**
 * @typedef {object} HideOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {number} [share] of the picture's positions that count as hot (default 0.1)
 * @property {boolean} [logits] whether the logit is measured instead of the score (default false)
 * @property {AbortSignal} [signal] checked before each of the three runs
 */

/**
 * A changed picture, as the network saw it, and the score that it has.
 * @typedef {{ score: number, picture: ImageData }} ChangedPicture
 */

/**
 * What happens to the score when the hottest part of a picture is hidden, and when all the rest is.
 * @typedef {object} HideAndLook
 * @property {number} score of the picture as it is
 * @property {ChangedPicture} hidden the hottest part is blurred
 * @property {ChangedPicture} kept all but the hottest part is blurred
 * @property {number} share of the picture's positions that count as hot
 * @property {number} deviation of the blur, in pixels of the network's input
 * @property {{ target: Target, logits: boolean, share: number }} settings which make it again
 */

/** The blur's deviation over the shorter side. Faces and animals are no longer seen. */
const DEVIATION = 1 / 8;
/** A box blur, done so often, is nearly a Gaussian one and takes the same time for every radius. */
const PASSES = 3;

/**
 * @param {Facts} facts
 * @param {GivenMap} heatmap
 * @param {HideOptions} options
 * @returns {Promise<HideAndLook>}
 */
export async function hideAndLook(facts, heatmap, options) {
  const { target, share = 0.1, logits = false, signal } = options;
  const pause = pauses(signal);
  await pause();
  const { input, preprocessing } = facts;
  const order = fallingOrder(enlarged(heatmap, input));
  numberBetween('share', share, { above: 0, below: 1 });
  const count = Math.max(1, Math.round(share * order.length));
  const subject = new Subject(facts, { target, logits });
  const deviation = Math.max(1, DEVIATION * Math.min(input.height, input.width));
  const draw = drawer(input, preprocessing);
  const study = subject.study();
  try {
    const { score } = subject.run(study);
    study.setBaseline(boxBlur(input, deviation));
    const look = async (/** @type {0 | 1} */ inside) => {
      await pause();
      study.mask(hottest(order, count, inside), input);
      const picture = draw({ ...input, data: study.changed() });
      return { score: subject.run(study).score, picture };
    };
    const [hidden, kept] = [await look(0), await look(1)];
    const settings = { target: subject.target, logits, share };
    return { score, hidden, kept, share: count / order.length, deviation, settings };
  } finally {
    study.dispose();
  }
}

/**
 * Returns a function that makes the picture of a changed input. Inputs that the preprocessing can
 * give become the pixels that give them. Other tensors are stretched to the range of pixels.
 * @param {Input} input
 * @param {Preprocessing} preprocessing
 * @returns {(input: Input) => ImageData}
 */
function drawer(input, preprocessing) {
  const toPixels = (/** @type {Input} */ changed) => pixelsOf(changed, preprocessing);
  const isPicture = input.channels === 3 || input.channels === 1;
  const pixels = isPicture ? toPixels(input) : [];
  if (isPicture && pixels.every((value) => value > -1 && value < 256)) {
    return (changed) => toPicture(changed, toPixels(changed));
  }
  return (changed) => inputToPicture(changed, { scale: true });
}

/**
 * Pixels of an input, [height][width][channels] in the order R, G, B.
 * @param {Input} input
 * @param {Preprocessing} preprocessing
 */
function pixelsOf({ data, channels }, preprocessing) {
  const { scale, offset, order } = preprocessingNumbers(preprocessing);
  const turns = order === 'bgr' && channels === 3;
  return Float64Array.from(data, (_, i) => {
    const channel = i % channels;
    const from = turns ? i - channel + 2 - channel : i;
    return (data[from] - offset[channel]) / scale[channel];
  });
}

/**
 * @param {Input} input
 * @param {Float64Array} pixels
 */
function toPicture({ height, width, channels }, pixels) {
  const data = new Uint8ClampedArray(4 * height * width);
  for (let i = 0; i < data.length; i++) {
    const from = Math.floor(i / 4) * channels + Math.min(i % 4, channels - 1);
    data[i] = i % 4 === 3 ? 255 : Math.round(pixels[from]);
  }
  return toImageData({ data, height, width });
}

/**
 * Blurs an input by nearly a Gaussian. The values at its edges are repeated. Pixels and inputs give
 * the same blurred picture, because each is a multiple of the other plus a constant.
 * @param {Input} input
 * @param {number} deviation
 * @returns {Float32Array}
 */
function boxBlur({ data, height, width, channels }, deviation) {
  const radius = Math.round((Math.sqrt((12 * deviation ** 2) / PASSES + 1) - 1) / 2);
  let values = Float64Array.from(data);
  for (let pass = 0; pass < PASSES; pass++) {
    values = boxAlong(values, radius, { count: width, stride: channels });
    values = boxAlong(values, radius, { count: height, stride: width * channels });
  }
  return Float32Array.from(values);
}

/**
 * @param {Float64Array} values
 * @param {number} radius
 * @param {{ count: number, stride: number }} axis its length, and the values from one to the next
 */
function boxAlong(values, radius, { count, stride }) {
  const blurred = new Float64Array(values.length);
  const at = (/** @type {number} */ i) => Math.min(Math.max(i, 0), count - 1) * stride;
  for (let line = 0; line < values.length / count; line++) {
    const first = Math.floor(line / stride) * stride * count + (line % stride);
    let sum = 0;
    for (let k = -radius; k <= radius; k++) sum += values[first + at(k)];
    for (let i = 0; i < count; i++) {
      blurred[first + i * stride] = sum / (2 * radius + 1);
      sum += values[first + at(i + radius + 1)] - values[first + at(i - radius)];
    }
  }
  return blurred;
}
