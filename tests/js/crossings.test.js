/** How often the package calls into the engine, and what memory a call takes there. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { formatAsImage, imageToArray, init } from '../../web/package/index.js';
import { pictureToInput } from '../../web/package/pictures/preprocessing.js';
import { assertFails, plainPicture } from './fixtures.js';

/** @typedef {import('node:test').TestContext} TestContext */

/** @type {Awaited<ReturnType<typeof init>>} */
let engine;

before(async () => {
  engine = await init();
});

/**
 * The functions of the engine that `work` calls, in their order.
 * @param {TestContext} context
 * @param {() => unknown} work
 */
function callsOf(context, work) {
  const { mock } = context.mock.method(engine, 'call');
  work();
  mock.restore();
  return mock.calls.map(({ arguments: [name] }) => name);
}

describe('the memory of a call', () => {
  test('is one block, whatever it holds', (context) => {
    const floats = Float32Array.of(1.5, -2);
    const bytes = Uint8Array.of(9, 8, 7, 6, 5).subarray(1, 4);
    const calls = callsOf(context, () =>
      engine.scratch((scratch) => {
        const at = scratch.block({ bytes, out: 33, floats, text: 'é', none: new Uint8Array(0) });
        engine.view(at.out, 33).fill(255);
        assert.deepEqual([...engine.view(at.bytes, 3)], [8, 7, 6]);
        assert.deepEqual(engine.floats(at.floats, 2), floats);
        assert.equal(engine.text(at.text), 'é');
        const pointers = Object.values(at);
        assert.ok(pointers.every((pointer) => pointer % 8 === 0));
        assert.deepEqual(
          pointers.map((pointer) => pointer - pointers[0]),
          [0, 8, 48, 56, 64],
        );
      }),
    );
    assert.deepEqual(calls, ['malloc', 'free']);
  });

  test('is given back after a failure too', (context) => {
    const calls = callsOf(context, () =>
      assert.throws(() =>
        engine.scratch((scratch) => {
          scratch.alloc(1);
          scratch.copy('text');
          throw new Error('failed');
        }),
      ),
    );
    assert.deepEqual(calls, ['malloc', 'malloc', 'free', 'free']);
  });

  test('ends at 4 GB: more does not wrap to a small block', async () => {
    for (const length of [2 ** 32, 2 ** 32 + 16, 2 ** 40]) {
      const take = () => engine.scratch((scratch) => scratch.block({ out: length, rest: 16 }));
      await assertFails(take, 'OUT_OF_MEMORY', /no memory for/);
    }
  });
});

describe('a picture', () => {
  const picture = plainPicture([9, 8, 7, 6], 20, 10);
  const size = { width: 8, height: 8, channels: 3 };

  for (const preprocessing of [/** @type {const} */ ('tf'), { mean: 1, std: 2 }]) {
    test(`becomes an input in one call: ${JSON.stringify(preprocessing)}`, (context) => {
      const calls = callsOf(context, () =>
        pictureToInput(engine, picture, size, preprocessing, 'bicubic'),
      );
      assert.deepEqual(calls, ['malloc', 'gc_image_to_input', 'free']);
    });
  }

  test('becomes an array in one call', (context) => {
    const image = /** @type {ImageData} */ (picture);
    const calls = callsOf(context, () => imageToArray(image));
    assert.deepEqual(calls, ['malloc', 'gc_image_to_input', 'free']);
  });

  test('keeps no memory, however large it is', () => {
    const large = plainPicture([1, 2, 3, 255], 2000, 1000);
    pictureToInput(engine, large, size, 'none', 'lanczos');
    const { memorySize } = engine;
    for (let i = 0; i < 20; i++) pictureToInput(engine, large, size, 'none', 'lanczos');
    assert.equal(engine.memorySize, memorySize);
  });
});

describe('a heat map', () => {
  const heatmap = { data: Float32Array.of(0, 0.25, 0.5, 1), width: 2, height: 2 };
  const image = plainPicture([200, 100, 50, 255], 2000, 1000);
  const explanation = /** @type {any} */ ({ image, targets: [{ heatmap }] });

  for (const colormap of ['magma', () => [1, 0, 0], new Uint8Array(12)]) {
    test(`becomes an overlay in one call, colours from: ${typeof colormap}`, (context) => {
      const calls = callsOf(context, () => formatAsImage(explanation, { colormap }));
      assert.deepEqual(calls, ['malloc', 'gc_heatmap_overlay', 'free']);
    });
  }

  test('keeps no memory, however large the picture is', () => {
    formatAsImage(explanation);
    const { memorySize } = engine;
    for (let i = 0; i < 20; i++) formatAsImage(explanation);
    assert.equal(engine.memorySize, memorySize);
  });
});
