/** The second thread of limitOfTwo. */

import { serveRounds } from './limit.js';

if (typeof process === 'undefined') {
  addEventListener('message', ({ data }) => (postMessage('ready'), serveRounds(data)), {
    once: true,
  });
} else {
  const name = 'node:worker_threads';
  const { parentPort, workerData } = await import(name);
  parentPort.postMessage('ready');
  serveRounds(workerData);
}
