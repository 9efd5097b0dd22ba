/**
 * PNG pictures of every kind, written here from samples: all colours and depths, filters, ways of
 * compression and of interlacing. The decoder must give exactly the samples, as 8 bits.
 */

import assert from 'node:assert/strict';
import { constants, deflateSync } from 'node:zlib';
import { before, describe, test } from 'node:test';
import { init } from '../../web/package/index.js';
import { readPicture } from '../../web/package/pictures/image.js';
import { chunk } from '../browser/png.js';
import { assertFails } from './fixtures.js';

/** Samples of a pixel, by the kind of colours as the header has it. */
const SAMPLES = /** @type {Record<number, number>} */ ({ 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 });
const PALETTE = 3;

const KINDS = [
  ...[1, 2, 4, 8, 16].map((depth) => ({ kind: 0, depth })),
  ...[1, 2, 4, 8].map((depth) => ({ kind: PALETTE, depth })),
  ...[2, 4, 6].flatMap((kind) => [8, 16].map((depth) => ({ kind, depth }))),
];

/** Ways to compress. zlib makes blocks of all three kinds with them. */
const WAYS = [
  { level: 0 },
  { level: 1 },
  { level: 9 },
  { level: 6, strategy: constants.Z_FIXED },
  { level: 6, strategy: constants.Z_HUFFMAN_ONLY },
  { level: 6, strategy: constants.Z_RLE },
];

/** First column, first row, steps to the next of each pass. */
const WHOLE = [[0, 0, 1, 1]];
const SEVEN = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** @type {import('../../web/package/engine/engine.js').Engine} */
let engine;

before(async () => {
  engine = await init({ threads: 1, wasmVariant: 'simd' });
});

/** @param {number} seed */
function randomNumbers(seed) {
  let state = seed;
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * @typedef {object} Drawing
 * @property {number} width
 * @property {number} height
 * @property {number} kind
 * @property {number} depth
 * @property {number[][]} pixels samples of each
 * @property {number[][]} palette R, G, B, alpha of each entry
 * @property {number[]} [key] samples of the colour that is transparent
 */

/**
 * Samples that are partly smooth and partly random.
 * @param {{ kind: number, depth: number }} kind
 * @param {{ width: number, height: number, hasKey: boolean }} size
 * @returns {Drawing}
 */
function draw({ kind, depth }, { width, height, hasKey }) {
  const random = randomNumbers(100 * kind + depth);
  const most = 2 ** depth;
  const sampleOf = (/** @type {number} */ i) =>
    random(3) === 0 ? random(most) : Math.floor(i / 7) % most;
  const pixels = Array.from({ length: width * height }, (_, i) =>
    Array.from({ length: SAMPLES[kind] }, () => sampleOf(i)),
  );
  const entries = Math.min(most, 200);
  const palette = Array.from({ length: entries }, (_, i) => [
    random(256),
    random(256),
    random(256),
    hasKey && i < 100 ? random(256) : 255,
  ]);
  const key = hasKey && (kind === 0 || kind === 2) ? pixels[5] : undefined;
  return { width, height, kind, depth, pixels, palette, key };
}

/**
 * The RGBA that a decoder must give.
 * @param {Drawing} drawing
 */
function toRgba({ kind, depth, pixels, palette, key }) {
  const toByte = (/** @type {number} */ sample) =>
    depth === 16 ? sample >> 8 : (sample * 255) / (2 ** depth - 1);
  return pixels.flatMap((samples) => {
    if (kind === PALETTE) return palette[samples[0]] ?? [0, 0, 0, 255];
    const bytes = samples.map(toByte);
    const alpha = key?.every((sample, k) => sample === samples[k]) ? 0 : 255;
    if (kind === 0) return [bytes[0], bytes[0], bytes[0], alpha];
    if (kind === 2) return [...bytes, alpha];
    return kind === 4 ? [bytes[0], bytes[0], bytes[0], bytes[1]] : bytes;
  });
}

/**
 * @param {number[][]} pixels of a row
 * @param {number} depth
 */
function pack(pixels, depth) {
  const samples = pixels.flat();
  const row = Buffer.alloc(Math.ceil((samples.length * depth) / 8));
  samples.forEach((sample, i) => {
    if (depth === 16) row.writeUInt16BE(sample, 2 * i);
    else row[(i * depth) >> 3] |= sample << (8 - depth - ((i * depth) & 7));
  });
  return row;
}

/**
 * What a filter predicts of a byte.
 * @param {number} filter
 * @param {number} left
 * @param {number} above
 * @param {number} corner
 */
function predict(filter, left, above, corner) {
  const guess = left + above - corner;
  const nearest = [left, above, corner].reduce((best, value) =>
    Math.abs(guess - value) < Math.abs(guess - best) ? value : best,
  );
  return [0, left, above, (left + above) >> 1, nearest][filter];
}

/**
 * The rows of a pass, each with the number of its filter in front. The filters take turns.
 * @param {Drawing} drawing
 * @param {number[]} pass
 */
function filterPass({ width, height, kind, depth, pixels }, [x0, y0, dx, dy]) {
  const step = Math.max(1, (SAMPLES[kind] * depth) / 8);
  /** @type {Buffer[]} */
  const rows = [];
  /** @type {Buffer | undefined} */
  let above;
  for (let y = y0; y < height && x0 < width; y += dy) {
    const line = [];
    for (let x = x0; x < width; x += dx) line.push(pixels[y * width + x]);
    const row = pack(line, depth);
    const filter = y % 5;
    const filtered = row.map((byte, i) => {
      const upper = above?.[i] ?? 0;
      return (
        byte - predict(filter, row[i - step] ?? 0, upper, (i >= step && above?.[i - step]) || 0)
      );
    });
    rows.push(Buffer.of(filter), Buffer.from(filtered));
    above = row;
  }
  return Buffer.concat(rows);
}

/**
 * @param {Drawing} drawing
 * @param {{ way?: object, isInterlaced?: boolean, piece?: number }} [how] `piece` is the
 *   size of the chunks that the compressed pixels are divided into
 */
function write(drawing, { way = {}, isInterlaced = false, piece = 2 ** 20 } = {}) {
  const { width, height, kind, depth, palette, key } = drawing;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, kind, 0, 0, isInterlaced ? 1 : 0], 8);
  const passes = isInterlaced ? SEVEN : WHOLE;
  const data = deflateSync(Buffer.concat(passes.map((pass) => filterPass(drawing, pass))), way);
  const pieces = [];
  for (let i = 0; i < data.length; i += piece) {
    pieces.push(chunk('IDAT', data.subarray(i, i + piece)));
  }
  const alphas = Buffer.from(palette.map(([, , , alpha]) => alpha));
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(kind === PALETTE
      ? [
          chunk('PLTE', Buffer.from(palette.flatMap((entry) => entry.slice(0, 3)))),
          chunk('tRNS', alphas.subarray(0, 100)),
        ]
      : []),
    ...(key
      ? [chunk('tRNS', Buffer.from(key.flatMap((sample) => [sample >> 8, sample & 255])))]
      : []),
    ...pieces,
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * @param {Drawing} drawing
 * @param {Parameters<typeof write>[1]} [how]
 */
