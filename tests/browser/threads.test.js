/** Threads in real browsers, on pages that are isolated from other origins and on other pages. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { inBuild, root } from '../../wasm-build/tools.js';
import { manifest } from '../../models/fetch.js';
import { SKIP, launchChromium } from './chromium.js';
import { Firefox, SKIP as NO_FIREFOX } from './firefox.js';
import { serve } from './server.js';

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const MODEL = 'dog_breed_mobilenetv2.safetensors';
/** Early, and folded into the convolution before it. */
const LAYER = 'mobilenetv2_1.00_160/block_3_expand_BN';
const TASK = {
  model: `/models/${MODEL}`,
  layer: LAYER,
  picture: `/pictures/${manifest.pictures[0].file}`,
};

const contents = {
  folders: {
    '/dist/': [join(root, 'dist')],
    '/models/': [inBuild('models')],
    '/pictures/': [inBuild('pictures')],
  },
  texts: { '/index.html': '<!doctype html>' },
};

/** Longer than workers take to start on a slow machine, in milliseconds. */
const PATIENCE = 60_000;

/**
 * Runs in the page. It returns what a model finds, and how many threads compute.
 * @param {{ module: string, threads?: number, patience?: number, model: string, layer: string,
 *   picture: string }} what
 */
async function explainInPage({ module, threads, patience = 1000, model: file, layer, picture }) {
  const { init, loadModel } = await import(module);
  const options = { threads };
  const model = await loadModel(file, options);
  const engine = await init?.(options);
  const wanted = threads ?? 1;
  // Workers that never start must not block the test.
  for (const end = Date.now() + patience; engine?.threads < wanted && Date.now() < end;) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const image = await (await fetch(picture)).blob();
  const run = await model.run(image);
  const { targets } = await run.explain({ layer, targets: [3, 11] });
  return {
    threads: engine?.threads,
    logits: [...run.logits],
    maps: targets.map((/** @type {any} */ { heatmap }) => [...heatmap.data]),
  };
}

describe('threads in Chromium', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  /**
   * @param {object} options
   * @param {Record<string, string>} [options.headers] of the server
   * @param {number} [options.threads]
   * @param {number} [options.patience] how long to wait for them, in milliseconds
   * @param {string} [options.entry] of the package
   * @param {string} [options.missing] a file that the server does not have
   */
  async function explain({ headers = ISOLATED, threads, patience, entry = 'index.js', missing }) {
    const server = await serve({ ...contents, headers });
    const page = await browser.newPage();
    try {
      /** @type {string[]} */
      const files = [];
      page.context().on('request', (request) => {
        if (request.url().startsWith(server.address)) files.push(request.url());
      });
      if (missing) await page.route(`**/${missing}`, (route) => route.fulfill({ status: 404 }));
      await page.goto(server.address);
      const what = { module: `${server.address}dist/${entry}`, threads, patience };
      const result = await page.evaluate(explainInPage, { ...what, ...TASK });
      const modules = files.flatMap((url) => /[\w-]+\.wasm$/.exec(url) ?? []);
      return { ...result, modules };
    } finally {
      await page.close();
      await server.close();
    }
  }

  test('compute on an isolated page, and change no bit', async () => {
    const single = await explain({ threads: 1 });
    assert.deepEqual([single.threads, single.modules], [1, ['gradcam-relaxed.wasm']]);
    const double = await explain({ threads: 2, patience: PATIENCE });
    assert.deepEqual([double.threads, double.modules], [2, ['gradcam-relaxed-threads.wasm']]);
    assert.deepEqual(double.logits, single.logits);
    assert.deepEqual(double.maps, single.maps);
  });

  test('compute in the worker of the package too', async () => {
    const single = await explain({ threads: 1 });
    const { logits, maps, modules } = await explain({ threads: 2, entry: 'worker-session.js' });
    assert.deepEqual(modules, ['gradcam-relaxed-threads.wasm']);
    assert.deepEqual({ logits, maps }, { logits: single.logits, maps: single.maps });
  });

  test('are not asked for on other pages', async () => {
    const { threads, modules } = await explain({ headers: {}, threads: 2 });
    assert.deepEqual([threads, modules], [1, ['gradcam-relaxed.wasm']]);
  });

  test('are not missed where their worker does not load', async () => {
    const single = await explain({ threads: 1 });
    const { threads, logits, maps } = await explain({ threads: 2, missing: 'thread.js' });
    assert.equal(threads, 1);
    assert.deepEqual({ logits, maps }, { logits: single.logits, maps: single.maps });
  });

  test('are not missed where the server has no module for them', async () => {
    const missing = 'gradcam-relaxed-threads.wasm';
    const { threads, modules } = await explain({ threads: 2, missing });
    assert.deepEqual([threads, modules], [1, [missing, 'gradcam-relaxed.wasm']]);
  });
});

describe('threads in Firefox', { skip: NO_FIREFOX }, () => {
  /** @type {Firefox} */
  let browser;
  before(async () => (browser = await Firefox.launch()));
  after(() => browser?.close());

  test('compute on an isolated page, and change no bit', async () => {
    const server = await serve({ ...contents, headers: ISOLATED });
    try {
      await browser.open(server.address);
      const explain = (/** @type {number} */ threads) =>
        browser.call(`(${explainInPage})`, {
          module: `${server.address}dist/index.js`,
          threads,
          patience: PATIENCE,
          ...TASK,
        });
      const [single, double] = [await explain(1), await explain(2)];
      assert.deepEqual([single.threads, double.threads], [1, 2]);
      assert.deepEqual(double.logits, single.logits);
      assert.deepEqual(double.maps, single.maps);
    } finally {
      await server.close();
    }
  });
});
