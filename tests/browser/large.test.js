/** Large pictures on the page, in Chromium. Their pixels are read in a worker. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SKIP, launchChromium } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { RGB, writePng } from './png.js';
import { served, stripes } from './served.js';

/**
 * A picture of stripes.
 * @param {string} name
 * @param {number} width
 * @param {number} height
 */
function picture(name, width, height) {
  const row = (/** @type {number} */ y) =>
    Uint8Array.from({ length: width * 3 }, (_, i) => (i * 3 + y * 7 + ((i * y) % 50)) % 256);
  const bytes = writePng({ width, height, type: RGB, row });
  return { name, type: 'image/png', bytes };
}

const large = picture('large.png', 1800, 1200);
const smaller = picture('smaller.png', 1600, 1200);

describe('large pictures', { skip: SKIP }, () => {
  const given = served(launchChromium);

  test('are read in a worker, which gives the pixels that the page would', async () => {
    const demo = await DemoPage.open(given.browser, given.site.address);
    const { page } = demo;
    /** @type {import('playwright-core').Worker[]} */
    const started = [];
    page.on('worker', (worker) => started.push(worker));
    await demo.drop(smaller);
    assert.equal(started.length, 0);
    await demo.drop(large);
    assert.equal(started.length, 1);
    assert.ok(!page.workers().includes(started[0]), 'the worker is still there');
    // Without the map the overlay shows what was read.
    await page.getByLabel('Heat map', { exact: true }).uncheck();
    const { data, width, height } = await demo.picture();
    assert.deepEqual([width, height], [1280, 853]);
    const expected = await page.evaluate(drawHere, {
      base64: large.bytes.toString('base64'),
      ...{ width, height },
    });
    assert.equal(Buffer.compare(data, Buffer.from(expected, 'base64')), 0);
    await demo.close();
  });

  test('show the newest map at rest, however fast the layers were', async () => {
    const demo = await DemoPage.open(given.browser, given.site.address);
    const { page } = demo;
    await demo.drop(large);
    await demo.rested();
    const strip = page.locator('#strip');
    const session = await page.context().newCDPSession(page);
    // A map takes several pieces then, and the next key comes before it is painted.
    await session.send('Emulation.setCPUThrottlingRate', { rate: 8 });
    const isBusy = await strip.evaluate((strip) => {
      for (const key of ['Home', 'End', ...Array(20).fill('ArrowLeft')]) {
        strip.dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }));
      }
      return document.querySelector('.pane')?.ariaBusy;
    });
    assert.equal(isBusy, 'true');
    await demo.settled();
    const fast = await demo.picture();
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });
    for (const key of ['ArrowLeft', 'ArrowRight']) {
      await strip.press(key);
      await demo.settled();
    }
    const { data } = await demo.picture();
    assert.equal(Buffer.compare(fast.data, data), 0);
    await demo.close();
  });

  test('give way to a picture that is chosen before they are read', async () => {
    const demo = await DemoPage.open(given.browser, given.site.address);
    const begun = demo.page.waitForEvent('worker');
    await demo.give(large);
    await begun;
    await demo.drop(stripes);
    const label = await demo.page.locator('.overlay').getAttribute('aria-label');
    assert.match(label ?? '', /^stripes/);
    await demo.close();
  });
});

/**
 * Runs in the page. It draws a picture on the page's own thread.
 * @param {{ base64: string, width: number, height: number }} picture
 * @returns {Promise<string>} the pixels in base64
 */
async function drawHere({ base64, width, height }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes]));
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  const reader = new FileReader();
  const read = new Promise((resolve) => reader.addEventListener('load', resolve));
  reader.readAsDataURL(new Blob([context.getImageData(0, 0, width, height).data]));
  await read;
  return String(reader.result).split(',')[1];
}
