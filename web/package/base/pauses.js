/** Pauses in long work, in which the page handles its events. */

/**
 * Awaited wherever work may pause.
 * @typedef {() => Promise<void>} Pause
 */

/** Milliseconds between pauses, which are a frame at 60 frames a second. */
const LONGEST = 16;

/**
 * Returns a function that yields to the event loop when 16 ms have passed since the last yield.
 * @param {AbortSignal} [signal] ends the work
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

/**
 * Waits until events were handled. A timer would wait for a second on a page in the background, so
 * a page waits for a message. Node may handle a new message before older events.
 * @returns {Promise<void>}
 */
function nextTask() {
  if (typeof setImmediate === 'function') return new Promise((resolve) => setImmediate(resolve));
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port1.onmessage = () => (port1.close(), resolve());
    port2.postMessage(undefined);
  });
}
