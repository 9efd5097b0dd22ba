/** The programs of examples/ and the README's lines, run with the installed package. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode } from 'fast-png';
import { formatAsImage, loadModel } from '../../web/package/index.js';
import { inBuild, root } from '../../wasm-build/tools.js';
import { SKIP, launchChromium } from '../browser/chromium.js';
import { serve } from '../browser/server.js';
import { DOG_PICTURE } from '../js/fixtures.js';
import { createApp, inPack, run, runScript } from './tarball.js';

/** A model with labels and preprocessing inside. */
const MODEL = inBuild('models/dog_breed_mobilenetv2.safetensors');

/**
 * What a program shows. The overlay is a hash of its pixels.
 * @typedef {{ answer: string, overlay: string }} Answer
 */

/** @param {Uint8Array | Uint8ClampedArray} pixels RGBA */
const hash = (pixels) => createHash('sha256').update(pixels).digest('hex');

/**
 * What the package itself says of the model and the picture.
 * @param {import('gradcam-wasm').WasmOptions} [options]
 * @returns {Promise<Answer>}
 */
async function find(options) {
  const model = await loadModel(readFileSync(MODEL), options);
  const bytes = readFileSync(DOG_PICTURE);
  const explanation = await (await model.run(bytes, { image: bytes })).explain();
  const [{ label, score }] = explanation.targets;
  return {
    answer: `${label}: ${score.toFixed(3)}`,
    overlay: hash(formatAsImage(explanation).data),
  };
}

/**
 * Chooses the model and the picture in a page and waits for its answer.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string>}
 */
async function choose(page) {
  await page.setInputFiles('[name=picture]', DOG_PICTURE);
  await page.setInputFiles('[name=model]', MODEL);
  const answer = page.locator('output', { hasText: /: 0\.\d{3}|rror/ });
  return (await answer.innerText({ timeout: 120_000 })).trim();
}

/**
 * @param {import('playwright-core').Page} page
 * @param {string} [selector] of the canvas
 * @returns {Promise<string>}
 */
async function overlayOf(page, selector = 'canvas') {
  const base64 = await page.locator(selector).evaluate((canvas) => {
    const { toDataURL } = HTMLCanvasElement.prototype;
    return toDataURL.call(canvas, 'image/png').split(',')[1];
  });
  return hash(/** @type {Uint8Array} */ (decode(Buffer.from(base64, 'base64')).data));
}

export function testExamples() {
  describe('examples', () => {
    test('depend on what the project pins', testVersions);
    test('node: explains a folder', testFolder);
    describe('in a browser', { skip: SKIP }, testPages);
  });
}

function testVersions() {
  const { version, devDependencies } = readPackage('.');
  const known = { ...devDependencies, 'gradcam-wasm': version };
  const entries = readdirSync(join(root, 'examples'), { withFileTypes: true });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    const { dependencies, devDependencies: others } = readPackage(`examples/${name}`);
    for (const [dependency, wanted] of Object.entries({ ...dependencies, ...others })) {
      assert.equal(wanted, known[dependency], `${name}: ${dependency}`);
    }
  }
}

async function testFolder() {
  const folder = createApp('example-node', ['node'], 'examples');
  mkdirSync(join(folder, 'pictures'));
  symlinkSync(DOG_PICTURE, join(folder, 'pictures/dog.jpg'));
  writeFileSync(join(folder, 'pictures/no picture.png'), 'text');
  const { answer, overlay } = await find({ wasmVariant: 'simd' });
  const table = run('node', ['explain-folder.js', MODEL, 'pictures', 'maps'], folder);
  const [dog, broken] = table.split('\n');
  const [label, score] = answer.split(': ');
  assert.match(dog, new RegExp(`^dog.jpg\t${label}\t${score}\trow 3, column 2 of 5 x 5\t$`));
  assert.match(broken, /^no picture.png\tINVALID_IMAGE\t/);
  const { data, width, height } = decode(readFileSync(join(folder, 'maps/dog.png')));
  // The file has no alpha, because the overlay is opaque.
  const pixels = new Uint8Array(width * height * 4).fill(255);
  data.forEach((value, i) => (pixels[Math.floor(i / 3) * 4 + (i % 3)] = value));
  assert.equal(hash(pixels), overlay);
}

