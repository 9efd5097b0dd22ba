/**
 * Where a suite runs: in Node, or in a page of headless Chromium. A suite is a module of suites/
 * that exports `suite(host, options)`; what it returns must survive JSON.
 */

import { createReadStream, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '../tests/browser/chromium.js';
import { root } from '../wasm-build/tools.js';
import { ORT, PAGE_FILES, PEERS, TFJS_WASM } from './peers.js';

/**
 * @typedef {object} Host
 * @property {string} name
 * @property {(path: string) => Promise<Uint8Array<ArrayBuffer>>} read a file, by its path from the
 *   project's root
 * @property {import('./contestants.js').PeerFiles} peers
 * @property {(text: string) => void} progress
 */

/** @param {string} text */
const progress = (text) => console.error(`  ${text}`);

/**
 * @param {string} name of the suite's module
 * @param {object} options
 * @returns {Promise<any>}
 */
export async function inNode(name, options) {
  const { suite } = await import(`./suites/${name}.js`);
  const url = (/** @type {string} */ path) => pathToFileURL(join(root, path)).href;
  /** @type {Host} */
  const host = {
    name: `Node ${process.versions.node}`,
    read: async (path) => new Uint8Array(readFileSync(join(root, path))),
    peers: {
      ort: url(`${ORT}ort.node.min.mjs`),
      ortFolder: url(ORT),
      tfjs: url(`${PEERS}/tfjs.node.mjs`),
      tfjsFolder: join(root, TFJS_WASM, '/'),
    },
    progress,
  };
  return { host: host.name, ...(await suite(host, options)) };
}

/**
 * @param {string} name of the suite's module
 * @param {object} options
 * @returns {Promise<any>}
 */
export async function inChromium(name, options) {
  const server = await serveProject();
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    page.on('console', (message) => progress(message.text()));
    await page.goto(server.address);
    return { host: `Chromium ${browser.version()}`, ...(await runSuite(page, name, options)) };
  } finally {
    await browser.close();
    server.close();
  }
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} name
 * @param {object} options
 */
function runSuite(page, name, options) {
  return page.evaluate(
    async ({ name, options, files }) => {
      const { runInPage } = await import(`${location.origin}/bench/page-host.js`);
      return runInPage(name, options, files, (/** @type {string} */ text) => console.log(text));
    },
    { name, options, files: pageFiles() },
  );
}

/** The peers' files on the server of a page. */
function pageFiles() {
  const [ort, tfjs] = ['onnxruntime-web', 'tfjs-wasm'].map((peer) => `/${PAGE_FILES[peer][0]}`);
  return { ort, ortFolder: `/${ORT}`, tfjs, tfjsFolder: `/${TFJS_WASM}` };
}

/**
 * Serves a page that runs a suite when its user wants it, in whatever browser opens it.
 * @param {string} suite
 * @param {object} options
 */
export async function serveSuite(suite, options) {
  const page = readFileSync(join(root, 'bench/serve.html'), 'utf8');
  const given = JSON.stringify({ suite, options, files: pageFiles() });
  return serveProject({ '/': page, '/bench/options.json': given });
}

/** @type {Record<string, string>} */
const TYPES = {
  '/': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">';

/**
 * Serves the project and its sibling "shared" on 127.0.0.1. The page is isolated from other
 * origins. So it has threads and a clock of 5 microseconds.
 * @param {Record<string, string>} [texts] by their paths
 */
async function serveProject(texts = { '/': PAGE }) {
  const server = createServer(({ url = '/' }, response) => {
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const type = TYPES[path] ?? TYPES[extname(path)] ?? 'application/octet-stream';
    response.setHeader('content-type', type);
    if (texts[path] !== undefined) return void response.end(texts[path]);
    const file = join(root, path.startsWith('/shared/') ? '..' : '.', path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      return void response.writeHead(404).end();
    }
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
