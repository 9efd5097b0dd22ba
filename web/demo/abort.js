/** Waits for work that a signal may abort. A signal that lives on keeps nothing of the work. */

/**
 * Calls a listener if the signal aborts before the work ends.
 * @template Result
 * @param {AbortSignal | undefined} signal
 * @param {() => void} listener
 * @param {() => Promise<Result>} work
 * @returns {Promise<Result>}
 */
export async function listening(signal, listener, work) {
  signal?.addEventListener('abort', listener, { once: true });
  try {
    return await work();
  } finally {
    signal?.removeEventListener('abort', listener);
  }
}

/**
 * A promise that rejects as soon as the signal aborts.
 * @template Result
 * @param {AbortSignal | undefined} signal
 * @param {(resolve: (result: Result) => void, reject: (reason: unknown) => void) => void} start
 * @returns {Promise<Result>}
 */
export async function abortable(signal, start) {
  signal?.throwIfAborted();
  let refuse = (/** @type {unknown} */ _reason) => {};
  /** @type {Promise<Result>} */
  const work = new Promise((resolve, reject) => {
    refuse = reject;
    start(resolve, reject);
  });
  return listening(
    signal,
    () => refuse(signal?.reason),
    () => work,
  );
}
