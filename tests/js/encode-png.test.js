/** encodePng writes what other readers read, pixel for pixel, with its texts. */

import assert from 'node:assert/strict';
import { inflateSync } from 'node:zlib';
import { describe, test } from 'node:test';
import { decode } from 'fast-png';
import { encodePng, loadImage } from '../../web/package/index.js';
import { assertFails } from './fixtures.js';

/**
 * A picture of noise, steps and flat areas.
 * @param {number} width
 * @param {number} height
 * @param {(x: number, y: number) => number} [alpha]
 */
function makePicture(width, height, alpha = () => 255) {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    data.set(
      [(x * 7) & 255, (x * y) & 255, y > 9 ? (i * 2654435761) >>> 24 : 40, alpha(x, y)],
      i * 4,
    );
  }
  return { data, width, height };
}

/** @param {Uint8Array} file */
function chunksOf(file) {
  const bytes = Buffer.from(file);
  const chunks = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

describe('encodePng', () => {
  test('writes opaque pixels without alpha, and others with it', async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 500],
      [257, 31],
      [1200, 700],
    ]) {
      const opaque = makePicture(width, height);
      const file = await encodePng(opaque);
      assert.equal(chunksOf(file)[0].data[9], 2, 'RGB');
      const read = await loadImage(file);
      assert.equal(Buffer.compare(Buffer.from(read.data), Buffer.from(opaque.data)), 0);

      const clear = makePicture(width, height, (x, y) => (x + y) & 255);
      const other = decode(await encodePng(clear));
      assert.deepEqual([other.width, other.height, other.channels], [width, height, 4]);
      assert.equal(Buffer.compare(Buffer.from(other.data), Buffer.from(clear.data)), 0);
    }
  });

  test('chooses filters by rows', async () => {
    const { width, height, data } = makePicture(200, 60);
    const chunks = chunksOf(await encodePng({ data, width, height }));
    const parts = chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data);
    const rows = inflateSync(Buffer.concat(parts));
    const used = Array.from({ length: height }, (_, y) => rows[y * (width * 3 + 1)]);
    assert.ok(new Set(used).size > 1, `${used}`);
    // Unfiltered, the rows would not become smaller.
    assert.ok(rows.length > 2 * Buffer.concat(parts).length);
  });

  test('writes texts before the pixels, which readers find', async () => {
    const text = { Title: 'zebra 34.2%\nat conv', 'My settings': '形 – ½', Empty: '' };
    const file = await encodePng(makePicture(4, 4), { text });
    const chunks = chunksOf(file);
    const types = new Set(chunks.map(({ type }, i) => (type === 'tEXt' ? `text ${i}` : type)));
    assert.deepEqual([...types], ['IHDR', 'text 1', 'iTXt', 'text 3', 'IDAT', 'IEND']);
    assert.equal(chunks[1].data.toString('latin1'), `Title\0${text.Title}`);
    assert.equal(chunks[2].data.toString(), `My settings\0\0\0\0\0${text['My settings']}`);
    assert.equal(decode(file).text.Title, text.Title);
  });

  test('says how far it is, and stops', async () => {
    const picture = makePicture(900, 900);
    /** @type {number[]} */
    const steps = [];
    await encodePng(picture, { onProgress: ({ step, steps: all }) => steps.push(step / all) });
    assert.ok(steps.length > 1 && steps.at(-1) === 1, `${steps}`);
    const reason = new Error('enough');
    const controller = new AbortController();
    const stopped = encodePng(picture, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await assert.rejects(stopped, (error) => error === reason);
  });

  test('refuses what is no picture or no text', async () => {
    const picture = makePicture(2, 2);
    const wrong = { ...picture, width: 3 };
    await assertFails(() => encodePng(wrong), 'INVALID_IMAGE', /RGBA/);
    for (const name of ['', ' a', 'a  b', 'é\n', 'x'.repeat(80), 'ж']) {
      await assertFails(
        () => encodePng(picture, { text: { [name]: 'x' } }),
        'INVALID_ARGUMENT',
        /text has the name/,
      );
    }
    const numbers = /** @type {any} */ ({ text: { Title: 1 } });
    await assertFails(() => encodePng(picture, numbers), 'INVALID_ARGUMENT', /text\.Title is 1/);
  });
});
