/** Pictures of every kind in real browsers. All of them give the pixels of the file. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { loadImage, loadModel } from '../../web/package/index.js';
import { inBuild, root } from '../../wasm-build/tools.js';
import { SKIP as NO_CHROMIUM, launchChromium } from './chromium.js';
import { Firefox, SKIP as NO_FIREFOX } from './firefox.js';
import { GREY, PALETTE, RGB, RGBA, writePng } from './png.js';
import { serve } from './server.js';

/**
 * A browser with one page, whose global functions can be called.
 * @typedef {object} Driver
 * @property {(url: string) => Promise<unknown>} open
 * @property {(name: string, ...args: any[]) => Promise<any>} call
 * @property {() => Promise<void>} close
 */

/** @returns {Promise<Driver>} */
async function openChromium() {
  const browser = await launchChromium();
  const page = await browser.newPage();
  return {
    open: (url) => page.goto(url),
    call: (name, ...args) =>
      page.evaluate((call) => /** @type {any} */ (globalThis)[call.name](...call.args), {
        name,
        args,
      }),
    close: () => browser.close(),
  };
}

const PAGE = `<!doctype html><script type="importmap">{ "imports": {
  "gradcam-wasm": "/dist/index.js", "gradcam-wasm/worker": "/dist/worker-session.js" } }</script>
<script type="module" src="/tests/inputs-page.js"></script>`;

const contents = {
  folders: {
    '/dist/': [join(root, 'dist')],
    '/tests/': [join(root, 'tests/browser')],
    '/models/': [inBuild('models')],
  },
  texts: { '/index.html': PAGE },
};

/** 5 x 4 pixels of many colours. */
const COLORS = Array.from({ length: 60 }, (_, i) => (i * 83 + 7) % 256);
const color = rgbPng(5, 4, (x, y) => COLORS.slice((y * 5 + x) * 3, (y * 5 + x) * 3 + 3));

/**
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number[]} pixel
 */
function rgbPng(width, height, pixel) {
  const row = (/** @type {number} */ y) =>
    Uint8Array.from(Array.from({ length: width }, (_, x) => pixel(x, y)).flat());
  return writePng({ width, height, type: RGB, row });
}

/**
 * Files of one row, and the colours in it.
 * @type {Record<string, { file: Buffer, colors: number[] }>}
 */
const files = {
  'grey PNG': {
    file: writePng({ width: 3, height: 1, type: GREY, row: () => Uint8Array.of(0, 100, 255) }),
    colors: [0, 0, 0, 100, 100, 100, 255, 255, 255],
  },
  '1-bit grey PNG': {
    file: writePng({ width: 2, height: 1, type: GREY, depth: 1, row: () => Uint8Array.of(0x40) }),
    colors: [0, 0, 0, 255, 255, 255],
  },
  'palette PNG': {
    file: writePng({
      ...{ width: 2, height: 1, type: PALETTE, row: () => Uint8Array.of(1, 0) },
      palette: [10, 20, 30, 200, 100, 50],
    }),
    colors: [200, 100, 50, 10, 20, 30],
  },
  // The upper 8 bits count.
  '16-bit grey PNG': {
    file: writePng({
      ...{ width: 2, height: 1, type: GREY, depth: 16 },
      row: () => Uint8Array.of(0x12, 0x12, 0xfe, 0xfe),
    }),
    colors: [0x12, 0x12, 0x12, 0xfe, 0xfe, 0xfe],
  },
  '16-bit colour PNG': {
    file: writePng({
      ...{ width: 1, height: 1, type: RGB, depth: 16 },
      row: () => Uint8Array.of(0x12, 0x12, 0x80, 0x80, 0xfe, 0xfe),
    }),
    colors: [0x12, 0x80, 0xfe],
  },
  '1 x 1 PNG': { file: rgbPng(1, 1, () => [1, 2, 3]), colors: [1, 2, 3] },
};

