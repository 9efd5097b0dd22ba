/** How pixels become a network's input, and the warning when their range looks wrong. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { imageToArray, init, loadModel } from 'gradcam-wasm';
import { findRangeProblem } from '../../web/package/pictures/preprocessing.js';
import { DEFAULT_MODEL, assertFails, plainPicture, smallModel } from './fixtures.js';
import { readFileSync } from 'node:fs';

/** The numbers of torchvision, for pixels from 0 to 1. */
const OF_TORCHVISION = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const PIXEL = plainPicture([10, 100, 200, 255], 1, 1);

/** @typedef {import('gradcam-wasm').Preprocessing} Preprocessing */

/** @param {Preprocessing} preprocessing */
async function preprocess(preprocessing) {
  await init();
  return [...imageToArray(PIXEL, { preprocessing }).data];
}

/**
 * @param {number[]} actual
 * @param {number[]} expected
 */
function assertNear(actual, expected) {
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i] - value) < 1e-4, `${actual}`));
}

describe('preprocessing', () => {
  /** @type {[name: Preprocessing, same: Preprocessing][]} */
  const names = [
    ['mobilenet_v2', 'tf'],
    ['nasnet', 'tf'],
    ['efficientnet', 'none'],
    ['resnet50', 'caffe'],
    ['resnet_v2', 'tf'],
    ['densenet', 'torch'],
    [/** @type {any} */ ('MobileNetV2'), 'tf'],
    [/** @type {any} */ ('VGG19'), 'caffe'],
  ];
  for (const [name, same] of names) {
    test(`${name} is ${same}`, async () =>
      assert.deepEqual(await preprocess(name), await preprocess(same)));
  }

  test('unit divides by 255 in float32', async () =>
    assert.deepEqual(
      await preprocess('unit'),
      [10, 100, 200].map((value) => Math.fround(value / 255)),
    ));

  test('mean and deviation of one, and of each channel', async () => {
    assertNear(await preprocess({ mean: 10, std: 10 }), [0, 9, 19]);
    assertNear(await preprocess({ mean: [10, 0, 100], std: [1, 2, 4] }), [0, 50, 25]);
  });

  test('the order of the channels', async () => {
    const numbers = { mean: [10, 0, 100], std: [1, 2, 4] };
    assertNear(await preprocess({ ...numbers, order: 'bgr' }), [25, 50, 0]);
    assertNear(await preprocess({ scale: 1, offset: 0, order: 'bgr' }), [200, 100, 10]);
    assertNear(await preprocess({ scale: 0.5 }), [5, 50, 100]);
    const caffe = { mean: [123.68, 116.779, 103.939], std: 1, order: /** @type {const} */ ('bgr') };
    assertNear(await preprocess(caffe), await preprocess('caffe'));
  });

  /** @type {[preprocessing: any, message: RegExp][]} */
  const wrong = [
    ['mobilenet_v9', /"mobilenet_v9"; allowed: none, unit, tf, torch, caffe, convnext/],
    [7, /allowed: none/],
    [{ mean: 0, std: 0 }, /preprocessing\.std contains 0/],
    [{ mean: 0 }, /std undefined/],
    [{ mean: [1, 2], std: 1 }, /mean \[1, 2\]/],
    [{ scale: 1, mean: 0 }, /numbers of two kinds/],
    [{ scale: 1, ofset: 0 }, /"ofset" is no option of preprocessing; the nearest names are offset/],
    [{ scale: 1, offset: 0, order: 'rbg' }, /order "rbg"; allowed: "rgb", "bgr"/],
  ];
  for (const [preprocessing, message] of wrong) {
    test(`refuses ${JSON.stringify(preprocessing)}`, () =>
      assertFails(() => preprocess(preprocessing), 'INVALID_ARGUMENT', message));
  }
});

describe('the warning about the range', () => {
  /**
   * @type {[what: string, values: number[], p: Preprocessing, own: 'none' | 'unit' | undefined,
   *   m: RegExp | null][]}
   */
  const cases = [
    ['pixels for tf', [0, 128, 255], 'tf', undefined, /0\.00 to 255; the model takes -1 to 1/],
    ['0 .. 1 for tf', [0, 0.5, 1], 'tf', undefined, null],
    ['-1 .. 1 for tf', [-1, 0.5, 1], 'tf', undefined, null],
    ['-1 .. 1 for unit', [-1, 0.5, 1], 'unit', undefined, /the model takes 0 to 1/],
    ['0 .. 1 for caffe', [0, 0.5, 1], 'caffe', undefined, /"caffe"/],
    ['-1 .. 1 for a model that scales', [-1, 0.5, 1], 'none', 'none', /it scales pixels itself/],
    ['0 .. 1 for a model that scales', [0, 0.5, 1], 'none', 'none', /0\.00 to 1\.00/],
    ['pixels for a model that enlarges', [0, 128, 255], 'none', 'unit', /the model takes 0 to 1/],
    ['pixels for a model that scales', [0, 128, 255], 'none', 'none', null],
    ['a dark picture for a model that scales', [0, 1, 1], 'none', 'none', null],
    ['anything for none', [0, 1e6], 'none', undefined, null],
    ['anything for numbers of their own', [0, 1e6], { scale: 1, offset: 0 }, undefined, null],
    ['pixels for means of units', [-2, 1111], OF_TORCHVISION, undefined, /multiply mean and std/],
    ['0 .. 1 for means of units', [-2, 2.25], OF_TORCHVISION, undefined, null],
    ['pixels for a scale of units', [-1, 509], { scale: 2, offset: -1 }, undefined, /scale by 255/],
    ['pixels for means of pixels', [-2, 2], { mean: 127.5, std: 63 }, undefined, null],
    ['pixels for a scale', [0, 1], { scale: 1 / 255 }, undefined, null],
  ];
  for (const [what, values, preprocessing, ownScaling, message] of cases) {
    test(what, () => {
      const data = Float32Array.from(values);
      const input = { data, height: 1, width: values.length, channels: 1 };
      const warning = findRangeProblem(input, { preprocessing, ownScaling });
      if (message) assert.match(String(warning), message);
      else assert.equal(warning, null);
    });
  }

  test('is a property of the run', async () => {
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const data = new Float32Array(160 * 160 * 3).fill(200);
    const run = await model.run({ data, shape: [1, 160, 160, 3] });
    assert.match(String(run.inputWarning), /200 to 200/);
    assert.equal((await model.run(plainPicture([200, 1, 2, 255], 9, 9))).inputWarning, null);
    model.dispose();
  });

  test('a model that scales by itself is given pixels', async () => {
    const model = await smallModel(
      [
        ['Rescaling', { name: 'rescaling', scale: 1 / 255, offset: 0 }],
        ['GlobalAveragePooling2D', { name: 'pool' }],
      ],
      { preprocessing: 'tf' },
    );
    const run = await model.run(plainPicture([200, 1, 2, 255], 4, 4));
    assert.match(String(run.inputWarning), /it scales pixels itself/);
    model.dispose();
  });
});
