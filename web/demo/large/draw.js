/** Starts a worker for one large picture, and stops it. */

import { abortable } from '../abort.js';

/**
 * What the worker gets.
 * @typedef {{ bitmap: ImageBitmap, width: number, height: number }} LargeJob
 */

/**
 * @param {LargeJob} job whose bitmap goes to the worker
 * @param {AbortSignal} [signal]
 * @returns {Promise<ImageData>}
 */
export async function drawLarge({ bitmap, width, height }, signal) {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  try {
    /** @type {ArrayBuffer} */
    const buffer = await abortable(signal, (resolve, reject) => {
      worker.addEventListener('error', ({ message }) =>
        reject(new Error(message || 'The worker failed.')),
      );
      worker.addEventListener('message', ({ data }) => {
        if (data.buffer) resolve(data.buffer);
        else reject(new Error(data.error));
      });
      worker.postMessage({ bitmap, width, height }, [bitmap]);
    });
    return new ImageData(new Uint8ClampedArray(buffer), width, height);
  } finally {
    worker.terminate();
  }
}
