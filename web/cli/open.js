/** Opens what a command line names: models, labels, pictures and values of further inputs. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readUrl } from '../package/base/read.js';
import { GradCamError, loadModel } from '../package/index.js';
import { isAddress, nameInAddress } from './address.js';
import { findKnownModel } from './known-models.js';
import { readPreprocessingText } from './preprocessing.js';
import { UsageError } from './usage-error.js';

/** @import { Request } from './usage.js' */
/** @import { Model, Progress } from 'gradcam-wasm' */
/** @import { Messages } from './picture-run.js' */

/** Folders and files that systems and tools add. */
const HIDDEN = /^(\.|__MACOSX$|node_modules$)/;

/** Files that lie beside models and are no part of one. They may be many and large. */
const OTHER_FILE = new RegExp(
  '\\.(png|jpe?g|gif|bmp|webp|avif|svg|hei[cf]|tiff?|mp4|mov|avi|' +
    'csv|tsv|npy|npz|py|ipynb|md|pdf|log)$',
  'i',
);

const MAX_FILES = 10_000;

/**
 * @param {Request} request
 * @param {Messages} messages
 */
export async function open(request, messages) {
  const { source, options } = await locate(request, messages);
  return loadModel(source, options);
}

/** @param {Model} model that has several heads */
function headNote({ heads, head }) {
  const others = heads.filter((other) => other !== head).map(({ name }) => name);
  return `explains the output ${head.name}; --head gives another (${others.join(', ')})`;
}

/**
 * @param {Record<string, string>} texts numbers joined by ",", or "@" and the path of a JSON list
 * @returns {Promise<Record<string, number[]>>}
 */
