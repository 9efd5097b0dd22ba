/** Pictures of another server and canvases of another kind, in a browser. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { inBuild, root } from '../../wasm-build/tools.js';
import { SKIP, launchChromium } from './chromium.js';
import { serve } from './server.js';

const MODEL = '/models/dog_breed_mobilenetv2.safetensors';

describe('in Chromium', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {import('playwright-core').Page} */
  let page;
  /** @type {Awaited<ReturnType<typeof serve>>[]} */
  const sites = [];
  /** @type {string} */
  let foreign;

  before(async () => {
    browser = await launchChromium();
    const pictures = { '/pictures/': [inBuild('pictures')] };
    const folders = {
      '/dist/': [join(root, 'dist')],
      '/models/': [inBuild('models')],
      ...pictures,
    };
    sites.push(await serve({ folders, texts: { '/index.html': '<!doctype html>' } }));
    sites.push(await serve({ folders: pictures }));
    foreign = `${sites[1].address}pictures/dog.jpg`;
    page = await browser.newPage();
    await page.goto(sites[0].address);
    await page.evaluate(async (file) => {
      const main = await import(`${location.origin}/dist/index.js`);
      Object.assign(window, { main, model: await main.loadModel(file) });
    }, MODEL);
  });
  after(async () => {
    await browser?.close();
    for (const site of sites) await site.close();
  });

  /**
   * The error of a run on an image element.
   * @param {string} src
   * @param {string | null} crossOrigin
   */
  const errorOf = (src, crossOrigin) =>
    page.evaluate(
      async ([src, crossOrigin]) => {
        const image = Object.assign(new Image(), { crossOrigin, src });
        const { model } = /** @type {any} */ (window);
        return model.run(image).then(String, String);
      },
      [src, crossOrigin],
    );

  const CORS = /crossOrigin = 'anonymous' before its src, and that server has to allow it \(CORS/;

  test('a picture of another server that does not allow it', async () => {
    const tainted = await errorOf(foreign, null);
    assert.match(tainted, /GradCamError: the pixels of .* cannot be read/);
    assert.match(tainted, CORS);
    const refused = await errorOf(foreign, 'anonymous');
    assert.match(refused, /GradCamError: the image ".*dog\.jpg" does not load/);
    assert.match(refused, CORS);
  });

  test('a picture of the own server that does not load', async () => {
    const missing = await errorOf('/pictures/none.jpg', 'anonymous');
    assert.match(missing, /GradCamError: the image ".*none\.jpg" does not load$/);
  });

  test('a canvas with WebGL', async () => {
    const error = await page.evaluate(async () => {
      const { main, model } = /** @type {any} */ (window);
      const canvas = document.createElement('canvas');
      if (!canvas.getContext('webgl')) throw new Error('no WebGL');
      const run = main.showPrediction(model, '/pictures/dog.jpg', { canvas });
      return run.then(String, String);
    });
    assert.match(error, /GradCamError: canvas is an object of type HTMLCanvasElement, which has a/);
  });

  test('an address on the page', async () => {
    const size = await page.evaluate(async () => {
      const { main, model } = /** @type {any} */ (window);
      const canvas = document.createElement('canvas');
      await main.showPrediction(model, 'pictures/dog.jpg', { canvas });
      return [canvas.width, canvas.height];
    });
    assert.deepEqual(size, [768, 576]);
  });
});
