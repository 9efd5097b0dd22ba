// Bundles the demo page and serves it on this machine.

import fs from 'node:fs';
import { build, preview } from 'vite';
import { bundlePackage } from './package.js';
import { inBuild, root, say } from './tools.js';

const configFile = `${root}/vite.config.js`;

/** Bundles the package and the page into build/demo, and places models and pictures beside them. */
export async function buildDemo() {
  await bundlePackage();
  say('bundling the demo page');
  await build({ root: `${root}/web/demo`, configFile });
  const { manifest, shownFile } = await import('../models/fetch.js');
  const { models, pictures } = manifest;
  place(
    'models',
    models.map(({ small }) => small),
  );
  place(
    'pictures',
    pictures.flatMap((picture) => [{ file: shownFile(picture) }, picture.thumb]),
  );
  const { writeFirstAnswer } = await import('./first-answer.js');
  await writeFirstAnswer(manifest);
  const { writeAbout } = await import('./about.js');
  writeAbout();
  // The service worker lists all files, so it comes last.
  const { writeOffline } = await import('./offline.js');
  await writeOffline(models);
}

/**
 * Copies files from build/ to build/demo/.
 * @param {string} folder in both
 * @param {{ file: string }[]} entries
 */
function place(folder, entries) {
  fs.mkdirSync(inBuild('demo', folder), { recursive: true });
  for (const { file } of entries) {
    fs.copyFileSync(inBuild(folder, file), inBuild('demo', folder, file));
  }
}

/**
 * Serves build/demo on 127.0.0.1, on this port or the next free one.
 * @param {number} port
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export async function serveDemo(port) {
  const server = await preview({
    root: `${root}/web/demo`,
    configFile,
    preview: { host: '127.0.0.1', port, strictPort: false },
  });
  const address = server.resolvedUrls?.local[0];
  if (!address) throw new Error('the server has no address');
  return { address, close: () => server.close() };
}
