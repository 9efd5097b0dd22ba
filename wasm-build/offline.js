// Makes the files of build/demo that let the page work without a network: the service worker with
// the list of what it keeps, the manifest of the installed page, and its icons. Two files for
// machines go with them.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { icons, writeIcons } from './icons.js';
import { inBuild, root, say, writeAtomically } from './tools.js';

/**
 * A file that the service worker keeps from the start.
 * @typedef {object} KeptFile
 * @property {string} url relative to the page's folder
 * @property {string | null} revision null if the name changes with the contents
 * @property {string} integrity a browser refuses other contents, so a page never mixes versions
 * @property {'relaxed' | 'simd'} [variant] which browsers need it (default: all)
 */

/** What stays on the server: models and documents until they are used, and these files. */
const LEFT = /^(models|about)\/|\.(md|txt|map)$|^(service-worker\.js|preview\.png)$/;

/** The names that Vite makes have a hash of the contents. */
const HASHED = /^assets\/.*-[\w-]{8}\.\w+$/;

/** @param {Buffer} bytes */
const hash = (bytes) => createHash('sha256').update(bytes);

/**
 * @param {string} url
 * @param {Buffer} bytes
 * @returns {KeptFile}
 */
function keptFile(url, bytes) {
  const revision = HASHED.test(url) ? null : hash(bytes).digest('hex').slice(0, 16);
  const integrity = `sha256-${hash(bytes).digest('base64')}`;
  if (!url.endsWith('.wasm')) return { url, revision, integrity };
  return { url, revision, integrity, variant: /-relaxed/.test(url) ? 'relaxed' : 'simd' };
}

/**
 * All files of a folder, with "/" in their paths.
 * @param {string} folder
 */
function filesOf(folder) {
  return fs
    .readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => fs.statSync(path.join(folder, name)).isFile())
    .map((name) => name.replaceAll(path.sep, '/'))
    .sort();
}

/**
 * Writes the manifest and the icons, and then the service worker, which lists all files.
 * @param {{ small: { file: string, sha256: string } }[]} models whose small files the page loads
 * @param {string} [folder] of the page
 */
export async function writeOffline(models, folder = inBuild('demo')) {
  say('making the page work offline');
  writeIcons(folder);
  writeAtomically(path.join(folder, 'robots.txt'), 'User-agent: *\nAllow: /\n');
  fs.copyFileSync(path.join(root, 'docs/screenshot.png'), path.join(folder, 'preview.png'));
  writeAtomically(path.join(folder, 'manifest.webmanifest'), manifest());
  const files = filesOf(folder)
    .filter((name) => !LEFT.test(name))
    .map((name) => keptFile(name, fs.readFileSync(path.join(folder, name))));
  const revisions = models.map(({ small }) => [`models/${small.file}`, small.sha256.slice(0, 16)]);
  const code = await bundleWorker({ files, models: Object.fromEntries(revisions) });
  writeAtomically(path.join(folder, 'service-worker.js'), code);
}

/** What an installed page is called, and how it opens. */
function manifest() {
  return JSON.stringify({
    name: 'Where did the classifier look?',
    short_name: 'Grad-CAM',
    description: 'Heat maps of Keras image classifiers, computed on this device.',
    id: './',
    start_url: './',
    scope: './',
    display: 'standalone',
    background_color: '#f4f6f6',
    theme_color: '#14706f',
    icons: icons.map(({ file, size, purpose }) => ({
      src: `./${file}`,
      sizes: `${size}x${size}`,
      type: 'image/png',
      purpose,
    })),
  });
}

/**
 * Bundles the service worker with Workbox into one script.
 * @param {{ files: KeptFile[], models: Record<string, string> }} site
 */
async function bundleWorker({ files, models }) {
  const { rolldown } = await import('rolldown');
  const id = 'virtual:site-files';
  const bundle = await rolldown({
    cwd: root,
    input: 'web/demo/offline/service-worker.js',
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    plugins: [
      {
        name: 'site-files',
        resolveId: (source) => (source === id ? `\0${id}` : undefined),
        load: (source) =>
          source === `\0${id}`
            ? `export const files = ${JSON.stringify(files)};` +
              `export const models = ${JSON.stringify(models)};`
            : undefined,
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'iife', minify: true });
  const licence = fs.readFileSync(path.join(root, 'node_modules/workbox-core/LICENSE'), 'utf8');
  return `/*! This script contains Workbox.\n\n${licence.trim()}\n*/\n${output[0].code}`;
}
