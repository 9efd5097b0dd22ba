/** The demo page in a real Chromium, against the same calls under Node. */

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js'; // Node runs the same variant as Chromium then
import {
  attributionInfo,
  attributionMethods,
  formatAsImage,
  loadModel,
  methodInfo,
  methods,
} from '../../web/package/index.js';
import { firstPicture, manifest, readLabels, shownFile } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { sharedImage, sharedModel, SKIP_SHARED } from '../js/fixtures.js';
import { launchChromium, SKIP } from './chromium.js';
import { openSafetensors } from '../../web/package/files/safetensors.js';
import { toTfjs } from '../js/tfjs-files.js';
import { DemoPage } from './demo-page.js';
import { middleOf, served } from './served.js';

const ARTIFACTS = inBuild('artifacts');

/**
 * The model of most tests. It has few classes and nested layers. The page opens with another model.
 */
const entry = manifest.models.find(({ id }) => id === 'dog-breeds') ?? manifest.models[0];
const defaultEntry = manifest.models.find(({ id }) => id === manifest.default) ?? entry;
/** @type {string[]} */
const labels = readLabels(entry.labels);
const [otherSample] = manifest.pictures;
const photoEntry = manifest.pictures[1];

/** @param {string} file */
const readSample = (file) => readFileSync(inBuild('pictures', file));

