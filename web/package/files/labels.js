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

import { GradCamError, choose, show } from '../base/errors.js';
import { part } from './library.js';

/**
 * Where the names of a model's classes are from:
 * - `option`: the caller gave them
 * - `file`: the model's files have them
 * - `imagenet`: they are the default for a model with as many classes as ImageNet has, 1,000
 * @typedef {'option' | 'file' | 'imagenet'} LabelsReason
 */

/**
 * What is known of the names of a model's classes.
 * @typedef {object} KnownLabels
 * @property {unknown} [given] by the caller
 * @property {string[]} [own] in the model's files
 * @property {string} [listName] the list that has them, for errors
 * @property {readonly string[]} [imagenet] the default for a model with as many classes
 */

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
  try {
    return namesOf(JSON.parse(text));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GradCamError('INVALID_ARGUMENT', `${name} is not JSON: ${reason}`, { cause });
  }
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
  const value = parseJson(bytes);
  if (!isMetadata(value)) return {};
  return { labels: namesOf(value), labelsName: 'metadata.json', ...TEACHABLE_MACHINE };
}

/**
 * @param {Uint8Array} bytes
 * @returns {any} undefined if they are no JSON
 */
export function parseJson(bytes) {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
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

const ALLOWED_LABELS = 'a list of texts, "imagenet", or a File with class names';

/** @param {string} text */
function readLines(text) {
  const lines = text.split(/\r?\n|\r/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  const numbered = lines.map((line) => /^(\d+)[\s:,]+(\S.*)$/.exec(line));
  // A number belongs to a name if all lines count up from 0. Else the names begin with digits.
  const areIndices = numbered.every((match, i) => match !== null && Number(match[1]) === i);
  return areIndices ? numbered.map((match, i) => match?.[2] ?? lines[i]) : lines;
}

/**
 * The names of ImageNet's classes, in their own module because few models need them.
 * @returns {Promise<string[]>}
 */
export async function readImagenet() {
  const { names } = await part('the list of names', () => import('./imagenet.js'));
  return [...names];
}

/** What errors call the list of ImageNet's names. */
export const IMAGENET_LIST = "the list of ImageNet's names";

/**
 * The names of ImageNet's classes as a default, for a model whose files have no names. Only a
 * configuration with this number can have 1,000 classes.
 * @param {unknown} wanted an option
 * @param {{ labels?: string[], config: string }} container
 */
export async function readDefault(wanted, { labels, config }) {
  if (wanted === undefined) return undefined;
  choose({ imagenet: true }, wanted, 'defaultLabels');
  return labels === undefined && /\b1000\b/.test(config) ? readImagenet() : undefined;
}

/**
 * @param {KnownLabels} known
 * @param {number} classCount
 * @returns {{ labels?: string[], labelsReason?: LabelsReason }}
 */
export function chooseLabels({ given, own, listName, imagenet }, classCount) {
  if (given !== undefined) {
    const labels = checkLabels(given, classCount, 'INVALID_ARGUMENT', listName);
    return { labels, labelsReason: 'option' };
  }
  if (own !== undefined) {
    const labels = checkLabels(own, classCount, 'INVALID_MODEL', listName);
    return { labels, labelsReason: 'file' };
  }
  if (imagenet?.length !== classCount) return {};
  return { labels: [...imagenet], labelsReason: 'imagenet' };
}

/**
 * @param {unknown} labels
 * @param {number} classCount
 * @param {'INVALID_ARGUMENT' | 'INVALID_MODEL'} code of the error
 * @param {string} [name] of the list, for errors
 * @returns {string[]}
 */
export function checkLabels(labels, classCount, code, name = 'the list of labels') {
  if (!Array.isArray(labels) || labels.some((label) => typeof label !== 'string')) {
    const text = `labels is ${show(labels)}; allowed: ${ALLOWED_LABELS}`;
    throw new GradCamError(code, text);
  }
  if (labels.length === classCount) return labels;
  const text = `${name} has ${labels.length} labels; the model has ${classCount} classes`;
  throw new GradCamError(code, text);
}
