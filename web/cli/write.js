/** Writes files, none of them over one that exists unless the user wants that. */

import { mkdir, stat, writeFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { GradCamError, encodePng } from '../package/index.js';

/**
 * @param {string} path
 * @param {ImageData} overlay
 * @param {boolean} force
 */
export async function writeOverlay(path, overlay, force) {
  await writeOutput(path, await encodePng(overlay), force);
}

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
  throw new GradCamError('INVALID_ARGUMENT', `${path} exists; --force overwrites it`);
}

/**
 * @param {string} path
 * @param {Uint8Array} bytes
 * @param {boolean} force
 */
export async function writeOutput(path, bytes, force) {
  const flag = await checkFree(path, force);
  try {
    await writeFile(path, bytes, { flag });
  } catch (cause) {
    const reason = /** @type {Error} */ (cause).message.split(',')[0];
    throw new GradCamError('INVALID_ARGUMENT', `cannot write ${path}: ${reason}`, { cause });
  }
}

/**
 * Writes numbers as a file of NumPy's format, version 1.0.
 * @param {string} path
 * @param {Float32Array} data
 * @param {number[]} shape
 * @param {boolean} force
 */
export async function writeNpy(path, data, shape, force) {
  await writeOutput(path, encodeNpy(data, shape), force);
}

/**
 * @param {Float32Array} data row-major
 * @param {number[]} shape
 */
export function encodeNpy(data, shape) {
  const order = endianness() === 'LE' ? '<' : '>';
  const axes = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '${order}f4', 'fortran_order': False, 'shape': ${axes}, }`;
  // The magic bytes, the version, the header's length and the header fill whole blocks of 64 bytes.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64;
  const bytes = Buffer.alloc(length + data.byteLength, ' ');
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(length - 10, 8);
  bytes.write(`${header}`, 10, 'latin1');
  bytes.write('\n', length - 1);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), length);
  return bytes;
}

/**
 * Makes a folder, and the folders that it lies in.
 * @param {string} path
 */
export async function makeFolder(path) {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    const reason = /** @type {Error} */ (cause).message.split(',')[0];
    throw new GradCamError('INVALID_ARGUMENT', `cannot make the folder ${path}: ${reason}`, {
      cause,
    });
  }
}
