/** The option `workers` in Chromium, on a page, in the package's worker and on isolated pages. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { inBuild, root } from '../../wasm-build/tools.js';
import { manifest } from '../../models/fetch.js';
import { SKIP, launchChromium } from './chromium.js';
import { serve } from './server.js';

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const TASK = {
  model: '/models/dog_breed_mobilenetv2.safetensors',
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

/**
 * Runs in the page. It returns the positions where the map with workers differs from that without.
 * @param {{ module: string, model: string, picture: string }} what
 */
async function compareInPage({ module, model: file, picture }) {
  const { loadModel } = await import(module);
  const model = await loadModel(file);
  const run = await model.run(await (await fetch(picture)).blob());
  const options = { method: 'occlusion', window: 80, stride: 40 };
  const { data } = await run.attribute(options);
  const { data: same } = await run.attribute({ ...options, workers: 2 });
  const strong = data.filter((/** @type {number} */ value) => Math.abs(value) > 1e-3).length;
  model.dispose();
  const differing = same.filter((/** @type {number} */ value, /** @type {number} */ i) => {
    return value !== data[i];
  });
  return { strong, count: same.length, differing: differing.length };
}

describe('workers in Chromium', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  /** @param {{ headers?: Record<string, string>, entry?: string, missing?: string }} options */
  async function compare({ headers = {}, entry = 'index.js', missing }) {
    const server = await serve({ ...contents, headers });
    const page = await browser.newPage();
    let scripts = 0;
    try {
      page
        .context()
        .on('request', (request) => void (scripts += +/worker\.js$/.test(request.url())));
      if (missing) await page.route(`**/${missing}`, (route) => route.fulfill({ status: 404 }));
      await page.goto(server.address);
      const module = `${server.address}dist/${entry}`;
      return { ...(await page.evaluate(compareInPage, { module, ...TASK })), scripts };
    } finally {
      await page.close();
      await server.close();
    }
  }

  for (const [where, options] of Object.entries({
    'on a page': { headers: {} },
    'on an isolated page, whose module has threads': { headers: ISOLATED },
    'in the worker of the package': { entry: 'worker-session.js' },
  })) {
    test(`compute the same bits ${where}`, async () => {
      const { strong, count, differing, scripts } = await compare(options);
      assert.ok(strong > 0);
      assert.deepEqual([count, differing], [160 * 160, 0]);
      const own = options.entry === undefined ? 0 : 1;
      assert.equal(scripts, own + 2, 'two workers are started');
    });
  }

  test('leave the work to the model if they do not load', async () => {
    const { count, differing } = await compare({ missing: 'worker.js' });
    assert.deepEqual([count, differing], [160 * 160, 0]);
  });
});
