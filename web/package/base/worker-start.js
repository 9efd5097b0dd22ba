/** Starts the worker's script from a page. The script lies beside this file. */

import { startWorker } from './foreign.js';

/** @returns {Worker} */
export function startBeside() {
  const here = import.meta.url;
  // Bundlers look for an address in exactly this form.
  const start = () =>
    new Worker(new URL('../worker/worker.js', import.meta.url), { type: 'module' });
  return startWorker(start, new URL('../worker/worker.js', here));
}