function testPages() {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {Answer} */
  let expected;
  before(async () => {
    browser = await launchChromium();
    await import('../../wasm-build/enable-relaxed-simd.js');
    expected = await find({ wasmVariant: 'relaxed' });
  });
  after(() => browser?.close());

  for (const name of ['page', 'vite', 'react']) {
    test(name, async () => {
      const folder = createApp(`example-${name}`, [name], 'examples');
      const isBuilt = readPackage(`examples/${name}`).scripts !== undefined;
      if (isBuilt) runScript('vite/bin/vite.js', ['build', '--logLevel', 'warn'], folder);
      const folders = { '/': [isBuilt ? join(folder, 'dist') : folder] };
      await visit(browser, { folders }, async (page) => {
        assert.ok((await choose(page)).startsWith(expected.answer));
        assert.equal(await overlayOf(page), expected.overlay);
        if (name === 'vite') await testChoices(page);
      });
    });
  }

  for (const name of ['element', 'element-react', 'element-vue']) {
    test(name, async () => {
      const folder = createApp(`example-${name}`, [name], 'examples');
      const isBuilt = readPackage(`examples/${name}`).scripts !== undefined;
      if (isBuilt) runScript('vite/bin/vite.js', ['build', '--logLevel', 'warn'], folder);
      symlinkSync(MODEL, join(folder, 'model.keras'));
      symlinkSync(inBuild('pictures/eagle-small.jpg'), join(folder, 'photo.jpg'));
      const folders = { '/': [join(folder, 'dist'), folder] };
      await visit(browser, { folders }, (page) => testElement(page, expected));
    });
  }

  test('React in StrictMode leaves no worker and no error', async () => {
    const folder = createApp('strict-mode', ['strict-mode']);
    runScript('vite/bin/vite.js', ['build', '--logLevel', 'warn'], folder);
    symlinkSync(MODEL, join(folder, 'model.keras'));
    symlinkSync(DOG_PICTURE, join(folder, 'photo.jpg'));
    const folders = { '/': [join(folder, 'dist'), folder] };
    await visit(browser, { folders }, (page) => testMounts(page, expected));
  });

  test('the lines of the README', async () => {
    const folder = createApp('readme', []);
    symlinkSync(MODEL, join(folder, 'model.keras'));
    symlinkSync(DOG_PICTURE, join(folder, 'photo.jpg'));
    const contents = { folders: { '/': [folder] }, texts: { '/index.html': readmePage() } };
    await visit(browser, contents, async (page) => {
      await page.waitForFunction(() => document.title === 'done', null, { timeout: 120_000 });
      assert.equal(await overlayOf(page), expected.overlay);
    });
  });
}

/** A page that runs the README's lines, and says so in its title. */
function readmePage() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, code = ''] = readme.match(/^```js\n(.*?)^```/ms) ?? [];
  const map = { imports: { 'gradcam-wasm': '/node_modules/gradcam-wasm/dist/index.js' } };
  return `<!doctype html><link rel="icon" href="data:," /><canvas></canvas>
    <script type="importmap">${JSON.stringify(map)}</script>
    <script type="module">${code} document.title = 'done';</script>`;
}

/**
 * Opens the page of a server; fails if it reports errors.
 * @param {import('playwright-core').Browser} browser
 * @param {import('../browser/server.js').Contents} contents
 * @param {(page: import('playwright-core').Page) => Promise<void>} use
 */
async function visit(browser, contents, use) {
  const site = await serve(contents);
  const page = await browser.newPage();
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(`${error}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  try {
    await page.goto(site.address);
    await use(page);
    assert.deepEqual(problems, []);
  } finally {
    await page.close();
    await site.close();
  }
}

/** @param {string} folder relative to the root */
function readPackage(folder) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}

/**
 * Another class and another layer give another answer and another overlay.
 * @param {import('playwright-core').Page} page
 */
async function testChoices(page) {
  const before = await overlayOf(page);
  await page.selectOption('[name=target]', { index: 1 });
  await page.locator('output', { hasText: 'German Shepherd: 0.' }).waitFor();
  const between = await overlayOf(page);
  await page.selectOption('[name=layer]', 'mobilenetv2_1.00_160/block_9_expand');
  await page.locator('output', { hasText: 'block_9_expand' }).waitFor();
  assert.equal(new Set([before, between, await overlayOf(page)]).size, 3);
}

/**
 * The element shows the picture of its attribute, and then the one that a user chooses.
 * @param {import('playwright-core').Page} page
 * @param {Answer} expected of the chosen picture
 */
async function testElement(page, { answer, overlay }) {
  const output = page.locator('output', { hasText: /: 0\.\d{3}|rror|annot/ });
  assert.match(await output.innerText({ timeout: 120_000 }), /^[\w -]+: 0\.\d{3}$/);
  const before = await overlayOf(page, 'canvas.overlay');
  await page.setInputFiles('[name=picture]', DOG_PICTURE);
  await page.locator('output', { hasText: answer }).waitFor({ timeout: 120_000 });
  assert.equal(await overlayOf(page, 'canvas.overlay'), overlay);
  assert.notEqual(before, overlay);
}

/**
 * A component starts two workers, because StrictMode mounts it twice, and one is left. None is left
 * after it was unmounted, whether its model was loaded or not.
 * @param {import('playwright-core').Page} page
 * @param {Answer} expected
 */
async function testMounts(page, { answer }) {
  await page.addInitScript(countWorkers);
  await page.reload();
  const output = page.locator('output', { hasText: /./ });
  assert.equal(await output.innerText({ timeout: 120_000 }), answer);
  assert.equal(await page.evaluate('started'), 2);
  await waitForWorkers(page, 1);
  const button = page.locator('button');
  await button.click();
  await waitForWorkers(page, 0);
  await button.click();
  await waitForWorkers(page, 1);
  await button.click();
  await waitForWorkers(page, 0);
  await button.click();
  assert.equal(await output.innerText({ timeout: 120_000 }), answer);
}

/** Runs in the page. Playwright does not hear of a worker that is stopped at once. */
function countWorkers() {
  const { Worker: Original } = globalThis;
  const counted = { started: 0, Worker: Original };
  counted.Worker = class extends Original {
    /** @param {ConstructorParameters<typeof Worker>} args */
    constructor(...args) {
      super(...args);
      Object.assign(globalThis, { started: ++counted.started });
    }
  };
  Object.assign(globalThis, counted);
}

/**
 * @param {import('playwright-core').Page} page
 * @param {number} count
 */
async function waitForWorkers(page, count) {
  for (let tries = 0; tries < 3000 && page.workers().length !== count; tries++) {
    await page.waitForTimeout(20);
  }
  assert.equal(page.workers().length, count);
}
