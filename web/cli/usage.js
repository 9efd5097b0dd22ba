/** Reads the command line. */

import { parseArgs } from 'node:util';
import { attributionMethods, methods } from '../package/index.js';
import { readPreprocessing } from './preprocessing.js';
import { UsageError } from './usage-error.js';

/** @import { ParseArgsConfig } from 'node:util' */
/** @import { Crop, Filter, Preprocessing } from 'gradcam-wasm' */

export const USAGE = `Where did this Keras image classifier look? Heat maps on the command line.

Usage:
  gradcam-wasm explain MODEL IMAGE [options]   print heat maps of classes at a layer
  gradcam-wasm attribute MODEL IMAGE [options] print how much each pixel speaks for a class
  gradcam-wasm trust MODEL IMAGE [options]     print measurements that say whether a map is true
  gradcam-wasm predict MODEL IMAGE [options]   print the classes with the highest scores
  gradcam-wasm summary MODEL [options]         print the table of the model's layers
  gradcam-wasm convert MODEL OUT [options]     write the model as one .safetensors file

MODEL is a .keras, .h5 or .safetensors file, or a TensorFlow.js model.json or its folder.
An .h5 file may have the weights alone of a network of keras.applications.
IMAGE is a JPEG, PNG, BMP or GIF file.

Options of explain, attribute and trust:
  --layer LAYER       name or index of a layer (--layer=-3 counts from the end), which attribute
                      takes for guidedGradCam alone;
                      default: the last layer with more than one position
  --target CLASS      index of a class; default: the top class. explain takes several
  --logits            explain the value before the last softmax or sigmoid, as attribute does
                      unless --scores is given
Options of explain and trust:
  --method NAME       ${wrap(methods())};
                      default: ${methods()[0]}. explain takes several
Options of explain:
  --all-methods       explain by every method
  --against CLASS     what speaks for the target and against this class, or "nearest" for the
                      classes with the nearest logits; may be repeated (FinerCAM)
  --counterfactual    what speaks against the class
  --eigen-smooth      the first principal component in place of the sum over channels
  --aug-smooth        the mean of six maps, of the picture mirrored and of other brightness
  --channels N        how many channels scoreCam masks; default: all
Options of attribute:
  --method NAME       ${wrap(attributionMethods())};
                      default: ${attributionMethods()[0]}
  --scores            explain the score instead of the logit
  --baseline NAME     zero, black, mean or blur: the picture without content of
                      integratedGradients, and what occlusion fills in
  --steps N, --samples N, --noise X, --seed N, --rule NAME, --window N, --stride N, --grid N, --p X
                      settings of the methods, see docs/methods.md
Options of explain and attribute:
  --output FILE.png   write the picture with the heat map of the first target over it
  --npy FILE.npy      write the numbers of the first target's map, neither cut nor scaled
  --output-dir DIR    write both files of every map
  --workers N         how many copies of the model compute occlusion, rise and scoreCam side by
                      side; default: 0, the model itself
Options of explain, attribute, trust and predict:
  --top N             how many classes are listed; default: 5
  --json              print JSON instead of text
  --interpolation F   how a picture is resized: nearest, box, bilinear, hamming, bicubic,
                      lanczos; default: nearest, as in Keras
  --crop HOW          stretch the picture to the input's shape, as Keras does, or take its
                      "center", as Teachable Machine does; default: stretch, but for
                      Teachable Machine's models
  --input-size HxW    size of the input, for a model that leaves it open: 224 or 192x256
  --head HEAD         name or index of the output that is explained, if the model has several;
                      default: the first that gives classes
  --input NAME=1,2,3  values of an input besides the picture, also NAME=@FILE.json with a list;
                      may be repeated
  --no-labels         numbers for a model with 1,000 classes and no names, which is else named as
                      ImageNet's classes
  --threads N         how many threads compute; default: one for each processor, at most 4
Options of explain, attribute and convert:
  --force             overwrite files that exist
Options of convert:
  --bits N            of the numbers of kernels: 32, 16 (half precision) or 12, which packs
                      kernels with one position and stores the others with 16; default: 32
  --float16           the same as --bits 16
Options of all commands but summary:
  --labels FILE       names of the classes: one in each line, a JSON list, Keras'
                      class_indices, the files of Teachable Machine, or "imagenet"
  --binary            two classes for a model with one output: 1 - p and p
  --preprocess NAME   unit (x / 255), tf (x / 127.5 - 1), torch, caffe, none (0 to 255), a module
                      of keras.applications (mobilenet_v2), or numbers: scale=X,offset=X or
                      mean=X,std=X, three as R/G/B, with ",bgr" for networks that take B, G, R;
                      default: found in the file, the layers or the weights, else unit
Options of all commands, for weights alone:
  --architecture NAME network to which they belong (MobileNetV2); default: found by shapes
  --alpha X           width factor of the network
Options of all commands, for classes that only rename a layer of Keras:
  --custom OWN=KERAS  as in --custom FixedDropout=Dropout, may be repeated
General:
  --help, --version
`;

