/** What the page saves and copies, in Chromium: files that say the same as the package in Node. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js'; // Node runs the same variant as Chromium then
import { decode } from 'fast-png';
import { manifest } from '../../models/fetch.js';
import { inBuild, root } from '../../wasm-build/tools.js';
import { encodePng, formatAsImage, loadImage, loadModel } from '../../web/package/index.js';
import { readParts } from '../../web/demo/save/chunk.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { CAPTIONED, PLAIN, RELAXED, REPORT, copy, execute } from './save-panel.js';
import { openPanel, readClipboard, runCommand, save } from './save-panel.js';
import { dogs, middleOf, served } from './served.js';

const sample = manifest.pictures[1];

/**
 * Whether two colours, R, G, B in one word, hardly differ.
 * @param {number} a
 * @param {number} b
 */
function near(a, b) {
  return [0, 8, 16].every((bit) => Math.abs(((a >> bit) & 255) - ((b >> bit) & 255)) < 20);
}

describe('saving', { skip: SKIP }, () => {
  const given = served(launchChromium);
  /** @type {import('gradcam-wasm').Model} under Node */
  let model;
  /** @type {import('./demo-page.js').TestFile} a picture that is decoded alike everywhere */
  let photo;
  /** @type {string} */
  let folder;

  before(async () => {
    model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
    photo = await middleOf(sample);
    folder = mkdtempSync(join(tmpdir(), 'gradcam-save-'));
    writeFileSync(join(folder, photo.name), photo.bytes);
    copyFileSync(inBuild('models', dogs.small.file), join(folder, dogs.small.file));
  });

  after(async () => {
    model?.dispose();
    if (folder) rmSync(folder, { recursive: true });
  });

  /**
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {string} [address]
   */
  const visit =
    (work, address = `#model=${dogs.id}`) =>
    async () => {
      const demo = await DemoPage.open(given.browser, `${given.site.address}${address}`);
      await work(demo);
      await demo.close();
    };

  /**
   * Copies the JavaScript and runs it under Node.
   * @param {DemoPage} demo
   * @returns {Promise<{ data: Float32Array, drawn: Buffer }>} the map and the overlay
   */
  async function runCode(demo) {
    await copy(demo, 'Copy JavaScript');
    const entry = pathToFileURL(join(root, 'web/package/index.js')).href;
    const code = (await readClipboard(demo)).replace("'gradcam-wasm'", `'${entry}'`);
    const result = '{ data: [...heatmap.data], drawn: Buffer.from(overlay.data).toString("hex") }';
    const print = `process.stdout.write('\\n' + JSON.stringify(${result}), () => process.exit());`;
    writeFileSync(join(folder, 'code.mjs'), `${code}\n${print}\n`);
    const args = ['--import', RELAXED, 'code.mjs'];
    const options = { cwd: folder, maxBuffer: 1 << 28 };
    const { stdout } = await execute(process.execPath, args, options);
    const { data, drawn } = JSON.parse(stdout.slice(stdout.lastIndexOf('\n')));
    return { data: Float32Array.from(data), drawn: Buffer.from(drawn, 'hex') };
  }

  /** @param {import('gradcam-wasm').ExplainOptions} [options] */
  async function inNode(options) {
    const run = await model.run(photo.bytes, { image: photo.bytes });
    return { run, explanation: await run.explain(options) };
  }

  test(
    'writes the overlay in full size, and above a caption, with settings',
    visit(async (demo) => {
      await demo.drop(photo);
      const { explanation } = await inNode();
      const { label } = explanation.targets[0];
      const expected = formatAsImage(explanation);
      const plain = await save(demo, PLAIN);
      assert.equal(plain.name, `${label} out_relu MobileNetV2 photo plain.png`);
      const pixels = await loadImage(plain.bytes);
      assert.deepEqual([pixels.width, pixels.height], [expected.width, expected.height]);
      assert.equal(Buffer.compare(Buffer.from(pixels.data), Buffer.from(expected.data)), 0);

      const captioned = await save(demo, CAPTIONED);
      assert.equal(captioned.name, `${label} out_relu MobileNetV2 photo.png`);
      const { width, height, data } = await loadImage(captioned.bytes);
      assert.equal(width, expected.width);
      assert.ok(height > expected.height + 60, `${height} rows`);
      const top = Buffer.from(data.buffer, data.byteOffset, expected.data.length);
      assert.equal(Buffer.compare(top, Buffer.from(expected.data)), 0);
      const caption = data.subarray(expected.data.length);
      const colors = new Set(new Uint32Array(caption.slice().buffer));
      assert.ok(colors.size > 200, 'there is no text and no legend');
      const { text } = decode(captioned.bytes);
      assert.equal(text.Title, await demo.headline());
      assert.equal(text.Software, 'gradcam-wasm');
      assert.ok(captioned.bytes.includes(Buffer.from(await demo.where())), 'no description');
    }),
  );

  test(
    'writes no map while it is switched off',
    visit(async (demo) => {
      await demo.drop(photo);
      await demo.page.getByText('Heat map', { exact: true }).click();
      const { bytes } = await save(demo, PLAIN);
      const [saved, given] = await Promise.all([loadImage(bytes), loadImage(photo.bytes)]);
      assert.equal(Buffer.compare(Buffer.from(saved.data), Buffer.from(given.data)), 0);
    }),
  );

  test(
    'restores the page from a PNG that is dropped',
    visit(async (demo) => {
      await demo.choose('Class', (await demo.rows('Class'))[2]);
      await demo.choose('Layer', (await demo.rows('Layer'))[40]);
      await demo.page.getByRole('combobox', { name: 'Colours' }).selectOption('magma');
      const before = {
        headline: await demo.headline(),
        layer: await demo.chosen('Layer'),
        picture: await demo.picture(),
      };
      const file = await save(demo, CAPTIONED);
      await demo.page.goto('about:blank');
      await demo.page.goto(given.site.address);
      await demo.settled();
      await demo.drop({ name: file.name, type: 'image/png', bytes: file.bytes });
      assert.match(await demo.alert(), /^The page is as it was when this was saved\./);
      assert.equal(await demo.headline(), before.headline);
      assert.equal(await demo.chosen('Layer'), before.layer);
      assert.equal(Buffer.compare(before.picture.data, (await demo.picture()).data), 0);
      await demo.page.getByRole('button', { name: 'Open the PNG as a picture' }).click();
      await demo.settled();
      const label = await demo.page.locator('.overlay').getAttribute('aria-label');
      assert.ok(label?.startsWith(file.name), label ?? '');
    }),
  );

  test(
    'restores an own picture if it is open or carried, and else says what is missing',
    visit(async (demo) => {
      await demo.drop(photo);
      await demo.choose('Class', (await demo.rows('Class'))[1]);
      const headline = await demo.headline();
      const without = await save(demo, CAPTIONED);
      await demo.page.getByRole('checkbox', { name: /^Put my own picture into/ }).check();
      const carrying = await save(demo, CAPTIONED);
      assert.ok(carrying.bytes.length > without.bytes.length + photo.bytes.length);
      const parts = await readParts(new Blob([carrying.bytes]));
      const carried = Buffer.from((await parts?.carried?.arrayBuffer()) ?? new ArrayBuffer(0));
      assert.equal(Buffer.compare(carried, Buffer.from(photo.bytes)), 0);
      assert.equal(decode(carrying.bytes).width, decode(photo.bytes).width);

      await demo.page.goto('about:blank');
      await demo.page.goto(given.site.address);
      await demo.settled();
      const first = await demo.headline();
      await demo.drop({ ...without, type: 'image/png' });
      assert.match(await demo.alert(), /does not hold the picture “photo\.png”/);
      assert.equal(await demo.headline(), first);
      await demo.drop({ ...carrying, type: 'image/png' });
      assert.equal(await demo.headline(), headline);
      // The picture is open now, so that the small file is enough.
      await demo.page.getByRole('button', { name: sample.title }).click();
      await demo.settled();
      await demo.drop({ ...without, type: 'image/png' });
      assert.equal(await demo.headline(), headline);
    }),
  );

  test(
    'writes all numbers as JSON, and the map as NPY',
    visit(async (demo) => {
      await demo.drop(photo);
      await demo.rested();
      const { run, explanation } = await inNode();
      const [{ heatmap, target, label }] = explanation.targets;
      const json = JSON.parse((await save(demo, 'JSON: Numbers and settings')).bytes.toString());
      assert.deepEqual(Float32Array.from(json.scores), run.scores);
      assert.deepEqual(Float32Array.from(json.logitValues), run.logits);
      assert.equal(json.targets[0].target, target);
      assert.equal(json.top[0].label, label);
      assert.deepEqual(Float32Array.from(json.targets[0].heatmap.data), heatmap.data);
      assert.equal(json.classes.length, 6);
      assert.equal(json.layers.length, (await demo.rows('Layer')).length);
      assert.equal(json.sentence, await demo.where());
      const { score, hidden } = await run.hideAndLook(heatmap, { target });
      assert.deepEqual([json.hideAndLook.score, json.hideAndLook.hidden], [score, hidden.score]);

      const { bytes } = await save(demo, 'NPY: Numbers and settings');
      const start = 10 + bytes.readUInt16LE(8);
      assert.equal(start % 64, 0);
      const header = bytes.toString('latin1', 10, start);
      assert.match(header, /'<f4', 'fortran_order': False, 'shape': \(5, 5\), \} *\n$/);
      const values = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start));
      assert.deepEqual(values.subarray(0, heatmap.data.length), heatmap.data);
    }),
  );

  test(
    'writes a report that needs no other file',
    visit(async (demo) => {
      await demo.drop(photo);
      await demo.rested();
      const headline = await demo.headline();
      const { name, bytes } = await save(demo, 'Save HTML: Report, one page with all of it');
      const path = join(folder, 'report.html');
      writeFileSync(path, bytes);
      const context = await given.browser.newContext();
      const page = await context.newPage();
      /** @type {string[]} */
      const requests = [];
      page.on('request', (request) => requests.push(request.url()));
      page.on('console', (message) => requests.push(message.text()));
      await page.goto(pathToFileURL(path).href);
      assert.match(name, /\.html$/);
      assert.equal(await page.locator('h1').innerText(), headline);
      assert.equal(await page.locator('.strip figure').count(), (await demo.rows('Layer')).length);
      assert.equal(await page.locator('tbody tr').count(), dogs.labels.length);
      assert.match(await page.locator('dl').innerText(), /Layer\s+.*out_relu/);
      const broken = await page.evaluate(
        () => [...document.images].filter(({ naturalWidth }) => naturalWidth === 0).length,
      );
      assert.equal(broken, 0);
      assert.deepEqual(
        requests.filter((url) => !url.startsWith('data:')),
        [pathToFileURL(path).href],
      );
      await context.close();
    }),
  );

  test(
    'copies JavaScript and a command line that give the same map',
    visit(async (demo) => {
      await demo.drop(photo);
      await demo.page.getByText('Explain the logit', { exact: true }).click();
      await demo.settled();
      await demo.choose('Class', (await demo.rows('Class'))[1]);
      const picture = await save(demo, PLAIN);
      const expected = await loadImage(picture.bytes);
      const json = JSON.parse((await save(demo, 'JSON: Numbers and settings')).bytes.toString());
      const heat = await runCode(demo);
      const [{ heatmap }] = json.targets;
      assert.deepEqual(heat.data, Float32Array.from(heatmap.data));

      await copy(demo, 'Copy command');
      const said = await runCommand(demo, folder);
      const address = new URL(`models/${dogs.small.file}`, given.site.address).href;
      assert.ok(said.startsWith(`-fsSO\n${address}\n`), said);
      assert.equal((await fetch(address)).status, 200);
      const written = await loadImage(
        readFileSync(join(folder, picture.name.replace(' plain', ''))),
      );
      assert.equal(Buffer.compare(Buffer.from(written.data), Buffer.from(expected.data)), 0);
    }),
  );

  /**
   * Colours of a picture's rows below a height.
   * @param {ImageData} picture
   * @param {number} height
   */
  function colorsBelow({ data, width }, height) {
    const words = new Uint32Array(data.slice(height * width * 4).buffer);
    return new Set(words);
  }
  /** The ends of the legend of a map with signs, as words of a picture. */
  const [RED, BLUE] = [0xff1c19d7, 0xffd86621];

  test(
    'writes two classes against each other, in their two colours and as code',
    visit(async (demo) => {
      await demo.drop(photo);
      await demo.page.getByRole('combobox', { name: 'Colours' }).selectOption('magma');
      await demo.page.locator('#class-rows .row').nth(2).locator('.mark').click();
      await demo.rested();
      const [a, , b] = await demo.rows('Class');
      const plain = await save(demo, PLAIN);
      assert.equal(plain.name, `${a} against ${b} out_relu MobileNetV2 photo plain.png`);
      const { data, height } = await loadImage(plain.bytes);
      const captioned = await save(demo, CAPTIONED);
      const { text } = decode(captioned.bytes);
      assert.match(text.Title, new RegExp(`^${a} .* \\| ${b} `));
      assert.ok(captioned.bytes.includes(Buffer.from(await demo.where())), 'no sentence');
      const whole = await loadImage(captioned.bytes);
      const edge = new Uint32Array(whole.data.slice(height * whole.width * 4).buffer);
      const isInside = edge.every(
        (word, i) => i % whole.width < whole.width - 10 || word === 2 ** 32 - 1,
      );
      assert.ok(isInside, 'a word of the caption is cut');
      const below = colorsBelow(whole, height);
      for (const color of [RED, BLUE]) assert.ok([...below].some((word) => near(word, color)));

      const { data: values, drawn } = await runCode(demo);
      assert.equal(Buffer.compare(drawn, Buffer.from(data)), 0);
      const json = JSON.parse((await save(demo, 'JSON: Numbers and settings')).bytes.toString());
      assert.equal(json.versus.label, b);
      assert.ok(json.logits);
      const signed = Float32Array.from(json.targets[0].heatmap.data);
      assert.ok(signed.some((value) => value < 0));
      assert.deepEqual(signed.map(Math.abs), values);

      const report = (await save(demo, REPORT)).bytes.toString();
      assert.ok(report.includes(`<p class="legend">speaks for ${b}<i style`), 'legend');
      assert.ok(report.includes(`<dt>Against</dt><dd>${b}</dd>`));

      const panel = await openPanel(demo);
      await panel.getByRole('button', { name: 'Copy command' }).click();
      await panel.getByText('The command line has no difference of two classes').waitFor();
      await demo.page.goto('about:blank');
      await demo.page.goto(given.site.address);
      await demo.settled();
      await demo.drop(photo);
      await demo.drop({ ...captioned, type: 'image/png' });
      assert.equal(await demo.headline(), text.Title);
    }),
  );

  test(
    'writes attributions with their own names, as code and as a command',
    visit(async (demo) => {
      await demo.drop(photo);
      for (const method of ['saliency', 'integratedGradients']) {
        await demo.page.getByLabel('Method').selectOption(method);
        await demo.rested();
        const [label] = await demo.rows('Class');
        const title = method === 'saliency' ? 'Saliency' : 'Integrated Gradients';
        const plain = await save(demo, PLAIN);
        assert.equal(plain.name, `${label} ${title} MobileNetV2 photo plain.png`);
        const { data } = await loadImage(plain.bytes);
        const { drawn } = await runCode(demo);
        assert.equal(Buffer.compare(drawn, Buffer.from(data)), 0, method);
        await copy(demo, 'Copy command');
        assert.match(await readClipboard(demo), / attribute .* --scores /);
        await runCommand(demo, folder);
        const written = await loadImage(
          readFileSync(join(folder, `${plain.name.slice(0, -10)}.png`)),
        );
        assert.equal(Buffer.compare(Buffer.from(written.data), Buffer.from(data)), 0, method);
        const report = (await save(demo, REPORT)).bytes.toString();
        assert.ok(!report.includes('<dt>Layer</dt>'), 'an attribution of pixels has no layer');
      }
      const captioned = await loadImage((await save(demo, CAPTIONED)).bytes);
      const below = colorsBelow(captioned, captioned.height - 60);
      for (const color of [RED, BLUE]) assert.ok([...below].some((word) => near(word, color)));
    }),
  );

  test(
    'copies the picture',
    visit(async (demo) => {
      await copy(demo, 'Copy: Picture alone');
      const size = await demo.page.evaluate(async () => {
        const [item] = await navigator.clipboard.read();
        const { width, height } = await createImageBitmap(await item.getType('image/png'));
        return [width, height];
      });
      const { width, height } = decode((await save(demo, PLAIN)).bytes);
      assert.deepEqual(size, [width, height]);
    }),
  );

  test(
    'puts the difference of panes beside them, and says that they share a scale',
    visit(async (demo) => {
      const { page } = demo;
      await page.getByRole('button', { name: 'Compare' }).click();
      await demo.choose('Class', (await demo.rows('Class'))[3]);
      const name = 'Save PNG: All panes side by side';
      const both = decode((await save(demo, name)).bytes);
      await page.keyboard.press('Escape');
      await page.getByRole('switch', { name: 'Difference' }).click();
      await page.locator('.difference .headline', { hasText: 'Red' }).waitFor();
      const three = await loadImage((await save(demo, name)).bytes);
      assert.ok(three.width > 1.4 * both.width, `${three.width} and ${both.width}`);
      const colors = colorsBelow(three, (await demo.picture()).height);
      for (const color of [RED, BLUE]) assert.ok([...colors].some((word) => near(word, color)));

      await page.keyboard.press('Escape');
      await page.getByRole('switch', { name: 'One scale' }).click();
      await demo.settled();
      const json = JSON.parse((await save(demo, 'JSON: Numbers and settings')).bytes.toString());
      assert.ok(json.scale > 0 && json.scale < 1, `${json.scale}`);
      await copy(demo, 'Copy JavaScript');
      assert.ok((await readClipboard(demo)).includes(`the page draws it times ${json.scale}.`));
      const shown = await demo.picture(1);
      const plain = await loadImage((await save(demo, PLAIN)).bytes);
      assert.equal(Buffer.compare(Buffer.from(plain.data), shown.data), 0);
    }),
  );

  test(
    'puts all panes side by side',
    visit(async (demo) => {
      await demo.page.getByRole('button', { name: 'Compare' }).click();
      await demo.choose('Class', (await demo.rows('Class'))[1]);
      const name = 'Save PNG: All panes side by side';
      const both = decode((await save(demo, name)).bytes);
      const one = decode((await save(demo, CAPTIONED)).bytes);
      assert.ok(both.width >= 2 * one.width, `${both.width} and ${one.width}`);
    }),
  );

  test(
    'leaves the page free while a large picture is written, and can be stopped',
    visit(async (demo) => {
      const [width, height] = [4000, 3000];
      const data = new Uint8ClampedArray(width * height * 4).fill(255);
      for (let i = 0; i < data.length; i += 4) {
        data[i] = (i / 64) & 255;
        data[i + 1] = (i / (width * 64)) & 255;
      }
      const bytes = await encodePng({ data, width, height });
      await demo.drop({ name: 'large.png', type: 'image/png', bytes });
      await demo.rested();
      const panel = await openPanel(demo);
      await demo.page.evaluate(() => {
        Object.assign(globalThis, { longest: 0 });
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) {
            const { longest } = /** @type {any} */ (globalThis);
            Object.assign(globalThis, { longest: Math.max(longest, duration) });
          }
        }).observe({ type: 'longtask' });
      });
      await panel.getByRole('button', { name: CAPTIONED, exact: true }).click();
      await panel.getByRole('button', { name: 'Cancel' }).click();
      await panel.getByRole('status').filter({ hasText: 'Cancelled.' }).waitFor();
      const start = performance.now();
      const saved = await save(demo, CAPTIONED);
      const whole = performance.now() - start;
      const longest = await demo.page.evaluate(() => /** @type {any} */ (globalThis).longest);
      // The bytes 16 to 23 are width and height.
      assert.equal(saved.bytes.readUInt32BE(16), width);
      assert.ok(saved.bytes.readUInt32BE(20) > height);
      // A page that wrote the file itself would be busy nearly all of the time.
      assert.ok(longest < whole / 3, `a task of ${longest} ms in ${whole} ms`);
    }),
  );
});
