/** Finds the pictures that a command line names. */

import { readdir, stat } from 'node:fs/promises';
import { basename, extname, join, resolve } from 'node:path';
import { GradCamError } from '../package/index.js';
import { isAddress, nameInAddress } from './address.js';
import { byName, expandPattern, isPattern } from './glob.js';

/**
 * @typedef {object} PictureFile
 * @property {string} path that readInput() takes
 * @property {string} inside the path from the folder that was named, or the name alone
 * @property {string} outName the start of the names of files that are made of it
 */

/** Files in folders that are taken for pictures. */
export const PICTURE = /\.(jpe?g|jfif|png|bmp|gif)$/i;

/**
 * @param {string[]} operands files, folders, patterns, addresses or "-"
 * @returns {Promise<PictureFile[]>} each once
 */
export async function findPictures(operands) {
  /** @type {Map<string, { path: string, inside: string }>} */
  const found = new Map();
  for (const operand of operands) {
    for (const picture of await expand(operand)) {
      const key = isNamed(picture.path) ? resolve(picture.path) : picture.path;
      if (!found.has(key)) found.set(key, picture);
    }
  }
  return withOutNames([...found.values()]);
}

/** @param {string} path */
function isNamed(path) {
  return path !== '-' && !isAddress(path);
}

/**
 * @param {string} operand
 * @returns {Promise<{ path: string, inside: string }[]>}
 */
async function expand(operand) {
  if (operand === '-') return [{ path: operand, inside: 'stdin' }];
  if (isAddress(operand)) return [{ path: operand, inside: nameInAddress(operand) }];
  const info = await stat(operand).catch(() => undefined);
  if (info?.isDirectory()) return picturesIn(operand);
  if (info || !isPattern(operand)) return [{ path: operand, inside: basename(operand) }];
  const paths = await expandPattern(operand);
  if (paths.length > 0) return (await Promise.all(paths.map(expand))).flat();
  throw new GradCamError('INVALID_SOURCE', `no file matches ${operand}`);
}

/** @param {string} folder */
async function picturesIn(folder) {
  const names = await list(folder, '');
  if (names.length > 0) return names.map((name) => ({ path: join(folder, name), inside: name }));
  const kinds = 'JPEG, PNG, BMP and GIF files are read';
  throw new GradCamError('INVALID_SOURCE', `${folder} has no pictures in it; ${kinds}`);
}

/**
 * The pictures at any depth, but for hidden files and folders.
 * @param {string} folder
 * @param {string} inside "" or a path in the folder with "/" at its end
 * @returns {Promise<string[]>}
 */
async function list(folder, inside) {
  const entries = await readdir(join(folder, inside), { withFileTypes: true });
  const shown = entries.filter(({ name }) => !name.startsWith('.') && name !== '__MACOSX');
  const names = [];
  for (const entry of shown.sort((a, b) => byName(a.name, b.name))) {
    const path = `${inside}${entry.name}`;
    if (entry.isDirectory()) names.push(...(await list(folder, `${path}/`)));
    else if (PICTURE.test(entry.name)) names.push(path);
  }
  return names;
}

/**
 * Gives each picture a name without its ending. Two of the same name keep the ending or are
 * numbered.
 * @param {{ path: string, inside: string }[]} pictures
 * @returns {PictureFile[]}
 */
function withOutNames(pictures) {
  const stems = pictures.map(({ inside }) => inside.slice(0, -extname(inside).length || undefined));
  const counts = countOf(stems);
  /** @type {Map<string, number>} */
  const used = new Map();
  return pictures.map(({ path, inside }, i) => {
    const name = counts.get(stems[i]) === 1 ? stems[i] : inside;
    const number = (used.get(name) ?? 0) + 1;
    used.set(name, number);
    return { path, inside, outName: number === 1 ? name : `${name}-${number}` };
  });
}

/** @param {string[]} names */
function countOf(names) {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
