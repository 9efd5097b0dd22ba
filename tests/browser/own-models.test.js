/** Models of users on the page, as a new user drops them, without an option. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js'; // Node runs the same variant as Chromium then
import { formatAsImage, loadModel } from '../../web/package/index.js';
import { serveDemo } from '../../wasm-build/demo.js';
import { manifest } from '../../models/fetch.js';
import { SHARED, SKIP_SHARED } from '../js/fixtures.js';
import { SKIP, launchChromium } from './chromium.js';
import { DemoPage } from './demo-page.js';

const REPORTS = join(SHARED, 'field/reports');
const ZIP = join(SHARED, 'field/keras/teachable_machine/tm-my-image-model.zip');
const OPEN = join(REPORTS, '09-open-input-size/open.keras');

const read = (/** @type {string[]} */ ...path) => readFileSync(join(...path));

/**
 * @param {string} path
 * @param {string} [name]
 */
const file = (path, name = path.slice(path.lastIndexOf('/') + 1)) => ({ name, bytes: read(path) });

/** A picture that is wider than high, and that every program decodes alike. */
const photo = () => ({ ...file(join(SHARED, 'images/cat_dog.png')), type: 'image/png' });

describe('a model of a user', { skip: SKIP || SKIP_SHARED }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Awaited<ReturnType<typeof serveDemo>>} */
  let site;
  /** @type {DemoPage} */
  let demo;

  before(async () => {
    [site, browser] = await Promise.all([serveDemo(0), launchChromium()]);
    demo = await DemoPage.open(browser, site.address);
  });
  after(async () => {
    await demo?.close();
    await browser?.close();
    await site?.close();
  });

  /** What is known of the model. */
  const facts = () => demo.page.locator('#model-facts').evaluate((text) => text.textContent ?? '');

  /** @param {string} name */
  const control = (name) => {
    const role = name === 'Size' ? 'spinbutton' : 'combobox';
    return demo.page.getByRole(role, { name, exact: true, includeHidden: true });
  };

  /**
   * Compares the page with the same calls under Node, class by class.
   * @param {import('gradcam-wasm').Model} model
   * @param {import('gradcam-wasm').RunOptions} [options]
   */
  async function assertAsInNode(model, options) {
    const { bytes } = photo();
    const run = await model.run(bytes, { image: bytes, ...options });
    for (const { label, index, score } of run.decodePredictions({ top: model.classCount })) {
      const name = model.labels ? label : `Class ${label}`;
      await demo.choose('Class', name);
      assert.equal(await demo.headline(), `${name} ${(100 * score).toFixed(1)}%`);
      const expected = formatAsImage(await run.explain({ targets: index }));
      const { data, width, height } = await demo.picture();
      assert.deepEqual([width, height], [expected.width, expected.height]);
      assert.equal(Buffer.compare(data, Buffer.from(expected.data)), 0, name);
    }
    model.dispose();
  }

  test('from Teachable Machine: its names, its pixels, the centre of the picture', async () => {
    await demo.drop(file(ZIP), photo());
    assert.equal(await demo.alert(), '');
    assert.match(await facts(), /pixels −1 to 1 \(as the file says\)/);
    assert.equal(await control('Crop').inputValue(), 'center');
    const model = await loadModel([new File([read(ZIP)], 'model.zip')]);
    assert.deepEqual(model.labels, ['Apple', 'Pear', 'Nothing']);
    await assertAsInNode(model);

    await demo.openPixels();
    await control('Crop').selectOption('stretch');
    await control('Resizing').selectOption('bilinear');
    await demo.settled();
    await demo.page.keyboard.press('Escape');
    const options = /** @type {const} */ ({ crop: 'stretch', interpolation: 'bilinear' });
    await assertAsInNode(await loadModel(read(ZIP)), options);
    await demo.openPixels();
    await control('Resizing').selectOption('nearest');
    await demo.settled();
    await demo.page.keyboard.press('Escape');
    // The crop was chosen for the other model.
    await demo.chooseModel(manifest.models[1].title);
    await demo.chooseModel('tm-my-image-model.zip');
    assert.equal(await control('Crop').inputValue(), 'center');
  });

  test('with one sigmoid for cats and dogs: both classes, each with its map', async () => {
    const folder = join(REPORTS, '03-binary-two-classes');
    await demo.drop(file(join(folder, 'low.keras')), file(join(folder, 'labels.txt')), photo());
    assert.equal(await demo.alert(), '');
    assert.equal(await control('Crop').inputValue(), 'stretch');
    const list = new File([read(folder, 'labels.txt')], 'labels.txt');
    const model = await loadModel(read(folder, 'low.keras'), { labels: list });
    assert.deepEqual((await demo.rows('Class')).sort(), ['cat', 'dog']);
    await assertAsInNode(model);
  });

  test('with an open size: opens with a guess, and takes another', async () => {
    await demo.drop(file(OPEN), photo());
    assert.equal(await demo.alert(), '');
    assert.match(await facts(), /^224 × 224 input \(a guess: the model takes any size\)/);
    await assertAsInNode(await loadModel(read(OPEN), { inputSize: [224, 224] }));

    await demo.openPixels();
    await control('Size').fill('160');
    await control('Size').press('Enter');
    await demo.page.locator('#model-facts', { hasText: '160 × 160 input (as chosen)' }).waitFor();
    await demo.settled();
    await demo.page.keyboard.press('Escape');
    await assertAsInNode(await loadModel(read(OPEN), { inputSize: [160, 160] }));

    await demo.openPixels();
    await control('Size').fill('0');
    await control('Size').press('Enter');
    assert.equal(await control('Size').inputValue(), '160');
    await demo.page.keyboard.press('Escape');
  });

  test('of 1,000 classes without names is named, and the page says so', async () => {
    const name = 'mobilenetv2_0.35_96_weights.h5';
    await demo.drop(file(join(SHARED, 'models', name)));
    assert.match(await facts(), /1000 classes \(named as ImageNet's, a guess\)/);
    assert.ok(await control('Size').isHidden());
  });

  test('in a folder below other folders', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradcam-'));
    const paths = ['model.json', 'weights.bin', 'metadata.json'];
    for (const path of [...paths.map((name) => `export/web/${name}`), 'export/notes.doc']) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      const name = path.slice(path.lastIndexOf('/') + 1);
      const isModel = paths.includes(name);
      const bytes = isModel ? read(REPORTS, '04-tfjs-own-files/teachable', name) : 'notes';
      writeFileSync(join(folder, path), bytes);
    }
    const session = await demo.page.context().newCDPSession(demo.page);
    const data = { items: [], files: [folder], dragOperationsMask: 1 };
    for (const type of /** @type {const} */ (['dragEnter', 'dragOver', 'drop'])) {
      await session.send('Input.dispatchDragEvent', { type, x: 200, y: 200, data });
    }
    await demo.page.locator('.headline', { hasText: /apple|pear/ }).waitFor();
    await demo.settled();
    assert.equal(await demo.alert(), '');
    assert.deepEqual((await demo.rows('Class')).sort(), ['apple', 'pear']);
    rmSync(folder, { recursive: true });
  });

  test('leaves no control without a name', async () => {
    const nameless = await demo.page.evaluate(() =>
      [...document.querySelectorAll('select, input:not([hidden])')]
        .filter((control) => {
          const { labels, ariaLabel } = /** @type {HTMLInputElement} */ (control);
          return !ariaLabel && !control.hasAttribute('aria-labelledby') && !labels?.length;
        })
        .map(({ id }) => id),
    );
    assert.deepEqual(nameless, []);
  });
});
