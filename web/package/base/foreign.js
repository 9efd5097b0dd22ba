/** Scripts of workers that lie on another server. */

/**
 * Starts a worker with a script of another origin, as of a server for packages. A page may start
 * scripts of its own origin only, so a script of one line is made that imports the other.
 * @param {URL} script
 */
function startForeign(script) {
  const line = `import ${JSON.stringify(script.href)};`;
  const address =
    addresses.get(script.href) ??
    URL.createObjectURL(new Blob([line], { type: 'text/javascript' }));
  addresses.set(script.href, address);
  return new Worker(address, { type: 'module' });
}

/** @type {Map<string, string>} addresses of scripts of one line, by what they import */
const addresses = new Map();

/**
 * Starts a worker, by its own script or, where the browser refuses a foreign one, by startForeign.
 * @param {() => Worker} start with an address in the form that bundlers look for
 * @param {URL} script in a form that they do not find a second time
 */
export function startWorker(start, script) {
  try {
    return start();
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'SecurityError') throw error;
    return startForeign(script);
  }
}
