/** Loads libraries, and parts of the package, when a file needs them. */

import { GradCamError } from '../base/errors.js';

/**
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} load an import() with a literal name, for which bundlers look
 * @returns {Promise<T>}
 */
export function library(name, load) {
  return part(`the library ${name}, which reads this kind of file,`, load);
}

/**
 * @template T
 * @param {string} what is loaded, for errors
 * @param {() => Promise<T>} load an import() with a literal name, for which bundlers look
 * @returns {Promise<T>}
 */
export async function part(what, load) {
  try {
    return await load();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const why = 'ServiceWorkerGlobalScope' in globalThis ? IN_SERVICE_WORKER : `: ${reason}`;
    throw new GradCamError('FETCH_FAILED', `${what} does not load${why}`, { cause });
  }
}

/** Browsers allow no import() there. The reader of .safetensors files is always loaded. */
const IN_SERVICE_WORKER =
  ' in a service worker, which can open .safetensors files only; convertModel writes them, and a ' +
  'page or its worker opens all kinds';
