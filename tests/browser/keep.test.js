/** Files that the page remembers, in Chromium. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { inBuild } from '../../wasm-build/tools.js';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { RGB, writePng } from './png.js';
import { dogs, served } from './served.js';

const picture = {
  name: 'stripes.png',
  type: 'image/png',
  bytes: writePng({
    ...{ width: 40, height: 30, type: RGB },
    row: () => Uint8Array.from({ length: 120 }, (_, i) => (i < 60 ? 30 + (i % 3) * 60 : 200)),
  }),
};
const model = { name: 'my-dogs.safetensors', bytes: readFileSync(inBuild('models', dogs.file)) };

describe('remembering files', { skip: SKIP }, () => {
  const given = served(launchChromium);

  /**
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {string} [script] that runs before the page's own
   */
  const visit = (work, script) => async () => {
    const address = `${given.site.address}#model=${dogs.id}`;
    const demo = await DemoPage.open(given.browser, address, { isNewTab: true, script });
    await work(demo);
    await demo.close();
  };

  /** @param {DemoPage} demo */
  async function openPanel({ page }) {
    await page.getByRole('button', { name: 'Keep' }).click();
    const panel = page.getByRole('dialog', { name: 'Kept in this browser' });
    await panel.waitFor();
    return panel;
  }

  /**
   * Waits for the address, which is written once the page is quiet.
   * @param {DemoPage} demo
   * @param {string} text
   */
  const addressHas = ({ page }, text) =>
    page.waitForFunction((part) => location.hash.includes(part), text);

  /** @param {DemoPage} demo */
  async function reload(demo) {
    const address = demo.page.url();
    await demo.page.goto('about:blank');
    await demo.page.goto(address);
    await demo.settled();
  }

  const tray = (/** @type {DemoPage} */ { page }) =>
    page.locator('#tray').getByRole('button', { name: picture.name });

  test(
    'remembers nothing unless the user wants it',
    visit(async (demo) => {
      await demo.drop(picture);
      await addressHas(demo, 'pic=');
      await reload(demo);
      assert.match(await demo.alert(), /Open the file again/);
      assert.equal(await tray(demo).count(), 0);
      const panel = await openPanel(demo);
      await panel.getByText('No model and no file is kept.').waitFor();
      assert.ok(!(await panel.getByRole('switch').isChecked()));
    }),
  );

  test(
    'finds own pictures and models after a reload, and forgets them',
    visit(async (demo) => {
      await demo.drop(picture, model);
      const panel = await openPanel(demo);
      await panel.getByRole('switch').check();
      await panel.getByRole('status').filter({ hasText: 'is remembered.' }).waitFor();
      await panel.getByRole('button', { name: `Forget ${model.name}` }).waitFor();
      await panel.getByRole('button', { name: `Forget ${picture.name}` }).waitFor();
      const size = (model.bytes.length / 1e6).toFixed(1);
      await panel.getByText(`2 entries, ${size} MB. The browser has space for`).waitFor();
      await demo.page.keyboard.press('Escape');
      await demo.choose('Class', (await demo.rows('Class'))[1]);
      await addressHas(demo, 'class=');
      const [headline, before] = [await demo.headline(), await demo.picture()];

      await reload(demo);
      assert.equal(await demo.alert(), '');
      assert.equal(await demo.headline(), headline);
      assert.equal(Buffer.compare(before.data, (await demo.picture()).data), 0);
      const list = demo.page.getByRole('combobox', { name: 'Model', exact: true });
      assert.equal(
        await list.evaluate((select) => /** @type {any} */ (select).selectedOptions[0].text),
        model.name,
      );

      // The same file again is no second entry.
      await demo.drop({ ...picture, lastModified: await lastModified(demo) });
      assert.equal(await tray(demo).count(), 1);
      const again = await openPanel(demo);
      await again.getByRole('button', { name: 'Forget all' }).click();
      await again.getByText('No model and no file is kept.').waitFor();
      await again.getByRole('switch').uncheck();
      await reload(demo);
      assert.match(await demo.alert(), /Open the file again/);
      assert.equal(await tray(demo).count(), 0);
    }),
  );

  /**
   * When the remembered picture was changed last, by its own account.
   * @param {DemoPage} demo
   */
  function lastModified({ page }) {
    return page.evaluate(async () => {
      const root = await navigator.storage.getDirectory();
      const folder = /** @type {any} */ (await root.getDirectoryHandle('kept'));
      for await (const inside of folder.values()) {
        const file = await (await inside.getFileHandle('description.json')).getFile();
        const { kind, files } = JSON.parse(await file.text());
        if (kind === 'picture') return files[0].lastModified;
      }
    });
  }

  test(
    'says so where the browser keeps no files',
    visit(async (demo) => {
      const panel = await openPanel(demo);
      await panel.getByText(/This browser keeps no files for the page/).waitFor();
      assert.ok(await panel.getByRole('switch').isDisabled());
    }, 'StorageManager.prototype.getDirectory = () => Promise.reject(new Error("private"))'),
  );

  test(
    'says so where the browser has no space',
    visit(async (demo) => {
      const session = await demo.page.context().newCDPSession(demo.page);
      const { origin } = new URL(given.site.address);
      await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 100_000 });
      await demo.drop(model);
      const panel = await openPanel(demo);
      await panel.getByRole('switch').check();
      await panel.getByText(/is not remembered, because the browser has no space left/).waitFor();
      assert.equal(await panel.getByRole('listitem').count(), 0);
    }),
  );

  test(
    'a copied link says that files are not in it',
    visit(async (demo) => {
      await demo.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      const button = demo.page.locator('#copy-link');
      await button.click();
      await demo.page.getByText('Link copied').waitFor();
      assert.equal(await demo.alert(), '');
      await demo.drop(picture);
      await button.click();
      await demo.page
        .getByRole('alert')
        .filter({ hasText: 'files of yours are not in it' })
        .waitFor();
    }),
  );

  test(
    'axe finds nothing in the panels, and the keyboard opens them',
    visit(async (demo) => {
      const { page } = demo;
      await demo.drop(picture);
      await page.getByRole('button', { name: 'Save', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('dialog', { name: 'Save and copy' }).waitFor();
      assert.deepEqual(await violationsInColors(page), [], 'save');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page
        .getByRole('status')
        .filter({ hasText: /^Picture copied|did not work/ })
        .waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Keep' }).focus();
      await page.keyboard.press('Enter');
      const kept = page.getByRole('dialog', { name: 'Kept in this browser' });
      await kept.locator('input:enabled').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      await page.getByRole('button', { name: `Forget ${picture.name}` }).waitFor();
      assert.deepEqual(await violationsInColors(page), [], 'kept');
    }),
  );
});
