/**
 * The page without a network, and without a server that isolates it. The page lies in a folder of
 * the server, and the server sends no headers, as free hosts of static files do. In Chromium.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { manifest } from '../../models/fetch.js';
import { writeOffline } from '../../wasm-build/offline.js';
import { inBuild } from '../../wasm-build/tools.js';
import { SKIP, launchChromium } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { RGB, writePng } from './png.js';
import { serve } from './server.js';

/** @import { Browser, BrowserContextOptions } from 'playwright-core' */

const BASE = 'some/folder/';
/** How long a page is watched that must not be reloaded, in milliseconds. */
const LONG = 1000;

const dogs = manifest.models.find(({ id }) => id === 'dog-breeds') ?? manifest.models[0];
const first = manifest.models.find(({ id }) => id === manifest.default) ?? manifest.models[0];

const PICTURE = {
  name: 'own.png',
  type: 'image/png',
  bytes: writePng({ width: 30, height: 30, type: RGB, row: () => new Uint8Array(90) }),
};

/** Why these tests are skipped, if they are. */
const ONE_PROCESSOR =
  availableParallelism() < 2 && 'the page is reloaded for threads where two processors are';

/** @param {string} folder */
const serveFolder = (folder) => serve({ folders: { [`/${BASE}`]: [folder] } });

/**
 * Serves one file that never ends.
 * @param {number} port
 */
async function serveSlowly(port) {
  /** @type {import('node:http').ServerResponse[]} */
  const responses = [];
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-length': 1e9 }).write('{');
    responses.push(response);
    server.emit('asked');
  });
  const asked = once(server, 'asked');
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { asked, ended: () => once(responses[0], 'close'), close };
}

/**
 * How many models the page's browser keeps.
 * @param {import('playwright-core').Page} page
 */
const keptModels = (page) =>
  page.evaluate(async () => {
    const name = (await caches.keys()).find((name) => name.startsWith('models '));
    return name ? (await (await caches.open(name)).keys()).length : 0;
  });

/** A visit that counts how often the page is loaded. It touches nothing, as tools of tests do. */
class Visit {
  loads = 0;

  /** @param {import('playwright-core').Page} page */
  constructor(page) {
    this.page = page;
    this.demo = new DemoPage(page);
    page.on('domcontentloaded', () => this.loads++);
  }

  /**
   * @param {Browser} browser
   * @param {string} address
   * @param {BrowserContextOptions} [options]
   */
  static async open(browser, address, options) {
    const visit = new Visit(await browser.newPage(options));
    visit.demo.watch(address);
    await visit.page.goto(address);
    return visit;
  }

  /** Waits until the model has answered, on a page that is isolated or not. */
  async answered() {
    await this.page.locator('.facts', { hasText: / run / }).waitFor();
  }

  /** @param {number} loads the count to wait for */
  async loaded(loads) {
    while (this.loads < loads) await this.page.waitForEvent('domcontentloaded');
    await this.answered();
  }

  /** Waits as long as a page might still be reloaded for its service worker. */
  async controlled() {
    await this.page.waitForFunction(() => navigator.serviceWorker.controller);
    await this.page.waitForTimeout(LONG);
  }

  isIsolated() {
    return this.page.evaluate(() => crossOriginIsolated);
  }

  close() {
    return this.page.context().close();
  }
}

