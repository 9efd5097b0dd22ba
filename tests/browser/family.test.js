/** Two classes against each other, the family of methods, and attributions. In Chromium. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js'; // Node runs the same variant as Chromium then
import { formatAsImage, loadModel } from '../../web/package/index.js';
import { inBuild } from '../../wasm-build/tools.js';
import { largest, sideOf, signedMap } from '../../web/demo/signed.js';
import { paint } from '../../web/demo/paint.js';
import { minus, scaled, scalesOf } from '../../web/demo/together.js';
import { WAYS, isLong } from '../../web/demo/ways.js';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { dogs, served, stripes } from './served.js';

describe('the page', { skip: SKIP }, () => {
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
    (work, { address = `#model=${dogs.id}`, ...options } = {}) =>
    async () => {
      const demo = await DemoPage.open(given.browser, `${given.site.address}${address}`, options);
      await work(demo);
      await demo.close();
    };

  /**
   * A signed map as the page draws it with its first settings.
   * @param {import('gradcam-wasm').Run} run
   * @param {import('gradcam-wasm').HeatMap} heatmap
   */
  function drawn(run, heatmap) {
    return formatAsImage({ heatmap, image: run.picture }, { colormap: heatmap.colors });
  }

  /**
   * @param {{ data: Uint8Array | Uint8ClampedArray }} a
   * @param {{ data: Uint8Array | Uint8ClampedArray }} b
   */
  function assertSamePixels(a, b) {
    assert.equal(Buffer.compare(Buffer.from(a.data), Buffer.from(b.data)), 0);
  }

  const runStripes = () => model.run(stripes.bytes, { image: stripes.bytes });

  describe('A | B', () => {
    test(
      'is what the package gives for two weighted classes, and is told in words',
      visit(async (demo) => {
        const { page } = demo;
        await demo.drop(stripes);
        const rows = page.locator('#class-rows .row');
        await rows.nth(3).locator('.mark').click();
        await demo.rested();
        const run = await runStripes();
        const [a, , , b] = run.decodePredictions({ top: 4 });
        const raw = async (/** @type {number} */ sign) => {
          const targets = { [a.index]: sign, [b.index]: -sign };
          return run.explain({ targets, logits: true, raw: true });
        };
        const [{ raw: plain, heatmap }] = (await raw(1)).targets;
        assert.ok(plain);
        // Grad-CAM is linear in the gradient, so the difference is the raw map itself.
        const expected = signedMap(plain, heatmap);
        const picture = await demo.picture();
        assertSamePixels(picture, drawn(run, expected));

        assert.match(await demo.headline(), new RegExp(`^${a.label} .*% \\| ${b.label} .*%$`));
        const where = await demo.where();
        assert.match(where, new RegExp(`^(Red speaks for|Nothing speaks for) ${a.label}\\b`));
        assert.match(where, new RegExp(`speaks for ${b.label}\\b`));
        const label = (await page.locator('.overlay').getAttribute('aria-label')) ?? '';
        assert.match(label, /difference of the Grad-CAM maps of two classes/);
        assert.ok(label.endsWith(where), label);
        assert.deepEqual(await page.locator('.legend span').allInnerTexts(), [
          `speaks for ${b.label}`,
          `speaks for ${a.label}`,
        ]);
        const logit = page.getByRole('switch', { name: 'Explain the logit' });
        assert.ok((await logit.isChecked()) && (await logit.isDisabled()));

        // The figures are about the part that speaks for A.
        const explanation = await raw(1);
        const measured = { target: a.index, label: a.label, heatmap: sideOf(expected) };
        const targets = [{ ...explanation.targets[0], ...measured }];
        const { figures } = await run.trust(
          { ...explanation, targets },
          { figures: ['deletionInsertion', 'averageDrop', 'complexity'], steps: 10 },
        );
        await page.getByRole('button', { name: 'More figures' }).click();
        const items = page.locator('#figure-list li');
        await items.filter({ hasText: 'are left out' }).waitFor();
        const texts = await items.allInnerTexts();
        assert.equal(texts.length, 4);
        figures.forEach(({ sentence }, i) => assert.ok(texts[i].endsWith(sentence), texts[i]));
      }),
    );

    test(
      'is in the address, is reached by keys, and ends',
      visit(async (demo) => {
        const { page } = demo;
        await demo.settled();
        const plain = await demo.picture();
        await page.getByRole('listbox', { name: 'Class' }).focus();
        await page.keyboard.press('Shift+ArrowDown');
        await page.keyboard.press('Shift+ArrowDown');
        await demo.rested();
        assert.deepEqual(await page.locator('.mark[aria-hidden=false]').allInnerTexts(), [
          'A',
          'B',
        ]);
        const [, , third] = await demo.rows('Class');
        assert.match(await demo.headline(), new RegExp(` \\| ${third} `));
        const picture = await demo.picture();
        await page.waitForFunction(() => location.hash.includes('versus='));
        await page.reload();
        await demo.settled();
        assertSamePixels(await demo.picture(), picture);

        // All layers come in one call, so that a step asks no worker.
        await demo.rested();
        await page.evaluate(() => {
          Worker.prototype.postMessage = () => {
            throw new Error('a step asked the worker');
          };
        });
        await page.getByRole('slider', { name: 'Layer, first to last' }).focus();
        await page.keyboard.press('ArrowLeft');
        assert.match(await demo.headline(), new RegExp(` \\| ${third} `));
        await page.keyboard.press('ArrowRight');
        assertSamePixels(await demo.picture(), picture);

        await page.goto(`${given.site.address}#model=${dogs.id}`);
        await page.reload();
        await demo.settled();
        assertSamePixels(await demo.picture(), plain);
      }),
    );

    test(
      'is refused where a method has no difference, and the last answer stays',
      visit(async (demo) => {
        const { page } = demo;
        await page.locator('#class-rows .row').nth(1).locator('.mark').click();
        await demo.rested();
        const headline = await demo.headline();
        await page.getByLabel('Method').selectOption('Ablation-CAM');
        await demo.settled();
        assert.match(await demo.alert(), /Ablation-CAM has no map of a difference/);
        assert.equal(await demo.headline(), headline);
        assert.equal(await page.getByLabel('Method').inputValue(), 'gradCam');
      }),
    );
  });

  describe('all ways', () => {
    test(
      'are small maps with a line each, made when they are opened, and a click chooses',
      visit(async (demo) => {
        const { page } = demo;
        await demo.rested();
        await page.evaluate(() => {
          const { postMessage } = Worker.prototype;
          Object.assign(globalThis, { asked: [] });
          Worker.prototype.postMessage = function (/** @type {any[]} */ ...args) {
            /** @type {any} */ (globalThis).asked.push(args[0]);
            return postMessage.apply(this, /** @type {any} */ (args));
          };
        });
        await page.getByRole('button', { name: 'All ways' }).click();
        await page.locator('#way-list[aria-busy=false]').waitFor();
        const panel = page.getByRole('dialog', { name: 'Ways to explain a class' });
        assert.equal(await panel.locator('.way').count(), WAYS.length);
        const asked = await page.evaluate(() => /** @type {any} */ (globalThis).asked);
        const explained = asked.filter((/** @type {any} */ { method }) => method === 'explain');
        assert.equal(explained.length, 1, 'one call gives the family');
        assert.equal(explained[0].args.options.method.length, 8);
        const maps = await panel.locator('.way').evaluateAll((cards) =>
          cards.map((card) => {
            const canvas = /** @type {HTMLCanvasElement} */ (card.querySelector('canvas'));
            return canvas.toDataURL();
          }),
        );
        // The ways of many runs show the plain picture.
        const plain = maps[WAYS.indexOf('rise')];
        const drawn = WAYS.filter((_, i) => maps[i] !== plain);
        assert.deepEqual(
          drawn,
          WAYS.filter((way) => !isLong(way)),
        );
        for (const text of await panel.locator('.way-text').allInnerTexts()) {
          assert.match(text, /\n.{20}/, text);
          assert.ok(!text.includes('`'), text);
        }

        const links = await panel
          .getByRole('link', { name: /^Read more/ })
          .evaluateAll((all) =>
            all.map((link) => /** @type {HTMLAnchorElement} */ (link).href.split('#')),
          );
        assert.equal(links.length, WAYS.length);
        const document = await (await fetch(links[0][0])).text();
        for (const [, anchor] of links) assert.ok(document.includes(`id="${anchor}"`), anchor);

        await panel.getByRole('button', { name: /^LayerCAM/ }).click();
        await demo.settled();
        assert.match(await demo.caption(), /· LayerCAM ·/);
        assert.equal(await panel.isVisible(), false);
        assert.equal(await page.getByLabel('Method').inputValue(), 'layerCam');
        await page.waitForFunction(() => location.hash.includes('method=layerCam'));
        await page.getByRole('button', { name: 'All ways' }).focus();
        await page.keyboard.press('Enter');
        await panel.locator('[aria-pressed=true]').waitFor();
        assert.match(await panel.locator('[aria-pressed=true]').innerText(), /^LayerCAM/);
        await page.keyboard.press('Escape');
        assert.equal(await panel.isVisible(), false);
      }),
    );
  });

  describe('attributions', () => {
    test(
      'are those of the package, with words and in the address',
      visit(async (demo) => {
        const { page } = demo;
        await demo.drop(stripes);
        const run = await runStripes();
        const [{ index, label }] = run.decodePredictions({ top: 1 });
        const choose = (/** @type {string} */ way) => page.getByLabel('Method').selectOption(way);
        for (const method of /** @type {const} */ (['saliency', 'gradientTimesInput'])) {
          await choose(method);
          await demo.settled();
          const attribution = await run.attribute({ method, target: index, logits: false });
          assertSamePixels(await demo.picture(), drawn(run, attribution.toHeatmap()));
        }
        assert.match(await demo.where(), new RegExp(`Red speaks for ${label}`));
        await choose('integratedGradients');
        await demo.rested();
        const options = { target: index, logits: false };
        const attribution = await run.attribute({ method: 'integratedGradients', ...options });
        assertSamePixels(await demo.picture(), drawn(run, attribution.toHeatmap()));
        assert.match(await demo.where(), /The parts add up to .* of .*, so .*% is unexplained\.$/);
        assert.match(await demo.caption(), /^input, 160 × 160 · Integrated Gradients · /);
        const strip = page.getByRole('slider', { name: 'Layer, first to last' });
        assert.equal(await strip.getAttribute('aria-disabled'), 'true');
        await choose('gradCam');
        await demo.settled();
        assert.equal(await strip.getAttribute('aria-disabled'), 'false');
      }),
    );

    test(
      'are drawn while they grow, and end with Cancel or another choice',
      visit(async (demo) => {
        const { page } = demo;
        await demo.rested();
        const before = await demo.picture();
        const headline = await demo.headline();
        const method = page.getByLabel('Method');
        const cancel = page.getByRole('button', { name: 'Cancel' });
        const differs = async (/** @type {{ data: Buffer }} */ a) =>
          Buffer.compare(a.data, (await demo.picture()).data) !== 0;
        await method.selectOption('rise');
        await page.locator('.headline', { hasText: 'RISE grows' }).waitFor();
        const first = await demo.picture();
        assert.ok(Buffer.compare(first.data, before.data) !== 0);
        for (let i = 0; i < 1500 && !(await differs(first)); i++) await page.waitForTimeout(20);
        assert.ok(await differs(first), 'the picture does not grow');
        await page.locator('.progress-text', { hasText: /RISE, step \d+ of 500/ }).waitFor();
        await cancel.click();
        await demo.settled();
        assert.equal(await demo.headline(), headline);
        assert.equal(await method.inputValue(), 'gradCam');
        assertSamePixels(await demo.picture(), before);
        assert.equal(await demo.alert(), '');

        await method.selectOption('rise');
        await page.locator('.headline', { hasText: 'RISE grows' }).waitFor();
        await method.selectOption('saliency');
        await demo.settled();
        assert.match(await demo.caption(), /· Saliency ·/);
        assert.equal(await demo.alert(), '');
      }),
    );

    test(
      'open from an address, and one that is cancelled at once leaves Grad-CAM',
      visit(
        async (demo) => {
          const { page } = demo;
          assert.match(await demo.caption(), /· Occlusion ·/);
          const picture = await demo.picture();
          await page.reload();
          await demo.settled();
          assertSamePixels(await demo.picture(), picture);
          await page.goto(`${given.site.address}#model=${dogs.id}&method=rise`);
          await page.reload();
          await page.locator('.headline', { hasText: 'RISE grows' }).waitFor();
          await page.getByRole('button', { name: 'Cancel' }).click();
          await demo.settled();
          assert.match(await demo.caption(), /· Grad-CAM ·/);
        },
        { address: `#model=${dogs.id}&method=occlusion` },
      ),
    );
  });

  describe('several panes', () => {
    const compared = `#model=${dogs.id}&class=2&with=${dogs.id}|7~~layerCam|`;

    test(
      'show the same part of the picture',
      visit(
        async (demo) => {
          const { page } = demo;
          await page.getByRole('switch', { name: 'Difference' }).check();
          await page.locator('.difference .overlay').waitFor();
          const views = () =>
            page.locator('.frame').evaluateAll((frames) =>
              frames.map((frame) => {
                const { style } = /** @type {HTMLElement} */ (frame);
                return ['zoom', 'pan-x', 'pan-y'].map((name) =>
                  style.getPropertyValue(`--${name}`),
                );
              }),
            );
          const picture = page.locator('.overlay').nth(1);
          await picture.hover({ position: { x: 30, y: 30 } });
          await page.mouse.wheel(0, -100);
          const zoomed = await views();
          assert.equal(zoomed.length, 3);
          const [zoom, x, y] = zoomed[1].map(parseFloat);
          assert.ok(zoom > 1 && x > 0 && y > 0, `${zoomed[1]}`);
          assert.deepEqual(zoomed, [zoomed[1], zoomed[1], zoomed[1]]);
          await page.mouse.down();
          await page.mouse.move(0, 0);
          await page.mouse.up();
          const moved = await views();
          assert.notDeepEqual(moved[1], zoomed[1]);
          assert.deepEqual(moved, [moved[1], moved[1], moved[1]]);
          // A pane that is added shows that part too.
          await page.getByRole('button', { name: 'Compare' }).click();
          await demo.settled();
          assert.deepEqual(await views(), Array(4).fill(moved[1]));
          await picture.dblclick();
          assert.deepEqual(new Set((await views()).map(([zoom]) => zoom)), new Set(['1']));
        },
        { address: compared },
      ),
    );

    test(
      'have a method each, linked values by pointer and keys, and shared controls',
      visit(
        async (demo) => {
          const { page } = demo;
          assert.match(await demo.caption(0), /· Grad-CAM ·/);
          assert.match(await demo.caption(1), /· LayerCAM ·/);
          await page
            .locator('.room')
            .nth(1)
            .click({ position: { x: 5, y: 200 } });
          await page.getByLabel('Method').selectOption('saliency');
          await demo.settled();
          assert.match(await demo.caption(0), /· Grad-CAM ·/);
          assert.match(await demo.caption(1), /· Saliency ·/);
          await page.getByRole('button', { name: 'More figures' }).click();
          await page.locator('#figure-list li', { hasText: 'are left out' }).waitFor();
          assert.equal(await page.locator('#figure-list li strong').count(), 3);
          await page.keyboard.press('Escape');
          await page.waitForFunction(() => location.hash.includes('saliency'));
          assert.match(page.url(), /with=dog-breeds%7C7%7E%7Esaliency%7C/);

          await page.locator('.room').first().focus();
          await page.keyboard.press('ArrowRight');
          await page.keyboard.press('ArrowDown');
          const cells = await page.locator('.cell').allInnerTexts();
          assert.equal(cells.length, 2);
          for (const text of cells) assert.match(text, /^row \d+, column \d+: .* of 1$/);
          await page.keyboard.press('Escape');
          await page.locator('.cell').first().waitFor({ state: 'hidden' });
          await page.locator('.handle').nth(1).focus();
          await page.keyboard.press('End');
          const splits = await page
            .locator('.handle')
            .evaluateAll((handles) => handles.map((handle) => handle.ariaValueNow));
          assert.deepEqual(splits, ['100', '100']);
        },
        { address: compared },
      ),
    );

    test(
      'share a scale, on which the strongest raw map reaches 1',
      visit(
        async (demo) => {
          const { page } = demo;
          const scale = page.getByRole('switch', { name: 'One scale' });
          assert.ok(await scale.isDisabled(), 'maps of two methods have no common scale');
          await page
            .locator('.room')
            .nth(1)
            .click({ position: { x: 5, y: 200 } });
          await page.getByLabel('Method').selectOption('gradCam');
          await demo.drop(stripes);
          await demo.choose('Class', (await demo.rows('Class'))[3]);
          const run = await runStripes();
          const [first, , , second] = run.decodePredictions({ top: 4 });
          const targets = [first.index, second.index];
          const explained = (await run.explain({ targets })).targets;
          const plain = await Promise.all([demo.picture(0), demo.picture(1)]);
          explained.forEach(({ heatmap }, i) => assertSamePixels(plain[i], drawn(run, heatmap)));
          await scale.click();
          const peaks = explained.map(({ rawMax }) => Math.max(0, rawMax));
          const most = Math.max(...peaks);
          const pictures = await Promise.all([demo.picture(0), demo.picture(1)]);
          explained.forEach(({ heatmap }, i) => {
            const data = heatmap.data.map((value) => (value * peaks[i]) / most);
            const { width, height } = heatmap;
            const expected = scaled(heatmap, peaks[i] / most);
            assert.ok(data.every((value, k) => Math.abs(value - expected.data[k]) < 1e-6));
            assertSamePixels(pictures[i], drawn(run, { ...expected, width, height }));
          });
          const same = pictures.map(({ data }, i) => Buffer.compare(data, plain[i].data) === 0);
          assert.deepEqual(same.sort(), [false, true], 'one map becomes weaker');
          await page.waitForFunction(() => location.hash.includes('scale=one'));
        },
        { address: compared },
      ),
    );

    test(
      'have a difference, which ends with its button',
      visit(
        async (demo) => {
          const { page } = demo;
          const pane = page.locator('.pane.difference');
          await pane.waitFor({ state: 'detached' });
          await page.getByRole('switch', { name: 'Difference' }).click();
          await pane.waitFor();
          await demo.settled();
          assert.match(await demo.headline(2), /^Red is stronger in pane 1, blue .* pane 2\.$/);
          assert.match(await demo.where(2), /agrees by -?\d\.\d\d/);
          assert.deepEqual(await pane.locator('.legend span').allInnerTexts(), [
            'pane 2',
            'pane 1',
          ]);
          const picture = await demo.picture(2);
          await page.waitForFunction(() => location.hash.includes('difference=1'));
          await page.reload();
          await demo.settled();
          await pane.waitFor();
          await page.waitForFunction(
            () => document.querySelectorAll('.headline')[2].textContent?.startsWith('Red') ?? false,
          );
          assertSamePixels(await demo.picture(2), picture);

          // Every switch acts on it too.
          await page.getByRole('switch', { name: 'Heat map' }).click();
          const pictures = await Promise.all([0, 1, 2].map((i) => demo.picture(i)));
          assertSamePixels(pictures[0], pictures[1]);
          assertSamePixels(pictures[0], pictures[2]);
          await page.getByRole('switch', { name: 'Heat map' }).click();
          await page.getByLabel('Opacity').fill('20');
          assert.notEqual(Buffer.compare((await demo.picture(2)).data, picture.data), 0);
          await pane.getByRole('button', { name: 'Close' }).click();
          await pane.waitFor({ state: 'detached' });
          assert.equal(await page.getByRole('switch', { name: 'Difference' }).isChecked(), false);
          await page.getByRole('button', { name: 'Close', exact: true }).nth(1).click();
          await page.getByRole('switch', { name: 'One scale' }).waitFor({ state: 'hidden' });
        },
        { address: compared },
      ),
    );
  });

  test(
    'axe finds nothing',
    visit(async (demo) => {
      const { page } = demo;
      await demo.rested();
      /** @type {Record<string, () => Promise<unknown>>} */
      const states = {
        versus: async () => {
          await page.locator('#class-rows .row').nth(1).locator('.mark').click();
          await demo.rested();
        },
        ways: async () => {
          await page.getByRole('button', { name: 'All ways' }).click();
          await page.locator('#way-list[aria-busy=false]').waitFor();
        },
        attribution: async () => {
          await page.keyboard.press('Escape');
          await page.getByLabel('Method').selectOption('saliency');
          await demo.rested();
        },
        growing: async () => {
          await page.getByLabel('Method').selectOption('rise');
          await page.locator('.headline', { hasText: 'RISE grows' }).waitFor();
          await page.getByRole('button', { name: 'Cancel' }).waitFor();
        },
        panes: async () => {
          await page.getByRole('button', { name: 'Cancel' }).click();
          await demo.settled();
          await page.getByRole('button', { name: 'Compare' }).click();
          await page.getByLabel('Method').selectOption('gradCam');
          await page.getByRole('switch', { name: 'Difference' }).click();
          await demo.rested();
          await page.locator('.difference .headline', { hasText: 'Red' }).waitFor();
        },
        phone: async () => {
          await page.setViewportSize({ width: 390, height: 844 });
          await page.getByRole('tab', { name: 'Look' }).click();
          await page.getByRole('button', { name: 'All ways' }).click();
          await page.locator('#way-list[aria-busy=false]').waitFor();
        },
      };
      for (const [name, enter] of Object.entries(states)) {
        await enter();
        assert.deepEqual(await violationsInColors(page), [], name);
      }
    }),
  );
});

