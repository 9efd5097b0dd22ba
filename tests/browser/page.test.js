/** What the page does while it loads, what it says, and what lasts. In Chromium. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js'; // Node runs the same variant as Chromium then
import { zipSync } from 'fflate';
import { colormaps } from '../../wasm-build/colormaps.js';
import { formatAsImage, loadModel } from '../../web/package/index.js';
import { firstPicture, manifest, shownFile } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { paint } from '../../web/demo/paint.js';
import { findPlace } from '../../web/package/pictures/places.js';
import { search } from '../../web/demo/search.js';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { RGB, RGBA, writePng } from './png.js';
import { dogs, served } from './served.js';

const first = manifest.models.find(({ id }) => id === manifest.default) ?? manifest.models[0];
const [otherSample] = manifest.pictures;

/** What each tab shows. */
const PARTS = { Classes: '.rows', Layers: '.strip', Proof: '.proof-pair', Look: '#opacity' };

/**
 * A picture of one colour on the left and another on the right.
 * @param {string} name
 * @param {number} [width]
 */
function twoColors(name, width = 40) {
  const row = () =>
    Uint8Array.from({ length: width * 3 }, (_, i) => (i < width * 1.5 ? 30 + (i % 3) * 60 : 200));
  return { name, type: 'image/png', bytes: writePng({ width, height: 30, type: RGB, row }) };
}

/**
 * How many names of sizes below the strip are cut, and the gaps between those that are shown. It
 * runs in the page.
 */
async function readSizes() {
  // The names follow a new width in the next frame, and stay as they are then.
  for (let i = 0; i < 5; i++) await new Promise(requestAnimationFrame);
  const names = [...document.querySelectorAll('#strip-sizes span')];
  const texts = names.flatMap((name) => {
    const range = document.createRange();
    range.selectNodeContents(name);
    const { left, right } = range.getBoundingClientRect();
    return right > left ? [{ left, right }] : [];
  });
  return {
    cut: names.filter((name) => name.scrollWidth > name.clientWidth).length,
    gaps: texts.slice(1).map(({ left }, i) => left - texts[i].right),
  };
}

