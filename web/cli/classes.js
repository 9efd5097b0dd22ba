/** Finds the classes that a command line names. */

import { GradCamError } from '../package/index.js';

/** @import { Model } from 'gradcam-wasm' */

/** How many labels an error lists. */
const LISTED = 5;

/**
 * The indices of classes.
 * @param {Model} model
 * @param {(string | number)[] | undefined} classes labels and indices
 * @returns {number[] | undefined}
 */
export function classIndices(model, classes) {
  return classes?.map((one) => (typeof one === 'number' ? one : indexOfLabel(model, one)));
}

/**
 * The index of the class with a label. Capital letters count only if that makes it clear.
 * @param {Model} model
 * @param {string} label
 */
function indexOfLabel({ labels }, label) {
  const text = JSON.stringify(label);
  if (!labels) {
    const cure = 'give its index, or --labels FILE';
    throw new GradCamError('INVALID_TARGET', `the classes have no names, so not ${text}; ${cure}`);
  }
  const exact = indicesWhere(labels, (name) => name === label);
  const found = exact.length > 0 ? exact : indicesWhere(labels, (name) => isSame(name, label));
  if (found.length === 1) return found[0];
  if (found.length > 1) {
    const cure = `give an index: ${found.slice(0, LISTED).join(', ')}`;
    throw new GradCamError('INVALID_TARGET', `${found.length} classes are named ${text}; ${cure}`);
  }
  const near = nearest(labels, label).map((name) => JSON.stringify(name));
  const cure = `the nearest names are ${near.join(', ')}`;
  throw new GradCamError('INVALID_TARGET', `no class is named ${text}; ${cure}`);
}

/**
 * @param {readonly string[]} labels
 * @param {(name: string) => boolean} test
 */
function indicesWhere(labels, test) {
  return labels.flatMap((name, i) => (test(name) ? [i] : []));
}

/**
 * Whether two names differ in capitals, spaces, hyphens and underscores at most.
 * @param {string} a
 * @param {string} b
 */
export function isSame(a, b) {
  return plain(a) === plain(b);
}

/** @param {string} name */
export function plain(name) {
  return name
    .normalize('NFC')
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ')
    .trim();
}

/**
 * @param {readonly string[]} labels
 * @param {string} label
 */
function nearest(labels, label) {
  const given = plain(label);
  const ranked = [...new Set(labels)].map((name) => {
    const known = plain(name);
    return { name, distance: known.includes(given) ? 0 : editDistance(known, given) };
  });
  ranked.sort((a, b) => a.distance - b.distance);
  return ranked.slice(0, LISTED).map(({ name }) => name);
}

/**
 * How many characters have to be changed, added or removed to make one text of the other.
 * @param {string} a
 * @param {string} b
 */
function editDistance(a, b) {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(changed, above[j] + 1, row[j - 1] + 1));
    }
    above = row;
  }
  return above[b.length];
}
