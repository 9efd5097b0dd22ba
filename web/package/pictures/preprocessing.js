/** Makes a network's input of a picture, and a picture of an input. */

import { ARCHITECTURES } from '../architectures/index.js';
import { GradCamError, choose, show } from '../base/errors.js';
import { checkNames } from '../base/option-names.js';
import { filterNumber, resize, toImageData } from './image.js';
import { range } from '../base/range.js';

/** @typedef {import('../engine/engine.js').Engine} Engine */
/** @typedef {import('./image.js').Pixels} Pixels */
/** @typedef {import('../engine/network.js').Input} Input */

/** The presets' numbers in the engine, gc_preprocessing. */
const PRESETS = { none: 0, unit: 4, tf: 1, torch: 2, caffe: 3 };

/** The engine's number for an Affine, by the order of the network's channels. */
const AFFINE = { rgb: 5, bgr: 6 };

/** The preset of each module of keras.applications. */
const MODULES = /** @type {const} */ ({
  convnext: 'none',
  densenet: 'torch',
  efficientnet: 'none',
  efficientnet_v2: 'none',
  inception_resnet_v2: 'tf',
  inception_v3: 'tf',
  mobilenet: 'tf',
  mobilenet_v2: 'tf',
  mobilenet_v3: 'none',
  nasnet: 'tf',
  resnet: 'caffe',
  resnet50: 'caffe',
  resnet_v2: 'tf',
  vgg16: 'caffe',
  vgg19: 'caffe',
  xception: 'tf',
});

/**
 * One number for all channels, or three for R, G and B.
 * @typedef {number | readonly number[]} ChannelNumbers
 */

/**
 * @typedef {object} Affine
 * @property {ChannelNumbers} scale out = x * scale + offset
 * @property {ChannelNumbers} [offset] (default 0)
 * @property {'rgb' | 'bgr'} [order] the order in which the network takes the channels; default
 *   "rgb"
 */

/**
 * @typedef {object} Standardization
 * @property {ChannelNumbers} mean out = (x - mean) / std, of pixels 0 to 255
 * @property {ChannelNumbers} std
 * @property {'rgb' | 'bgr'} [order] the order in which the network takes the channels; default
 *   "rgb"
 */

/**
 * How pixels, x from 0 to 255, become a network's input:
 * - `none`: x, as they are
 * - `unit`: x / 255 (most small networks that are trained from scratch)
 * - `tf`: x / 127.5 - 1 (MobileNet, Inception, Xception, NASNet)
 * - `torch`: (x / 255 - mean) / deviation of ImageNet (DenseNet)
 * - `caffe`: x - mean of ImageNet, in the order B, G, R (VGG, ResNet)
 * - the name of a module of keras.applications ("mobilenet_v2", "resnet50") or of an architecture
 *   ("MobileNetV2"): the preprocessing of its networks
 * - your own numbers
 * @typedef {keyof typeof PRESETS | keyof typeof MODULES | Affine | Standardization} Preprocessing
 */

/**
 * Replaces names of architectures by their presets.
 * @param {unknown} preprocessing
 * @returns {keyof typeof PRESETS | Affine | Standardization}
 */
export function resolvePreprocessing(preprocessing) {
  if (typeof preprocessing === 'object' && preprocessing !== null) {
    const numbers = /** @type {Affine | Standardization} */ (preprocessing);
    checkNames('preprocessing', numbers);
    toAffine(numbers);
    return numbers;
  }
  const name = String(preprocessing);
  if (Object.hasOwn(ARCHITECTURES, name)) return ARCHITECTURES[name].preprocessing;
  if (Object.hasOwn(MODULES, name)) return MODULES[/** @type {keyof typeof MODULES} */ (name)];
  choose({ ...PRESETS, ...MODULES }, preprocessing, 'preprocessing');
  return /** @type {keyof typeof PRESETS} */ (preprocessing);
}

/** @type {Record<keyof typeof PRESETS, Standardization>} the presets as numbers */
const NUMBERS = {
  none: { mean: 0, std: 1 },
  unit: { mean: 0, std: 255 },
  tf: { mean: 127.5, std: 127.5 },
  torch: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  caffe: { mean: [123.68, 116.779, 103.939], std: 1, order: 'bgr' },
};

/**
 * A preprocessing as numbers for R, G and B.
 * @param {Preprocessing} preprocessing
 */
export function preprocessingNumbers(preprocessing) {
  const resolved = resolvePreprocessing(preprocessing);
  return toAffine(typeof resolved === 'string' ? NUMBERS[resolved] : resolved);
}

