/** Reads the command line. */

import { extname } from 'node:path';
import { parseArgs } from 'node:util';
import { nearestNames } from '../package/base/nearest.js';
import { colormaps } from '../package/index.js';
import { COMMANDS, NUMBERS, OPTIONS, SHEETS } from './options.js';
import { readPreprocessing } from './preprocessing.js';
import { UsageError } from './usage-error.js';
import { FORMATS } from './write.js';

/** @import { ParseArgsConfig } from 'node:util' */
/** @import { Crop, Filter, LayerChoice, Preprocessing } from 'gradcam-wasm' */
/** @import { Command } from './options.js' */

/**
 * A command with its operands and options.
 * @typedef {object} Request
 * @property {string} command
 * @property {string} model path of the model file, its address, or "-". "" if there is none
 * @property {string[]} images what names the pictures: paths, folders, patterns, addresses or "-"
 * @property {string} out path of the new file of `convert`
 * @property {LayerChoice | LayerChoice[]} [layer]
 * @property {(string | number)[]} [targets] labels and indices
 * @property {string[]} methods
 * @property {boolean} allMethods
 * @property {boolean | undefined} logits
 * @property {(string | number)[]} [against] labels and indices, or "nearest" alone
 * @property {Record<string, unknown>} settings of the method, as they are given
 * @property {string} [output] path of the overlay, or "-"
 * @property {string} [npy] path of the map's numbers, or "-"
 * @property {string} [outputDir] folder for the files of all maps
 * @property {string[]} formats of these files
 * @property {string} by what differs in a sheet
 * @property {string} [colormap]
 * @property {number} [alphaLimit]
 * @property {number} top
 * @property {string} [labels] path of the labels, or "imagenet"
 * @property {boolean} noLabels whether classes without names stay numbers
 * @property {boolean} [binary]
 * @property {Preprocessing | { file: string }} [preprocessing] or the file that has it
 * @property {Filter} [interpolation]
 * @property {Crop} [crop]
 * @property {boolean} json
 * @property {boolean} float16
 * @property {12 | 16 | 32} [bits]
 * @property {boolean} force whether an existing file may be overwritten
 * @property {string} [architecture]
 * @property {number} [alpha] the width factor of the architecture
 * @property {Record<string, string>} [customObjects]
 * @property {[height: number, width: number]} [inputSize]
 * @property {string | number} [head]
 * @property {Record<string, string>} inputs values of further inputs, as they are given
 * @property {number} [threads]
 * @property {number} [port] of the page
 * @property {boolean} browser whether the page is opened in one
 */

/**
 * What the user asks for.
 * @typedef {Request | { help: string } | 'version'} Asked `help` is a command, or "" for the whole
 */

/**
 * @param {string[]} args without the program's name
 * @returns {Asked}
 */
export function parseCommandLine(args) {
  const [command = '', ...rest] = args;
  const isKnown = Object.hasOwn(COMMANDS, command);
  if (command === 'help') return { help: helpTopic(rest[0]) };
  if (args.includes('--help') || args.includes('-h')) return { help: isKnown ? command : '' };
  if (args.includes('--version') || args.includes('-V')) return 'version';
  if (!isKnown) throw unknownCommand(command);
  const about = COMMANDS[command];
  const { values, positionals } = parse(rest, command, about);
  checkCounts(command, about, values, positionals);
  const [model = '', ...others] = positionals;
  const request = { command, model, ...operandsOf(about, others), ...readOptions(values, about) };
  checkPaths(request, about.ending);
  return request;
}

/** @param {string} [name] of a command */
function helpTopic(name = '') {
  if (name === '' || Object.hasOwn(COMMANDS, name)) return name;
  throw unknownCommand(name);
}

/** @param {string} name */
function unknownCommand(name) {
  const known = Object.keys(COMMANDS);
  const nearest = nearestNames(name, known);
  const given = name === '' ? 'no command' : `unknown command "${name}"`;
  if (nearest.length > 0) return new UsageError(`${given}. Did you mean ${nearest.join(' or ')}?`);
  return new UsageError(`${given}; allowed: ${known.join(', ')} (see --help)`);
}

/**
 * @param {Command} command
 * @param {string[]} others all operands but the model
 */
