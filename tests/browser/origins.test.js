/** The package where browsers allow less: on another origin's server, and in a service worker. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { inBuild, root } from '../../wasm-build/tools.js';
import { SKIP, launchChromium } from './chromium.js';
import { serve } from './server.js';

const MODEL = 'models/dog_breed_mobilenetv2';

/**
 * A service worker that answers with the size of an overlay's PNG file, and with what it loaded on
 * demand. It says why it cannot.
 * @param {'index' | 'whole'} entry
 */
const serviceWorker = (entry) => `
import { encodePng, formatAsImage, loadModel } from '/dist/${entry}.js';
addEventListener('install', () => skipWaiting());
addEventListener('message', async ({ data, source }) => {
  source.postMessage(await answer(data).catch((error) => error.code + ': ' + error.message));
});
async function answer(file) {
  const model = await loadModel(file, { wasmVariant: '${entry === 'whole' ? 'simd' : 'relaxed'}' });
  if ('${entry}' === 'index') return model.classCount;
  const run = await model.run(await (await fetch('/dog.jpg')).blob());
  const explanation = await run.explain({ contrast: { against: 'nearest' } });
  const { data } = await run.attribute({ method: 'gradientTimesInput' });
  const { positive } = await run.channels({ top: 3 });
  const png = await encodePng(formatAsImage(explanation));
  return [model.classCount, positive.length, png.length > 1000, data.length > 1000];
}`;

describe('in Chromium', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {import('playwright-core').Page} */
  let page;
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let site;
  /** @type {typeof site} */
  let packages;

  before(async () => {
    browser = await launchChromium();
    const texts = {
      '/index.html': '<!doctype html>',
      '/index/worker.js': serviceWorker('index'),
      '/whole/worker.js': serviceWorker('whole'),
    };
    const folders = {
      '/dist/': [join(root, 'dist')],
      '/models/': [inBuild('models')],
      '/': [inBuild('pictures')],
    };
    site = await serve({ folders, texts });
    packages = await serve({
      folders: { '/': [join(root, 'dist')] },
      headers: { 'access-control-allow-origin': '*' },
    });
    page = await browser.newPage();
    await page.goto(site.address);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    await packages?.close();
  });

  test('the worker front end works from the server of another origin', async () => {
    const path = `${packages.address}worker-session.js`;
    const found = await page.evaluate(
      async ([path, file]) => {
        const { loadModel } = await import(path);
        const model = await loadModel(file);
        return model.classCount;
      },
      [path, `/${MODEL}.safetensors`],
    );
    assert.equal(found, 19);
  });

  test('a worker that cannot start is a GradCamError', async () => {
    const error = await page.evaluate(async (script) => {
      const { WorkerSession } = await import(`${'/dist/'}worker-session.js`);
      const session = new WorkerSession(() => new Worker(script));
      return session.init().catch((/** @type {any} */ { name, code }) => `${name} ${code}`);
    }, `${packages.address}worker.js`);
    assert.equal(error, 'GradCamError WORKER_FAILED');
  });

  /**
   * What a service worker answers to the address of a model.
   * @param {'index' | 'whole'} entry
   * @param {string} file
   */
  const ask = (entry, file) =>
    page.evaluate(
      async ([script, file]) => {
        const options = /** @type {const} */ ({ type: 'module' });
        const { serviceWorker } = navigator;
        const { installing, active } = await serviceWorker.register(script, options);
        return new Promise((resolve) => {
          serviceWorker.onmessage = ({ data }) => resolve(data);
          serviceWorker.startMessages();
          (active ?? installing)?.postMessage(file);
        });
      },
      [`/${entry}/worker.js`, file],
    );

  test('a service worker opens .safetensors files, and says what opens others', async () => {
    assert.equal(await ask('index', `/${MODEL}.safetensors`), 19);
    assert.match(
      String(await ask('index', `/${MODEL}.h5`)),
      /^FETCH_FAILED: the reader of HDF5 does not load .* import gradcam-wasm\/whole there/,
    );
  });

  test('gradcam-wasm/whole does everything in a service worker', async () => {
    assert.deepEqual(await ask('whole', `/${MODEL}.h5`), [19, 3, true, true]);
  });
});