/**
 * @param {any} numbers an Affine or a Standardization
 * @returns {{ scale: number[], offset: number[], order: 'rgb' | 'bgr' }} numbers for R, G and B
 */
function toAffine({ scale, offset, mean, std, order = 'rgb' }) {
  if ((scale ?? offset) !== undefined && (mean ?? std) !== undefined) {
    const text =
      'preprocessing has numbers of two kinds; allowed: scale and offset, or mean and std';
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (order !== 'rgb' && order !== 'bgr') {
    const text = `preprocessing has order ${show(order)}; allowed: "rgb", "bgr"`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (mean === undefined && std === undefined) {
    const offsets = triple('offset', offset ?? 0);
    return inFloat32({ scale: triple('scale', scale), offset: offsets, order });
  }
  const means = triple('mean', mean);
  const deviations = triple('std', std);
  if (deviations.includes(0)) {
    const text = 'preprocessing.std contains 0; every value must be non-zero';
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  return inFloat32({
    scale: deviations.map((deviation) => 1 / deviation),
    offset: deviations.map((deviation, c) => -means[c] / deviation),
    order,
  });
}

/**
 * Refuses numbers that give inputs beyond float32.
 * @param {{ scale: number[], offset: number[], order: 'rgb' | 'bgr' }} numbers
 */
function inFloat32(numbers) {
  const { scale, offset } = numbers;
  const largest = scale.map((factor, c) => 255 * Math.abs(factor) + Math.abs(offset[c]));
  if (largest.every((value) => Number.isFinite(Math.fround(value)))) return numbers;
  const text = `preprocessing gives values up to ${Math.max(...largest)}, beyond float32`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {number[]} for R, G and B
 */
function triple(name, value) {
  const numbers = Array.isArray(value) ? value : [value, value, value];
  if (numbers.length === 3 && numbers.every(Number.isFinite)) return numbers;
  const allowed = 'a number, or three for R, G and B';
  const text = `preprocessing has ${name} ${show(value)}; allowed: ${allowed}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * Resizes a picture to a network's input size and preprocesses it, in one call of the engine.
 * @param {Engine} engine
 * @param {Pixels} pixels
 * @param {{ width: number, height: number, channels: number }} size
 * @param {Preprocessing} preprocessing
 * @param {unknown} filter a Filter
 * @returns {{ input: Input, picture: ImageData }} `picture` is what the network sees
 */
export function pictureToInput(engine, pixels, size, preprocessing, filter) {
  const { width, height, channels } = size;
  if (channels !== 1 && channels !== 3) {
    const text = `the model takes ${channels} channels; pictures have 1 or 3: give a tensor`;
    throw new GradCamError('INVALID_IMAGE', text);
  }
  const { kind, affine } = toEngine(preprocessing);
  const [count, seen] = [width * height * channels, width * height * 4];
  const how = filterNumber(filter);
  engine = engine.forBytes(pixels.data.length);
  return engine.scratch((scratch) => {
    const at = scratch.block({ input: 4 * count, seen, pixels: pixels.data, affine });
    const to = [at.input, at.seen, width, height, channels];
    const from = [at.pixels, pixels.width, pixels.height];
    engine.check('gc_image_to_input', ...to, ...from, how, kind, at.affine);
    const picture = toImageData({ data: engine.view(at.seen, seen), width, height });
    return { input: { data: engine.floats(at.input, count), ...size }, picture };
  });
}

/**
 * @param {Preprocessing} preprocessing
 * @returns {{ kind: number, affine: Float32Array }} `kind`: gc_preprocessing; `affine`: empty for
 *   presets
 */
function toEngine(preprocessing) {
  const resolved = resolvePreprocessing(preprocessing);
  if (typeof resolved === 'string') return { kind: PRESETS[resolved], affine: new Float32Array(0) };
  const { scale, offset, order } = toAffine(resolved);
  return { kind: AFFINE[order], affine: Float32Array.of(...scale, ...offset) };
}

/**
 * Resizes a picture without its transparency. Keras converts to RGB before it resizes, so the
 * colours of transparent pixels count like all others.
 * @param {Engine} engine
 * @param {Pixels} pixels
 * @param {{ width: number, height: number }} size
 * @param {unknown} filter a Filter
 * @returns {Pixels}
 */
export function resizeColors(engine, pixels, size, filter) {
  return resize(engine, opaque(pixels), size, filter);
}

/** @param {Pixels} pixels */
export function opaque({ data, width, height }) {
  const copy = new Uint8ClampedArray(data);
  for (let i = 3; i < copy.length; i += 4) copy[i] = 255;
  return { data: copy, width, height };
}

/** The smallest and the largest value that a preset gives. */
const RANGES = {
  none: [0, 255],
  unit: [0, 1],
  tf: [-1, 1],
  torch: [-2.118, 2.64],
  caffe: [-123.68, 151.061],
};

/**
 * What a model whose layers scale pixels takes.
 * @typedef {'none' | 'unit' | 'tf'} OwnScaling
 */

/**
 * Says what looks wrong with the range of an input's values.
 * @param {Input} input
 * @param {{ preprocessing: Preprocessing, ownScaling?: OwnScaling }} model
 * @returns {string | null} a sentence, or null if nothing looks wrong
 */
export function findRangeProblem({ data }, { preprocessing, ownScaling }) {
  const resolved = ownScaling ?? resolvePreprocessing(preprocessing);
  // "none" means 0 to 255 only for a model that scales pixels itself. Others may take any range.
  const { min, max } = range(data);
  if (typeof resolved !== 'string') return findUnitProblem(resolved, { min, max });
  if (resolved === 'none' && !ownScaling) return null;
  const [least, most] = RANGES[resolved];
  const tolerance = (most - least) / 100;
  const isOutside = min < least - tolerance || max > most + tolerance;
  // A far too narrow range means that values were scaled twice. Whole numbers are a dark picture.
  const isScaled = !data.every(Number.isInteger) && max - min < (most - least) / 50;
  if (!isOutside && !isScaled) return null;
  const reason = ownScaling ? 'it scales pixels itself' : `its preprocessing is ${show(resolved)}`;
  const given = `${min.toPrecision(3)} to ${max.toPrecision(3)}`;
  return `the input's values are ${given}; the model takes ${least} to ${most}, because ${reason}`;
}

/**
 * Finds numbers that were made for pixels from 0 to 1, as those of PyTorch's transforms. They give
 * large values here.
 * @param {Affine | Standardization} preprocessing
 * @param {{ min: number, max: number }} range of the input's values
 */
function findUnitProblem(preprocessing, { min, max }) {
  const { scale, offset } = toAffine(preprocessing);
  const isPlain = scale.every((factor) => factor === 1) && offset.every((number) => number === 0);
  const means = scale.map((factor, c) => -offset[c] / factor);
  const isOfUnits = scale.every((factor) => factor >= 1) && means.every((m) => m >= 0 && m <= 1);
  const most = Math.max(...scale.map((factor, c) => factor + offset[c]));
  if (isPlain || !isOfUnits || max <= most + 0.01) return null;
  return (
    `the input's values are ${min.toPrecision(3)} to ${max.toPrecision(3)}, because the numbers ` +
    'of the preprocessing are for pixels from 0 to 1, and pixels are 0 to 255 here; multiply ' +
    'mean and std by 255, or divide scale by 255'
  );
}

/**
 * Makes a picture of a tensor. With `scale` the values are stretched: the smallest becomes 0, the
 * largest 255. Without it they are 0 .. 255 already. They are truncated to bytes.
 * @param {Input} input
 * @param {{ scale: boolean }} options
 * @returns {ImageData}
 */
export function inputToPicture({ data, width, height, channels }, { scale }) {
  const bytes = scale ? stretch(data) : Uint8ClampedArray.from(data, Math.trunc);
  const pixels = new Uint8ClampedArray(width * height * 4);
  const [green, blue] = channels < 3 ? [0, 0] : [1, 2];
  for (let to = 0, from = 0; to < pixels.length; to += 4, from += channels) {
    pixels[to] = bytes[from];
    pixels[to + 1] = bytes[from + green];
    pixels[to + 2] = bytes[from + blue];
    pixels[to + 3] = channels === 4 ? bytes[from + 3] : 255;
  }
  return toImageData({ data: pixels, width, height });
}

/**
 * Every step is rounded to float32, as NumPy rounds it. Writing to an array of bytes truncates.
 * @param {Float32Array} values
 * @returns {Uint8Array} 0 for the smallest, 255 for the largest
 */
function stretch(values) {
  const { min, max } = range(values);
  const extent = Math.fround(max - min) || 1;
  const bytes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    bytes[i] = Math.fround(Math.fround(Math.fround(values[i] - min) / extent) * 255);
  }
  return bytes;
}
