// Bundles the demo page, web/demo, into build/demo: static files that any server can serve.

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
const colors = {
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
    handler(_html, { bundle = {} }) {
      const worker = Object.keys(bundle).find((name) => /\bworker-[\w-]+\.js$/.test(name));
      if (!worker) return [];
      return [{ tag: 'link', attrs: { rel: 'modulepreload', href: `./${worker}` } }];
    },
  },
};

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