/** The alpha does not change the colours, as in Keras' load_img. */
const translucent = writePng({
  ...{ width: 3, height: 1, type: RGBA },
  row: () => Uint8Array.of(200, 100, 50, 0, 200, 100, 50, 128, 200, 100, 50, 255),
});

/** An Exif segment that says only that the picture lies on its right side (orientation 6). */
const EXIF = Buffer.from(
  'ffe10022' +
    '457869660000' +
    '4d4d002a00000008' +
    '0001' +
    '011200030000000100060000' +
    '00000000',
  'hex',
);

/** @param {{ base64: string }} read */
const pixelsOf = ({ base64 }) => Buffer.from(base64, 'base64');

/** @param {{ base64: string }} read */
const colorsOf = (read) => [...pixelsOf(read)].filter((_, i) => i % 4 !== 3);

/** @param {Buffer} jpeg without Exif */
const rotated = (jpeg) => Buffer.concat([jpeg.subarray(0, 2), EXIF, jpeg.subarray(2)]);

for (const [name, skip, launch] of /** @type {const} */ ([
  ['Chromium', NO_CHROMIUM, openChromium],
  ['Firefox', NO_FIREFOX, Firefox.launch],
])) {
  describe(`pictures in ${name}`, { skip }, () => {
    /** @type {Driver} */
    let browser;
    /** @type {{ address: string, close: () => Promise<void> }} */
    let site;
    /** @type {string[]} */
    let kinds;

    before(async () => {
      [site, browser] = await Promise.all([serve(contents), launch()]);
      await browser.open(site.address);
      kinds = await browser.call('kinds');
    });
    after(async () => {
      await browser?.close();
      await site?.close();
    });

    /**
     * @param {'page' | 'worker'} where
     * @param {string} kind
     * @param {Buffer} file
     * @param {import('gradcam-wasm').LoadImageOptions} [options]
     * @returns {Promise<{ base64: string, width: number, height: number }>}
     */
    const read = (where, kind, file, options = {}) =>
      browser.call('read', where, kind, file.toString('base64'), options);

    for (const where of /** @type {const} */ (['page', 'worker'])) {
      test(`every kind, in the ${where}`, async (context) => {
        context.diagnostic(kinds.join(', '));
        assert.ok(kinds.length >= 11);
        for (const kind of kinds) {
          const result = await read(where, kind, color);
          assert.deepEqual([result.width, result.height], [5, 4], kind);
          assert.deepEqual(colorsOf(result), COLORS, kind);
        }
      });

      test(`6000 x 4000 pixels, in the ${where}`, async () => {
        const large = writePng({
          ...{ width: 6000, height: 4000, type: GREY, depth: 1 },
          row: (y) => new Uint8Array(750).fill(y < 2000 ? 0 : 255),
        });
        const options = { targetSize: /** @type {[number, number]} */ ([4, 6]) };
        for (const kind of ['bytes', 'HTMLImageElement', 'ImageBitmap']) {
          const result = await read(where, kind, large, options);
          const half = Array.from({ length: 36 }, () => 0);
          assert.deepEqual(colorsOf(result), [...half, ...half.map(() => 255)], kind);
        }
      });
    }

    for (const [title, { file, colors }] of Object.entries(files)) {
      test(title, async () => {
        for (const kind of ['bytes', 'HTMLImageElement']) {
          assert.deepEqual(colorsOf(await read('page', kind, file)), colors, kind);
        }
      });
    }

    test('transparent PNG: a file keeps its colours, a canvas those that can be seen', async () => {
      const seen = [200, 100, 50];
      const fromFile = await read('page', 'bytes', translucent);
      assert.deepEqual(colorsOf(fromFile), [...seen, ...seen, ...seen]);
      assert.ok(pixelsOf(fromFile).every((value, i) => i % 4 !== 3 || value === 255));
      const fromCanvas = colorsOf(await read('page', 'canvas', translucent));
      assert.deepEqual(fromCanvas.slice(0, 3), [0, 0, 0]);
      assert.deepEqual(fromCanvas.slice(6), seen);
      // Between the two, the browser's multiplication with alpha and back loses a bit or two.
      fromCanvas.slice(3, 6).forEach((value, i) => assert.ok(Math.abs(value - seen[i]) <= 2));
    });

    test('a JPEG that lies on its side is turned upright', async () => {
      const halves = rgbPng(32, 16, (x) => (x < 16 ? [250, 10, 10] : [10, 10, 250]));
      const jpeg = Buffer.from(await browser.call('jpeg', halves.toString('base64')), 'base64');
      for (const kind of ['bytes', 'File', 'HTMLImageElement', 'ImageBitmap', 'canvas']) {
        const result = await read('page', kind, rotated(jpeg));
        assert.deepEqual([result.width, result.height], [16, 32], kind);
        const pixels = pixelsOf(result);
        const at = (/** @type {number} */ y) => [
          ...pixels.subarray((y * 16 + 8) * 4).subarray(0, 3),
        ];
        const expected = [
          [4, [250, 10, 10]],
          [28, [10, 10, 250]],
        ];
        for (const [y, color] of /** @type {[number, number[]][]} */ (expected)) {
          at(y).forEach((value, i) => assert.ok(Math.abs(value - color[i]) < 12, `${kind} ${y}`));
        }
      }
    });

    for (const where of /** @type {const} */ (['page', 'worker'])) {
      test(`an SVG file is drawn on white, at the size that it says, in the ${where}`, async () => {
        const half = '<rect width="3" height="4" fill="#c86432"/></svg>';
        for (const size of ['viewBox="0 0 6 4"', 'width="6" height="4px"']) {
          const svg = Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" ${size}>${half}`);
          // The worker fetches what an address leads to, and cannot draw it.
          const kinds = ['bytes', 'Blob', 'File', ...(where === 'page' ? ['address'] : [])];
          for (const kind of kinds) {
            const result = await read(where, kind, svg);
            assert.deepEqual([result.width, result.height], [6, 4], kind);
            const row = colorsOf(result).slice(0, 18);
            assert.deepEqual(row.slice(0, 3), [200, 100, 50], kind);
            assert.deepEqual(row.slice(15), [255, 255, 255], kind);
          }
        }
      });
    }

    test('a cut picture is refused, though the browser may show a part', async () => {
      const jpeg = Buffer.from(await browser.call('jpeg', color.toString('base64')), 'base64');
      for (const file of [jpeg.subarray(0, -9), color.subarray(0, -20)]) {
        for (const kind of ['bytes', 'File']) {
          await assert.rejects(() => read('page', kind, file), /cut off/);
        }
      }
    });

    test('what is no picture is refused', async () => {
      const codes = await browser.call('failure', Buffer.from('no picture').toString('base64'));
      assert.deepEqual(codes, Array(5).fill('INVALID_IMAGE'));
    });

    test('scores and heat map are those that Node gives', async () => {
      const model = await loadModel(
        readFileSync(inBuild('models/dog_breed_mobilenetv2.safetensors')),
      );
      const run = await model.run(color);
      const { data } = (await run.explain()).targets[0].heatmap;
      model.dispose();
      for (const kind of ['bytes', 'canvas', 'ImageBitmap']) {
        const { scores, heatmap } = await browser.call('explain', kind, color.toString('base64'));
        run.predictions.forEach((score, i) => assert.ok(Math.abs(score - scores[i]) < 1e-5));
        data.forEach((value, i) => assert.ok(Math.abs(value - heatmap[i]) < 1e-3));
      }
    });
  });
}

test('Node reads the same files', async () => {
  for (const [title, { file, colors }] of Object.entries(files)) {
    const { data } = await loadImage(file);
    assert.deepEqual(
      [...data].filter((_, i) => i % 4 !== 3),
      colors,
      title,
    );
  }
});
