/** The package where browsers allow less: on another origin's server, and in a service worker. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { inBuild, root } from '../../wasm-build/tools.js';
import { SKIP, launchChromium } from './chromium.js';
import { serve } from './server.js';

const MODEL = 'models/dog_breed_mobilenetv2';

const SERVICE_WORKER = `
import { loadModel } from '/dist/index.js';
addEventListener('install', () => skipWaiting());
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('message', async ({ data, source }) => {
  const model = await loadModel(data).catch((error) => error);
  source.postMessage(model.classCount ?? model.code + ': ' + model.message);
});`;

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
    const texts = { '/index.html': '<!doctype html>', '/service-worker.js': SERVICE_WORKER };
    const folders = { '/dist/': [join(root, 'dist')], '/models/': [inBuild('models')] };
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

  test('a service worker opens .safetensors files, and says so of others', async () => {
    const open = (/** @type {string} */ file) =>
      page.evaluate(async (file) => {
        const options = /** @type {const} */ ({ type: 'module' });
        await navigator.serviceWorker.register('/service-worker.js', options);
        const { active } = await navigator.serviceWorker.ready;
        return new Promise((resolve) => {
          navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
          active?.postMessage(file);
        });
      }, file);
    assert.equal(await open(`/${MODEL}.safetensors`), 19);
    assert.match(
      String(await open(`/${MODEL}.h5`)),
      /^FETCH_FAILED: the reader of HDF5 does not load in a service worker, which can open \.safe/,
    );
  });
});
