/** A thread of Node that looks like a browser's worker from both sides. */

import { Worker } from 'node:worker_threads';

/** @import { Request } from '../../web/package/worker/protocol.js' */

/**
 * Starts a thread with the script of the package's worker.
 * @param {(request: Request) => void} [note] is called with all that is posted to the thread
 */
export function startThread(note) {
  const thread = new Worker(new URL('./worker-thread.js', import.meta.url));
  return {
    postMessage(/** @type {any} */ message) {
      note?.(message);
      thread.postMessage(message);
    },
    terminate: () => void thread.terminate(),
    addEventListener: (/** @type {string} */ type, /** @type {Function} */ listener) =>
      thread.on(type, (value) => listener(type === 'message' ? { data: value } : value)),
  };
}