test('the page paints a map with signs as the package does, byte for byte', async () => {
  const model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
  let seed = 5;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 0x80000000;
  };
  for (const [width, height, columns, rows] of [
    [64, 48, 7, 7],
    [31, 17, 40, 60],
  ]) {
    const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : Math.floor(random() * 256),
    );
    const image = /** @type {ImageData} */ (/** @type {unknown} */ ({ width, height, data }));
    const values = Float32Array.from({ length: columns * rows }, () => random() - 0.5);
    const heatmap = signedMap(values, { width: columns, height: rows });
    const expected = formatAsImage({ heatmap, image }, { alphaLimit: 0.5 });
    const out = { width, height, data: new Uint8ClampedArray(data.length) };
    paint(/** @type {any} */ (out), image, heatmap, {
      colors: new Uint8Array(768),
      alphaLimit: 0.5,
    });
    assert.deepEqual([...out.data], [...expected.data], `${width} x ${height}`);
  }
  model.dispose();
});

test('a map with signs has two sides', () => {
  const values = Float32Array.of(2, -1, 0, 4);
  assert.equal(largest(values), 4);
  const heatmap = signedMap(values, { width: 2, height: 2 });
  assert.deepEqual([...heatmap.data], [0.5, 0.25, 0, 1]);
  assert.deepEqual([...sideOf(heatmap).data], [0.5, 0, 0, 1]);
  assert.deepEqual([...sideOf(heatmap, true).data], [0, 0.25, 0, 0]);
  assert.deepEqual([...(heatmap.colors ?? []).slice(9)], [215, 25, 28]);
});

