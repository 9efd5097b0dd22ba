/** The camera on the page, in Chromium, which plays a moving picture in place of a camera. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { dogs, served } from './served.js';

/** @import { Browser } from 'playwright-core' */
/** @import { VisitOptions } from './demo-page.js' */

/** Keeps the streams that the page gets, so that a test can end one and see which run. */
const SPY = `
  globalThis.streams = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    streams.push(stream);
    return stream;
  };`;

/** How many cameras run. */
const RUNNING = `streams.flatMap((stream) => stream.getTracks()).filter(
  ({ readyState }) => readyState === 'live').length`;

describe('the camera', { skip: SKIP }, () => {
  const cameras = ['--use-fake-device-for-media-stream=device-count=2,fps=30'];
  const given = served(() => launchChromium(cameras));

  /**
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {VisitOptions & { browser?: Browser }} [options]
   */
  const visit = (work, options) => async () => {
    const { script = '', browser = given.browser, ...settings } = options ?? {};
    const demo = await DemoPage.open(browser, `${given.site.address}#model=${dogs.id}`, {
      permissions: ['camera'],
      script: SPY + script,
      ...settings,
    });
    await work(demo);
    await demo.close();
  };

  /** @param {DemoPage} demo */
  async function open({ page }) {
    await page.getByRole('button', { name: 'Camera', exact: true }).click();
    const panel = page.getByRole('dialog', { name: 'Camera' });
    await panel.waitFor();
    return panel;
  }

  /** @param {DemoPage} demo */
  async function openLive(demo) {
    const panel = await open(demo);
    await panel.getByText(/\d maps? a second/).waitFor();
    return panel;
  }

  /**
   * What the panel says went wrong.
   * @param {import('playwright-core').Locator} panel
   * @param {RegExp} text
   */
  const says = (panel, text) => panel.getByRole('status').filter({ hasText: text }).waitFor();

  test(
    'explains picture after picture, and says how many a second',
    visit(async (demo) => {
      const panel = await openLive(demo);
      const canvas = panel.getByRole('img');
      const pixels = () =>
        canvas.evaluate((element) => /** @type {HTMLCanvasElement} */ (element).toDataURL());
      const before = await pixels();
      const rate = Number.parseInt(await panel.getByText(/\d maps? a second/).innerText());
      assert.ok(rate > 0, `only ${rate} a second`);
      // The picture moves, and an answer follows another.
      let isOther = false;
      for (let i = 0; i < 200 && !isOther; i++) {
        await demo.page.waitForTimeout(50);
        isOther = (await pixels()) !== before;
      }
      assert.ok(isOther, 'the picture stands still');
      assert.match(await panel.locator('.headline').innerText(), /\d%$/);
      // Who does not see the picture hears what it is, not each frame of it.
      const spoken = panel.getByRole('status').filter({ hasText: /%\. / });
      await spoken.waitFor({ state: 'attached' });
      assert.match((await canvas.getAttribute('aria-label')) ?? '', /%\. /);
    }),
  );

  test(
    'takes the picture on the screen, which the page then explains the same way',
    visit(async (demo) => {
      const panel = await openLive(demo);
      const classes = panel.getByRole('combobox', { name: 'Class' });
      await classes.selectOption('Pug');
      await panel.locator('.headline').filter({ hasText: 'Pug' }).waitFor();
      await classes.selectOption('The top class');
      await demo.page.waitForTimeout(1000);
      // The last answer that was drawn counts, because words are calmer than pictures.
      const last = await panel.evaluate((dialog) => {
        const take = [...dialog.querySelectorAll('button')].find((button) =>
          button.textContent?.startsWith('Take'),
        );
        const canvas = /** @type {HTMLCanvasElement} */ (dialog.querySelector('canvas'));
        const { width, height } = canvas;
        const context = canvas.getContext('2d');
        const { data } = /** @type {CanvasRenderingContext2D} */ (context).getImageData(
          ...[0, 0, width, height],
        );
        take?.click();
        return { width, height, sum: data.reduce((sum, value, i) => (sum * 31 + value + i) % 1e9) };
      });
      await panel.waitFor({ state: 'hidden' });
      const taken = demo.page.locator('#tray').getByRole('button', { name: /^camera .*png$/ });
      await taken.waitFor();
      await demo.settled();
      assert.equal(await taken.getAttribute('aria-pressed'), 'true');
      const { data, width, height } = await demo.picture();
      const sum = data.reduce((sum, value, i) => (sum * 31 + value + i) % 1e9);
      assert.deepEqual({ width, height, sum }, last);
      assert.equal(await demo.page.evaluate(RUNNING), 0);
    }),
  );

  test(
    'stops, starts with another camera, and ends with the panel',
    visit(async (demo) => {
      const panel = await openLive(demo);
      assert.equal(await demo.page.evaluate(RUNNING), 1);
      await panel.getByRole('button', { name: 'Stop the camera' }).click();
      await says(panel, /^The camera is off/);
      assert.equal(await demo.page.evaluate(RUNNING), 0);
      assert.ok(await panel.getByRole('button', { name: 'Take this picture' }).isDisabled());
      const cameras = panel.getByRole('combobox', { name: 'Camera' });
      const other = await cameras.locator('option:not(:checked)').getAttribute('value');
      await cameras.selectOption(other);
      await panel.getByText(/\d maps? a second/).waitFor();
      assert.equal(await demo.page.evaluate(RUNNING), 1);
      const used = 'streams.at(-1).getVideoTracks()[0].getSettings().deviceId';
      assert.equal(await demo.page.evaluate(used), other);
      await demo.page.keyboard.press('Escape');
      await panel.waitFor({ state: 'hidden' });
      // The dialog's close event, which ends the camera, comes after that.
      for (let i = 0; i < 500 && (await demo.page.evaluate(RUNNING)) > 0; i++) await sleep(20);
      assert.equal(await demo.page.evaluate(RUNNING), 0);
      const focused = await demo.page.evaluate(() => document.activeElement?.id);
      assert.equal(focused, 'camera-button');
    }),
  );

  test(
    'rests while the tab is hidden',
    visit(async (demo) => {
      const panel = await openLive(demo);
      const hide = (/** @type {boolean} */ isHidden) =>
        demo.page.evaluate((isHidden) => {
          Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden });
          document.dispatchEvent(new Event('visibilitychange'));
        }, isHidden);
      await hide(true);
      assert.equal(await demo.page.evaluate(RUNNING), 0);
      await says(panel, /^The camera is off/);
      await hide(false);
      await panel.getByText(/\d maps? a second/).waitFor();
      assert.equal(await demo.page.evaluate(RUNNING), 1);
      // A camera that the user stopped stays off.
      await panel.getByRole('button', { name: 'Stop the camera' }).click();
      await hide(true);
      await hide(false);
      assert.equal(await demo.page.evaluate(RUNNING), 0);
    }),
  );

  test(
    'says that the camera was unplugged, and starts again',
    visit(async (demo) => {
      const panel = await openLive(demo);
      await demo.page.evaluate(() => {
        const [track] = /** @type {any} */ (globalThis).streams.at(-1).getTracks();
        track.stop();
        track.dispatchEvent(new Event('ended'));
      });
      await says(panel, /^The camera is gone/);
      await panel.getByRole('button', { name: 'Start the camera' }).click();
      await panel.getByText(/\d maps? a second/).waitFor();
    }),
  );

  test(
    'says that the page may not use the camera',
    visit(
      async (demo) => {
        const panel = await open(demo);
        await says(panel, /may not use the camera\. Allow it/);
        await panel.getByRole('button', { name: 'Start the camera' }).waitFor();
      },
      { permissions: [] },
    ),
  );

  test('says that there is no camera', async () => {
    const none = await launchChromium(['--use-fake-device-for-media-stream=device-count=0']);
    try {
      await visit(async (demo) => says(await open(demo), /finds no camera/), { browser: none })();
    } finally {
      await none.close();
    }
  });

  test(
    'says that an insecure page gets no camera',
    visit(async (demo) => says(await open(demo), /https/), {
      script: `Object.defineProperty(navigator, 'mediaDevices', { value: undefined });`,
    }),
  );

  test(
    'says that another program has the camera, and that one is not there any more',
    visit(
      async (demo) => {
        const panel = await open(demo);
        await says(panel, /Another program may be using it/);
        await demo.page.evaluate(`failure = 'OverconstrainedError'`);
        await panel.getByRole('button', { name: 'Start the camera' }).click();
        await says(panel, /not there any more/);
      },
      {
        script: `
          globalThis.failure = 'NotReadableError';
          navigator.mediaDevices.getUserMedia = async () => {
            throw new DOMException('of the browser', failure);
          };`,
      },
    ),
  );

  test(
    'shows axe nothing',
    visit(async (demo) => {
      const panel = await openLive(demo);
      assert.deepEqual(await violationsInColors(demo.page), []);
      await panel.getByRole('button', { name: 'Stop the camera' }).click();
      assert.deepEqual(await violationsInColors(demo.page), []);
    }),
  );
});
