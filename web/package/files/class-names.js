/** Chooses the names of a model's classes. */

import { GradCamError, choose, show } from '../base/errors.js';
import { part } from '../base/parts.js';

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

const ALLOWED_LABELS = 'a list of texts, "imagenet", or a File with class names';

/**
 * Reads a list of names that is given as a file.
 * @param {Blob} file
 * @param {string} [name] of the file, for errors
 */
export async function readList(file, name) {
  const { parseLabels } = await part('the reader of names', () => import('./labels.js'));
  return parseLabels(await file.text(), name);
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
  const isList = Array.isArray(labels);
  // The length is compared first, because a list may have any length without having elements.
  const hasLength = isList && labels.length === classCount;
  if (!isList || (hasLength && ![...labels].every((label) => typeof label === 'string'))) {
    const text = `labels is ${show(labels)}; allowed: ${ALLOWED_LABELS}`;
    throw new GradCamError(code, text);
  }
  if (hasLength) return labels;
  const text = `${name} has ${labels.length} labels; the model has ${classCount} classes`;
  const isLine = labels.length === 1 && String(labels[0]).includes(',');
  throw new GradCamError(code, isLine ? `${text}; write each name on its own line` : text);
}