test('maps of two sizes have a difference at the size of the finer one', () => {
  const map = (/** @type {number} */ side, /** @type {number[]} */ values) => {
    return { data: Float32Array.from(values), width: side, height: side };
  };
  const coarse = map(1, [0.5]);
  const fine = map(2, [1, 0.5, 0, 0.25]);
  const { heatmap } = minus(fine, coarse);
  assert.deepEqual([...heatmap.data], [0.5, 0, 0.5, 0.25]);
  assert.deepEqual([...sideOf(heatmap).data], [0.5, 0, 0, 0]);
  // A map with signs keeps them.
  const signed = signedMap(Float32Array.of(1, -1, 0, 0), fine);
  assert.deepEqual([...minus(signed, coarse).heatmap.data], [0.5, 1, 0.5, 0.5]);
  assert.equal(scaled(fine, 1), fine);
  assert.deepEqual([...scaled(fine, 0.5).data], [0.5, 0.25, 0, 0.125]);
});

test('one scale is for maps of one method', () => {
  const answer = (/** @type {string} */ method, /** @type {number} */ rawMax) =>
    /** @type {any} */ ({
      question: { method, logits: false },
      explanation: { targets: [{ rawMax }] },
    });
  assert.deepEqual(scalesOf([answer('gradCam', 4), answer('gradCam', 1)]), [1, 0.25]);
  assert.deepEqual(scalesOf([answer('gradCam', -4), answer('gradCam', 2)]), [0, 1]);
  assert.equal(scalesOf([answer('gradCam', 4), answer('layerCam', 1)]), undefined);
  assert.equal(scalesOf([answer('saliency', 4), answer('saliency', 1)]), undefined);
  assert.equal(scalesOf([answer('gradCam', 4), undefined]), undefined);
});
