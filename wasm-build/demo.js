// Bundles the demo page and serves it on this machine.

import fs from 'node:fs';
import { build, preview } from 'vite';
import { bundlePackage } from './package.js';
import { inBuild, root, say } from './tools.js';

const configFile = `${root}/vite.config.js`;

/** Bundles the package, and web/demo with it into build/demo, with the models and pictures beside. */
export async function buildDemo() {
  await bundlePackage();
  say('bundling the demo page');
  await build({ root: `${root}/web/demo`, configFile });
  for (const folder of ['models', 'pictures']) {
    fs.cpSync(inBuild(folder), inBuild('demo', folder), { recursive: true });
  }
}

/**
 * Serves build/demo on 127.0.0.1, on the port given or the next that is free.
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
