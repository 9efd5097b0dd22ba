/** What the suites of the demo page share: a server, a browser, a small model and a picture. */

import { after, before } from 'node:test';
import { manifest } from '../../models/fetch.js';
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