describe('demo page', { skip: SKIP }, () => {
  const given = served(launchChromium);
  /** @type {import('gradcam-wasm').Model} under Node */
  let model;
  /** @type {import('./demo-page.js').TestFile} a picture that is decoded alike everywhere */
  let photo;

  before(async () => {
    mkdirSync(ARTIFACTS, { recursive: true });
    model = await loadModel(readFileSync(inBuild('models', entry.small.file)));
    photo = await middleOf(photoEntry);
  });

  after(async () => {
    model?.dispose();
  });

  /**
   * A test that visits the page with the model of this file. It fails if the visit has problems.
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  const visit = (work, options) => visitFirst(work, options, `?model=${entry.id}`);

  /**
   * A test that finds the page as it opens.
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {import('playwright-core').BrowserContextOptions} [options]
   * @param {string} [query] of the address
   */
  function visitFirst(work, options, query = '') {
    return async () => {
      const demo = await DemoPage.open(given.browser, `${given.site.address}${query}`, options);
      await work(demo);
      await demo.close();
    };
  }

  /**
   * The pixels of a picture, in its own size.
   * @param {Uint8Array} file
   */
  async function decode(file) {
    return (await model.run(file, { image: file })).picture;
  }

  /**
   * The overlay of the photo as Node gives it.
   * @param {import('gradcam-wasm').ExplainOptions & import('gradcam-wasm').FormatOptions} [options]
   */
  async function overlayInNode({ colormap, alphaLimit, ...options } = {}) {
    const run = await model.run(photo.bytes, { image: photo.bytes });
    return formatAsImage(await run.explain(options), { colormap, alphaLimit });
  }

  /** @param {string} name */
  const classNamed = (name) => labels.indexOf(name);

  test(
    'opens with a model of 1,000 classes, which knows cats and dogs',
    { skip: SKIP_SHARED },
    visitFirst(async (demo) => {
      const models = demo.page.getByRole('combobox', { name: 'Model' });
      assert.equal(await models.inputValue(), defaultEntry.title);
      assert.match(await demo.headline(), /^[a-z ]+ \d+\.\d%$/);
      await demo.drop({ name: 'cat_dog.png', bytes: sharedImage('cat_dog_224.png') });
      // Keras says 33.2%, and the page's model has kernels of 12 bits.
      assert.equal(await demo.headline(), 'bull mastiff 33.3%');
      await demo.choose('Class', 'tiger cat');
      assert.match(await demo.headline(), /^tiger cat 2\.7%$/);
      assert.match(await demo.caption(), /^top_activation, 7 × 7 /);
    }),
  );

  test(
    'opens with the model that the address names',
    visit(async (demo) => {
      const models = demo.page.getByRole('combobox', { name: 'Model', exact: true });
      assert.equal(await models.inputValue(), entry.title);
      assert.equal(await demo.alert(), '');
      assert.equal((await demo.rows('Class')).length, labels.length);
    }),
  );

  test(
    'opens with the usual model, and says so, where the address names none that is there',
    visitFirst(
      async (demo) => {
        assert.match(await demo.alert(), /model=cats is not among .*dog-breeds/);
        await demo.chooseModel(entry.title);
        assert.equal(await demo.alert(), '');
      },
      {},
      '?model=cats',
    ),
  );

  test(
    'is isolated from other origins, as threads need it',
    visitFirst(async ({ page }) => assert.ok(await page.evaluate(() => crossOriginIsolated))),
  );

  test(
    'opens weights alone of MobileNetV2 by the built-in network, with the names of ImageNet',
    { skip: SKIP_SHARED },
    visitFirst(async (demo) => {
      const name = 'mobilenetv2_0.35_96_weights.h5';
      await demo.drop({ name, bytes: sharedModel(name) });
      assert.equal(await demo.alert(), '');
      assert.equal((await demo.rows('Class')).length, 200);
      await demo.page.getByLabel('Find a class').fill('tiger cat');
      assert.deepEqual(await demo.rows('Class'), ['tiger cat']);
      assert.match(await demo.caption(), /^out_relu, 3 × 3 /);
    }),
  );

  test(
    'opens a TensorFlow.js model from its files, in any order, and names a missing one',
    visitFirst(async (demo) => {
      const dogs = openSafetensors(readFileSync(inBuild('models', entry.small.file)));
      const files = await Promise.all(
        toTfjs(dogs, { shardBytes: 4 * 2 ** 20 }).map(async (file) => {
          return { name: file.name, bytes: Buffer.from(await file.arrayBuffer()) };
        }),
      );
      await demo.drop(...files.slice(0, 3));
      assert.match(await demo.alert(), /model\.json needs group1-shard3of3\.bin too/);
      await demo.drop(...files.reverse(), photo);
      assert.equal(await demo.alert(), '');
      assertSamePicture(await demo.picture(), await overlayInNode());
    }),
  );

  test(
    'compares two models, each with its own class and layer',
    visit(async (demo) => {
      await demo.drop(photo);
      const { page } = demo;
      await page.getByRole('button', { name: 'Compare' }).click();
      await demo.settled();
      assertSamePicture(await demo.picture(1), await overlayInNode());
      await demo.chooseModel(defaultEntry.title);
      const lite0 = await loadModel(readFileSync(inBuild('models', defaultEntry.small.file)));
      const run = await lite0.run(photo.bytes, { image: photo.bytes });
      const [first, next] = run.decodePredictions({ top: 2 });
      assert.match(await demo.headline(1), new RegExp(`^${first.label} `));
      assertSamePicture(await demo.picture(), await overlayInNode());
      assertSamePicture(await demo.picture(1), formatAsImage(await run.explain()));

      await demo.choose('Class', next.label);
      assert.match(await demo.headline(1), new RegExp(`^${next.label} `));
      await demo.choose('Layer', 'block5a_expand_activation');
      assert.match(await demo.caption(1), /^block5a_expand/);
      const targets = next.index;
      const layer = 'block5a_expand_activation';
      assertSamePicture(
        await demo.picture(1),
        formatAsImage(await run.explain({ targets, layer })),
      );
      assertSamePicture(await demo.picture(), await overlayInNode());
      await page.getByLabel('Colours').selectOption('Magma');
      const colormap = 'magma';
      assertSamePicture(
        await demo.picture(1),
        formatAsImage(await run.explain({ targets, layer }), { colormap }),
      );
      assertSamePicture(await demo.picture(), await overlayInNode({ colormap }));
      await page.getByRole('switch', { name: 'Heat map' }).click();
      for (const pane of [0, 1]) {
        assertSamePicture(await demo.picture(pane), await decode(photo.bytes));
      }
      lite0.dispose();

      // The classes are those of the pane that has the focus.
      assert.equal((await demo.rows('Class')).includes(next.label), true);
      await page.locator('.pane').first().locator('.room').click();
      assert.deepEqual((await demo.rows('Class')).sort(), [...labels].sort());
      await page.getByRole('button', { name: 'Close', exact: true }).nth(1).click();
      assert.equal(await page.locator('.pane').count(), 1);
      assert.deepEqual((await demo.rows('Class')).sort(), [...labels].sort());
    }),
  );

  test(
    'explains the sample, and another model explains it too',
    visit(async (demo) => {
      const run = await model.run(readSample(shownFile(firstPicture)));
      const [{ label }] = run.decodePredictions({ top: 1 });
      assert.match(await demo.headline(), new RegExp(`^${label} \\d+\\.\\d%$`));
      assert.match(
        await demo.caption(),
        /^out_relu, 5 × 5 · Grad-CAM · run .* ms, heat map .* ms$/,
      );
      assert.deepEqual(
        await demo.rows('Class'),
        run.decodePredictions({ top: 19 }).map((c) => c.label),
      );
      assert.equal(await demo.chosen('Class'), label);
      assert.equal(await demo.chosen('Layer'), 'out_relu');
      assert.equal(await demo.alert(), '');
      const overlay = await demo.picture();
      await demo.page.getByRole('switch', { name: 'Heat map' }).click();
      assert.ok(shareOfDifference(overlay, await demo.picture()) > 0.2, 'the overlay is blank');
    }),
  );

  test(
    'shows of a dropped picture what the same calls give under Node',
    visit(async (demo) => {
      await demo.drop(photo);
      assertSamePicture(await demo.picture(), await overlayInNode());

      const name = (await demo.rows('Class'))[2];
      const targets = [classNamed(name)];
      await demo.choose('Class', name);
      assert.match(await demo.headline(), new RegExp(`^${name} `));
      assertSamePicture(await demo.picture(), await overlayInNode({ targets }));

      await demo.choose('Layer', 'block_6_expand');
      assert.match(await demo.caption(), /^block_6_expand, 20 × 20 /);
      const layer = 'block_6_expand';
      assertSamePicture(await demo.picture(), await overlayInNode({ targets, layer }));

      await demo.page.getByRole('switch', { name: 'Explain the logit' }).click();
      await demo.settled();
      const logits = true;
      assertSamePicture(await demo.picture(), await overlayInNode({ targets, layer, logits }));

      const titles = [
        ...methods().map((name) => methodInfo(name).title),
        ...attributionMethods().map((name) => attributionInfo(name).title),
      ];
      const choice = demo.page.getByLabel('Method');
      assert.deepEqual(await choice.locator('option').allInnerTexts(), titles);
      await choice.selectOption('LayerCAM');
      await demo.settled();
      assert.match(await demo.caption(), /^block_6_expand, 20 × 20 · LayerCAM /);
      const method = /** @type {const} */ ('layerCam');
      const asked = { targets, layer, logits, method };
      assertSamePicture(await demo.picture(), await overlayInNode(asked));

      const caption = await demo.caption();
      await demo.page.getByLabel('Colours').selectOption('Magma');
      await demo.page.getByLabel('Opacity').fill('30');
      await demo.settled();
      const look = { colormap: 'magma', alphaLimit: 0.3 };
      assertSamePicture(await demo.picture(), await overlayInNode({ ...asked, ...look }));
      assert.equal(await demo.caption(), caption, 'colours and opacity need no other heat map');
    }),
  );

  test(
    'explains a pasted picture',
    visit(async (demo) => {
      await demo.paste(photo);
      assertSamePicture(await demo.picture(), await overlayInNode());
    }),
  );

  test(
    'explains a picture from the file dialog, and another sample',
    visit(async (demo) => {
      const dialog = demo.page.waitForEvent('filechooser');
      await demo.page.getByRole('button', { name: 'Choose a picture' }).click();
      const { name, type = '', bytes } = photo;
      await (await dialog).setFiles({ name, mimeType: type, buffer: Buffer.from(bytes) });
      await demo.page.locator(`.overlay[aria-label*="${name}"]`).waitFor();
      await demo.settled();
      assertSamePicture(await demo.picture(), await overlayInNode());

      const button = demo.page.getByRole('button', { name: otherSample.title });
      await button.click();
      await demo.settled();
      assert.equal(await button.getAttribute('aria-pressed'), 'true');
    }),
  );

  test(
    'shows the plain picture on demand, and while it is held down',
    visit(async (demo) => {
      await demo.drop(photo);
      const [overlay, plain] = [await overlayInNode(), await decode(photo.bytes)];
      await demo.page.locator('.overlay').hover({ position: { x: 200, y: 20 } });
      await demo.page.mouse.down();
      assertSamePicture(await demo.picture(), plain);
      await demo.page.mouse.up();
      assertSamePicture(await demo.picture(), overlay);
      await demo.page.getByRole('switch', { name: 'Heat map' }).click();
      assertSamePicture(await demo.picture(), plain);
    }),
  );

  test(
    'says which number of the heat map lies under the pointer',
    visit(async (demo) => {
      await demo.drop(photo);
      const run = await model.run(photo.bytes);
      const { data, width } = (await run.explain()).targets[0].heatmap;
      const box = await demo.page.locator('.overlay').boundingBox();
      assert.ok(box);
      await demo.page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.3);
      const text = `row 2, column 3: ${data[width + 2].toFixed(3)} of 1`;
      assert.equal(await demo.page.locator('.cell').innerText(), text);
    }),
  );

  test(
    'opens a download of Teachable Machine with the names of its classes',
    { skip: SKIP_SHARED },
    visit(async (demo) => {
      const path = '../field/keras/teachable_machine/tm-my-image-model.zip';
      await demo.drop({ name: 'tm-my-image-model.zip', bytes: sharedModel(path) });
      assert.equal(await demo.alert(), '');
      assert.deepEqual((await demo.rows('Class')).sort(), ['Apple', 'Nothing', 'Pear']);
    }),
  );

  test(
    'says why a heat map is blank or poor',
    visit(async (demo) => {
      const dog = await middleOf(otherSample);
      await demo.drop(dog);
      const run = await model.run(dog.bytes);
      const { targets } = await run.explain({ targets: [...labels.keys()] });
      const said = demo.page.locator('.note');
      for (const [code, text] of Object.entries({
        NO_POSITIVE_EVIDENCE: /^The map is blank: .*Explain the top class$/s,
        SATURATED_SCORE: /^The score is saturated, .*Explain the logit$/s,
      })) {
        const found = targets.find(({ diagnosis }) => diagnosis?.code === code);
        assert.ok(found, `the picture has no class with ${code}`);
        await demo.choose('Class', found.label);
        assert.match(await said.innerText(), text);
      }
      await demo.choose('Class', run.decodePredictions({ top: 1 })[0].label);
      assert.equal(await said.innerText(), '');
    }),
  );

  test(
    'answers the last of many quick questions',
    visit(async (demo) => {
      const askAll = () =>
        demo.page.evaluate(() => {
          const layers = /** @type {HTMLSelectElement} */ (document.querySelector('#layer'));
          for (let i = 0; i < layers.length; i++) {
            layers.selectedIndex = i;
            layers.dispatchEvent(new Event('change'));
          }
          const rows = [...document.querySelectorAll('#class-rows .row')];
          for (const row of rows) /** @type {HTMLElement} */ (row).click();
        });
      await askAll();
      await demo.drop(photo);
      // For a new picture the layer stays, but not the class.
      const layers = await demo.rows('Layer');
      assert.equal(await demo.chosen('Layer'), layers.at(-1));
      assertSamePicture(await demo.picture(), await overlayInNode({ layer: layers.at(-1) }));

      const names = await demo.rows('Class');
      await askAll();
      await demo.choose('Layer', layers[40]);
      const last = /** @type {string} */ (names.at(-1));
      const layer = layers[40];
      assert.equal(await demo.chosen('Class'), last);
      assert.equal(await demo.chosen('Layer'), layer);
      const expected = await overlayInNode({ targets: [classNamed(last)], layer });
      assertSamePicture(await demo.picture(), expected);
    }),
  );

  const bytes = Buffer.from('This is neither a picture nor a model.');
  test(
    'says what is wrong with a file, and goes on',
    visit(async (demo) => {
      for (const { name, reason } of [
        { name: 'notes.doc', reason: /“notes\.doc” is neither a picture, nor a Keras model/ },
        {
          name: 'broken.png',
          reason: /^broken\.png could not be opened\..*no JPEG, PNG, BMP or GIF picture/s,
        },
        { name: 'broken.h5', reason: /^broken\.h5 could not be opened\. ./ },
        { name: 'broken.zip', reason: /^broken\.zip could not be opened\. ./ },
        { name: 'broken.keras', reason: /^broken\.keras could not be opened\. ./ },
        { name: 'labels.txt', reason: /^labels\.txt could not be opened\..*1 labels.*19 classes/s },
      ]) {
        await demo.drop(photo);
        const [headline, picture] = [await demo.headline(), await demo.picture()];
        await demo.drop({ name, bytes });
        // A list of names is read before a question is asked, and the page is not busy then.
        await demo.page.waitForFunction(() => document.querySelector('#alert')?.textContent);
        assert.match(await demo.alert(), reason);
        assert.equal(await demo.headline(), headline);
        assertSamePicture(await demo.picture(), picture);

        const other = (await demo.rows('Class'))[1];
        await demo.choose('Class', other);
        assert.equal(await demo.alert(), '');
        const expected = await overlayInNode({ targets: [classNamed(other)] });
        assertSamePicture(await demo.picture(), expected);
      }
    }),
  );

  test(
    'opens a dropped model, with names for its classes',
    { skip: SKIP_SHARED },
    visit(async (demo) => {
      const file = { name: 'other.h5', bytes: sharedModel('keras2_tl_sequential.h5') };
      await demo.drop(file, photo);
      assert.match(await demo.headline(), /^Class \d \d+\.\d%$/);
      assert.equal((await demo.rows('Class')).length, 5);
      const models = demo.page.getByRole('combobox', { name: 'Model' });
      assert.equal(await models.inputValue(), 'other.h5');

      const plain = await demo.picture();
      const pixels = await demo.openPixels();
      await pixels.getByLabel('Pixel values').selectOption('none');
      await demo.settled();
      await demo.page.keyboard.press('Escape');
      assert.ok(shareOfDifference(plain, await demo.picture()) > 0, 'pixel values do not matter');

      const names = Array.from({ length: 5 }, (_, i) => `thing ${i}`);
      await demo.drop({ name: 'names.txt', bytes: Buffer.from(`${names.join('\n')}\n`) });
      // The list is read before a question is asked, and the page is not busy then.
      await demo.page.locator('.headline', { hasText: /^thing \d / }).waitFor();
      await demo.settled();
      assert.deepEqual((await demo.rows('Class')).sort(), names);

      await demo.chooseModel(entry.title);
      assertSamePicture(await demo.picture(), await overlayInNode());
    }),
  );

  test('works without the default model', async () => {
    const page = await given.browser.newPage({ serviceWorkers: 'block' });
    await page.route('**/*.safetensors', (route) => route.fulfill({ status: 404 }));
    const demo = new DemoPage(page);
    await page.goto(given.site.address);
    await demo.settled();
    assert.match(await demo.alert(), /could not be opened\. .*404/);
    const dogs = readFileSync(inBuild('models', 'dog_breed_mobilenetv2.h5'));
    await demo.drop({ name: 'dogs.h5', bytes: dogs });
    assert.equal(await demo.alert(), '');
    assert.match(await demo.headline(), /^Class \d+ /);
    await page.context().close();
  });

  test('loading can be cancelled, and begun again', async () => {
    const demo = new DemoPage(await given.browser.newPage({ serviceWorkers: 'block' }));
    const { page } = demo;
    await page.route('**/*.safetensors', () => {}); // no answer, ever
    await page.goto(given.site.address);
    const progress = page.locator('.progress');
    await progress.waitFor();
    assert.match(await progress.innerText(), new RegExp(`Opening ${escape(defaultEntry.title)}`));
    await page.getByRole('button', { name: 'Cancel' }).click();
    await demo.settled();
    assert.match(await progress.innerText(), /A saved answer\. Load the model/);

    await page.unroute('**/*.safetensors');
    await page.getByRole('button', { name: 'Load the model' }).click();
    await demo.settled();
    assert.match(await demo.headline(), /\d%$/);
    assert.match(await demo.caption(), / run \S+ ms/);
    assert.ok(await progress.isHidden());
    assert.equal(await demo.alert(), '');
    await page.context().close();
  });

  test(
    'is used by keyboard alone',
    visit(async (demo) => {
      const { keyboard } = demo.page;
      const names = await demo.rows('Class');
      await demo.page.getByRole('listbox', { name: 'Class' }).focus();
      await keyboard.press('ArrowDown');
      await demo.settled();
      assert.match(await demo.headline(), new RegExp(`^${names[1]} `));
      await keyboard.press('End');
      await demo.settled();
      assert.match(await demo.headline(), new RegExp(`^${names.at(-1)} `));

      await demo.page.getByRole('switch', { name: 'Explain the logit' }).focus();
      await keyboard.press('Space');
      await demo.settled();
      assert.match(await demo.headline(), /, logit -?\d+\.\d\d$/);

      const strip = demo.page.getByRole('slider', { name: 'Layer, first to last' });
      await strip.focus();
      const layers = await demo.rows('Layer');
      await keyboard.press('Home');
      await demo.settled();
      assert.equal(await strip.getAttribute('aria-valuenow'), '1');
      assert.match(await demo.caption(), new RegExp(`^${layers[0]}, `));
      await keyboard.press('PageUp');
      await keyboard.press('ArrowRight');
      await demo.settled();
      assert.match(await demo.caption(), new RegExp(`^${layers[11]}, `));
      assert.match(String(await strip.getAttribute('aria-valuetext')), /layer 12 of \d+$/);
      // The film begins anew at its end, stops, and goes on from where it is.
      await keyboard.press('End');
      await keyboard.press('Space');
      await keyboard.press('Space');
      assert.ok(Number(await strip.getAttribute('aria-valuenow')) < layers.length);
      await keyboard.press('End');
      for (let i = 0; i < 4; i++) await keyboard.press('ArrowLeft');
      await keyboard.press('Space');
      await demo.page.waitForFunction(
        (last) => document.querySelector('#strip')?.getAttribute('aria-valuenow') === last,
        String(layers.length),
      );
      await demo.settled();

      await demo.choose('Class', names[0]);
      await demo.page.locator('.room').focus();
      await keyboard.press('ArrowUp');
      assert.match(await demo.page.locator('.cell').innerText(), /^row \d, column \d: 1\.000 of 1/);
      await keyboard.press('Tab');
      await keyboard.press('End');
      const handle = demo.page.getByRole('slider', { name: 'Plain picture up to here' });
      assert.equal(await handle.getAttribute('aria-valuenow'), '100');
      assert.equal(await demo.alert(), '');
    }),
  );

  test(
    'fits wide, dark and narrow windows',
    visit(async ({ page }) => {
      for (const { name, width, height, colorScheme } of /** @type {const} */ ([
        { name: 'wide', width: 1280, height: 900, colorScheme: 'light' },
        { name: 'dark', width: 1280, height: 900, colorScheme: 'dark' },
        { name: 'narrow', width: 390, height: 844, colorScheme: 'light' },
      ])) {
        await page.setViewportSize({ width, height });
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(ARTIFACTS, `demo-${name}.png`), fullPage: true });
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        assert.equal(overflow, 0, `the page is wider than the ${name} window`);
      }
    }),
  );
});

/**
 * A text as a pattern for itself.
 * @param {string} text
 */
function escape(text) {
  return text.replace(/[^\w\s]/g, '\\$&');
}

/**
 * @typedef {{ data: ArrayLike<number>, width: number, height: number }} Pixels
 */

/**
 * @param {Pixels} actual
 * @param {Pixels} expected
 */
function assertSamePicture(actual, expected) {
  assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
  const share = shareOfDifference(actual, expected);
  assert.equal(share, 0, `${(100 * share).toFixed(3)}% of the bytes differ`);
}

/**
 * The share of bytes that differ.
 * @param {Pixels} a
 * @param {Pixels} b of the same size
 */
function shareOfDifference(a, b) {
  let count = 0;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) count++;
  return count / a.data.length;
}
