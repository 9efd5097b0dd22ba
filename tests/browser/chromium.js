/** A real Chromium, headless. */

import { chromium } from 'playwright-core';
import { chromiumNames as NAMES, which } from '../../wasm-build/tools.js';

/** Nothing but the page is to use the network, and a machine for tests has no graphics card. */
const ARGUMENTS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const path = NAMES.map(which).find((file) => file !== null);

/**
 * Why browser tests are skipped, if there is no browser. In CI they are not skipped, and fail.
 */
export const SKIP =
  !path && !process.env.CI && `no browser on this machine: looked for ${NAMES.join(', ')}`;

/** @param {string[]} [more] arguments */
export function launchChromium(more = []) {
  if (!path) throw new Error(`install Chromium: none of ${NAMES.join(', ')} is on the PATH`);
  // Chromium's sandbox does not work for root.
  const args = process.getuid?.() === 0 ? [...ARGUMENTS, '--no-sandbox'] : ARGUMENTS;
  return chromium.launch({ executablePath: path, args: [...args, ...more] });
}
