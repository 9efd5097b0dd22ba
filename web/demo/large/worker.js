/** Reads the pixels of one large picture. Scaling it down would block the page for too long. */

import { pixelsOf } from '../pixels.js';

/** @import { LargeJob } from './draw.js' */

addEventListener('message', ({ data }) => {
  const { bitmap, width, height } = /** @type {LargeJob} */ (data);
  try {
    const { buffer } = pixelsOf(bitmap, width, height).data;
    postMessage({ buffer }, { transfer: [buffer] });
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
