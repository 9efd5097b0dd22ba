/**
 * Reads lists of class names, as tools write them:
 *   one name a line                          labels.txt, classes.txt
 *   "0 Apple"                                labels.txt of Teachable Machine
 *   ["apple", "pear"]                        a list as JSON
 *   {"labels": ["apple", "pear"]}            metadata.json of Teachable Machine
 *   {"apple": 0, "pear": 1}                  class_indices of Keras' ImageDataGenerator
 *   {"0": "apple", "1": "pear"}              the same the other way round
 *   {"0": ["n01440764", "tench"]}            imagenet_class_index.json of Keras
 */

import { GradCamError } from '../base/errors.js';
import { parseJson, tryJson } from '../base/json.js';

/** Names of files that hold class names beside a model. */
const LIST_NAME = /label|class|categor|names|metadata\.json$/i;
/** Keys under which files keep the list itself. */
const LIST_KEYS = ['labels', 'class_names', 'classes', 'class_indices', 'names', 'id2label'];

/**
 * Whether a file beside a model holds class names, by its name.
 * @param {string} name
 */
export function isLabelFile(name) {
  return /\.(txt|json)$/i.test(name) && LIST_NAME.test(name);
}

/**
 * The names of the classes, in the order of the model's outputs.
 * @param {string} text
 * @param {string} [name] of the file, for errors
 * @returns {string[]}
 */
export function parseLabels(text, name = 'the list of labels') {
  const content = text.replace(/^\uFEFF/, '');
  const labels = /^\s*[[{]/.test(content) ? readJson(content, name) : readLines(content);
  if (labels && labels.length > 0) return labels;
  const reason = labels ? 'is empty' : 'is no list of class names';
  throw new GradCamError('INVALID_ARGUMENT', `${name} ${reason}; allowed: ${ALLOWED}`);
}

const ALLOWED =
  'one name in each line, a JSON list, an object such as {"apple": 0, "pear": 1}, or the ' +
  'metadata.json of Teachable Machine';

/**
 * @param {string} text
 * @param {string} name
 */
function readJson(text, name) {
  return namesOf(parseJson(text, name, 'INVALID_ARGUMENT'));
}

/**
 * The class names in a JSON value. Other values give undefined.
 * @param {any} value
 * @returns {string[] | undefined}
 */
export function namesOf(value) {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return value.every(isName) ? value.map(String) : undefined;
  for (const key of LIST_KEYS) {
    if (typeof value[key] === 'object') return namesOf(value[key]);
  }
  const entries = Object.entries(value);
  if (entries.every(([, index]) => Number.isInteger(index))) {
    return inOrder(entries.map(([label, index]) => [index, label]));
  }
  // Keras' list of ImageNet has the WordNet id before each name.
  return inOrder(entries.map(([index, label]) => [Number(index), [label].flat().at(-1)]));
}

/** What Teachable Machine's own code gives to its models. */
export const TEACHABLE_MACHINE = /** @type {const} */ ({ preprocessing: 'tf', crop: 'center' });

/**
 * Whether a JSON value is the metadata.json of a Teachable Machine model.
 * @param {unknown} value
 */
export function isMetadata(value) {
  return /teachablemachine/.test(JSON.stringify(value) ?? '');
}

/**
 * What the metadata.json beside a model tells. Other files of this name tell nothing.
 * @param {Uint8Array} bytes
 */
export function openMetadata(bytes) {
  const value = tryJson(bytes, 'metadata.json');
  if (!isMetadata(value)) return {};
  return { labels: namesOf(value), labelsName: 'metadata.json', ...TEACHABLE_MACHINE };
}

/**
 * Names sorted by their indices, which must be 0, 1, 2 and so on.
 * @param {[index: number, name: unknown][]} entries
 */
function inOrder(entries) {
  /** @type {unknown[]} */
  const names = new Array(entries.length).fill(undefined);
  for (const [index, name] of entries) if (index in names) names[index] = name;
  return names.every(isName) ? names.map(String) : undefined;
}

/** @param {unknown} value */
function isName(value) {
  return typeof value === 'string' || typeof value === 'number';
}

/** @param {string} text */
function readLines(text) {
  const lines = text.split(/\r?\n|\r/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const numbered = lines.map((line) => /^(\d+)[\s:,]+(\S.*)$/.exec(line));
  // A number belongs to a name if all lines count up from 0. Else the names begin with digits.
  const areIndices = numbered.every((match, i) => match !== null && Number(match[1]) === i);
  return areIndices ? numbered.map((match, i) => match?.[2] ?? lines[i]) : lines;
}
