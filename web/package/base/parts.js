/**
 * Loads parts of the package when they are needed. Every import() of the package is in a call of
 * part(), with a literal name and a literal address. The build makes gradcam-wasm/whole of these.
 */

import { GradCamError } from '../base/errors.js';

/** @type {Map<string, unknown>} modules that are in memory, by the names of the parts */
const present = new Map();

/**
 * Says which parts are in memory. gradcam-wasm/whole calls it with all of them.
 * @param {Record<string, unknown>} parts modules by the names of the parts
 */
export function provideParts(parts) {
  for (const [what, module] of Object.entries(parts)) present.set(what, module);
}

/**
 * @template T
 * @param {string} what is loaded, for errors. Each part has a name of its own
 * @param {() => Promise<T>} load an import() with a literal name, for which bundlers look
 * @returns {Promise<T>}
 */
export async function part(what, load) {
  try {
    return /** @type {T | undefined} */ (present.get(what)) ?? (await load());
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const why = 'ServiceWorkerGlobalScope' in globalThis ? IN_SERVICE_WORKER : `: ${reason}`;
    throw new GradCamError('FETCH_FAILED', `${what} does not load${why}`, { cause });
  }
}

/** Browsers allow no import() there. */
const IN_SERVICE_WORKER =
  ' in a service worker, which loads no code on demand; import gradcam-wasm/whole there, which ' +
  'has all parts';
