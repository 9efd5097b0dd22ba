/** Starts a worker for one file, and stops it. */

import { loadImage } from 'gradcam-wasm/worker';
import { abortable } from '../abort.js';

/** @import { Shown, Snapshot } from './snapshot.js' */

/**
 * @typedef {object} Job
 * @property {'captioned' | 'plain' | 'sheet' | 'json' | 'npy' | 'report'} kind
 * @property {Snapshot} snapshot
 * @property {{ shown: Shown, seen: ImageData }[]} panes all of the page
 * @property {boolean} carried whether the user's own picture goes into the PNG
 * @property {ImageData} [pixels] of a picture that only the page can decode
 */

/**
 * @param {Job} job
 * @param {{ signal: AbortSignal, onProgress: (share: number) => void }} options
 * @returns {Promise<Blob>}
 */
export async function make(job, { signal, onProgress }) {
  // A worker cannot draw SVG, because that takes an element.
  const isDrawn = job.kind === 'captioned' || job.kind === 'plain';
  const isSvg = isDrawn && job.snapshot.shown.file.type.startsWith('image/svg');
  const pixels = isSvg ? await loadImage(job.snapshot.shown.file, { signal }) : undefined;
  signal.throwIfAborted();
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  try {
    return await abortable(signal, (resolve, reject) => {
      worker.addEventListener('error', (event) =>
        reject(new Error(event.message || 'The worker failed.')),
      );
      worker.addEventListener('message', ({ data }) => {
        if (data.share !== undefined) onProgress(data.share);
        if (data.blob) resolve(data.blob);
        if (data.error) reject(new Error(data.error));
      });
      worker.postMessage({ ...job, pixels });
    });
  } finally {
    worker.terminate();
  }
}
