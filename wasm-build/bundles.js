// What is made of a bundle's files.

import fs from 'node:fs';
import path from 'node:path';
import { writeAtomically } from './tools.js';

/** @typedef {import('rolldown').OutputChunk | import('rolldown').OutputAsset} OutputFile */

/** @param {OutputFile} file */
export function bytesOf(file) {
  return Buffer.from(file.type === 'chunk' ? file.code : file.source);
}

/**
 * The modules that a bundle is made of.
 * @param {OutputFile[]} output
 * @returns {string[]} their paths
 */
export function modulesIn(output) {
  return output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []));
}

/**
 * Leaves a file alone that is right: others may be reading it.
 * @param {string} file
 * @param {Buffer} bytes
 */
export function writeIfChanged(file, bytes) {
  if (fs.existsSync(file) && fs.readFileSync(file).equals(bytes)) return;
  fs.mkdirSync(path.dirname(file), { recursive: true });
  writeAtomically(file, bytes);
}