function operandsOf({ operands }, others) {
  return operands[1] === 'OUT' ? { images: [], out: others[0] } : { images: others, out: '' };
}

/**
 * @param {string[]} args
 * @param {string} command
 * @param {Command} about
 */
function parse(args, command, { options }) {
  const entries = options.map((name) => {
    const { value, multiple = false } = OPTIONS[name];
    return [name, value === undefined ? { type: 'boolean' } : { type: 'string', multiple }];
  });
  const table = /** @type {ParseArgsConfig['options']} */ (Object.fromEntries(entries));
  try {
    return parseArgs({ args: joinNumbers(args), options: table, allowPositionals: true });
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    const [, unknown] = /^Unknown option '([^']+)'/.exec(message) ?? [];
    if (unknown) throw unknownOption(unknown, command, options);
    throw new UsageError(message.replaceAll(/\s*\n\s*/g, ' '));
  }
}

/**
 * @param {string} given as in "--colourmap"
 * @param {string} command
 * @param {string[]} options of the command
 */
function unknownOption(given, command, options) {
  const name = given.replace(/^-+/, '');
  const others = Object.entries(COMMANDS).filter(([, about]) => about.options.includes(name));
  if (others.length > 0) {
    const hint = name === 'alpha' ? '. The alpha of a network is --width-factor' : '';
    const owners = others.map(([other]) => other).join(', ');
    return new UsageError(`${command} has no ${given}, which is an option of ${owners}${hint}`);
  }
  const nearest = nearestNames(name, options).map((near) => `--${near}`);
  const isNear = nearest.length > 0;
  const cure = isNear ? `. Did you mean ${nearest.join(' or ')}?` : ` (see ${command} --help)`;
  return new UsageError(`unknown option ${given}${cure}`);
}

/**
 * Joins an option and a negative number, which would else be taken for an option.
 * @param {string[]} args
 */
function joinNumbers(args) {
  /** @type {string[]} */
  const joined = [];
  for (const arg of args) {
    const last = joined.at(-1) ?? '';
    const { value } = OPTIONS[last.replace(/^--/, '')] ?? {};
    const isValue = value !== undefined && last.startsWith('--') && /^-[\d.]/.test(arg);
    if (isValue) joined.push(`${joined.pop()}=${arg}`);
    else joined.push(arg);
  }
  return joined;
}

/**
 * @param {string} command
 * @param {Command} about
 * @param {any} values as parseArgs gives them
 * @param {string[]} positionals
 */
function checkCounts(command, { operands, single = [] }, values, positionals) {
  const isOpen = /\.\.\.\]?$/.test(operands[operands.length - 1]);
  const least = operands.filter((operand) => !operand.startsWith('[')).length;
  const { length } = positionals;
  if (length < least || (!isOpen && length > operands.length)) {
    throw new UsageError(`${command} takes ${operands.join(' and ')} (see --help)`);
  }
  if (positionals.filter((operand) => operand === '-').length > 1) {
    throw new UsageError('standard input, "-", can be one operand only');
  }
  const repeated = single.find((name) => values[name]?.length > 1);
  if (repeated) throw new UsageError(`${command} takes one --${repeated}`);
}

/**
 * Refuses file names whose ending says another format, and options that lack another.
 * @param {Request} request
 * @param {string} [wanted] ending of the file of --output or OUT
 */
function checkPaths({ output, npy, out, outputDir, formats, command }, wanted = '.png') {
  const files = [
    ['--output', output, wanted],
    ['--npy', npy, '.npy'],
    ['OUT', out, wanted],
  ];
  for (const [option, path = '', ending = ''] of files) {
    const given = extname(path).toLowerCase();
    if (given === '' || given === ending) continue;
    throw new UsageError(`${option} is "${path}"; ${command} writes ${ending} files`);
  }
  if (output === '-' && npy === '-') {
    throw new UsageError('standard output, "-", can have one file only');
  }
  if (formats.length > 0 && outputDir === undefined) {
    throw new UsageError('--format names the files of --output-dir, which is missing');
  }
}

/**
 * @param {any} values as parseArgs gives them
 * @param {Command} command
 */
