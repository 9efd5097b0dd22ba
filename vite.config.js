// Bundles the demo page, web/demo, into build/demo: static files that any server can serve.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { colormaps } from './wasm-build/colormaps.js';
import { firstModel, samples } from './web/demo/catalog.js';

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

/** What the page shows first. Its script fetches them, and runs later than the browser could. */
const FIRST = ['first.json', samples[0].source];

/**
 * Lets the browser fetch the worker and what is shown first together with the page's script.
 * @type {import('vite').Plugin}
 */
const preloads = {
  name: 'preloads',
  transformIndexHtml: {
    order: 'post',
    handler(_html, { chunk }) {
      // Chunks that are loaded later have workers of their own.
      const [worker] = /\bworker-[\w-]+\.js\b/.exec(chunk?.code ?? '') ?? [];
      if (!worker) return [];
      const first = FIRST.map((file) => ({ rel: 'preload', href: `./${file}`, as: 'fetch' }));
      const links = [{ rel: 'modulepreload', href: `./assets/${worker}` }, ...first];
      return links.map((attrs) => ({ tag: 'link', attrs: { ...attrs, crossorigin: true } }));
    },
  },
};

/** The script that asks for the first model. */
const ASK = fileURLToPath(new URL('web/demo/ask.js', import.meta.url));

/**
 * Places the script that asks for the first model, which no other script imports.
 * @type {import('vite').Plugin}
 */
const asking = {
  name: 'asking',
  buildStart() {
    this.emitFile({ type: 'asset', name: 'ask.js', source: readFileSync(ASK) });
  },
  transformIndexHtml: {
    order: 'post',
    handler(_html, { bundle = {} }) {
      const file = Object.keys(bundle).find((name) => /\bask-[\w-]+\.js$/.test(name));
      const attrs = { src: `./${file}`, async: true, 'data-model': String(firstModel.source) };
      return file ? [{ tag: 'script', attrs, injectTo: 'head' }] : [];
    },
  },
};

/**
 * A module of the package.
 * @param {string} path
 */
const inPackage = (path) => fileURLToPath(new URL(`web/package/${path}`, import.meta.url));

/** The list of wasm files, which a page with threads always needs. */
const ALWAYS = inPackage('engine/wasm-files.js');

/**
 * Puts all modules of a start into one chunk. Modules that chunks share would become many small
 * chunks, and a worker fetches its chunks only when its script has come.
 * @param {string} name of the chunk
 */
const oneStart = (name) => ({
  groups: [
    {
      debugName: name,
      name: (/** @type {string} */ id, /** @type {Modules} */ modules) =>
        id === ALWAYS || isOfStart(id, modules) ? name : null,
    },
  ],
});

/** @typedef {{ getModuleInfo: (id: string) => import('rolldown').ModuleInfo | null }} Modules */

/**
 * Whether an entry imports a module, itself or by others, and not later by import().
 * @param {string} id
 * @param {Modules} modules
 * @param {Set<string>} [seen] modules that were asked about
 * @returns {boolean}
 */
function isOfStart(id, modules, seen = new Set()) {
  if (seen.has(id)) return false;
  seen.add(id);
  const { isEntry = false, importers = [] } = modules.getModuleInfo(id) ?? {};
  return isEntry || importers.some((importer) => isOfStart(importer, modules, seen));
}

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
  plugins: [uncompressed, colors, preloads, asking],
  worker: {
    format: 'es',
    rolldownOptions: { output: { codeSplitting: oneStart('worker-start') } },
  },
  preview: { headers: ISOLATED },
  build: {
    outDir: '../../build/demo',
    emptyOutDir: true,
    target: 'es2022',
    // The page's content security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: oneStart('start') } },
  },
  logLevel: 'warn',
});
