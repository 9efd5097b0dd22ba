/** Reads --preprocess, and says in words how pixels went in. */

import { UsageError } from './usage-error.js';

/** @import { Model, Preprocessing } from 'gradcam-wasm' */

/** The names of numbers in --preprocess. */
const NUMBERS = ['scale', 'offset', 'mean', 'std'];

/**
 * @param {string} text a name, or numbers as in "mean=127.5,std=127.5,bgr". Numbers of R, G and B
 *   are joined by "/". Also the same as JSON, or "@" and the path of a file with any of these
 * @returns {Preprocessing | { file: string }}
 */
export function readPreprocessing(text) {
  return text.startsWith('@') ? { file: text.slice(1) } : readPreprocessingText(text.trim());
}

/**
 * @param {string} text
 * @returns {Preprocessing}
 */
export function readPreprocessingText(text) {
  if (/^[{"]/.test(text)) return readJson(text);
  if (!text.includes('=')) return /** @type {Preprocessing} */ (text);
  /** @type {Record<string, number | number[] | string>} */
  const numbers = {};
  for (const part of text.split(',')) {
    const [name, value] = part.split('=');
    if (part === 'bgr' || part === 'rgb') numbers.order = part;
    else if (NUMBERS.includes(name) && value) numbers[name] = readNumbers(value, text);
    else throw wrong(text);
  }
  return /** @type {any} */ (numbers);
}

/**
 * @param {string} text
 * @returns {Preprocessing}
 */
function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(text);
  }
}

/**
 * @param {string} value
 * @param {string} text the whole option
 */
function readNumbers(value, text) {
  const numbers = value.split('/').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (numbers.some(Number.isNaN)) throw wrong(text);
  return numbers.length === 1 ? numbers[0] : numbers;
}

/** @param {string} text */
function wrong(text) {
  const allowed = 'a name, scale=X,offset=X or mean=X,std=X with ",bgr" or without, or JSON';
  return new UsageError(`--preprocess is "${text}"; allowed: ${allowed}`);
}

/** What the presets do. */
const FORMULAS = {
  none: '0 to 255',
  unit: 'x / 255',
  tf: 'x / 127.5 - 1',
  torch: "ImageNet's mean and deviation",
  caffe: "BGR minus ImageNet's mean",
};

/** How the preprocessing was found. */
const REASONS = {
  option: 'as given',
  file: 'as the file says',
  layers: 'because its layers scale pixels',
  statistics: 'as the statistics in its weights show',
  architecture: 'as networks with its layers take them',
  guess: 'which is a guess; --preprocess NAME gives another',
};

/**
 * A line that says how pixels became the model's input.
 * @param {Model} model
 */
export function preprocessingText({ preprocessing, preprocessingReason, crop }) {
  const isName = typeof preprocessing === 'string';
  const what = isName
    ? `${preprocessing} (${FORMULAS[/** @type {keyof typeof FORMULAS} */ (preprocessing)]})`
    : JSON.stringify(preprocessing);
  const part = crop === 'center' ? ", of the picture's centre unless --crop says else" : '';
  return `pixels: ${what}, ${REASONS[preprocessingReason]}${part}`;
}
