/**
 * What the demo page blocks while it is used, for `npm run bench -- --page`: a step on the film
 * strip, and a photograph of 48 megapixels that is opened and saved.
 */

import { DemoPage } from '../tests/browser/demo-page.js';
import { serveDemo } from '../wasm-build/demo.js';

/** Width and height of the large photograph. */
const [WIDTH, HEIGHT] = [8000, 6000];
/** Steps on the strip. */
const STEPS = 60;

/**
 * What a use of the page has shown, in milliseconds.
 * @typedef {{ step: number, open: number, save: number }} Use
 */

/**
 * Uses the page once. Its own thread has its full speed.
 * @param {import('playwright-core').Browser} browser
 * @returns {Promise<Use>}
 */
export async function usePage(browser) {
  const server = await serveDemo(0);
  try {
    const demo = await DemoPage.open(browser, server.address);
    await demo.rested();
    const step = await demo.page.evaluate(timeSteps, STEPS);
    await demo.page.evaluate(watchTasks);
    await demo.page.evaluate(dropLarge, [WIDTH, HEIGHT]);
    await demo.page.locator('.overlay[aria-label^="large.jpg"]').waitFor();
    await demo.rested();
    const open = await demo.page.evaluate(takeLongest);
    await demo.page.getByRole('button', { name: 'Save', exact: true }).click();
    const download = demo.page.waitForEvent('download', { timeout: 300_000 });
    await demo.page.getByRole('button', { name: 'Save PNG: Picture alone' }).click();
    await (await download).delete();
    const save = await demo.page.evaluate(takeLongest);
    await demo.page.context().close();
    return { step, open, save };
  } finally {
    await server.close();
  }
}

/**
 * Runs in the page. It steps through the layers, and gives the median time from a key to the map on
 * the canvas.
 * @param {number} count
 */
async function timeSteps(count) {
  const strip = /** @type {HTMLElement} */ (document.querySelector('#strip'));
  const overlay = /** @type {HTMLCanvasElement} */ (document.querySelector('.overlay'));
  const pane = /** @type {HTMLElement} */ (document.querySelector('.pane'));
  /** @type {number[]} */
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    strip.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft', cancelable: true }));
    // A slow machine paints in several tasks.
    while (pane.ariaBusy === 'true') await new Promise((resolve) => setTimeout(resolve));
    // Reading a pixel waits until the canvas has been drawn.
    overlay.getContext('2d')?.getImageData(0, 0, 1, 1);
    times.push(performance.now() - start);
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  }
  return times.sort((a, b) => a - b)[Math.floor(count / 2)];
}

/** Runs in the page. It notes every task that blocks the page for 50 ms or more. */
function watchTasks() {
  const found = { longest: 0 };
  const note = (/** @type {PerformanceEntryList} */ entries) => {
    for (const { duration } of entries) found.longest = Math.max(found.longest, duration);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'longtask' });
  Object.assign(globalThis, {
    takeLongest() {
      note(observer.takeRecords());
      const { longest } = found;
      found.longest = 0;
      return longest;
    },
  });
}

/** Runs in the page, and gives the longest task since the last call, 0 if none took 50 ms. */
async function takeLongest() {
  // A task is noted after its end.
  await new Promise((resolve) => setTimeout(resolve, 200));
  return /** @type {any} */ (globalThis).takeLongest();
}

/**
 * Runs in the page. It makes a photograph in a worker, which blocks nothing, and drops it.
 * @param {number[]} size
 */
async function dropLarge([width, height]) {
  const canvas = new OffscreenCanvas(width, height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const picture = await createImageBitmap(await (await fetch('pictures/dog.jpg')).blob());
  context.drawImage(picture, 0, 0, width, height);
  const blob = await canvas.convertToBlob({ type: 'image/jpeg' });
  await new Promise((resolve) => setTimeout(resolve, 500));
  /** @type {any} */ (globalThis).takeLongest();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([blob], 'large.jpg', { type: 'image/jpeg' }));
  const init = { bubbles: true, cancelable: true, dataTransfer };
  document.body.dispatchEvent(new DragEvent('drop', init));
}