/**
 * Names as lines of the column of descriptions.
 * @param {readonly string[]} names
 */
function wrap(names) {
  const lines = [''];
  for (const name of names) {
    const last = lines[lines.length - 1];
    if (last.length + name.length > 70) lines.push(name);
    else lines[lines.length - 1] = last === '' ? name : `${last}, ${name}`;
  }
  return lines.join(`,\n${' '.repeat(22)}`);
}

/** @typedef {NonNullable<ParseArgsConfig['options']>} OptionTable */

/** @type {OptionTable} */
const MODEL_OPTIONS = {
  architecture: { type: 'string' },
  alpha: { type: 'string' },
  custom: { type: 'string', multiple: true },
};

/** @type {OptionTable} */
const CONVERT_OPTIONS = {
  ...MODEL_OPTIONS,
  labels: { type: 'string' },
  preprocess: { type: 'string' },
  bits: { type: 'string' },
  float16: { type: 'boolean' },
  force: { type: 'boolean' },
};

/** @type {OptionTable} */
const PREDICT_OPTIONS = {
  ...MODEL_OPTIONS,
  top: { type: 'string' },
  labels: { type: 'string' },
  'no-labels': { type: 'boolean' },
  binary: { type: 'boolean' },
  preprocess: { type: 'string' },
  json: { type: 'boolean' },
  interpolation: { type: 'string' },
  crop: { type: 'string' },
  'input-size': { type: 'string' },
  head: { type: 'string' },
  input: { type: 'string', multiple: true },
  threads: { type: 'string' },
};

/** @type {OptionTable} */
const TRUST_OPTIONS = {
  ...PREDICT_OPTIONS,
  layer: { type: 'string' },
  target: { type: 'string', multiple: true },
  method: { type: 'string', multiple: true },
  logits: { type: 'boolean' },
};

/** @type {OptionTable} */
const FILE_OPTIONS = {
  output: { type: 'string' },
  'output-dir': { type: 'string' },
  npy: { type: 'string' },
  force: { type: 'boolean' },
};

/** @type {OptionTable} */
const LOOP_OPTIONS = { workers: { type: 'string' } };

/** @type {OptionTable} */
const EXPLAIN_OPTIONS = {
  ...TRUST_OPTIONS,
  ...FILE_OPTIONS,
  ...LOOP_OPTIONS,
  'all-methods': { type: 'boolean' },
  against: { type: 'string', multiple: true },
  counterfactual: { type: 'boolean' },
  'eigen-smooth': { type: 'boolean' },
  'aug-smooth': { type: 'boolean' },
  channels: { type: 'string' },
};

/** Settings of attributions that are numbers. */
const NUMBERS = ['steps', 'samples', 'noise', 'seed', 'window', 'stride', 'grid', 'p'];

/** @type {OptionTable} */
const ATTRIBUTE_OPTIONS = {
  ...TRUST_OPTIONS,
  ...FILE_OPTIONS,
  ...LOOP_OPTIONS,
  scores: { type: 'boolean' },
  baseline: { type: 'string' },
  rule: { type: 'string' },
  ...Object.fromEntries(NUMBERS.map((name) => [name, { type: /** @type {const} */ ('string') }])),
};

/** @type {Record<string, { operands: string[], options: OptionTable, methods?: string[] }>} */
const COMMANDS = {
  explain: { operands: ['MODEL', 'IMAGE'], options: EXPLAIN_OPTIONS, methods: methods() },
  attribute: {
    ...{ operands: ['MODEL', 'IMAGE'], options: ATTRIBUTE_OPTIONS },
    methods: attributionMethods(),
  },
  trust: { operands: ['MODEL', 'IMAGE'], options: TRUST_OPTIONS, methods: methods() },
  predict: { operands: ['MODEL', 'IMAGE'], options: PREDICT_OPTIONS },
  summary: { operands: ['MODEL'], options: MODEL_OPTIONS },
  convert: { operands: ['MODEL', 'OUT'], options: CONVERT_OPTIONS },
};

