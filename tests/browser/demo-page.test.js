/** What the tests of the page take for a problem of a visit, on a page of a few lines. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { serve } from './server.js';

const PAGE =
  '<!doctype html><link rel="icon" href="data:,"><p class="pane" aria-busy="false" tabindex="0">';

describe('a visit', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof serve>>} */
  let site;
  before(async () => {
    const texts = { '/index.html': PAGE };
    [browser, site] = await Promise.all([launchChromium(), serve({ folders: {}, texts })]);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  /** Opens the page, whose file "slow" never comes. */
  async function open() {
    const demo = await DemoPage.open(browser, site.address);
    await demo.page.route('**/slow', () => {});
    return demo;
  }

  /**
   * Asks for the file "slow", until a signal of the page ends that.
   * @param {DemoPage} demo
   */
  async function ask({ page }) {
    const asked = page.waitForRequest('**/slow');
    await page.evaluate(() => {
      const controller = new AbortController();
      Object.assign(globalThis, { controller });
      fetch('/slow', { signal: controller.signal }).catch(() => {});
    });
    return asked;
  }

  test('forgives requests that a reload, another address or its end ends', async () => {
    const demo = await open();
    await ask(demo);
    await demo.page.reload();
    await ask(demo);
    await demo.page.goto('about:blank');
    await demo.page.goto(site.address);
    assert.deepEqual(demo.problems, []);
    await ask(demo);
    await demo.close();
  });

  test('has problems if the page itself ends a request, or one fails', async () => {
    for (const times of [0, 1]) {
      const demo = await open();
      // A reload before does not hide them.
      for (let i = 0; i < times; i++) await demo.page.reload();
      const request = await ask(demo);
      const failed = demo.page.waitForEvent('requestfailed');
      await demo.page.evaluate('controller.abort()');
      await failed;
      const problem = `${request.url()} failed`;
      assert.deepEqual(demo.problems, [problem]);
      demo.mayCancel = true;
      assert.equal(demo.problems.length, 0);
      await demo.page.evaluate('fetch("/none")');
      assert.ok(demo.problems.includes(`${site.address}none answers 404`), `${demo.problems}`);
      await assert.rejects(() => demo.close());
    }
  });

  test('has problems if the page throws or asks another server', async () => {
    const demo = await open();
    const thrown = demo.page.waitForEvent('pageerror');
    await demo.page.evaluate(() => {
      setTimeout(() => {
        throw new Error('a mistake');
      });
    });
    await thrown;
    await demo.page.evaluate(() => fetch('http://127.0.0.2:9/').catch(() => {}));
    assert.ok(demo.problems.includes('Error: a mistake'), `${demo.problems}`);
    assert.ok(demo.problems.includes('asks for http://127.0.0.2:9/'), `${demo.problems}`);
    await assert.rejects(() => demo.close());
  });

  test('takes the tab of one that ended well, with nothing of it left', async () => {
    const first = await DemoPage.open(browser, site.address, { colorScheme: 'dark' });
    await first.page.evaluate('Object.assign(globalThis, { mark: 1 })');
    await first.page.setViewportSize({ width: 300, height: 200 });
    await first.close();
    const second = await DemoPage.open(browser, `${site.address}#other`);
    assert.equal(second.page, first.page);
    const left =
      '[globalThis.mark, innerWidth, matchMedia("(prefers-color-scheme: dark)").matches]';
    assert.deepEqual(await second.page.evaluate(left), [undefined, 1280, false]);
    const third = await DemoPage.open(browser, site.address);
    const fourth = await DemoPage.open(browser, site.address, { isNewTab: true });
    assert.equal(new Set([second.page, third.page, fourth.page]).size, 3);
    for (const visit of [second, third, fourth]) await visit.close();
  });

  test('looks at both colours with axe, once they are there', async () => {
    const page = await browser.newPage();
    await page.setContent(`<style>
      p { color: #000; background: #fff; transition: background 9s }
      @media (prefers-color-scheme: dark) { p { background: #111 } }
      </style><p>words`);
    const found = await violationsInColors(page);
    const contrasts = found.filter((text) => text.includes('color-contrast'));
    assert.equal(contrasts.length, 1);
    assert.match(contrasts[0], /^dark, /);
    await page.close();
  });
});
