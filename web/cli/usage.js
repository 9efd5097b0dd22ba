/** What can be asked on the command line. */

import { parseArgs } from 'node:util';
import { methods } from '../package/index.js';

/** @import { ParseArgsConfig } from 'node:util' */

export const USAGE = `Where did this Keras image classifier look? Grad-CAM heat maps on the command line.

Usage:
  gradcam-wasm explain MODEL IMAGE [options]   heat maps of classes at a layer
  gradcam-wasm predict MODEL IMAGE [options]   classes with the highest scores
  gradcam-wasm summary MODEL [options]         table of the model's layers
  gradcam-wasm convert MODEL OUT [options]     the model as one compact .safetensors file

MODEL is a .keras, .h5 or .safetensors file, a TensorFlow.js model.json or the folder with it, or an .h5
file with the weights alone of a network of keras.applications; IMAGE a JPEG, PNG, BMP or GIF.

Options of explain:
  --layer LAYER       name of a layer, or its index (--layer=-3 counts from the end);
                      default: the last with more than one position
  --target CLASS      index of a class; may be given several times; default: the top class
  --method NAME       ${methods().join(', ')}; default: ${methods()[0]}
  --logits            explain the value before the last softmax or sigmoid
  --output FILE.png   write the picture with the first target's heat map over it
Options of explain and predict:
  --top N             classes to list (default 5)
  --json              print JSON instead of text
  --threads N         threads that compute (default: one for each processor, at most 4)
Options of convert:
  --float16           store kernels in half precision
Options of explain, predict and convert:
  --labels FILE       names of the classes: a JSON list, or one a line
  --preprocess NAME   tf, torch, caffe, none, or the module of keras.applications (mobilenet_v2);
                      default: as the file says, else by the model's layers
Options of all, for weights alone:
  --architecture NAME the network they belong to (MobileNetV2); default: found by their shapes
  --alpha X           its width
General:
  --help, --version
`;

/** Wrong use of the command line: exit status 2. */
export class UsageError extends Error {}

/** @typedef {NonNullable<ParseArgsConfig['options']>} OptionTable */

/** @type {OptionTable} */
const MODEL_OPTIONS = {
  architecture: { type: 'string' },
  alpha: { type: 'string' },
};

/** @type {OptionTable} */
const CONVERT_OPTIONS = {
  ...MODEL_OPTIONS,
  labels: { type: 'string' },
  preprocess: { type: 'string' },
  float16: { type: 'boolean' },
};

/** @type {OptionTable} */
const PREDICT_OPTIONS = {
  ...MODEL_OPTIONS,
  top: { type: 'string' },
  labels: { type: 'string' },
  preprocess: { type: 'string' },
  json: { type: 'boolean' },
  threads: { type: 'string' },
};

/** @type {OptionTable} */
const EXPLAIN_OPTIONS = {
  ...PREDICT_OPTIONS,
  layer: { type: 'string' },
  target: { type: 'string', multiple: true },
  method: { type: 'string' },
  logits: { type: 'boolean' },
  output: { type: 'string' },
};

/** @type {Record<string, { operands: string[], options: OptionTable }>} */
const COMMANDS = {
  explain: { operands: ['MODEL', 'IMAGE'], options: EXPLAIN_OPTIONS },
  predict: { operands: ['MODEL', 'IMAGE'], options: PREDICT_OPTIONS },
  summary: { operands: ['MODEL'], options: MODEL_OPTIONS },
  convert: { operands: ['MODEL', 'OUT'], options: CONVERT_OPTIONS },
};

/**
 * What is asked for.
 * @typedef {object} Request
 * @property {string} command
 * @property {string} model path of the model file
 * @property {string} image path of the picture; "" for `summary`; for `convert` that of the new file
 * @property {string | number} [layer]
 * @property {number[]} [targets]
 * @property {string} method
 * @property {boolean} logits
 * @property {string} [output] path of the overlay
 * @property {number} top
 * @property {string} [labels] path of the labels
 * @property {string} [preprocess]
 * @property {boolean} json
 * @property {boolean} float16
 * @property {string} [architecture]
 * @property {number} [alpha]
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
  const { operands, options } = COMMANDS[command];
  const { values, positionals } = parse(rest, options);
  if (positionals.length !== operands.length) {
    throw new UsageError(`${command} takes ${operands.join(' and ')} (see --help)`);
  }
  const [model, image = ''] = positionals;
  return { command, model, image, ...readOptions(values) };
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

/** @param {any} values as parseArgs gives them */
function readOptions({
  layer,
  target,
  method = methods()[0],
  logits = false,
  output,
  top,
  labels,
  preprocess,
  json = false,
  float16 = false,
  architecture,
  alpha,
  threads,
}) {
  return {
    layer: /^-?\d+$/.test(layer ?? '') ? Number(layer) : layer,
    targets: target?.map((/** @type {string} */ text) => wholeNumber(text, '--target')),
    method: oneOf(methods(), method, '--method'),
    logits,
    output,
    top: top === undefined ? 5 : wholeNumber(top, '--top'),
    labels,
    preprocess,
    json,
    float16,
    architecture,
    alpha: alpha === undefined ? undefined : positiveNumber(alpha, '--alpha'),
    threads: threads === undefined ? undefined : wholeNumber(threads, '--threads'),
  };
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
function positiveNumber(text, option) {
  if (Number(text) > 0) return Number(text);
  throw new UsageError(`${option} is "${text}"; allowed: a positive number`);
}
