/** Gives a thread of Node the globals that the worker script uses in a browser. */

import { parentPort } from 'node:worker_threads';

const port = /** @type {import('node:worker_threads').MessagePort} */ (parentPort);

Object.assign(globalThis, {
  postMessage: port.postMessage.bind(port),
  /**
   * @param {string} type
   * @param {(event: { data: unknown }) => void} listener
   */
  addEventListener: (type, listener) => port.on(type, (data) => listener({ data })),
});

await import('../../web/package/worker/worker.js');
