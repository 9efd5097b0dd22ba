/**
 * Fetches what the page shows first. The page imports this module before all others, because the
 * browser fetches while it sets up the page.
 */

import { init } from 'gradcam-wasm/worker';
import { attend } from './attend.js';
import { isDemo, samples } from './catalog.js';
import { fetchFirstAnswer } from './first.js';
import { prefetchPicture } from './picture.js';

/** Whether the address asks for nothing but the page. */
export const isPlainAddress = location.hash.length < 2 && !/[?&]model=/.test(location.search);

if (isPlainAddress) startEngine();

/** Settles when the first picture is there. The model waits for it, because it is far larger. */
export const firstPicture = isDemo && isPlainAddress ? prefetchPicture(samples[0]) : undefined;

/** The first answer, if the page opens with it. */
export const firstAnswer = isDemo && isPlainAddress ? fetchFirstAnswer() : undefined;

/** Starts the worker and its engine while the first picture comes. */
async function startEngine() {
  const { signal } = new AbortController();
  try {
    await attend((signal) => init({ signal }), { signal, patience: 60_000 });
  } catch {
    // The model's call starts another, and reports a failure.
  }
}
