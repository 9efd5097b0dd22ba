/** Loads libraries when a file needs them. */

import { GradCamError } from '../base/errors.js';

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} load an import() with a literal name, for which bundlers look
 * @returns {Promise<T>}
 */
export async function library(name, load) {
  try {
    return await load();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const text = `the library ${name}, which reads this kind of file, does not load: ${reason}`;
    throw new GradCamError('FETCH_FAILED', text, { cause });
  }
}
