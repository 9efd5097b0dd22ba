/** The package's script for workers, which pages and workers start. */

/** @type {(() => Worker) | undefined} */
let startOnPage;

/**
 * Says how a page starts the script. Entries for pages call it. The script itself must not have
 * its address as a bundler finds it: Next's bundler never ends where a script starts itself.
 * @param {() => Worker} start
 */
export function provideWorker(start) {
  startOnPage = start;
}

/** Starts the script. A worker that already runs the script starts it by the worker's address. */
export function startOwnWorker() {
  return startOnPage ? startOnPage() : startAgain();
}

function startAgain() {
  const { location } = globalThis;
  return new Worker(location.href, { type: isModule() ? 'module' : 'classic' });
}

/** Some bundlers make a classic script of the worker. Only such a script may import others so. */
function isModule() {
  try {
    /** @type {any} */ (globalThis).importScripts();
    return false;
  } catch {
    return true;
  }
}
