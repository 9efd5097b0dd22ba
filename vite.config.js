// Bundles the demo page, web/demo, into build/demo: static files that any server can serve.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { colormaps } from './wasm-build/colormaps.js';

/**
 * Models are sent as they are. Compressed, they would hardly be smaller, and without their length
 * the page could show no percentage while they load.
 * @type {import('vite').Plugin}
 */
const uncompressed = {
  name: 'uncompressed',
  configurePreviewServer({ middlewares }) {
    middlewares.use((request, _response, next) => {
      delete request.headers['accept-encoding'];
      next();
    });
  },
};

/** The colour maps that the page offers. */
const COLORMAPS = ['viridis', 'cividis', 'plasma', 'inferno', 'magma', 'turbo', 'jet'];

/**
 * Gives the page the engine's colour maps, because the page draws heat maps by itself.
 * @type {import('vite').Plugin}
 */
export const colors = {
  name: 'colormaps',
  resolveId: (id) => (id === 'virtual:colormaps' ? `\0${id}` : undefined),
  load(id) {
    if (id !== '\0virtual:colormaps') return undefined;
    const maps = colormaps();
    const tables = COLORMAPS.map((name) => {
      return [name, Buffer.from((maps.get(name) ?? []).flat()).toString('base64')];
    });
    return `export default ${JSON.stringify(Object.fromEntries(tables))};`;
  },
};

/**
 * Lets the browser fetch the worker together with the page's script, which starts it.
 * @type {import('vite').Plugin}
 */
const preloads = {
  name: 'preloads',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle = {}, chunk }) {
      // Chunks that are loaded later have workers of their own.
      const codes = startChunks(bundle, chunk?.fileName).map(({ code }) => code);
      const [worker] = /\bworker-[\w-]+\.js\b/.exec(codes.join('\n')) ?? [];
      if (!worker) return [];
      return [{ tag: 'link', attrs: { rel: 'modulepreload', href: `./assets/${worker}` } }];
    },
  },
};

/**
 * The page's first chunk and what it imports at the start.
 * @param {Record<string, any>} bundle
 * @param {string | undefined} name
 * @returns {{ code: string }[]}
 */
function startChunks(bundle, name) {
  const chunk = name === undefined ? undefined : bundle[name];
  if (!chunk) return [];
  const imported = chunk.imports.flatMap((/** @type {string} */ other) =>
    startChunks(bundle, other),
  );
  return [chunk, ...imported];
}

/**
 * A module of the package.
 * @param {string} path
 */
const inPackage = (path) => fileURLToPath(new URL(`web/package/${path}`, import.meta.url));

/** Isolate the page from other origins. Without them a browser gives it no memory for threads. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

export default defineConfig({
  root: 'web/demo',
  base: './',
  // A path that is not there is answered with 404, as static servers do.
  appType: 'mpa',
  publicDir: false,
  // The package as one file would be in the page's first chunk as a whole. The first chunk gets the
  // modules that the start needs.
  resolve: {
    alias: [
      { find: /^gradcam-wasm\/worker$/, replacement: inPackage('worker/index.js') },
      { find: /^gradcam-wasm$/, replacement: inPackage('index.js') },
    ],
  },
  plugins: [uncompressed, colors, preloads],
  worker: { format: 'es' },
  preview: { headers: ISOLATED },
  build: {
    outDir: '../../build/demo',
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  logLevel: 'warn',
});