describe('the page', { skip: SKIP }, () => {
  const given = served(launchChromium);

  /**
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {{ address?: string } & import('./demo-page.js').VisitOptions} [options]
   */
  const visit =
    (work, { address = `?model=${dogs.id}`, ...options } = {}) =>
    async () => {
      const demo = await DemoPage.open(given.browser, `${given.site.address}${address}`, options);
      await work(demo);
      await demo.close();
    };

  /** A page whose models never come. */
  async function openWithoutModels() {
    const demo = new DemoPage(await given.browser.newPage({ serviceWorkers: 'block' }));
    await demo.page.route('**/*.safetensors', () => {});
    await demo.page.goto(given.site.address);
    return demo;
  }

  describe('while it loads', () => {
    test('shows the saved answer, which is the one of the engine', async () => {
      const demo = await openWithoutModels();
      await demo.page.locator('.headline', { hasText: /\d%/ }).waitFor();
      const model = await loadModel(readFileSync(inBuild('models', first.small.file)));
      const file = readFileSync(inBuild('pictures', shownFile(firstPicture)));
      const run = await model.run(file, { image: file });
      const explanation = await run.explain();
      const [{ label, score, heatmap }] = explanation.targets;
      assert.equal(await demo.headline(), `${label} ${(100 * score).toFixed(1)}%`);
      assert.match(await demo.where(), /^Strongest .*; half of what speaks for .* lies in \d+% /);
      assert.match(await demo.caption(), /A saved answer/);

      const saved = await (await fetch(`${given.site.address}first.json`)).json();
      const { data } = saved.explanation.targets[0].heatmap;
      assert.deepEqual(Float32Array.from(data), heatmap.data);
      assert.deepEqual(Float32Array.from(saved.run.scores), run.scores);
      const before = await demo.picture();
      // A request that waits goes on when its route ends, so it is cancelled first.
      await demo.page.getByRole('button', { name: 'Cancel' }).click();
      await demo.page.unroute('**/*.safetensors');
      await demo.page.getByRole('button', { name: 'Load the model' }).click();
      await demo.settled();
      assert.match(await demo.caption(), / run /);
      const now = await demo.picture();
      assert.equal(Buffer.compare(before.data, now.data), 0, 'the saved map is another');
      model.dispose();
      await demo.page.context().close();
    });

    test('shows a dropped picture, and says that it waits', async () => {
      const demo = await openWithoutModels();
      await demo.page.locator('.headline', { hasText: /\d%/ }).waitFor();
      await demo.give(twoColors('stripes.png'));
      await demo.page
        .locator('.headline', { hasText: 'stripes.png waits for the model' })
        .waitFor();
      const { data, width, height } = await demo.picture();
      assert.deepEqual([width, height], [40, 30]);
      assert.deepEqual([...data.subarray(0, 4)], [30, 90, 150, 255]);
      await demo.page.getByRole('button', { name: 'Cancel' }).click();
      await demo.page.unroute('**/*.safetensors');
      await demo.page.getByRole('button', { name: 'Load the model' }).click();
      await demo.page.locator('.facts', { hasText: / run / }).waitFor();
      assert.match(await demo.headline(), /\d%$/);
      assert.deepEqual((await demo.picture()).width, 40);
      await demo.page.context().close();
    });

    test('drops the first model at once if another is chosen', async () => {
      const demo = new DemoPage(await given.browser.newPage({ serviceWorkers: 'block' }));
      await demo.page.route(`**/${first.small.file}`, () => {});
      const asked = demo.page.waitForRequest((request) => request.url().endsWith(first.small.file));
      await demo.page.goto(given.site.address);
      await asked;
      // The worker does one thing after another, so this request says that the first has ended.
      const next = demo.page.waitForRequest((request) => request.url().endsWith(dogs.small.file));
      await demo.page.getByRole('combobox', { name: 'Model' }).selectOption(dogs.title);
      await next;
      await demo.page.locator('.facts', { hasText: / run / }).waitFor();
      assert.equal((await demo.rows('Class')).length, dogs.labels.length);
      await demo.page.context().close();
    });

    test('keeps its parts where they are', async () => {
      for (const viewport of [
        { width: 1440, height: 900 },
        { width: 390, height: 844 },
      ]) {
        const page = await given.browser.newPage({ serviceWorkers: 'block', viewport });
        await page.addInitScript(() => {
          Object.assign(globalThis, { moved: 0 });
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) {
              /** @type {any} */ (globalThis).moved += /** @type {any} */ (entry).value;
            }
          }).observe({ type: 'layout-shift', buffered: true });
        });
        const demo = new DemoPage(page);
        await page.goto(given.site.address);
        await demo.rested();
        const moved = await page.evaluate(() => /** @type {any} */ (globalThis).moved);
        assert.ok(moved < 0.02, `the layout shift is ${moved}`);
        await page.context().close();
      }
    });
  });

  test('starts a dead worker again, and goes on', async () => {
    const demo = new DemoPage(await given.browser.newPage({ serviceWorkers: 'block' }));
    await demo.page.addInitScript(() => {
      const { Worker } = globalThis;
      /** @type {Worker[]} */
      const workers = [];
      Object.assign(globalThis, {
        workers,
        Worker: class extends Worker {
          /** @param {ConstructorParameters<typeof Worker>} args */
          constructor(...args) {
            super(...args);
            workers.push(this);
          }
        },
      });
    });
    await demo.page.goto(`${given.site.address}?model=${dogs.id}`);
    await demo.rested();
    await demo.page.evaluate(() => /** @type {any} */ (globalThis).workers[0].terminate());
    await demo.drop(twoColors('after.png'));
    assert.equal(await demo.alert(), '');
    assert.match(await demo.headline(), /\d%$/);
    assert.match((await demo.page.locator('.overlay').getAttribute('aria-label')) ?? '', /after/);
    await demo.page.context().close();
  });

  describe('classes', () => {
    test(
      'are found by names, numbers and near misses, with Enter and arrows',
      visit(
        async (demo) => {
          const box = demo.page.getByRole('combobox', { name: 'Find a class' });
          await box.fill('mountian bike');
          assert.deepEqual(await demo.rows('Class'), ['mountain bike']);
          await box.press('Enter');
          await demo.settled();
          assert.match(await demo.headline(), /^mountain bike /);
          await box.fill('282');
          assert.deepEqual(await demo.rows('Class'), ['tiger cat']);
          await box.fill('terrier');
          const [, second] = await demo.rows('Class');
          await box.press('ArrowDown');
          await box.press('Enter');
          await demo.settled();
          assert.match(await demo.headline(), new RegExp(`^${second} `));
          await box.fill('nothing like it');
          assert.equal(
            await demo.page.locator('#class-more').innerText(),
            'No class has this in its name.',
          );
          await box.fill('');
          assert.equal((await demo.rows('Class')).length, 201);
          assert.equal(await demo.chosen('Class'), second);
        },
        { address: '' },
      ),
    );

    test(
      'have small maps, and one under the pointer is shown on the stage',
      visit(async (demo) => {
        await demo.rested();
        const maps = demo.page.locator('#class-rows .row canvas');
        assert.equal(await maps.count(), 6);
        const before = await demo.picture();
        await demo.page.locator('#class-rows .row').nth(2).hover();
        const preview = await demo.picture();
        assert.notEqual(Buffer.compare(before.data, preview.data), 0);
        await demo.page.locator('.bar h1').hover();
        assert.equal(Buffer.compare(before.data, (await demo.picture()).data), 0);
        await demo.page.locator('#class-rows .row').nth(2).click();
        await demo.settled();
        assert.equal(Buffer.compare(preview.data, (await demo.picture()).data), 0);
      }),
    );
  });

  test(
    'has the maps of all layers, so that a step asks no worker',
    visit(async (demo) => {
      await demo.rested();
      const { page } = demo;
      await page.evaluate(() => {
        Worker.prototype.postMessage = () => {
          throw new Error('a step asked the worker');
        };
      });
      const strip = page.getByRole('slider', { name: 'Layer, first to last' });
      await strip.focus();
      const layers = await demo.rows('Layer');
      const start = layers.indexOf(await demo.chosen('Layer'));
      for (let i = start - 1; i > start - 8; i--) {
        await page.keyboard.press('ArrowLeft');
        assert.match(await demo.caption(), new RegExp(`^${layers[i]}, `));
      }
      const colors = await strip.evaluate((element) => {
        const canvas = /** @type {HTMLCanvasElement} */ (element);
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d');
        copy?.drawImage(canvas, 0, 0);
        return new Set(copy?.getImageData(0, 10, canvas.width, 1).data).size;
      });
      assert.ok(colors > 50, `the strip has ${colors} values`);
    }),
  );

  for (const { id } of [dogs, first]) {
    test(
      `names the sizes of layers where they fit, in any window: ${id}`,
      visit(
        async ({ page }) => {
          const tab = page.getByRole('tab', { name: 'Layers' });
          for (const width of [1440, 1200, 1320, 1600, 1080, 960, 800, 840, 640, 480, 360]) {
            await page.setViewportSize({ width, height: 800 });
            if (await tab.isVisible()) await tab.click();
            const { cut, gaps } = await page.evaluate(readSizes);
            assert.equal(cut, 0, `${width}`);
            assert.ok(gaps.length > 0, `${width}: one name alone`);
            assert.ok(Math.min(...gaps) >= 4, `${width}: ${gaps}`);
          }
        },
        { address: `?model=${id}` },
      ),
    );
  }

  test(
    'says a place, and cures a map that says little',
    visit(async (demo) => {
      await demo.page.getByRole('button', { name: otherSample.title }).click();
      await demo.settled();
      const where = await demo.where();
      assert.match(where, /^(Strongest|What speaks)/);
      const label = await demo.page.locator('.overlay').getAttribute('aria-label');
      assert.ok(label?.endsWith(where), label ?? '');
      await demo.rested();
      assert.match(
        await demo.page.locator('.input-inset').innerText(),
        /the network saw\s+160\s×\s160/,
      );
      // A class without evidence: the cure leads to the top class.
      const names = await demo.rows('Class');
      const cure = demo.page.getByRole('button', { name: /^Explain the/ });
      for (let i = names.length - 1; i > 0; i--) {
        await demo.choose('Class', names[i]);
        if (await cure.count()) break;
      }
      const text = await cure.innerText();
      await cure.click();
      await demo.settled();
      if (text === 'Explain the logit') {
        assert.ok(await demo.page.getByRole('switch', { name: text }).isChecked());
      } else {
        assert.equal(await demo.chosen('Class'), names[0]);
      }
    }),
  );

  test(
    'hides the hot part and looks again, with the numbers of the package, and measures more',
    visit(async (demo) => {
      await demo.page.getByRole('button', { name: otherSample.title }).click();
      await demo.rested();
      const model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
      const run = await model.run(readFileSync(inBuild('pictures', otherSample.file)));
      const [{ heatmap, target, label }] = (await run.explain()).targets;
      const { score, hidden, kept } = await run.hideAndLook(heatmap, { target });
      const percent = (/** @type {number} */ share) =>
        share < 0.0005 ? '< 0.1%' : `${(100 * share).toFixed(1)}%`;
      const pairs = await demo.page.locator('.proof-pair strong').allInnerTexts();
      assert.deepEqual(pairs, [
        `${percent(score)} → ${percent(hidden.score)}`,
        `${percent(score)} → ${percent(kept.score)}`,
      ]);
      assert.match(
        await demo.page.locator('#proof-verdict').innerText(),
        new RegExp(`^(Yes|In part|Hardly)\\. .*${label}`),
      );
      await demo.page.getByRole('button', { name: 'More figures' }).click();
      const items = demo.page.locator('#figure-list li');
      await demo.page.locator('#figure-list li strong').nth(4).waitFor();
      assert.equal(await items.count(), 5);
      assert.match(await items.first().innerText(), /^Deletion and insertion/);
      model.dispose();
    }),
  );

  describe('the address', () => {
    test(
      'has the state: reload, back and forward give the same picture',
      visit(async (demo) => {
        const { page } = demo;
        /** @param {string} part which the address has as soon as a question is a step */
        const isIn = async (part) => {
          await page.waitForFunction((part) => location.hash.includes(part), part);
          await demo.settled();
        };
        await page.getByRole('button', { name: otherSample.title }).click();
        await isIn('pic=');
        const firstAnswer = [await demo.headline(), await demo.picture()];
        const [, name] = await demo.rows('Class');
        await demo.choose('Class', name);
        await isIn('class=');
        await demo.choose('Layer', 'block_13_expand');
        await isIn('layer=');
        await page.getByLabel('Method').selectOption('LayerCAM');
        await isIn('method=');
        await page.getByRole('switch', { name: 'Explain the logit' }).click();
        await isIn('logit=');
        await page.getByLabel('Colours').selectOption('Magma');
        await page.getByLabel('Opacity').fill('40');
        await isIn('opacity=40');
        const [headline, picture] = [await demo.headline(), await demo.picture()];
        assert.match(page.url(), /#.*class=\d+.*layer=.*block_13_expand.*method=layerCam.*logit=1/);

        await page.reload();
        await demo.settled();
        assert.equal(await demo.headline(), headline);
        assert.equal(Buffer.compare((await demo.picture()).data, picture.data), 0);

        const steps = ['logit=', 'method=', 'layer=', 'class='];
        for (const part of steps) {
          await page.goBack();
          await page.waitForFunction((part) => !location.hash.includes(part), part);
          await demo.settled();
        }
        assert.equal(await demo.headline(), firstAnswer[0]);
        const { data } = /** @type {{ data: Buffer }} */ (firstAnswer[1]);
        assert.equal(Buffer.compare((await demo.picture()).data, data), 0);
        for (const part of steps.reverse()) {
          await page.goForward();
          await isIn(part);
        }
        await isIn('opacity=40');
        assert.equal(await demo.headline(), headline);
        assert.equal(Buffer.compare((await demo.picture()).data, picture.data), 0);
      }),
    );

    test(
      'has a step for each question, however busy the page is',
      visit(
        async (demo) => {
          const { page } = demo;
          await demo.rested();
          // A new tab, because a browser counts no more than 50 steps.
          const before = await page.evaluate(() => history.length);
          await page.evaluate(() => {
            const rows = document.querySelectorAll('#class-rows .row');
            /** @type {HTMLElement} */ (rows[1]).click();
            for (const end = performance.now() + 400; performance.now() < end;);
            /** @type {HTMLElement} */ (rows[2]).click();
          });
          await page.waitForFunction((count) => history.length === count, before + 2);
          await demo.settled();
        },
        { isNewTab: true },
      ),
    );

    test(
      'of a picture that is gone says so',
      visit(
        async (demo) => {
          assert.match(await demo.alert(), /Open the file again/);
          await demo.page.keyboard.press('Escape');
          assert.equal(await demo.alert(), '');
        },
        { address: `#model=${dogs.id}&pic=own-1` },
      ),
    );

    test(
      'forgets a picture that cannot be opened',
      visit(
        async (demo) => {
          await demo.drop({ name: 'broken.png', bytes: Buffer.from('no picture') });
          await demo.page
            .getByRole('alert')
            .filter({ hasText: /^broken\.png could not be opened/ })
            .waitFor();
          await demo.page.waitForTimeout(700);
          assert.equal(new URL(demo.page.url()).hash, `#model=${dogs.id}`);
        },
        { address: `#model=${dogs.id}` },
      ),
    );

    test(
      'of two panes opens both, and Copy link gives it',
      visit(
        async (demo) => {
          const { page } = demo;
          await page.getByRole('button', { name: 'Compare' }).click();
          await demo.choose('Class', (await demo.rows('Class'))[1]);
          await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
          await page.getByRole('button', { name: 'Copy link' }).click();
          await page.getByRole('button', { name: 'Link copied' }).waitFor();
          const link = await page.evaluate(() => navigator.clipboard.readText());
          const headlines = [await demo.headline(0), await demo.headline(1)];
          assert.notEqual(headlines[0], headlines[1]);
          await page.goto('about:blank');
          await page.goto(link);
          await demo.settled();
          assert.deepEqual([await demo.headline(0), await demo.headline(1)], headlines);
        },
        { address: `#model=${dogs.id}` },
      ),
    );
  });

  describe('files', () => {
    test(
      'several pictures go into the tray, and a file of no kind is named',
      visit(async (demo) => {
        const notes = { name: 'notes.doc', bytes: Buffer.from('notes') };
        await demo.drop(twoColors('one.png'), notes, twoColors('two.png', 50));
        await demo.page.waitForFunction(() => location.hash.includes('pic='));
        assert.match(await demo.alert(), /left out.*“notes\.doc”/);
        const pictures = demo.page.locator('#tray button');
        assert.equal(await pictures.count(), manifest.pictures.length + 2);
        assert.match(
          (await demo.page.locator('.overlay').getAttribute('aria-label')) ?? '',
          /^one/,
        );
        const hash = await demo.page.evaluate(() => location.hash);
        await demo.page.getByRole('button', { name: 'two.png' }).click();
        await demo.settled();
        assert.equal((await demo.picture()).width, 50);
        assert.equal(await demo.alert(), '');
        // What was dropped is there as long as the page is.
        await demo.page.waitForFunction((before) => location.hash !== before, hash);
        await demo.page.goBack();
        await demo.page.locator('.overlay[aria-label^="one.png"]').waitFor();
        await demo.settled();
        assert.equal((await demo.picture()).width, 40);
      }),
    );

    test(
      'a zip of a model, names and pictures opens all of them',
      visit(async (demo) => {
        const names = Array.from(dogs.labels, (_, i) => `dog ${i}`).join('\n');
        const bytes = zipSync({
          'mine/dogs.safetensors': readFileSync(inBuild('models', dogs.small.file)),
          'mine/labels.txt': Buffer.from(names),
          'mine/one.png': twoColors('one.png').bytes,
          'mine/two.png': twoColors('two.png', 60).bytes,
          '__MACOSX/mine/._one.png': Buffer.from('no picture'),
        });
        await demo.give({ name: 'all.zip', bytes });
        await demo.page.locator('.headline', { hasText: /^dog \d/ }).waitFor();
        await demo.settled();
        assert.equal(await demo.alert(), '');
        assert.equal((await demo.picture()).width, 40);
        assert.equal(await demo.page.locator('#tray button').count(), manifest.pictures.length + 2);
      }),
    );

    test(
      'the same model is listed once',
      visit(async (demo) => {
        const file = {
          name: 'dogs.safetensors',
          bytes: readFileSync(inBuild('models', dogs.small.file)),
          lastModified: 1,
        };
        const options = demo.page.locator('#model option');
        await demo.drop(file);
        assert.equal(await options.count(), manifest.models.length + 1);
        await demo.drop(file);
        assert.equal(await options.count(), manifest.models.length + 1);
      }),
    );

    test(
      'a link of this server is opened, others are not asked',
      visit(async (demo) => {
        await demo.pasteText(`${given.site.address}pictures/${otherSample.file}`);
        await demo.page.locator(`.overlay[aria-label^="${otherSample.file}"]`).waitFor();
        await demo.settled();
        await demo.pasteText('https://example.org/cat.jpg');
        assert.match(await demo.alert(), /opens no links.*Nothing goes from here/);
      }),
    );
  });

  test(
    'windows of all kinds show the picture and controls on one screen',
    visit(async (demo) => {
      const { page } = demo;
      for (const [name, viewport] of Object.entries({
        wide: { width: 1440, height: 900 },
        low: { width: 1000, height: 640 },
        upright: { width: 768, height: 1024 },
        phone: { width: 390, height: 844 },
        'lying phone': { width: 844, height: 390 },
        'zoomed to 200%': { width: 720, height: 450 },
      })) {
        await page.setViewportSize(viewport);
        await page.reload();
        await demo.settled();
        const overflow = await page.evaluate(() => {
          const { scrollWidth, scrollHeight } = document.documentElement;
          return [scrollWidth - innerWidth, scrollHeight - innerHeight];
        });
        assert.deepEqual(overflow, [0, 0], name);
        const room = await page.locator('.room').boundingBox();
        assert.ok(room && room.height > 120 && room.width > 120, JSON.stringify(room));
        for (const [tab, selector] of Object.entries(PARTS)) {
          const button = page.getByRole('tab', { name: tab });
          if (await button.isVisible()) await button.click();
          const box = await page.locator(selector).boundingBox();
          assert.ok(box, `${name}: ${tab}`);
          const edge = box.y + Math.min(box.height, 40);
          assert.ok(edge <= viewport.height, `${name}: ${tab} is below`);
        }
      }
    }),
  );

  test(
    'axe finds nothing in any state',
    visit(async (demo) => {
      const { page } = demo;
      await demo.rested();
      /** @type {Record<string, () => Promise<unknown>>} */
      const states = {
        answer: async () => {},
        alert: () => demo.drop({ name: 'notes.doc', bytes: Buffer.from('notes') }),
        search: () => page.getByLabel('Find a class').fill('terrier'),
        none: () => page.getByLabel('Find a class').fill('xyzxyz'),
        note: async () => {
          await page.getByLabel('Find a class').fill('');
          for (const name of (await demo.rows('Class')).reverse()) {
            await demo.choose('Class', name);
            if (await page.locator('.note button').count()) break;
          }
        },
        pixels: () => demo.openPixels(),
        figures: async () => {
          await page.keyboard.press('Escape');
          await demo.choose('Class', (await demo.rows('Class'))[0]);
          await demo.rested();
          await page.getByRole('button', { name: 'More figures' }).click();
          await page.locator('#figure-list li strong').nth(4).waitFor();
        },
        compare: async () => {
          await page.keyboard.press('Escape');
          await page.getByRole('button', { name: 'Compare' }).click();
          await demo.rested();
        },
        phone: () => page.setViewportSize({ width: 390, height: 844 }),
      };
      for (const [name, enter] of Object.entries(states)) {
        await enter();
        assert.deepEqual(await violationsInColors(page), [], name);
      }
    }),
  );

  test(
    'random actions leave no error',
    visit(
      async (demo) => {
        const { page } = demo;
        // A model or a picture that is wanted no more is dropped.
        demo.mayCancel = true;
        let seed = 7;
        /** @param {number} count */
        const random = (count) => {
          seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
          return Math.floor((seed / 0x80000000) * count);
        };
        const keys = ['ArrowLeft', 'ArrowDown', 'Home', 'End', ' ', '+', '-', 'Escape', 'Enter'];
        for (let i = 0; i < 150; i++) {
          const isAllowed = await page.evaluate(
            (share) => {
              const selector = 'button:enabled, select:enabled, [tabindex="0"]';
              const all = [...document.querySelectorAll(/** @type {'button'} */ (selector))];
              const shown = all.filter((control) => control.checkVisibility());
              const control = shown[Math.floor(share * shown.length)];
              const label = `${control?.id} ${control?.textContent}`;
              if (/Open a model|Add class|choose-picture|\+/.test(label)) return false;
              control?.focus();
              return true;
            },
            random(1000) / 1000,
          );
          if (!isAllowed) continue;
          await page.keyboard.press(keys[random(keys.length)]);
          if (random(9) === 0) await page.goBack().catch(() => {});
          if (page.url() === 'about:blank') await page.goForward();
        }
        await page.keyboard.press('Escape');
        await demo.settled();
        const load = page.getByRole('button', { name: 'Load the model' });
        if (await load.isVisible()) await load.click();
        await demo.rested();
        assert.match(await demo.headline(), /\d%/);
      },
      { isNewTab: true },
    ),
  );
});

