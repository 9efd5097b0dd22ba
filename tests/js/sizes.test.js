/** Sizes around the limits of 32 and 53 bits, and the time that many layers and names take. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { expandHeatmap, init, loadImage } from '../../web/package/index.js';
import { decodePredictions } from '../../web/package/model/run.js';
import { assertFails, plainPicture, smallModel } from './fixtures.js';

/** @type {Awaited<ReturnType<typeof init>>} */
let engine;

before(async () => {
  engine = await init();
});

/** Whole numbers around the limits. */
const AROUND = [2 ** 31, 2 ** 32, 2 ** 33, 2 ** 53].flatMap((limit) => [
  limit - 4,
  limit - 1,
  limit,
  limit + 4,
]);
const BEYOND = AROUND.filter((number) => number >= 2 ** 32);

/** @param {() => unknown} work that is refused */
async function assertRefused(work) {
  await assert.rejects(
    async () => work(),
    (/** @type {any} */ error) => {
      assert.equal(error.name, 'GradCamError', String(error.stack));
      assert.match(error.code, /^(OUT_OF_MEMORY|TOO_LARGE|INVALID_ARGUMENT|INVALID_IMAGE)$/);
      return true;
    },
  );
  assert.ok(engine.isUsable);
}

describe('sizes do not wrap', () => {
  test('in memory of a call', async () => {
    for (const size of [...BEYOND, Infinity, NaN]) {
      await assertRefused(() => engine.scratch((scratch) => scratch.alloc(size)));
      const two = { first: size / 2, second: size / 2 };
      await assertRefused(() => engine.scratch((scratch) => scratch.block(two)));
    }
  });

  test('in a call of the engine', async () => {
    for (const number of [...BEYOND, Infinity, NaN]) {
      for (const signed of [number, -number]) {
        await assertFails(() => engine.call('gc_method_name', signed), 'TOO_LARGE', /too large/);
      }
    }
  });

  test('of pictures', async () => {
    const picture = plainPicture([1, 2, 3, 255], 4, 4);
    const heatmap = { data: Float32Array.of(1, 0, 0, 1), width: 2, height: 2 };
    for (const size of AROUND) {
      await assertRefused(() => loadImage({ ...picture, width: size }));
      await assertRefused(() => loadImage(picture, { targetSize: [size, 4] }));
      await assertRefused(() => loadImage(picture, { targetSize: [4, size] }));
      await assertRefused(() => expandHeatmap(heatmap, { width: size, height: 4 }));
      await assertRefused(() => expandHeatmap(heatmap, { width: size, height: size }));
    }
  });

  test('of inputs', async () => {
    const layers = /** @type {import('./fixtures.js').SmallLayer[]} */ ([
      ['GlobalAveragePooling2D', { name: 'pool' }],
    ]);
    for (const size of AROUND) {
      const inputSize = /** @type {[number, number]} */ ([size, 4]);
      const inputShape = [null, null, 3];
      await assertRefused(() => smallModel(layers, { inputShape, inputSize }));
    }
  });
});

test('an error for lack of memory says how much there is', () =>
  assertFails(
    () => engine.scratch((scratch) => scratch.alloc(2 ** 33)),
    'OUT_OF_MEMORY',
    /8589934592 bytes: .* 4294967296 in all/,
  ));

test('an error for a run that is too large says how much a run can have', () => {
  const layers = /** @type {import('./fixtures.js').SmallLayer[]} */ ([
    ['UpSampling2D', { name: 'larger', size: [8, 8] }],
    ['AveragePooling2D', { name: 'mean', pool_size: [3, 3], strides: [1, 1] }],
    ['GlobalAveragePooling2D', { name: 'pool' }],
  ]);
  return assertFails(
    () => smallModel(layers, { inputShape: [null, null, 3], inputSize: [1100, 1100] }),
    'OUT_OF_MEMORY',
    /a run needs \d{4} MiB .* at most 2047, .* a smaller input needs less/,
  );
});

describe('the time is linear', () => {
  const NORM = { gamma: [1], beta: [0], moving_mean: [0], moving_variance: [1] };

  test('in layers and their weights', async () => {
    const started = process.cpuUsage();
    const layers = Array.from({ length: 19_000 }, (_, i) => {
      return /** @type {import('./fixtures.js').SmallLayer} */ ([
        'BatchNormalization',
        { name: `layer${i}` },
        NORM,
      ]);
    });
    const model = await smallModel(layers, { inputShape: [2, 2, 1] });
    assert.equal(model.layers.length, 19_000);
    // A comparison of all names with all others would take minutes.
    assert.ok(process.cpuUsage(started).user < 20e6);
    model.dispose();
  });

  test('in classes', () => {
    const scores = Float32Array.from({ length: 2 ** 22 }, (_, i) => i % 1000);
    const started = process.cpuUsage();
    const top = decodePredictions(scores, undefined, 3);
    assert.deepEqual(
      top.map(({ index }) => index),
      [999, 1999, 2999],
    );
    assert.ok(process.cpuUsage(started).user < 2e6);
  });
});

describe('the classes with the highest scores', () => {
  const scores = Float32Array.from({ length: 300 }, (_, i) => (i % 7 === 0 ? NaN : i % 50));
  const sorted = [...scores.keys()].sort(
    (a, b) =>
      Number(Number.isNaN(scores[a])) - Number(Number.isNaN(scores[b])) ||
      (scores[b] || 0) - (scores[a] || 0) ||
      a - b,
  );
  for (const top of [1, 2, 99, 100, 101, 300, 1000]) {
    test(`are ordered, ${top} of them, NaN last`, () =>
      assert.deepEqual(
        decodePredictions(scores, undefined, top).map(({ index }) => index),
        sorted.slice(0, top),
      ));
  }
});
