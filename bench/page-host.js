/** A page as the host of a suite. Runs in the page. */

/** @typedef {import('./hosts.js').Host} Host */
/** @typedef {import('./contestants.js').PeerFiles} PeerFiles */

/**
 * @param {string} suite name of its module
 * @param {object} options of the suite
 * @param {PeerFiles} files addresses on the page's server
 * @param {(text: string) => void} progress
 * @returns {Promise<any>} what the suite returns
 */
export async function runInPage(suite, options, files, progress) {
  const absolute = Object.entries(files).map(([key, path]) => [key, location.origin + path]);
  /** @type {Host} */
  const host = { name: 'page', read, peers: Object.fromEntries(absolute), progress };
  const module = await import(`/bench/suites/${suite}.js`);
  return module.suite(host, options);
}

/** @param {string} path */
async function read(path) {
  const response = await fetch(`/${path}`);
  if (!response.ok) throw new Error(`no ${path}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
