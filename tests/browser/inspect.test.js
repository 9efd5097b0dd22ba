/** The page's inspector, in Chromium: the layers, what is known, and their channels. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js'; // Node runs the same variant as Chromium then
import { manifest } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { formatAsImage, loadModel } from '../../web/package/index.js';
import { signedMap } from '../../web/demo/signed.js';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { dogs, served, stripes } from './served.js';

const NESTED = 'mobilenetv2_1.00_160';

describe('the inspector', { skip: SKIP }, () => {
  const given = served(launchChromium);
  /** @type {import('gradcam-wasm').Model} under Node */
  let model;

  before(async () => {
    model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
  });
  after(async () => {
    model?.dispose();
  });

  /**
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {{ address?: string } & import('playwright-core').BrowserContextOptions} [options]
   */
  const visit =
    (work, { address = '', ...options } = {}) =>
    async () => {
      const demo = await DemoPage.open(
        given.browser,
        `${given.site.address}#model=${dogs.id}${address}`,
        options,
      );
      await work(demo);
      await demo.close();
    };

  /** @param {DemoPage} demo */
  const inspector = ({ page }) => page.getByRole('region', { name: 'Inspect the model' });
  /** @param {DemoPage} demo */
  const details = (demo) => demo.page.getByRole('region', { name: 'The chosen layer' });
  /** @param {DemoPage} demo */
  const chosenRow = (demo) => inspector(demo).locator('tr[aria-selected=true] .inspect-name');
  /** @param {DemoPage} demo */
  const chosenNode = (demo) => inspector(demo).locator('[role=treeitem][aria-selected=true]');
  /**
   * Waits for the address, which is written once the page is quiet.
   * @param {DemoPage} demo
   * @param {string} text
   */
  const addressHas = ({ page }, text) =>
    page.waitForFunction((part) => decodeURIComponent(location.hash).includes(part), text);

  /**
   * What the details say of something.
   * @param {DemoPage} demo
   * @param {string} name
   */
  function said(demo, name) {
    const term = details(demo)
      .locator('dt')
      .filter({ hasText: new RegExp(`^${name}$`) });
    return term.locator('xpath=following-sibling::dd[1]').innerText();
  }

  test(
    'tells what is in the file, how pixels go in, and what the layers take',
    visit(async (demo) => {
      const { page } = demo;
      await page.getByRole('button', { name: 'Inspect', exact: true }).click();
      await inspector(demo).getByRole('treegrid').waitFor();
      assert.equal(await said(demo, 'Format'), 'safetensors');
      const { file } = model;
      assert.equal(await said(demo, 'Size'), `${(file.bytes / 1e6).toFixed(1)} MB`);
      assert.match(await said(demo, 'Numbers'), /2\.15 M int12/);
      assert.equal(await said(demo, 'Optimizer'), 'No state in the file.');
      assert.equal(await said(demo, 'Pixel values'), '−1 to 1');
      assert.equal(await said(demo, 'How that was found'), 'The file says so.');
      await details(demo)
        .getByText(/^[\d.]+ ms$/)
        .waitFor();
      const profile = await model.profile();
      assert.equal(await said(demo, 'Parameters'), profile.params.toLocaleString('en'));
      assert.equal(await said(demo, 'Multiply-adds'), '156 M');
      assert.equal(Math.round(profile.multiplyAdds / 1e6), 156);

      await inspector(demo).getByText('block_1', { exact: true }).click();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('ArrowRight');
      const row = inspector(demo).locator('tr[aria-selected=true] td');
      const layer = profile.layers.find(({ name }) => name === `${NESTED}/block_1_expand`);
      const [name, type, shape, params, multiplyAdds, time] = await row.allInnerTexts();
      assert.deepEqual(
        [name, type, shape, params, multiplyAdds],
        ['block_1_expand', 'Conv2D', '80 × 80 × 96', '1,536', '9.83 M'],
      );
      assert.deepEqual([layer?.params, layer?.multiplyAdds], [1536, 9_830_400]);
      assert.match(time, /^\d+\.\d\d ms$/);
      assert.match(await said(demo, 'Time'), /one step with block_1_expand_BN/);
    }),
  );

  test(
    'shows the channels of the package, each on the stage when it is pressed',
    visit(
      async (demo) => {
        await demo.drop(stripes);
        const run = await model.run(stripes.bytes, { image: stripes.bytes });
        const channels = await run.channels({ layer: `${NESTED}/block_5_expand_relu`, top: 6 });
        const before = await demo.picture();
        const buttons = details(demo).locator('.inspect-channel');
        await details(demo).getByText(`for and against ${channels.label}`).waitFor();
        const shown = await buttons.evaluateAll((all) => all.map((one) => one.ariaLabel));
        const all = [...channels.positive, ...channels.negative];
        assert.deepEqual(
          shown.map((label) => Number(/^Channel (\d+)/.exec(label ?? '')?.[1])),
          all.map(({ channel }) => channel),
        );
        for (const i of [1, all.length - 1]) {
          await buttons.nth(i).click();
          const { map, channel } = all[i];
          const heatmap = signedMap(map.data, map);
          const expected = formatAsImage(
            { heatmap, image: run.picture },
            { colormap: heatmap.colors },
          );
          const { data } = await demo.picture();
          assert.equal(Buffer.compare(data, Buffer.from(expected.data)), 0);
          const what = i === 1 ? 'for' : 'against';
          const headline = `Channel ${channel} of block_5_expand_relu speaks ${what}`;
          assert.equal(await demo.headline(), `${headline} ${channels.label}`);
        }
        const legend = await demo.page.locator('.legend span').allInnerTexts();
        assert.deepEqual(legend, ['speaks against', 'speaks for']);
        await buttons.nth(all.length - 1).click();
        assert.deepEqual(await demo.picture(), before);
        assert.match(await demo.headline(), new RegExp(`^${channels.label} `));
      },
      { address: `&inspect=table&at=${NESTED}/block_5_expand_relu` },
    ),
  );

  test(
    'obeys the keys, in the table and in the graph',
    visit(async (demo) => {
      const { page } = demo;
      const { keyboard } = page;
      await page.getByRole('button', { name: 'Inspect', exact: true }).focus();
      await keyboard.press('Enter');
      await inspector(demo).getByRole('treegrid').waitFor();
      await keyboard.press('End');
      assert.equal(await chosenRow(demo).innerText(), 'dense');
      await keyboard.press('Home');
      for (let i = 0; i < 2; i++) await keyboard.press('ArrowDown');
      assert.equal(await chosenRow(demo).innerText(), NESTED);
      await keyboard.press('ArrowLeft');
      assert.equal(await inspector(demo).locator('tbody tr').count(), 6);

      await keyboard.press('Control+f');
      await keyboard.type('depthwise');
      assert.equal(await chosenRow(demo).innerText(), 'expanded_conv_depthwise');
      await inspector(demo)
        .getByText(/^1 of \d+$/)
        .waitFor();
      await keyboard.press('Enter');
      await keyboard.press('Enter');
      await keyboard.press('Shift+Enter');
      await inspector(demo)
        .getByText(/^2 of \d+$/)
        .waitFor();
      await keyboard.press('Escape');
      assert.equal(await inspector(demo).getByRole('searchbox').inputValue(), '');

      await inspector(demo).getByRole('button', { name: 'Graph' }).click();
      const graph = inspector(demo).getByRole('tree');
      await graph.focus();
      await keyboard.press('Home');
      await keyboard.press('ArrowDown');
      assert.match((await chosenNode(demo).locator('title').textContent()) ?? '', /^input_layer,/);
      await keyboard.press('End');
      for (let i = 0; i < 6; i++) await keyboard.press('ArrowUp');
      const block = await chosenNode(demo).locator('title').textContent();
      assert.match(block ?? '', /^block_16, 8 layers/);
      const count = await graph.getByRole('treeitem').count();
      await keyboard.press('Enter');
      assert.equal(await graph.getByRole('treeitem').count(), count + 7);
      assert.match((await chosenNode(demo).locator('title').textContent()) ?? '', /^block_16_exp/);
      await keyboard.press('Enter');
      assert.equal(await graph.getByRole('treeitem').count(), count);
      const width = Number(await graph.getAttribute('width'));
      await keyboard.press('+');
      assert.ok(Number(await graph.getAttribute('width')) > width);

      await keyboard.press('Escape');
      await inspector(demo).waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'inspect');
    }),
  );

  test(
    'stands in the address, and goes with the history',
    visit(
      async (demo) => {
        const { page } = demo;
        const node = chosenNode(demo).locator('title');
        assert.match((await node.textContent()) ?? '', /^block_3, /);
        await inspector(demo).getByRole('button', { name: 'Close' }).click();
        await page.waitForFunction(() => !location.hash.includes('inspect'));
        await page.goBack();
        await node.waitFor({ state: 'attached' });
        await addressHas(demo, `inspect=graph&at=${NESTED}[block_3]`);
        // A layer that another model lacks is no error.
        await demo.chooseModel(manifest.models[0].title);
        await details(demo).getByText('efficientnet_lite0').waitFor();
        assert.equal(await demo.alert(), '');
      },
      { address: `&inspect=graph&at=${NESTED}[block_3]` },
    ),
  );

  test(
    'explains at the chosen layer',
    visit(
      async (demo) => {
        await details(demo).getByRole('button', { name: 'Explain at this layer' }).click();
        await demo.settled();
        assert.match(await demo.caption(), /^block_5_expand_relu, 20 × 20/);
        await details(demo).getByText('The map on the picture is of this layer.').waitFor();
        await addressHas(demo, `&layer=${NESTED}/block_5_expand_relu`);
      },
      { address: `&inspect=table&at=${NESTED}/block_5_expand_relu` },
    ),
  );

  for (const [view, at] of [
    ['table', ''],
    ['table', `${NESTED}/block_5_expand_relu`],
    ['graph', `${NESTED}/block_5_expand_relu`],
  ]) {
    test(
      `has nothing that axe finds: ${view} ${at}`,
      visit(
        async (demo) => {
          await inspector(demo).waitFor();
          if (at) await details(demo).locator('.inspect-channel').first().click();
          assert.deepEqual(await violationsInColors(demo.page), []);
        },
        { address: `&inspect=${view}&at=${at}` },
      ),
    );
  }

  test(
    'fits into any window',
    visit(
      async (demo) => {
        for (const [width, height] of [
          [1440, 900],
          [1000, 640],
          [390, 844],
          [844, 390],
        ]) {
          await demo.page.setViewportSize({ width, height });
          await demo.page.reload();
          await demo.settled();
          await details(demo).locator('.inspect-channel').first().waitFor();
          const over = await demo.page.evaluate(() => {
            const { scrollWidth, scrollHeight } = document.documentElement;
            return [scrollWidth - innerWidth, scrollHeight - innerHeight];
          });
          assert.deepEqual(over, [0, 0], `${width} x ${height}`);
          const picture = await demo.page.locator('.overlay').boundingBox();
          assert.ok(picture && picture.width > 90 && picture.height > 90);
        }
      },
      { address: `&inspect=table&at=${NESTED}/block_5_expand_relu` },
    ),
  );
});
