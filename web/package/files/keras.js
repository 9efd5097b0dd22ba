/**
 * Reads zip files. A .keras file of Keras 3 is a zip file with the configuration and the weights.
 * Other zip files hold a model's files, as Teachable Machine's downloads do.
 */

import { GradCamError } from '../base/errors.js';
import { library } from './library.js';
import { openWeightStore } from './hdf5.js';

/** @import { NamedFile } from '../base/source.js' */
/** @import { Container, Means } from './index.js' */
/** @import { UnzipFileInfo } from 'fflate' */

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';

/** The largest sizes after unpacking, in bytes. */
const MAX_BYTES = 2 ** 31 - 1;
const MAX_JSON_BYTES = 64 * 2 ** 20;

/** Weights do not pack better than this. A large file that does is refused as a zip bomb. */
const MAX_RATIO = 64;

/** Folders, and files that systems add to archives. They hold nothing. */
const CLUTTER = /(^|\/)(__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$)|\/$/;

/**
 * @param {Uint8Array} bytes
 * @param {Means} means
 * @param {(files: NamedFile[]) => Promise<Container>} [openFiles] opens the files of another
 *   archive. Without it such an archive is refused, because an archive may hold itself
 * @returns {Promise<Container>}
 */
export async function openZip(bytes, means, openFiles) {
  const { unzipSync } = await library('fflate', () => import('fflate'));
  const paths = listFiles(unzipSync, bytes);
  const read = (/** @type {string} */ path) => unpack(unzipSync, bytes, path);
  if (paths.includes(CONFIG)) return openKeras(paths, read, means);
  checkOrigin(paths);
  if (!openFiles) {
    throw new GradCamError('INVALID_MODEL', `the zip file in the zip file has no ${CONFIG}`);
  }
  if (paths.length === 0) throw new GradCamError('INVALID_MODEL', 'the zip file is empty');
  await means.pause();
  const files = paths.map((path) => ({
    name: path.slice(path.lastIndexOf('/') + 1),
    read: async () => read(path),
  }));
  return openFiles(files).catch((cause) => {
    if (!(cause instanceof GradCamError) || cause.code !== 'INVALID_SOURCE') throw cause;
    const text = `this zip file is not a Keras model: ${cause.message}`;
    throw new GradCamError('INVALID_MODEL', text, { cause });
  });
}

/**
 * @param {string[]} paths
 * @param {(path: string) => Uint8Array} read
 * @param {Means} means
 * @returns {Promise<Container>}
 */
async function openKeras(paths, read, means) {
  if (!paths.includes(WEIGHTS)) {
    throw new GradCamError('INVALID_MODEL', `the .keras file lacks ${WEIGHTS}`);
  }
  const config = new TextDecoder().decode(read(CONFIG));
  await means.pause();
  return { config, weights: await openWeightStore(read(WEIGHTS), means) };
}

/**
 * Refuses archives of other libraries, and .keras files without a configuration.
 * @param {string[]} paths
 */
function checkOrigin(paths) {
  if (paths.every((path) => path === WEIGHTS || path === 'metadata.json') && paths.length > 0) {
    throw new GradCamError('INVALID_MODEL', `the .keras file lacks ${CONFIG}`);
  }
  if (!paths.some((path) => /(^|\/)data\.pkl$/.test(path))) return;
  const text = 'this zip file is a model of PyTorch (data.pkl); only Keras models can be read';
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * The paths of all files in the archive, without unpacking any.
 * @param {typeof import('fflate').unzipSync} unzipSync
 * @param {Uint8Array} bytes
 */
function listFiles(unzipSync, bytes) {
  /** @type {string[]} */
  const paths = [];
  const filter = (/** @type {UnzipFileInfo} */ { name }) => {
    if (!CLUTTER.test(name)) paths.push(name);
    return false;
  };
  guarded(() => unzipSync(bytes, { filter }));
  return paths;
}

/**
 * @param {typeof import('fflate').unzipSync} unzipSync
 * @param {Uint8Array} bytes
 * @param {string} path
 * @returns {Uint8Array}
 */
function unpack(unzipSync, bytes, path) {
  const filter = (/** @type {UnzipFileInfo} */ file) => file.name === path && checkSize(file);
  return guarded(() => unzipSync(bytes, { filter })[path]);
}

/**
 * @template T
 * @param {() => T} read
 * @returns {T}
 */
function guarded(read) {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof GradCamError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GradCamError('INVALID_MODEL', `the zip file cannot be unpacked: ${reason}`, {
      cause,
    });
  }
}

/** @param {UnzipFileInfo} file */
function checkSize({ name, size, originalSize }) {
  const limit = name.endsWith('.json') ? MAX_JSON_BYTES : MAX_BYTES;
  const isBomb = originalSize > 64 * 2 ** 20 && originalSize > MAX_RATIO * size;
  if (originalSize > limit || isBomb) {
    const sizes = `${size} bytes that unpack to ${originalSize}`;
    throw new GradCamError('TOO_LARGE', `${name} in the zip file has ${sizes}`);
  }
  return true;
}