/**
 * A command with its operands and options.
 * @typedef {object} Request
 * @property {string} command
 * @property {string} model path of the model file
 * @property {string} image path of the picture, or of the new file for `convert`; "" for `summary`
 * @property {string | number} [layer]
 * @property {number[]} [targets]
 * @property {string[]} methods
 * @property {boolean} allMethods
 * @property {boolean | undefined} logits
 * @property {Record<string, unknown>} settings of the method, as they are given
 * @property {string} [output] path of the overlay
 * @property {string} [npy] path of the map's numbers
 * @property {string} [outputDir] folder for the files of all maps
 * @property {number} top
 * @property {string} [labels] path of the labels, or "imagenet"
 * @property {boolean} noLabels whether classes without names stay numbers
 * @property {boolean} [binary]
 * @property {Preprocessing} [preprocessing]
 * @property {Filter} [interpolation]
 * @property {Crop} [crop]
 * @property {boolean} json
 * @property {boolean} float16
 * @property {12 | 16 | 32} [bits]
 * @property {boolean} force whether an existing file may be overwritten
 * @property {string} [architecture]
 * @property {number} [alpha]
 * @property {Record<string, string>} [customObjects]
 * @property {[height: number, width: number]} [inputSize]
 * @property {string | number} [head]
 * @property {Record<string, string>} inputs values of further inputs, as they are given
 * @property {number} [threads]
 */

/**
 * @param {string[]} args without the program's name
 * @returns {Request | 'help' | 'version'}
 */
export function parseCommandLine(args) {
  if (args.includes('--help') || args.includes('-h')) return 'help';
  if (args.includes('--version')) return 'version';
  const [command = '', ...rest] = args;
  if (!Object.hasOwn(COMMANDS, command)) {
    const given = command === '' ? 'no command' : `unknown command "${command}"`;
    const allowed = Object.keys(COMMANDS).join(', ');
    throw new UsageError(`${given}; allowed: ${allowed} (see --help)`);
  }
  const { operands, options, methods: allowed } = COMMANDS[command];
  const { values, positionals } = parse(rest, options);
  if (positionals.length !== operands.length) {
    throw new UsageError(`${command} takes ${operands.join(' and ')} (see --help)`);
  }
  const [model, image = ''] = positionals;
  return { command, model, image, ...readOptions(values, allowed) };
}

/**
 * @param {string[]} args
 * @param {OptionTable} options
 */
function parse(args, options) {
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    const [line] = String(/** @type {Error} */ (error).message).split('\n');
    throw new UsageError(line);
  }
}

/**
 * @param {any} values as parseArgs gives them
 * @param {readonly string[]} [allowed] methods of the command, the default first
 */
function readOptions(values, allowed = ['']) {
  const { method = [allowed[0]], 'all-methods': allMethods = false, logits, scores } = values;
  const { 'output-dir': outputDir, npy } = values;
  return {
    ...readCommonOptions(values),
    methods: method.map((/** @type {string} */ name) => oneOf(allowed, name, '--method')),
    allMethods,
    logits: scores ? false : logits,
    settings: readSettings(values, method[0]),
    npy,
    outputDir,
  };
}

/**
 * The settings of methods that are given.
 * @param {any} values
 * @param {string} method
 */
