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
  const [ort, tfjs] = ['onnxruntime-web', 'tfjs-wasm'].map((peer) => `/${PAGE_FILES[peer][0]}`);
  const files = {
    ort,
    ortFolder: `/${ORT}`,
    tfjs,
    tfjsFolder: `/${TFJS_WASM}`,
  };
  return page.evaluate(
    async ({ name, options, files }) => {
      const absolute = Object.entries(files).map(([key, path]) => [key, location.origin + path]);
      const host = {
        name: 'Chromium',
        read: async (/** @type {string} */ path) => {
          const response = await fetch(`/${path}`);
          if (!response.ok) throw new Error(`no ${path}: ${response.status}`);
          return new Uint8Array(await response.arrayBuffer());
        },
        peers: Object.fromEntries(absolute),
        progress: (/** @type {string} */ text) => console.log(text),
      };
      const { suite } = await import(`/bench/suites/${name}.js`);
      return suite(host, options);
    },
    { name, options, files },
  );
}

/** @type {Record<string, string>} */
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

const PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">';

/**
 * Serves the project and its sibling "shared" on 127.0.0.1. The page is isolated from other
 * origins. So it has threads and a clock of 5 microseconds.
 */
async function serveProject() {
  const server = createServer(({ url = '/' }, response) => {
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
    if (path === '/') return void response.setHeader('content-type', 'text/html').end(PAGE);
    const file = join(root, path.startsWith('/shared/') ? '..' : '.', path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      return void response.writeHead(404).end();
    }
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { address: `http://127.0.0.1:${port}/`, close: () => server.close() };
}
