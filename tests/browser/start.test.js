/** What the page fetches at its start, and in which order. In Chromium. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { serveSlowly } from '../../bench/slow-server.js';
import { firstPicture, manifest, shownFile } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { dogs, served } from './served.js';

const model = manifest.models.find(({ id }) => id === manifest.default) ?? manifest.models[0];

/** Bytes of the scripts with brotli, without the worker's main one. */
const MOST_CODE = 56_000;

describe('the start of the page', { skip: SKIP }, () => {
  const given = served(launchChromium);

  test('fetches what it shows first, and then one model and its engine', async () => {
    const demo = new DemoPage(await given.browser.newPage());
    const { page } = demo;
    /** @type {string[]} */
    const asked = [];
    page.context().on('request', (request) => asked.push(request.url()));
    const places = (/** @type {string} */ ending) =>
      asked.flatMap((url, i) => (url.endsWith(ending) ? [i] : []));
    await page.goto(given.site.address);
    await demo.settled();
    const files = ['first.json', shownFile(firstPicture), model.small.file, '.wasm'];
    const all = files.map(places);
    assert.deepEqual(
      all.map(({ length }) => length),
      [1, 1, 1, 1],
      asked.join('\n'),
    );
    const [[answer], [picture], [network], [engine]] = all;
    assert.ok(Math.max(answer, picture) < Math.min(network, engine), asked.join('\n'));
    await page.context().close();
  });

  test('loads little code before the answer', async (t) => {
    const page = await given.browser.newPage({ serviceWorkers: 'block' });
    /** @type {import('playwright-core').Response[]} */
    const scripts = [];
    page.on('response', (response) => {
      const isScript = response.request().resourceType() === 'script';
      const isWorkers = /\bworker-[\w-]+\.js$/.test(response.url());
      if (isScript && !isWorkers) scripts.push(response);
    });
    await page.goto(given.site.address);
    await page.locator('.facts', { hasText: 'Grad-CAM' }).waitFor();
    const bodies = await Promise.all(scripts.map((response) => response.body()));
    const sizes = bodies.map((body) => brotliCompressSync(body).length);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    t.diagnostic(`${sizes.length} files, ${total} bytes with brotli`);
    assert.ok(total > 20_000 && total < MOST_CODE, `${total} bytes`);
    await page.context().close();
  });

  test('fetches no other model than the one that the address names', async () => {
    const page = await given.browser.newPage({ serviceWorkers: 'block' });
    /** @type {string[]} */
    const asked = [];
    page.context().on('request', (request) => asked.push(request.url().split('/').at(-1) ?? ''));
    await page.goto(`${given.site.address}?model=${dogs.id}`);
    await new DemoPage(page).settled();
    const networks = asked.filter((name) => name.endsWith('.safetensors'));
    assert.deepEqual(networks, [dogs.small.file]);
    await page.context().close();
  });

  test('asks for the model again if it did not come the first time', async () => {
    const page = await given.browser.newPage({ serviceWorkers: 'block' });
    let asked = 0;
    const first = page.waitForRequest('**/*.safetensors');
    await page.context().route('**/*.safetensors', (route) => {
      asked++;
      return asked === 1 ? route.abort() : route.continue();
    });
    // On a slow line the large scripts come after the one that asks.
    await page.route('**/index-*.js', async (route) => {
      await first;
      await route.continue();
    });
    await page.goto(given.site.address);
    await page.locator('.facts', { hasText: / run / }).waitFor();
    assert.equal(asked, 2);
    await page.context().close();
  });

  test('keeps the rows of the saved answer when the model answers the same', async () => {
    const page = await given.browser.newPage({ serviceWorkers: 'block' });
    await page.goto(given.site.address);
    const row = await page.locator('#class-rows .row').first().elementHandle();
    await page.locator('.facts', { hasText: / run / }).waitFor();
    await new DemoPage(page).rested();
    assert.equal(await row?.evaluate((row) => row.isConnected), true);
    await page.context().close();
  });

  test('is preloaded with its worker, the first picture and its answer', async () => {
    const page = await given.browser.newPage();
    const started = page.waitForEvent('worker');
    await page.goto(given.site.address);
    const links = page.locator('link[rel=modulepreload]');
    const preloaded = await links.evaluateAll((all) =>
      all.map((link) => /** @type {HTMLLinkElement} */ (link).href),
    );
    // Other workers are there too, and start later or never.
    const workers = preloaded.filter((url) => /\bworker-/.test(url));
    assert.deepEqual(workers, [(await started).url()]);
    /** @type {string[]} */
    const problems = [];
    page.on('console', (message) => problems.push(message.text()));
    await page.goto(`${given.site.address}?model=${dogs.id}#pic=dog`);
    // A browser says after three seconds which links of a page were for nothing.
    await page.waitForTimeout(5000);
    assert.deepEqual(problems, []);
    const first = ['first.json', `pictures/${shownFile(firstPicture)}`];
    const fetched = await page.evaluate(
      (names) =>
        names.map((name) => performance.getEntriesByName(new URL(name, location.href).href)),
      first,
    );
    assert.deepEqual(
      fetched.map(({ length }) => length),
      [1, 1],
      'something is fetched twice',
    );
    await page.context().close();
  });
});

test('the slow line of the bench is slow, and counts what goes over it', async () => {
  const server = await serveSlowly(inBuild('pictures'), { megabits: 10, latency: 30 });
  const start = performance.now();
  const answers = await Promise.all(
    manifest.pictures.map(async ({ file }) => (await fetch(server.address + file)).arrayBuffer()),
  );
  const bytes = answers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  server.close();
  assert.equal(server.bytes(), bytes);
  // A timer may end a millisecond early, and the line makes up for late ones.
  assert.ok(performance.now() - start > 30 + bytes / 1250 - 25, `${performance.now() - start} ms`);
});
