/** The bytes of a model file from a server, a disk or memory. */

import { besideUrl } from './beside.js';
import { GradCamError, show } from './errors.js';
import { readStream, readUrl } from './read.js';
import { fileName, resolveUrl } from './url.js';

/** @import { ReadOptions } from './read.js' */

/**
 * A file as its address, as a File that a user chose or dropped, or as its bytes.
 * @typedef {string | URL | Blob | ArrayBuffer | ArrayBufferView} FileSource
 */

/**
 * A model as one file, or as several files in any order. Several files are a model.json of
 * TensorFlow.js with its shards, or a configuration with weights. Class names may be among them.
 * Names or webkitRelativePath of files may say in which folders they lie. If model.json is given as
 * an address, its shards are fetched relative to it.
 * @typedef {FileSource | readonly File[] | FileList} ModelSource
 */

/**
 * The files of a model.
 * @typedef {object} ModelFiles
 * @property {string} name of the main file, "" if it has none
 * @property {Uint8Array} bytes of the main file
 * @property {(paths: string[], total: number) => Promise<Uint8Array[]>} readBeside reads files by
 *   their paths from the main one, which have `total` bytes together
 */

/**
 * A file of a folder or a zip file.
 * @typedef {object} NamedFile
 * @property {string} name without folders
 * @property {string} path from the folder that all files are in, "export/model.json"
 * @property {() => Promise<Uint8Array>} read
 */

/**
 * How far a model is loaded. In the phase `fetch` bytes of the file are counted, and `total` is 0
 * if the server does not tell the size. In the phase `weights` values are handed to the engine. In
 * the phase `plan` the network is prepared.
 * @typedef {{ phase: 'fetch' | 'weights' | 'plan', loaded: number, total: number }} Progress
 */

/** The most files that a model may have. */
const MAX_FILES = 100_000;

/**
 * @param {ModelSource} source
 * @param {ReadOptions} options
 * @returns {Promise<ModelFiles | NamedFile[]>} several files as they were given
 */
export async function openSource(source, options) {
  const { File, FileList } = globalThis;
  if (File && source instanceof File) return openFiles([source], options);
  if (Array.isArray(source)) return openFiles(source, options);
  if (FileList && source instanceof FileList) return openFiles([...source], options);
  const file = /** @type {FileSource} */ (source);
  const isAddress = typeof file === 'string' || file instanceof URL;
  if (!isAddress) return { name: '', bytes: await readSource(file, options), readBeside: readNone };
  const url = resolveUrl(file);
  const readBeside = async (/** @type {string[]} */ paths, /** @type {number} */ total) => {
    const urls = paths.map((path) => besideUrl(url, path));
    return readAll(urls, url, total, options);
  };
  const hasFolder = ['http:', 'https:', 'file:'].includes(url.protocol);
  const bytes = await readUrl(url, options);
  return { name: fileName(url), bytes, readBeside: hasFolder ? readBeside : readNone };
}

/**
 * @param {string[]} paths
 * @returns {Promise<never>}
 */
async function readNone(paths) {
  const text = `the model needs ${paths.join(', ')} too; give all its files, or its address`;
  throw new GradCamError('INVALID_SOURCE', text);
}

/**
 * @param {unknown[]} files
 * @param {ReadOptions} options
 * @returns {Promise<ModelFiles | NamedFile[]>}
 */
async function openFiles(files, options) {
  const named = files.length > MAX_FILES ? [] : files.filter((file) => file instanceof File);
  if (named.length === 0 || named.length < files.length) {
    const text = `the model is ${show(files)}; allowed: a list of Files`;
    throw new GradCamError('INVALID_SOURCE', text);
  }
  const list = countTogether(named, options);
  const [{ name, read }] = list;
  return list.length > 1 ? list : { name, bytes: await read(), readBeside: readNone };
}

/**
 * Files that are read when they are needed. Progress counts the bytes of all that were read.
 * @param {File[]} files
 * @param {ReadOptions} options
 * @returns {NamedFile[]}
 */
function countTogether(files, { onProgress, signal }) {
  let before = 0;
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const report = ({ loaded = 0 }) =>
    onProgress?.({ phase: 'fetch', loaded: before + loaded, total });
  return files.map((file) => ({
    ...nameOf(file),
    read: async () => {
      const bytes = await readSource(file, { onProgress: report, signal });
      before += bytes.length;
      return bytes;
    },
  }));
}

/**
 * A file of a chosen folder knows its path. Other files may have it as their name.
 * @param {File} file
 */
function nameOf(file) {
  return withPath(
    /** @type {{ webkitRelativePath?: string }} */ (file).webkitRelativePath || file.name,
  );
}

/** @param {string} path */
export function withPath(path) {
  return { path, name: path.slice(path.lastIndexOf('/') + 1) };
}

/**
 * Reads the files that a model names, one after another, and counts their bytes together.
 * @param {URL[]} urls
 * @param {URL} model
 * @param {number} total bytes that the model says they have
 * @param {ReadOptions} options
 */
async function readAll(urls, model, total, { onProgress, signal }) {
  /** @type {Uint8Array[]} */
  const files = [];
  let before = 0;
  for (const url of urls) {
    const report = ({ loaded = 0 }) =>
      onProgress?.({ phase: 'fetch', loaded: before + loaded, total });
    const beside = { model, limit: total - before };
    const bytes = await readUrl(url, { onProgress: report, signal }, beside);
    files.push(bytes);
    before += bytes.length;
  }
  return files;
}

/**
 * Whether bytes have gone to another thread.
 * @param {unknown} source
 */
function isDetached(source) {
  const buffer = ArrayBuffer.isView(source) ? source.buffer : source;
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength > 0) return false;
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    return true;
  }
}

/**
 * @param {FileSource} source
 * @param {ReadOptions} options
 * @returns {Promise<Uint8Array>}
 */
export async function readSource(source, options) {
  if (isDetached(source)) throw new GradCamError('INVALID_SOURCE', 'the bytes were transferred');
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  if (source instanceof Blob) return readStream(source.stream(), source.size, options);
  if (typeof source === 'string' || source instanceof URL) {
    return readUrl(resolveUrl(source), options);
  }
  const allowed = 'an address, a File or Blob, a list of Files, an ArrayBuffer or a Uint8Array';
  throw new GradCamError('INVALID_SOURCE', `the model is ${show(source)}; allowed: ${allowed}`);
}