async function assertDecoded(drawing, how) {
  const { width, height, data } = await readPicture(engine, write(drawing, how));
  assert.deepEqual([width, height], [drawing.width, drawing.height]);
  assert.ok(Buffer.from(data).equals(Buffer.from(toRgba(drawing))), JSON.stringify(how));
}

describe('a PNG gives its samples', () => {
  for (const kind of KINDS) {
    test(`colours ${kind.kind}, ${kind.depth} bits`, async () => {
      for (const hasKey of [false, true]) {
        const drawing = draw(kind, { width: 37, height: 29, hasKey });
        for (const way of WAYS) {
          for (const isInterlaced of [false, true]) {
            await assertDecoded(drawing, { way, isInterlaced });
          }
        }
      }
    });
  }

  test('in chunks of a byte', async () => {
    const drawing = draw({ kind: 6, depth: 16 }, { width: 9, height: 8, hasKey: false });
    for (const way of WAYS) await assertDecoded(drawing, { way, piece: 1 });
  });

  test('with few pixels, of which some passes have none', async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 1],
      [1, 5],
      [5, 2],
    ]) {
      const drawing = draw({ kind: 2, depth: 8 }, { width, height: height + 1, hasKey: true });
      await assertDecoded(drawing, { isInterlaced: true });
    }
  });

  test('that repeat over a longer distance than the window has', async () => {
    const drawing = draw({ kind: 2, depth: 8 }, { width: 150, height: 400, hasKey: false });
    for (let i = 20_000; i < drawing.pixels.length; i++) {
      drawing.pixels[i] = drawing.pixels[i % 10_900];
    }
    for (const way of WAYS) await assertDecoded(drawing, { way });
  });
});

describe('a damaged PNG is refused', () => {
  const drawing = draw({ kind: 2, depth: 8 }, { width: 20, height: 20, hasKey: false });
  const rows = filterPass(drawing, WHOLE[0]);

  /**
   * A file with other compressed data, whose checksums are right.
   * @param {Uint8Array} data
   */
  function withData(data) {
    const header = write(drawing).subarray(0, 33);
    return Buffer.concat([
      header,
      chunk('IDAT', Buffer.from(data)),
      chunk('IEND', Buffer.alloc(0)),
    ]);
  }

  test('if its pixels end too early', async () => {
    for (const way of WAYS) {
      const data = deflateSync(rows, way);
      for (let length = 0; length < data.length - 6; length += 1 + (length >> 5)) {
        await assertFails(
          () => readPicture(engine, withData(data.subarray(0, length))),
          'INVALID_IMAGE',
        );
      }
    }
    const short = deflateSync(rows.subarray(0, -1));
    await assertFails(
      () => readPicture(engine, withData(short)),
      'INVALID_IMAGE',
      /cut off or wrong/,
    );
  });

  test('if a row has a filter that does not exist', async () => {
    const wrong = Buffer.from(rows);
    wrong[0] = 5;
    await assertFails(
      () => readPicture(engine, withData(deflateSync(wrong))),
      'INVALID_IMAGE',
      /filter/,
    );
  });

  test('if its data are no stream of zlib', async () => {
    const data = deflateSync(rows);
    for (const [at, value] of [
      [0, 0x79],
      [1, data[1] ^ 1],
      [1, data[1] | 0x20],
    ]) {
      const wrong = Buffer.from(data);
      wrong[at] = value;
      await assertFails(() => readPicture(engine, withData(wrong)), 'INVALID_IMAGE', /zlib/);
    }
  });

  test('or decoded, if bits of its data are flipped', async () => {
    const data = deflateSync(rows);
    for (let bit = 16; bit < 8 * data.length - 32; bit += 7) {
      const wrong = Buffer.from(data);
      wrong[bit >> 3] ^= 1 << (bit & 7);
      const decoding = readPicture(engine, withData(wrong));
      await decoding.catch((error) => assert.equal(error.code, 'INVALID_IMAGE'));
    }
  });
});
