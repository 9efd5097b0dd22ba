/** Writes files, none of them over one that exists unless the user wants that. */

import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { printable } from '../package/base/errors.js';
import { GradCamError, encodePng } from '../package/index.js';

/** @import { Pixels } from 'gradcam-wasm' */

/** The kinds of files of a map. */
export const FORMATS = ['png', 'json', 'npy', 'csv'];

/** A file that exists, which concerns one picture of many alone. */
export class FileExists extends GradCamError {}

/**
 * Refuses a path at which there is a file, which may be the model or the picture. Devices and pipes
 * hold nothing that can be lost.
 * @param {string} path
 * @param {boolean} force whether the file may be overwritten
 * @returns {Promise<'w' | 'wx'>} how the path may be opened
 */
export async function checkFree(path, force) {
  if (force) return 'w';
  const info = await stat(path).catch(() => undefined);
  if (!info) return 'wx';
  if (!info.isFile()) return 'w';
  throw new FileExists('INVALID_ARGUMENT', `${path} exists; --force overwrites it`);
}

/**
 * @param {string} path
 * @param {Uint8Array | string} bytes
 * @param {boolean} force
 */
export async function writeOutput(path, bytes, force) {
  const flag = await checkFree(path, force);
  try {
    await writeFile(path, bytes, { flag });
  } catch (cause) {
    throw cannot(`write ${path}`, cause);
  }
}

/**
 * @param {string} what
 * @param {unknown} cause
 */
export function cannot(what, cause) {
  const reason = /** @type {Error} */ (cause).message.split(',')[0];
  return new GradCamError('INVALID_ARGUMENT', `cannot ${what}: ${reason}`, { cause });
}

/**
 * Makes the folder of a file, and the folders that it lies in.
 * @param {string} path
 */
export async function makeFolderOf(path) {
  const folder = dirname(path);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw cannot(`make the folder ${folder}`, cause);
  }
}

/**
 * A PNG file with texts that say what it shows.
 * @param {Pixels} picture
 * @param {string} title
 * @param {object} settings
 */
export async function pngFile(picture, title, settings) {
  const Comment = JSON.stringify(settings);
  const text = { Title: printable(title), Software: 'gradcam-wasm', Comment };
  return encodePng(picture, { text });
}

/** Digits that tell a float32 from its neighbours. */
const DIGITS = 9;

/**
 * The numbers as comma-separated values, a line for each row of the map.
 * @param {Float32Array} data row-major
 * @param {number[]} shape [rows, ...]
 */
export function csvFile(data, [rows]) {
  const width = data.length / rows;
  const lines = Array.from({ length: rows }, (_, y) =>
    Array.from(data.subarray(y * width, (y + 1) * width), (value) =>
      String(Number(value.toPrecision(DIGITS))),
    ).join(','),
  );
  return `${lines.join('\n')}\n`;
}
