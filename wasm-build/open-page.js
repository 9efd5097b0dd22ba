// Makes dist/page, the demo page that `gradcam-wasm open` serves. It has no models and no pictures.
// It takes the package from dist/ itself, so only the page's own code is added to the package.

import fs from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import config, { colors } from '../vite.config.js';
import { bytesOf, modulesIn, writeIfChanged } from './bundles.js';
import { checkLibraries } from './libraries.js';
import { root, say } from './tools.js';

/** @import { Plugin } from 'vite' */
/** @import { RolldownOutput } from 'rolldown' */

const FOLDER = path.join(root, 'dist/page');

/** The package's entries, as the page's scripts in dist/page/assets find them. */
const ENTRIES = {
  'gradcam-wasm': '../../index.js',
  'gradcam-wasm/worker': '../../worker-session.js',
};

/** The demo's manifest without models and pictures. */
const EMPTY = { models: [], pictures: [], default: '', firstPicture: '' };

/**
 * Leaves the package out, and what comes with the demo.
 * @type {Plugin}
 */
const bare = {
  name: 'bare',
  enforce: 'pre',
  resolveId(id) {
    if (id in ENTRIES) return { id: ENTRIES[/** @type {'gradcam-wasm'} */ (id)], external: true };
    return undefined;
  },
  load(id) {
    const isManifest = id.endsWith('/models/manifest.json');
    return isManifest ? JSON.stringify(EMPTY) : undefined;
  },
};

/**
 * Hides what needs the demo's server: documents, previews of links, and what is kept in a browser.
 * A later call has another address, under which the browser would find nothing.
 * @type {Plugin}
 */
const plain = {
  name: 'plain',
  transformIndexHtml: {
    order: 'pre',
    handler: (html) => {
      const previews = /\s*<meta\s+(vite-ignore\s+)?(property="og:|name="twitter:)[^>]*>/g;
      return html
        .replaceAll(previews, '')
        .replaceAll(/\s*<link vite-ignore [^>]*>/g, '')
        .replace(/(<button\s+id="keep")/, '$1 hidden')
        .replace(/(<a vite-ignore id="docs")/, '$1 hidden')
        .replace(/<a href="\.\/about\/">About<\/a> works without\./, '');
    },
  },
};

/** Bundles the page into dist/page. dist/ itself must be there when it is served. */
export async function buildOpenPage() {
  say('bundling the page of the command line');
  const made = await build({
    ...config,
    configFile: false,
    root: path.join(root, 'web/demo'),
    resolve: {},
    plugins: [bare, plain, colors],
    worker: { ...config.worker, plugins: () => [bare] },
    build: { ...config.build, write: false },
  });
  const { output } = /** @type {RolldownOutput} */ (made);
  checkLibraries(modulesIn(output));
  const files = new Map(output.map((file) => [file.fileName, bytesOf(file)]));
  for (const [name, bytes] of files) writeIfChanged(path.join(FOLDER, name), bytes);
  for (const name of fs.readdirSync(path.join(FOLDER, 'assets'))) {
    if (!files.has(`assets/${name}`)) fs.rmSync(path.join(FOLDER, 'assets', name));
  }
}
