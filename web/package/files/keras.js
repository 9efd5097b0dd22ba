/**
 * Opens zip files. A .keras file of Keras 3 is a zip file with the configuration and the weights.
 * Other zip files hold a model's files, as Teachable Machine's downloads do.
 */

import { GradCamError } from '../base/errors.js';
import { parseJson } from '../base/json.js';
import { withPath } from '../base/source.js';
import { openWeightStore } from './hdf5.js';
import { noteVersion, versionOf } from './version.js';
import { listZip, readZipEntry } from './zip.js';

/** @import { NamedFile } from '../base/source.js' */
/** @import { Container, Means } from './index.js' */
/** @import { ZipEntry } from './zip.js' */

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';

/** The largest sizes after unpacking, in bytes. */
const MAX_BYTES = 2 ** 31 - 1;
const MAX_JSON_BYTES = 64 * 2 ** 20;

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
  const entries = listZip(bytes);
  const paths = [...entries.keys()].filter((path) => !CLUTTER.test(path));
  const read = async (/** @type {string} */ path) => {
    const entry = /** @type {ZipEntry} */ (entries.get(path));
    const limit = path.endsWith('.json') ? MAX_JSON_BYTES : MAX_BYTES;
    return readZipEntry(bytes, entry, limit, means.pause);
  };
  if (paths.includes(CONFIG)) return openKeras(paths, read, means);
  checkOrigin(paths);
  if (!openFiles) {
    throw new GradCamError('INVALID_MODEL', `the zip file in the zip file has no ${CONFIG}`);
  }
  if (paths.length === 0) throw new GradCamError('INVALID_MODEL', 'the zip file is empty');
  await means.pause();
  const files = paths.map((path) => ({ ...withPath(path), read: () => read(path) }));
  return openFiles(files).catch((cause) => {
    if (!(cause instanceof GradCamError) || cause.code !== 'INVALID_SOURCE') throw cause;
    const text = `this zip file is not a Keras model: ${cause.message}`;
    throw new GradCamError('INVALID_MODEL', text, { cause });
  });
}

/**
 * @param {string[]} paths
 * @param {(path: string) => Promise<Uint8Array>} read
 * @param {Means} means
 * @returns {Promise<Container>}
 */
async function openKeras(paths, read, means) {
  if (!paths.includes(WEIGHTS)) {
    throw new GradCamError('INVALID_MODEL', `the .keras file lacks ${WEIGHTS}`);
  }
  const json = await read(CONFIG);
  parseJson(json, `${CONFIG} in the .keras file`);
  const metadata = paths.includes('metadata.json') ? await read('metadata.json') : undefined;
  const version = metadata && versionOf(metadata);
  const config = noteVersion(new TextDecoder().decode(json), version);
  await means.pause();
  const { weights, hasOptimizer } = await openWeightStore(await read(WEIGHTS), means);
  const kerasVersion = typeof version === 'string' ? version : null;
  return { config, weights, file: { kerasVersion, hasOptimizer } };
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
