/** What the suites of the demo page share: a server, a browser, a small model and a picture. */

import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { encode } from 'fast-png';
import { manifest } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { loadImage } from '../../web/package/index.js';
import { serveDemo } from '../../wasm-build/demo.js';
import { RGB, writePng } from './png.js';

/** The smaller of the page's models. */
export const dogs = manifest.models.find(({ id }) => id === 'dog-breeds') ?? manifest.models[0];

/** A picture that is decoded alike everywhere. */
export const stripes = {
  name: 'stripes.png',
  type: 'image/png',
  bytes: writePng({
    width: 60,
    height: 48,
    type: RGB,
    row: (y) => Uint8Array.from({ length: 180 }, (_, i) => (i * 7 + y * 11 + ((i * y) % 90)) % 256),
  }),
};

/**
 * The middle of a sample, decoded alike everywhere. It is as wide as a saved picture has to be for
 * its caption. A part is explained as well as the whole, and is sent, drawn, compared and saved in
 * less time.
 * @param {{ file: string }} sample
 * @returns {Promise<import('./demo-page.js').TestFile>}
 */
export async function middleOf({ file }) {
  const whole = await loadImage(readFileSync(inBuild('pictures', file)));
  const width = Math.round(0.75 * whole.width);
  const height = Math.round(0.5 * whole.height);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const y = Math.floor(height / 2) + Math.floor(i / width);
    const from = 4 * (y * whole.width + Math.floor(width / 6) + (i % width));
    data.set(whole.data.subarray(from, from + 3), 3 * i);
  }
  const bytes = encode({ width, height, data, channels: 3 });
  return { name: 'photo.png', type: 'image/png', bytes };
}

/**
 * Serves the page and starts a browser for the tests of the suite that calls this.
 * @template {{ close: () => Promise<unknown> }} Browser
 * @param {() => Promise<Browser>} launch
 * @returns {{ site: { address: string, close: () => Promise<void> }, browser: Browser }} both are
 *   there when the tests run
 */
export function served(launch) {
  const given = /** @type {ReturnType<typeof served<Browser>>} */ ({});
  before(async () => {
    [given.site, given.browser] = await Promise.all([serveDemo(0), launch()]);
  });
  after(async () => {
    await given.browser?.close();
    await given.site?.close();
  });
  return given;
}