describe('the page offline', { skip: SKIP || ONE_PROCESSOR }, () => {
  /** @type {Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  test('works without its server, with the model that was used and all samples', async () => {
    const site = await serveFolder(inBuild('demo'));
    const visit = await Visit.open(browser, `${site.address}${BASE}`);
    const { page, demo } = visit;
    await visit.loaded(2);
    await demo.rested();
    const before = await demo.picture();
    await site.close();

    await page.reload();
    await visit.answered();
    await demo.rested();
    const now = await demo.picture();
    assert.equal(Buffer.compare(before.data, now.data), 0, 'the map is another');
    for (const { title } of manifest.pictures) {
      await page.getByRole('button', { name: title, exact: true }).click();
      await demo.settled();
      assert.match(await demo.headline(), /\d%$/);
      assert.equal(await demo.alert(), '');
    }
    // A model that was never used is not there, and the answer stays.
    const headline = await demo.headline();
    await demo.chooseModel(dogs.title);
    assert.match(await demo.alert(), /could not be opened/);
    assert.equal(await demo.headline(), headline);
    await visit.close();
  });

  test('keeps a model that is opened later', async () => {
    const site = await serveFolder(inBuild('demo'));
    const visit = await Visit.open(browser, `${site.address}${BASE}?model=${dogs.id}`);
    const { page, demo } = visit;
    await visit.loaded(2);
    await demo.chooseModel(first.title);
    while ((await keptModels(page)) < 2) await page.waitForTimeout(100);
    await page.getByRole('button', { name: 'Keep' }).click();
    const panel = page.getByRole('dialog', { name: 'Kept in this browser' });
    await panel.getByText(/keeps the page and its samples \(\d\.\d MB\)/).waitFor();
    await panel.getByText('several threads').waitFor();
    const megabytes = (statSync(inBuild('models', dogs.small.file)).size / 1e6).toFixed(1);
    await panel.getByText(`${dogs.title}, ${megabytes} MB`).waitFor();
    await panel.getByRole('button', { name: `Forget ${dogs.title}` }).click();
    await panel.getByText(dogs.title).waitFor({ state: 'detached' });
    assert.equal(await keptModels(page), 1);
    await page.keyboard.press('Escape');
    await site.close();
    await page.reload();
    await visit.answered();
    // The panels and their workers are kept with the page.
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Save PNG: Picture alone' }).click();
    assert.match((await download).suggestedFilename(), /plain\.png$/);
    await page.keyboard.press('Escape');
    await demo.drop(PICTURE);
    await page.getByRole('button', { name: 'Keep' }).click();
    await panel.getByRole('switch').check();
    await panel.getByText(`${PICTURE.name} is remembered.`).waitFor();
    await panel.getByText(first.title).waitFor();
    await panel.getByRole('button', { name: 'Forget all' }).click();
    await panel.getByText('No model and no file is kept.').waitFor();
    assert.equal(await keptModels(page), 0);
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('combobox', { name: 'Model' }).inputValue(), first.title);
    await visit.close();
  });

  test(
    'ends the download of a model that is not wanted any more',
    { timeout: 240_000 },
    async () => {
      const site = await serveFolder(inBuild('demo'));
      const visit = await Visit.open(browser, `${site.address}${BASE}?model=${dogs.id}`);
      const { page, demo } = visit;
      await visit.loaded(2);
      await site.close();
      const slow = await serveSlowly(Number(new URL(site.address).port));
      const select = page.getByRole('combobox', { name: 'Model', exact: true });
      await select.selectOption(first.title);
      await slow.asked;
      const ended = slow.ended();
      await select.selectOption(dogs.title);
      await ended;
      await demo.settled();
      assert.equal(await keptModels(page), 1);
      await visit.close();
      await slow.close();
    },
  );

  test('gets threads from any server, by one reload', async () => {
    const site = await serveFolder(inBuild('demo'));
    const visit = await Visit.open(browser, `${site.address}${BASE}`);
    await visit.loaded(2);
    await visit.controlled();
    assert.equal(visit.loads, 2);
    assert.ok(await visit.isIsolated());
    await visit.close();
    await site.close();
  });

  test('is not reloaded while it has a file of the user', async () => {
    const site = await serveFolder(inBuild('demo'));
    const visit = await Visit.open(browser, `${site.address}${BASE}`);
    await visit.demo.drop(PICTURE);
    await visit.answered();
    await visit.controlled();
    assert.equal(visit.loads, 1);
    assert.equal(await visit.isIsolated(), false);
    await visit.page.reload();
    assert.ok(await visit.isIsolated());
    await visit.close();
    await site.close();
  });

  test('works where service workers are not allowed', async () => {
    const site = await serveFolder(inBuild('demo'));
    const visit = await Visit.open(browser, `${site.address}${BASE}`, { serviceWorkers: 'block' });
    await visit.answered();
    await visit.page.waitForTimeout(LONG);
    assert.equal(visit.loads, 1);
    assert.deepEqual(visit.demo.problems, []);
    await visit.close();
    await site.close();
  });

  test('becomes a newer version as a whole', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'site-'));
    cpSync(inBuild('demo'), folder, { recursive: true });
    const site = await serveFolder(folder);
    const visit = await Visit.open(browser, `${site.address}${BASE}`);
    await visit.loaded(2);
    const index = readFileSync(join(folder, 'index.html'), 'utf8');
    writeFileSync(join(folder, 'index.html'), index.replace('<title>', '<title>Newer '));
    // The old version stays until all of the newer one is there.
    await visit.page.reload();
    await visit.answered();
    assert.doesNotMatch(await visit.page.title(), /^Newer/);
    await writeOffline(manifest.models, folder);

    const loads = visit.loads;
    await visit.page.reload();
    await visit.loaded(loads + 2);
    assert.match(await visit.page.title(), /^Newer/);
    assert.ok(await visit.isIsolated());
    await visit.controlled();
    assert.equal(visit.loads, loads + 2);
    await visit.close();
    await site.close();
    rmSync(folder, { recursive: true });
  });
});
