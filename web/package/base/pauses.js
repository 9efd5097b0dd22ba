/** Pauses in long work, in which the events of the page get through. */

/**
 * To be called, and awaited, wherever work may pause.
 * @typedef {() => Promise<void>} Pause
 */

/** How long work goes on without one, in milliseconds: a frame, at 60 a second. */
const LONGEST = 16;

/**
 * A function that pauses if the last pause is long enough ago.
 * @param {AbortSignal} [signal] that ends the work
 * @returns {Pause}
 */
export function pauses(signal) {
  let last = performance.now();
  return async () => {
    if (performance.now() - last >= LONGEST) {
      await nextTask();
      last = performance.now();
    }
    signal?.throwIfAborted();
  };
}

/** A message: timers of a page in the background wait for a second. @returns {Promise<void>} */
function nextTask() {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => (port1.close(), resolve());
    port2.postMessage(undefined);
  });
}