function readOptions(values, { methods: allowed = [''] }) {
  const { method = [allowed[0]], 'all-methods': allMethods = false, logits, scores } = values;
  return {
    ...readCommonOptions(values),
    ...readFiles(values),
    methods: method.map((/** @type {string} */ name) => oneOf(allowed, name, '--method')),
    allMethods,
    logits: scores ? false : logits,
    against: readAgainst(values.against),
    settings: readSettings(values, method[0]),
  };
}

/** @param {any} values as parseArgs gives them */
function readFiles({ output, npy, 'output-dir': outputDir, format = [], ...values }) {
  const { colormap, alpha, force, by = SHEETS[0] } = values;
  if (colormap !== undefined) oneOf(colormaps(), colormap, '--colormap');
  const names = format.flatMap((/** @type {string} */ list) => list.split(','));
  return {
    ...{ output, npy, outputDir, colormap, force: force ?? false },
    formats: names.map((/** @type {string} */ name) => oneOf(FORMATS, name.trim(), '--format')),
    by: oneOf(SHEETS, by, '--by'),
    alphaLimit: alpha === undefined ? undefined : share(alpha, '--alpha'),
  };
}

/**
 * The settings of methods that are given.
 * @param {any} values
 * @param {string} method
 */
function readSettings(values, method) {
  const { counterfactual, channels, baseline, rule } = values;
  const numbers = [...NUMBERS, 'channels', 'workers'].filter((name) => values[name] !== undefined);
  const settings = {
    ...Object.fromEntries(numbers.map((name) => [name, number(values[name], `--${name}`)])),
    ...(baseline && { [method === 'occlusion' ? 'fill' : 'baseline']: baseline }),
    ...{ counterfactual, eigenSmooth: values['eigen-smooth'], augSmooth: values['aug-smooth'] },
    ...{ rule, channels: channels && number(channels, '--channels') },
  };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** @param {string[] | undefined} texts classes, or "nearest" alone */
function readAgainst(texts) {
  if (!texts?.includes('nearest')) return texts?.map(nameOrIndex);
  if (texts.length === 1) return texts;
  throw new UsageError('--against takes "nearest" alone, or classes');
}

/** @param {any} values as parseArgs gives them */
function readCommonOptions({
  layer,
  target,
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
  architecture,
  'width-factor': widthFactor,
  custom,
  'input-size': inputSize,
  head,
  input = [],
  threads,
  port,
  'no-browser': noBrowser = false,
}) {
  return {
    layer: layer && one(layer.map(nameOrIndex)),
    targets: target?.map(readTarget),
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
    architecture,
    alpha: widthFactor && positiveNumber(widthFactor, '--width-factor'),
    customObjects: custom === undefined ? undefined : classNames(custom),
    inputSize: inputSize === undefined ? undefined : readInputSize(inputSize),
    head: head && nameOrIndex(head),
    inputs: furtherInputs(input),
    threads: threads === undefined ? undefined : wholeNumber(threads, '--threads'),
    port: port === undefined ? undefined : readPort(port),
    browser: !noBrowser,
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

/** @param {string} text */
function nameOrIndex(text) {
  return /^-?\d+$/.test(text) ? Number(text) : text;
}

/** @param {string} text */
function readTarget(text) {
  if (!/^\d+(,\d+)+$/.test(text)) return nameOrIndex(text);
  const cure = text.split(',').map((part) => `--target ${part}`);
  throw new UsageError(`--target is "${text}"; allowed: a class each time, as ${cure.join(' ')}`);
}

/**
 * @template T
 * @param {T[]} list
 * @returns {T | T[]} the value of a list of one
 */
function one(list) {
  return list.length === 1 ? list[0] : list;
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

/** @param {string} text */
function readPort(text) {
  const port = wholeNumber(text, '--port');
  if (port >= 1 && port <= 65535) return port;
  throw new UsageError(`--port is "${text}"; allowed: 1 to 65535`);
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

/**
 * @param {string} text
 * @param {string} option
 */
function share(text, option) {
  const value = number(text, option);
  if (value >= 0 && value <= 1) return value;
  throw new UsageError(`${option} is "${text}"; allowed: 0 to 1`);
}
