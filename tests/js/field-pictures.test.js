/** Pictures as people have them, against Pillow. ../shared/field/README.md describes the files. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadImage } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED, assertFails } from './fixtures.js';

/**
 * @param {string} folder
 * @param {string} file
 */
const read = (folder, file) => readFileSync(join(SHARED, 'field/reports', folder, file));

describe('pictures of the field', { skip: SKIP_SHARED }, () => {
  for (const folder of ['12-jpeg', '19-bmp-and-gif']) {
    test(`${folder} gives Pillow's pixels`, async () => {
      const expected = JSON.parse(String(read(folder, 'expected.json')));
      for (const [file, { pixels, maxDifference }] of Object.entries(expected)) {
        if (!pixels) continue;
        const given = await loadImage(read(folder, file));
        const right = await loadImage(read(folder, pixels));
        assert.deepEqual([given.width, given.height], [right.width, right.height], file);
        const largest = given.data.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - right.data[i])),
          0,
        );
        assert.ok(largest <= maxDifference, `${file} is off by ${largest}`);
      }
    });
  }

  test('a cut JPEG is refused, wherever it is cut', async () => {
    const expected = /^the JPEG picture cannot be decoded: it is cut off$/;
    await assertFails(() => loadImage(read('12-jpeg', 'cut.jpg')), 'INVALID_IMAGE', expected);
    const whole = read('12-jpeg', '420.jpg');
    for (const share of [0.5, 0.7, 0.9, 0.99]) {
      const part = whole.subarray(0, Math.floor(whole.length * share));
      await assertFails(() => loadImage(part), 'INVALID_IMAGE', expected);
      const closed = Buffer.concat([part, Buffer.from([0xff, 0xd9])]);
      await assertFails(() => loadImage(closed), 'INVALID_IMAGE', expected);
    }
  });

  test('a JPEG that is cut in its header is called cut off', async () => {
    const whole = read('12-jpeg', '420.jpg');
    for (const length of [3, 5, 21, 22, 90, 160, 163, 168, 400, 611]) {
      const expected = new RegExp(`^the JPEG picture is cut off after ${length} bytes$`);
      await assertFails(() => loadImage(whole.subarray(0, length)), 'INVALID_IMAGE', expected);
    }
  });

  test('a cut PNG and a cut BMP are refused, and a PNG with a flipped bit', async () => {
    const png = read('12-jpeg', '422.expected.png');
    const bmp = read('19-bmp-and-gif', 'topdown.bmp');
    await assertFails(
      () => loadImage(png.subarray(0, -200)),
      'INVALID_IMAGE',
      /PNG picture is cut off/,
    );
    await assertFails(
      () => loadImage(bmp.subarray(0, -90)),
      'INVALID_IMAGE',
      /BMP picture is cut off/,
    );
    const flipped = Buffer.from(png);
    flipped[png.length >> 1] ^= 1;
    await assertFails(
      () => loadImage(flipped),
      'INVALID_IMAGE',
      /PNG picture is damaged: the checksum/,
    );
  });

  test('kinds that are not decoded are named, with advice', async () => {
    const folder = '11-files-that-are-not-models';
    for (const [file, name] of [
      ['photo.heic', 'a HEIC file'],
      ['picture.webp', 'a WebP file'],
    ]) {
      const text = new RegExp(`^the picture is ${name}, .*; save it as a PNG or JPEG file first$`);
      await assertFails(() => loadImage(read(folder, file)), 'INVALID_IMAGE', text);
    }
  });
});

test('an SVG file needs a page', async () => {
  const text = /can draw an SVG file, not Node or a worker; save it as a PNG or JPEG file first$/;
  const starts = ['<svg>', '<?xml version="1.0"?>\n<!-- a -->\n<svg viewBox="0 0 1 1">'];
  for (const start of starts) {
    await assertFails(() => loadImage(Buffer.from(`${start}</svg>`)), 'INVALID_IMAGE', text);
    await assertFails(() => loadImage(new Blob([start, '</svg>'])), 'INVALID_IMAGE', text);
  }
  await assertFails(() => loadImage(Buffer.from('<xml>')), 'INVALID_IMAGE', /are no JPEG/);
});
