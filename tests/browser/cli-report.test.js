/** The report of the command line, opened as a file without scripts. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { main } from '../../web/cli/main.js';
import { inBuild } from '../../wasm-build/tools.js';
import { launchChromium } from './chromium.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8');

describe('the report of a folder', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {string} */
  let folder;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gradcam-'));
    for (const [name, picture] of [
      ['Siberian Husky', 'dog'],
      ['Pug', 'eagle'],
      ['other', 'giraffe'],
    ]) {
      mkdirSync(join(folder, name));
      copyFileSync(inBuild('pictures', `${picture}-small.jpg`), join(folder, name, 'one.jpg'));
    }
    const model = inBuild('models', 'dog_breed_mobilenetv2.h5');
    const args = ['report', model, folder, '--output', join(folder, 'report.html')];
    const { status, error } = await main(args);
    assert.equal(status, 0, error);
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const width of [1440, 390]) {
      test(`is whole and accessible, ${colorScheme} and ${width} wide`, async () => {
        const viewport = { width, height: 900 };
        const context = await browser.newContext({ colorScheme, viewport, bypassCSP: true });
        const page = await context.newPage();
        /** @type {string[]} */
        const asked = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(pathToFileURL(join(folder, 'report.html')).href);
        const images = page.locator('img');
        assert.equal(await images.count(), 6);
        for (const image of await images.all()) {
          await image.scrollIntoViewIfNeeded();
          const loaded = `(image) => image.decode().then(() => image.naturalWidth)`;
          assert.ok((await image.evaluate(new Function(`return ${loaded}`)())) > 0);
        }
        assert.deepEqual(
          asked.filter((url) => !/^(file|data):/.test(url)),
          [],
        );
        assert.equal(
          await page
            .locator('h2')
            .allTextContents()
            .then((all) => all.length),
          3,
        );
        const overflow = 'document.documentElement.scrollWidth - innerWidth';
        assert.ok(Number(await page.evaluate(overflow)) <= 0);
        await page.evaluate(AXE);
        const { violations } = /** @type {any} */ (await page.evaluate('axe.run()'));
        const found = violations.map((/** @type {any} */ { id, nodes }) => [id, nodes[0].html]);
        assert.deepEqual(found, []);
        await context.close();
      });
    }
  }

  test('runs no script', async () => {
    const page = await browser.newPage();
    await page.goto(pathToFileURL(join(folder, 'report.html')).href);
    const run = `(() => { const s = document.createElement('script'); s.textContent = 'ran = 1';
      document.body.append(s); return 'ran' in window; })()`;
    assert.equal(await page.evaluate(run), false);
    await page.close();
  });
});
