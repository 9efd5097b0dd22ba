/** Reads .keras files of Keras 3, which are zip files with the configuration and the weights. */

import { GradCamError } from '../base/errors.js';
import { library } from './library.js';
import { openWeightStore } from './hdf5.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { Container } from './index.js' */
/** @import { UnzipFileInfo } from 'fflate' */

const CONFIG = 'config.json';
const WEIGHTS = 'model.weights.h5';

/** The largest sizes after unpacking, in bytes. */
const MAX_BYTES = new Map([
  [CONFIG, 64 * 2 ** 20],
  [WEIGHTS, 2 ** 31 - 1],
]);

/** Weights do not pack better than this. A large file that does is refused as a zip bomb. */
const MAX_RATIO = 64;

/**
 * @param {Uint8Array} bytes
 * @param {Pause} pause
 * @returns {Promise<Container>}
 */
export async function openKeras(bytes, pause) {
  const files = await unzip(bytes);
  await pause();
  const config = files[CONFIG];
  const weights = files[WEIGHTS];
  if (!config) {
    throw new GradCamError(
      'INVALID_MODEL',
      `this zip file is not a Keras model; it has no ${CONFIG}`,
    );
  }
  if (!weights) throw new GradCamError('INVALID_MODEL', `the .keras file lacks ${WEIGHTS}`);
  return {
    config: new TextDecoder().decode(config),
    weights: await openWeightStore(weights, pause),
  };
}

/**
 * @param {Uint8Array} bytes
 * @returns {Promise<Record<string, Uint8Array>>} the files of the model
 */
async function unzip(bytes) {
  const { unzipSync } = await library('fflate', () => import('fflate'));
  try {
    return unzipSync(bytes, { filter: isWanted });
  } catch (cause) {
    if (cause instanceof GradCamError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GradCamError('INVALID_MODEL', `the .keras file cannot be unpacked: ${reason}`, {
      cause,
    });
  }
}

/** @param {UnzipFileInfo} file */
function isWanted({ name, size, originalSize }) {
  const limit = MAX_BYTES.get(name);
  if (limit === undefined) return false;
  const isBomb = originalSize > 64 * 2 ** 20 && originalSize > MAX_RATIO * size;
  if (originalSize > limit || isBomb) {
    const sizes = `${size} bytes that unpack to ${originalSize}`;
    throw new GradCamError('TOO_LARGE', `${name} in the .keras file has ${sizes}`);
  }
  return true;
}