function readSettings(values, method) {
  const { against, counterfactual, channels, baseline, rule } = values;
  const numbers = [...NUMBERS, 'channels', 'workers'].filter((name) => values[name] !== undefined);
  const settings = {
    ...Object.fromEntries(numbers.map((name) => [name, number(values[name], `--${name}`)])),
    ...(against && { contrast: { against: readAgainst(against) } }),
    ...(baseline && { [method === 'occlusion' ? 'fill' : 'baseline']: baseline }),
    ...{ counterfactual, eigenSmooth: values['eigen-smooth'], augSmooth: values['aug-smooth'] },
    ...{ rule, channels: channels && number(channels, '--channels') },
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** @param {string[]} texts classes, or "nearest" */
function readAgainst(texts) {
  if (texts.length === 1 && texts[0] === 'nearest') return texts[0];
  return texts.map((text) => wholeNumber(text, '--against'));
}

/** @param {any} values as parseArgs gives them */
function readCommonOptions({
  layer,
  target,
  output,
  top,
  labels,
  'no-labels': noLabels = false,
  binary,
  preprocess,
  interpolation,
  crop,
  json = false,
  bits,
  float16 = false,
  force = false,
  architecture,
  alpha,
  custom,
  'input-size': inputSize,
  head,
  input = [],
  threads,
}) {
  return {
    layer: nameOrIndex(layer),
    targets: target?.map((/** @type {string} */ text) => wholeNumber(text, '--target')),
    output,
    top: top === undefined ? 5 : wholeNumber(top, '--top'),
    labels,
    noLabels,
    binary,
    preprocessing: preprocess === undefined ? undefined : readPreprocessing(preprocess),
    interpolation,
    crop,
    json,
    bits: bits === undefined ? undefined : readBits(bits, float16),
    float16,
    force,
    architecture,
    alpha: alpha === undefined ? undefined : positiveNumber(alpha, '--alpha'),
    customObjects: custom === undefined ? undefined : classNames(custom),
    inputSize: inputSize === undefined ? undefined : readInputSize(inputSize),
    head: nameOrIndex(head),
    inputs: furtherInputs(input),
    threads: threads === undefined ? undefined : wholeNumber(threads, '--threads'),
  };
}

/**
 * @param {string} text
 * @param {boolean} isHalf whether --float16 is given too
 */
function readBits(text, isHalf) {
  if (isHalf && text !== '16') throw new UsageError('give --bits or --float16, not both');
  return /** @type {12 | 16 | 32} */ (Number(oneOf(['32', '16', '12'], text, '--bits')));
}

/** @param {string | undefined} text */
function nameOrIndex(text) {
  return text !== undefined && /^-?\d+$/.test(text) ? Number(text) : text;
}

/**
 * @param {string[]} texts of an option that may be repeated
 * @param {RegExp} pattern of a name and its value
 * @param {string} option
 * @param {string} allowed
 * @returns {Record<string, string>}
 */
function namedValues(texts, pattern, option, allowed) {
  const pairs = texts.map((text) => pattern.exec(text)?.slice(1) ?? [text]);
  const wrong = pairs.find((pair) => pair.length === 1);
  if (!wrong) return Object.fromEntries(pairs);
  throw new UsageError(`${option} is "${wrong[0]}"; allowed: ${allowed}`);
}

/** @param {string[]} texts such as "table=1,2,3" */
function furtherInputs(texts) {
  return namedValues(texts, /^([^=]+)=(.+)$/, '--input', 'NAME=1,2,3 or NAME=@FILE.json');
}

/** @param {string[]} texts such as "FixedDropout=Dropout" */
function classNames(texts) {
  return namedValues(texts, /^([^=]+)=(\w+)$/, '--custom', 'OWN=KERAS, as FixedDropout=Dropout');
}

/**
 * @param {readonly string[]} allowed
 * @param {string} text
 * @param {string} option
 */
function oneOf(allowed, text, option) {
  if (allowed.includes(text)) return text;
  throw new UsageError(`${option} is "${text}"; allowed: ${allowed.join(', ')}`);
}

/**
 * @param {string} text "224" for a square, or height and width, "192x256"
 * @returns {[height: number, width: number]}
 */
function readInputSize(text) {
  const [, height, width = height] = /^([1-9]\d{0,4})(?:x([1-9]\d{0,4}))?$/.exec(text) ?? [];
  if (height !== undefined) return [Number(height), Number(width)];
  throw new UsageError(
    `--input-size is "${text}"; allowed: a side as 224, or height x width as 192x256`,
  );
}

/**
 * @param {string} text
 * @param {string} option
 */
function wholeNumber(text, option) {
  if (/^-?\d+$/.test(text)) return Number(text);
  throw new UsageError(`${option} is "${text}"; allowed: a whole number`);
}

/**
 * @param {string} text
 * @param {string} option
 */
function number(text, option) {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw new UsageError(`${option} is "${text}"; allowed: a number`);
}

/**
 * @param {string} text
 * @param {string} option
 */
function positiveNumber(text, option) {
  if (Number(text) > 0) return Number(text);
  throw new UsageError(`${option} is "${text}"; allowed: a positive number`);
}
