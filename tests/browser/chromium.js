/** A real Chromium, headless. */

import { chromium } from 'playwright-core';
import { chromiumNames as NAMES, which } from '../../wasm-build/tools.js';

/** What Playwright switches off, so that Chromium asks no server and draws at once. */
const OFF = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

/** Each window starts two processes for lists below its address bar, which no test sees. */
const LISTS = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/** Nothing but the page is to use the network, and a machine for tests has no graphics card. */
const ARGUMENTS = [
  // This takes the place of the same argument of Playwright.
  `--disable-features=${[...OFF, ...LISTS].join()}`,
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