export async function readFurtherInputs(texts) {
  const entries = Object.entries(texts).map(async ([name, text]) => {
    const isFile = text.startsWith('@');
    const json = isFile ? new TextDecoder().decode(await readInput(text.slice(1))) : `[${text}]`;
    return [name, readNumbers(name, json)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * @param {string} name of the input
 * @param {string} json a number, or a list of numbers or of lists
 * @returns {number[]}
 */
function readNumbers(name, json) {
  try {
    const list = [JSON.parse(json)].flat(Infinity);
    if (list.every((value) => typeof value === 'number')) return list;
  } catch {
    // Text that is no JSON has no numbers either.
  }
  const allowed = 'numbers joined by ",", or "@" and the path of a JSON list';
  throw new UsageError(`--input ${name} holds no numbers; allowed: ${allowed}`);
}

/**
 * Opens a model for its classes. A model with ImageNet's number of classes gets ImageNet's names if
 * nothing else names them.
 * @param {Request} request
 * @param {Messages} messages
 */
export async function openNamed(request, messages) {
  const { note } = messages;
  const { source, options } = await locate(request, messages);
  const defaultLabels = request.noLabels ? undefined : /** @type {const} */ ('imagenet');
  const model = await loadModel(source, { ...options, defaultLabels });
  if (model.labelsReason === 'imagenet') {
    note("named as ImageNet's classes; --no-labels leaves them out");
  }
  if (model.heads.length > 1 && request.head === undefined) note(headNote(model));
  return model;
}

/**
 * Finds the model and its labels. Options win over what is known of the model.
 * @param {Request} request
 * @param {Messages} messages
 */
export async function locate(request, messages) {
  const { model: path, labels, binary, architecture, alpha } = request;
  const { customObjects, inputSize, threads, head } = request;
  const { source, known } = await findSource(path, messages);
  const names = labels === undefined ? known?.labels : await readLabels(labels);
  const preprocessing = await readPreprocessing(request.preprocessing);
  const network = { architecture, alpha, customObjects, inputSize, head };
  return { source, options: { labels: names, binary, preprocessing, ...network, threads } };
}

/**
 * A model.json at an address has its shards beside it, so the package fetches all of them.
 * @param {string} path of a file or a folder, an address or "-"
 * @param {Messages} messages
 */
async function findSource(path, messages) {
  if (isAddress(path) && /\.json$/i.test(new URL(path).pathname)) return { source: new URL(path) };
  if (path === '-' || isAddress(path)) {
    const bytes = await readInput(path, messages);
    const name = path === '-' ? 'model' : nameInAddress(path);
    return {
      source: [new File([new Uint8Array(bytes)], name)],
      known: await findKnownModel(bytes),
    };
  }
  const info = await stat(path).catch(() => undefined);
  if (info?.isDirectory()) return { source: await readFolder(path) };
  return {
    source: pathToFileURL(resolve(path)),
    known: await findKnownModel(await readInput(path)),
  };
}

/** @param {Request['preprocessing']} given */
export async function readPreprocessing(given) {
  if (typeof given !== 'object' || !('file' in given)) return given;
  return readPreprocessingText(new TextDecoder().decode(await readInput(given.file)).trim());
}

/**
 * Reads the files of a folder, which may hold a model at any depth. The name of each is its path.
 * @param {string} folder
 */
async function readFolder(folder) {
  const files = [];
  for (const path of await modelPaths(folder)) {
    files.push(new File([new Uint8Array(await readFile(join(folder, path)))], path));
  }
  return files;
}

/**
 * The files of a folder that a model may have, by their paths in it.
 * @param {string} folder
 */
export async function modelPaths(folder) {
  const paths = await listFolder(folder);
  if (paths.length > 0) return paths;
  throw new GradCamError('INVALID_SOURCE', `${folder} has no files of a model in it`);
}

/**
 * @param {string} folder
 * @param {string} [inside] a folder in it
 * @returns {Promise<string[]>} the paths of files that a model may have, with "/" between folders
 */
async function listFolder(folder, inside = '') {
  const entries = await readdir(join(folder, inside), { withFileTypes: true });
  const paths = [];
  for (const entry of entries) {
    if (HIDDEN.test(entry.name) || OTHER_FILE.test(entry.name)) continue;
    const path = `${inside}${entry.name}`;
    if (entry.isFile()) paths.push(path);
    else if (entry.isDirectory()) paths.push(...(await listFolder(folder, `${path}/`)));
    if (paths.length > MAX_FILES) {
      const text = `${folder} has more than ${MAX_FILES} files; name the model's own folder`;
      throw new GradCamError('INVALID_SOURCE', text);
    }
  }
  return paths;
}

/**
 * @param {string} path of a file, an address, or "-" for standard input
 * @param {Pick<Messages, 'progress'>} [messages]
 * @returns {Promise<Uint8Array>}
 */
export async function readInput(path, messages) {
  if (isAddress(path)) return readUrl(addressOf(path), { onProgress: fetched(messages) });
  try {
    return path === '-' ? await readStandardInput() : await readFile(path);
  } catch (cause) {
    throw cannotRead(path, cause);
  }
}

/**
 * @param {string} path
 * @param {unknown} cause
 */
export function cannotRead(path, cause) {
  const reason = /** @type {Error} */ (cause).message.split(',')[0];
  return new GradCamError('INVALID_SOURCE', `cannot read ${path}: ${reason}`, { cause });
}

async function readStandardInput() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param {string} text */
function addressOf(text) {
  if (URL.canParse(text)) return new URL(text);
  throw new UsageError(`${text} is not an address`);
}

/**
 * @param {Pick<Messages, 'progress'>} [messages]
 * @returns {(progress: Progress) => void}
 */
function fetched(messages) {
  return ({ loaded, total }) => {
    const share = total > 0 ? ` of ${(total / 1e6).toFixed(1)}` : '';
    messages?.progress(`fetched ${(loaded / 1e6).toFixed(1)}${share} MB`);
  };
}

/**
 * The class names that the user gives, or those that the manifest has of a known model.
 * @param {string | undefined} given path of a file, or "imagenet"
 * @param {Uint8Array} [model] bytes of the model's file
 * @returns {Promise<File | readonly string[] | undefined>}
 */
export async function findLabels(given, model) {
  const known = given === undefined && model ? await findKnownModel(model) : undefined;
  const labels = given === undefined ? known?.labels : await readLabels(given);
  if (labels !== 'imagenet') return labels;
  return (await import('../package/files/imagenet.js')).names;
}

/**
 * @param {string} path of a file with class names, or "imagenet"
 * @returns {Promise<File | 'imagenet'>}
 */
async function readLabels(path) {
  if (path === 'imagenet') return path;
  return new File([new Uint8Array(await readInput(path))], path);
}
