/**
 * Reads and writes the JSON of files. All JSON that comes out of a file passes here. Python's json
 * writes NaN and Infinity, which Keras puts into configurations, and JSON.parse() refuses them.
 */

import { GradCamError, show } from './errors.js';

/** @import { GradCamErrorCode } from './errors.js' */

/** The deepest nesting of lists and objects. A model in a model adds about five levels. */
const MAX_DEPTH = 512;
/** The longest text, in characters. It is the limit of the .safetensors format. */
const MAX_LENGTH = 100_000_000;

/** Stands before a number that JSON lacks, while the number is a text. No name begins so. */
const MARK = '\ue000number:';
const NUMBERS = new Map([NaN, Infinity, -Infinity].map((value) => [MARK + String(value), value]));

const [QUOTE, BACKSLASH, COLON, MINUS] = [0x22, 0x5c, 0x3a, 0x2d];
const [LIST, LIST_END, OBJECT, OBJECT_END] = [0x5b, 0x5d, 0x7b, 0x7d];
const [LETTER_N, LETTER_I] = [0x4e, 0x49];

/**
 * Makes the error that says why a text is refused.
 * @typedef {(reason: string) => GradCamError} Refuse
 */

/**
 * @param {string | Uint8Array} source a text, or its bytes in UTF-8
 * @param {string} part what the text is, for errors: "the header"
 * @param {GradCamErrorCode} [code] of the errors
 * @returns {any}
 */
export function parseJson(source, part, code = 'INVALID_MODEL') {
  /** @type {Refuse} */
  const refuse = (reason) => new GradCamError(code, `${part} ${reason}`);
  if (source.length > MAX_LENGTH) {
    throw refuse(`has ${source.length} characters; allowed: ${MAX_LENGTH}`);
  }
  try {
    const text = typeof source === 'string' ? source : decode(source);
    const json = scan(text, refuse);
    return json === text ? JSON.parse(text) : JSON.parse(json, restoreNumber);
  } catch (cause) {
    if (cause instanceof GradCamError) throw cause;
    const reason = /** @type {Error} */ (cause).message;
    throw new GradCamError(code, `${part} is not JSON: ${reason}`, { cause });
  }
}

/**
 * The same of a file that need not be JSON.
 * @param {Uint8Array} bytes
 * @param {string} name
 * @returns {any} undefined if the file is no JSON
 */
export function tryJson(bytes, name) {
  try {
    return parseJson(bytes, name);
  } catch (error) {
    // JSON that is refused, such as a key that stands twice, has no other cause.
    if (/** @type {Error} */ (error).cause === undefined) throw error;
    return undefined;
  }
}

/** @param {Uint8Array} bytes */
function decode(bytes) {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

/**
 * The value as JSON. Numbers that JSON lacks are written as Python writes them.
 * @param {unknown} value
 * @returns {string}
 */
export function writeJson(value) {
  let isPlain = true;
  const text = JSON.stringify(value, (_, item) => {
    if (typeof item !== 'number' || Number.isFinite(item)) return item;
    isPlain = false;
    return MARK + String(item);
  });
  return isPlain ? text : text.replaceAll(/"\ue000number:(NaN|-?Infinity)"/g, '$1');
}

/**
 * @param {string} _
 * @param {unknown} item
 */
function restoreNumber(_, item) {
  return typeof item === 'string' && NUMBERS.has(item) ? NUMBERS.get(item) : item;
}

/**
 * Refuses what JSON.parse() takes in silence: deep nesting, and a key that an object has twice.
 * Turns the numbers that JSON lacks into texts. All else is checked by JSON.parse().
 * @param {string} text
 * @param {Refuse} refuse
 * @returns {string}
 */
function scan(text, refuse) {
  /** @type {(Set<string> | undefined)[]} keys of the objects that are open; lists have none */
  const open = [];
  const parts = [];
  let [copied, string] = [0, ''];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = stringEnd(text, i);
        string = text.slice(i, end);
        i = end - 1;
        break;
      }
      case COLON:
        addKey(open.at(-1), string, refuse);
        break;
      case OBJECT:
      case LIST:
        open.push(text.charCodeAt(i) === OBJECT ? new Set() : undefined);
        if (open.length > MAX_DEPTH) throw refuse(`is nested deeper than ${MAX_DEPTH}`);
        break;
      case OBJECT_END:
      case LIST_END:
        open.pop();
        break;
      case LETTER_N:
      case LETTER_I: {
        const word = numberAt(text, i);
        if (!word) break;
        const isNegative = word === 'Infinity' && text.charCodeAt(i - 1) === MINUS;
        const start = isNegative ? i - 1 : i;
        parts.push(text.slice(copied, start), `"${MARK}${isNegative ? '-' : ''}${word}"`);
        copied = i + word.length;
        i = copied - 1;
        break;
      }
    }
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(copied);
}

/**
 * @param {string} text
 * @param {number} at
 */
function numberAt(text, at) {
  return ['NaN', 'Infinity'].find((word) => text.startsWith(word, at));
}

/**
 * @param {string} text
 * @param {number} start index of the quote that opens the string
 * @returns {number} index after the quote that closes it
 */
function stringEnd(text, start) {
  for (let end = start; ;) {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
    let first = end;
    while (text.charCodeAt(first - 1) === BACKSLASH) first--;
    if ((end - first) % 2 === 0) return end + 1;
  }
}

/**
 * @param {Set<string> | undefined} keys
 * @param {string} string as it is written, with quotes
 * @param {Refuse} refuse
 */
function addKey(keys, string, refuse) {
  if (keys === undefined) return;
  const key = string.includes('\\') ? JSON.parse(string) : string.slice(1, -1);
  if (keys.has(key)) throw refuse(`has the key ${show(key)} twice in one object`);
  keys.add(key);
}
