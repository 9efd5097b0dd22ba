/** Calls a worker that may have died. It is started again once. */

import { GradCamError } from 'gradcam-wasm/worker';
import { WORKER_SILENT } from './texts.js';

/** A worker that says nothing for so long is taken for dead, in milliseconds. */
const PATIENCE = 10_000;
/** The second worker opens the model again before it answers. */
const SECOND_PATIENCE = 60_000;

/** @type {Set<() => void>} those who wait. All calls go to one worker, one after another */
const waiting = new Set();

class SilentError extends Error {
  constructor() {
    super(WORKER_SILENT);
  }
}

/**
 * @template Result
 * @param {(signal: AbortSignal, heard: () => void) => Promise<Result>} call an abort of the signal
 *   stops the worker. The call says through `heard` that the worker is alive
 * @param {{ signal: AbortSignal, patience?: number }} options
 * @returns {Promise<Result>}
 */
export async function attend(call, { signal, patience = PATIENCE }) {
  try {
    return await listen(call, signal, patience);
  } catch (error) {
    if (signal.aborted || !isDeath(error)) throw error;
    return listen(call, signal, Math.max(patience, SECOND_PATIENCE));
  }
}

/**
 * @template Result
 * @param {(signal: AbortSignal, heard: () => void) => Promise<Result>} call
 * @param {AbortSignal} signal
 * @param {number} patience
 */
async function listen(call, signal, patience) {
  const silence = new AbortController();
  const giveUp = () => silence.abort(new SilentError());
  let last = performance.now();
  // A model is heard of hundreds of times, so no timer is set each time.
  const watch = () => {
    const left = last + patience - performance.now();
    if (left > 0) timer = setTimeout(watch, left);
    else giveUp();
  };
  let timer = setTimeout(watch, patience);
  const wait = () => void (last = performance.now());
  // A call that waits for a long one hears of its steps, too.
  const heard = () => waiting.forEach((wait) => wait());
  waiting.add(wait);
  try {
    return await call(AbortSignal.any([signal, silence.signal]), heard);
  } finally {
    waiting.delete(wait);
    clearTimeout(timer);
  }
}

/** @param {unknown} error */
function isDeath(error) {
  const isFailure = error instanceof GradCamError && error.code === 'WORKER_FAILED';
  return error instanceof SilentError || isFailure;
}
