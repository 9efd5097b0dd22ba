/** Goes through many pictures with one model. A picture that fails does not stop the others. */

import { GradCamError } from '../package/index.js';
import { OutputError } from './output-error.js';
import { FileExists } from './write.js';

/** @import { GradCamErrorCode } from 'gradcam-wasm' */
/** @import { Messages } from './picture-run.js' */
/** @import { PictureFile } from './pictures.js' */

/**
 * What concerns one picture alone. Other errors would come again with each picture.
 * @type {GradCamErrorCode[]}
 */
const OF_PICTURE = [
  ...['INVALID_IMAGE', 'INVALID_INPUT', 'INVALID_SOURCE', 'FETCH_FAILED'],
  ...['TOO_LARGE', 'OUT_OF_MEMORY', 'INVALID_MODEL'],
].map((code) => /** @type {GradCamErrorCode} */ (code));

/**
 * @param {PictureFile[]} pictures
 * @param {Messages} messages
 * @param {(picture: PictureFile, isFirst: boolean) => Promise<void>} work
 * @param {(picture: PictureFile, error: GradCamError) => Promise<void>} [failed] says more of a
 *   failure
 * @returns {Promise<number>} how many pictures failed
 */
export async function eachPicture(pictures, messages, work, failed) {
  const count = pictures.length;
  let failures = 0;
  for (const [i, picture] of pictures.entries()) {
    const place = count > 1 ? `picture ${i + 1} of ${count}: ` : 'looking at ';
    messages.progress(`${place}${picture.inside}`);
    try {
      await work(picture, i === failures);
    } catch (error) {
      if (error instanceof OutputError && count > 1) throw error.after(i, count);
      if (count === 1 || !isOfPicture(error)) throw error;
      failures++;
      messages.note(`${picture.path}: ${error.message}`);
      await failed?.(picture, error);
    }
  }
  return failures;
}

/**
 * @param {number} failures
 * @param {number} count of all pictures
 */
export function checkFailures(failures, count) {
  if (failures === 0) return;
  throw new GradCamError('INVALID_IMAGE', `${failures} of ${count} pictures failed`);
}

/**
 * @param {unknown} error
 * @returns {error is GradCamError}
 */
export function isOfPicture(error) {
  if (error instanceof FileExists) return true;
  return error instanceof GradCamError && OF_PICTURE.includes(error.code);
}
