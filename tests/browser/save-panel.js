/** The page's panel for saving and copying, for tests, and a shell for the copied command line. */

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../../wasm-build/tools.js';

/** @typedef {import('./demo-page.js').DemoPage} DemoPage */

/** Buttons of the panel, by their accessible names. */
export const CAPTIONED = 'Save PNG: Picture with legend and caption';
export const PLAIN = 'Save PNG: Picture alone';
export const REPORT = 'Save HTML: Report, one page with all of it';

/** Node imports this, so that it runs the same variant as Chromium. */
export const RELAXED = pathToFileURL(join(root, 'wasm-build/enable-relaxed-simd.js')).href;

export const execute = promisify(execFile);

/** @param {DemoPage} demo */
export async function openPanel({ page }) {
  if (!(await page.locator('#save-menu').isVisible())) {
    await page.getByRole('button', { name: 'Save', exact: true }).click();
  }
  const panel = page.getByRole('dialog', { name: 'Save and copy' });
  await panel.waitFor();
  return panel;
}

/**
 * Presses a button of the panel and takes the file.
 * @param {DemoPage} demo
 * @param {string} name
 */
export async function save(demo, name) {
  const panel = await openPanel(demo);
  const download = demo.page.waitForEvent('download');
  await panel.getByRole('button', { name, exact: true }).click();
  const file = await download;
  return { name: file.suggestedFilename(), bytes: readFileSync(await file.path()) };
}

/**
 * @param {DemoPage} demo
 * @param {string} name
 */
export async function copy(demo, name) {
  await demo.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  const panel = await openPanel(demo);
  await panel.getByRole('button', { name }).click();
  await panel.getByRole('status').filter({ hasText: 'copied' }).waitFor();
}

/** @param {DemoPage} demo */
export const readClipboard = ({ page }) => page.evaluate(() => navigator.clipboard.readText());

/**
 * Runs the copied command line in a shell.
 * @param {DemoPage} demo
 * @param {string} folder that has the files which the page got from a server
 */
export async function runCommand(demo, folder) {
  const tool = join(root, 'web/cli/gradcam-wasm.js');
  // The files are there, so that curl has nothing to do.
  const shell = [
    'set -e',
    'curl() { printf "%s\\n" "$@"; }',
    `npx() { shift; "${process.execPath}" --import "${RELAXED}" "${tool}" "$@"; }`,
    await readClipboard(demo),
  ];
  return (await execute('sh', ['-c', shell.join('\n')], { cwd: folder })).stdout;
}