test('the page paints what the package paints, byte for byte', async () => {
  const model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
  const tables = colormaps();
  let seed = 3;
  const random = () => {
    seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
    return seed / 0x80000000;
  };
  for (const [width, height, columns, rows, type] of [
    [64, 48, 7, 7, RGB],
    [5, 90, 14, 3, RGB],
    [31, 17, 40, 60, RGB],
    [90, 11, 112, 112, RGBA],
    [7, 7, 7, 7, RGBA],
    [1, 1, 3, 2, RGB],
  ]) {
    const bytes = Array.from({ length: width * height * 4 }, () => Math.floor(random() * 256));
    const picture = {
      width,
      height,
      data: Uint8ClampedArray.from(bytes, (byte, i) => (i % 4 === 3 && type === RGB ? 255 : byte)),
    };
    const image = /** @type {ImageData} */ (/** @type {unknown} */ (picture));
    const data = Float32Array.from({ length: columns * rows }, () => 1.2 * random() - 0.1);
    const heatmap = { data, width: columns, height: rows };
    for (const [colormap, alphaLimit] of /** @type {const} */ ([
      ['viridis', 0.65],
      ['jet', 1],
      ['magma', 0.1],
    ])) {
      const explanation = /** @type {any} */ ({ image, targets: [{ heatmap }] });
      const expected = formatAsImage(explanation, { colormap, alphaLimit });
      const out = { width, height, data: new Uint8ClampedArray(bytes.length) };
      const colors = Uint8Array.from(tables.get(colormap)?.flat() ?? []);
      paint(/** @type {any} */ (out), image, heatmap, { colors, alphaLimit });
      assert.deepEqual([...out.data], [...expected.data], `${width} x ${height}, ${colormap}`);
    }
  }
  model.dispose();
});

test('a place is the strongest position and the share of half the map', () => {
  const data = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 1, 0.5);
  const place = findPlace({ data, width: 3, height: 3 });
  assert.deepEqual(place, { x: 0.5, y: 2.5 / 3, share: 0.75 / 9 });
  assert.equal(findPlace({ data: new Float32Array(4), width: 2, height: 2 }), undefined);
});

test('a search takes the words first, then numbers, then near misses', () => {
  const entries = ['tiger cat', 'tiger', 'mountain bike', 'catamaran'].map((name, i) => {
    return { name, index: i + 280 };
  });
  assert.deepEqual(search('cat', entries), [0, 3]);
  assert.deepEqual(search('281', entries), [1]);
  assert.deepEqual(search('tigre', entries), [0, 1]);
  assert.deepEqual(search('mountian', entries), [2]);
  assert.deepEqual(search('zebra', entries), []);
  assert.deepEqual(search(' ', entries), [0, 1, 2, 3]);
});
