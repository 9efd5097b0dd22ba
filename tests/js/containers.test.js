/**
 * Model files of every kind, whole and broken: what comes out of them before the engine sees it.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { strToU8, unzipSync, zipSync } from 'fflate';
import * as containers from '../../web/package/files/index.js';
import { toFloat32 } from '../../web/package/files/numbers.js';
import { openSource } from '../../web/package/base/source.js';
import { SKIP_SHARED, assertFails, sharedModel } from './fixtures.js';

/** @param {import('gradcam-wasm').ModelSource} source */
async function openContainer(source) {
  return containers.openContainer(await openSource(source, {}));
}

/**
 * Whole models: how many weights they hold, the values in them, and the name of one of them. Keras
 * counts the same parameters; the .keras files hold a seed's state for each Dropout besides.
 * @type {[file: string, weights: number, values: number, name: string][]}
 */
const WHOLE_MODELS = [
  ['dog_breed_mobilenetv2.h5', 262, 2282323, 'dense/dense/kernel'],
  ['keras2_small_cnn.h5', 10, 82034, 'conv2d/conv2d/kernel:0'],
  ['keras2_tl_sequential.h5', 262, 416613, 'mobilenetv2_0.35_96/Conv1/kernel:0'],
  ['mobilenetv2_imagenet.keras', 262, 3538984, 'layers/dense/vars/0'],
  ['efficientnet_lite0_imagenet.keras', 247, 4694024, 'layers/dense/vars/0'],
  ['nsfwjs_mobilenetv2.keras', 266, 2619461, 'layers/dense_2/vars/1'],
];

describe('whole models', { skip: SKIP_SHARED }, () => {
  for (const [file, count, values, name] of WHOLE_MODELS) {
    test(file, async () => {
      const { config, weights } = await openContainer(sharedModel(file));
      assert.ok(
        ['Functional', 'Sequential', 'Model'].includes(JSON.parse(config ?? '').class_name),
      );
      const arrays = weights.filter((weight) => !weight.name.includes('seed_generator'));
      assert.equal(arrays.length, count);
      assert.equal(
        arrays.reduce((sum, { size }) => sum + size, 0),
        values,
      );
      assert.ok(
        arrays.some((weight) => weight.name === name),
        `no ${name}`,
      );
      for (const weight of arrays) {
        const data = weight.read();
        assert.equal(data.length, weight.size, weight.name);
        assert.ok(data.every(Number.isFinite), weight.name);
      }
    });
  }

  test('the numbers are those of the file', async () => {
    // ../shared/models/README.md, "To check a reader"
    const { weights } = await openContainer(sharedModel('efficientnet_lite0_imagenet.keras'));
    const kernel = weights.find(({ name }) => name === 'layers/conv2d/vars/0')?.read();
    assert.ok(kernel);
    const expected = [-1.110336, -0.2960268, 0.09280505];
    expected.forEach((value, i) => assert.ok(Math.abs(kernel[i] - value) < 1e-6));
    assert.ok(Math.abs(kernel.reduce((sum, value) => sum + value, 0) + 26.811377) < 1e-4);
  });
});

/** "SNOD": a list of what is in a group. */
const SYMBOL_TABLE_NODE = 0x444f4e53;

describe('broken files', { skip: SKIP_SHARED }, () => {
  for (const file of ['keras2_small_cnn.h5', 'dog_breed_mobilenetv2.h5']) {
    test(`${file} cut off anywhere`, async () => {
      const bytes = sharedModel(file);
      const lengths = [8, 9, 40, 47, 96, 500, 2048, bytes.length >> 1, bytes.length - 1];
      for (const length of lengths) {
        await assertFails(() => openContainer(bytes.subarray(0, length)), 'INVALID_MODEL');
      }
    });
  }

  test('a .keras file cut off anywhere', async () => {
    const bytes = sharedModel('mobilenetv2_imagenet.keras');
    for (const length of [4, 30, 1000, bytes.length >> 1, bytes.length - 1]) {
      await assertFails(() => openContainer(bytes.subarray(0, length)), 'INVALID_MODEL');
    }
  });

  test('an HDF5 file with wrong bytes in its headers gives an error or a model', async () => {
    const bytes = sharedModel('keras2_small_cnn.h5');
    let random = 1;
    const next = () => (random = (random * 48271) % 2147483647);
    for (let i = 0; i < 200; i++) {
      const broken = Uint8Array.from(bytes);
      for (let k = 0; k < 8; k++) broken[48 + (next() % 40000)] = next() % 256;
      try {
        const { weights } = await openContainer(broken);
        // The engine asks for a weight's size before it is read; 25,000 values is the largest here.
        for (const weight of weights) if (weight.size <= 100000) weight.read();
      } catch (error) {
        assert.match(/** @type {any} */ (error).code, /^(INVALID_MODEL|TOO_LARGE)$/, String(error));
      }
    }
  });

  test('groups that go in a circle', async () => {
    const files = unzipSync(sharedModel('nsfwjs_mobilenetv2.keras'));
    const store = Uint8Array.from(files['model.weights.h5']);
    const view = new DataView(store.buffer);
    // The address of the root group's header goes into the first entry of every list of groups.
    const root = view.getBigUint64(64, true);
    let patched = 0;
    for (let i = 96; i < store.length - 48; i++) {
      if (view.getUint32(i, true) !== SYMBOL_TABLE_NODE) continue;
      view.setBigUint64(i + 16, root, true);
      patched++;
    }
    assert.ok(patched > 0);
    const config = files['config.json'];
    const circle = zipSync({ 'config.json': config, 'model.weights.h5': store }, { level: 0 });
    await assertFails(() => openContainer(circle), 'INVALID_MODEL', /circle/);
  });

  test('a .keras file without one of its parts', async () => {
    const { 'config.json': config, 'model.weights.h5': weights } = unzipSync(
      sharedModel('nsfwjs_mobilenetv2.keras'),
    );
    const noConfig = zipSync({ 'model.weights.h5': weights }, { level: 0 });
    await assertFails(() => openContainer(noConfig), 'INVALID_MODEL', /config\.json/);
    const noWeights = zipSync({ 'config.json': config });
    await assertFails(() => openContainer(noWeights), 'INVALID_MODEL', /model\.weights\.h5/);
  });
});

describe('files that are no models', () => {
  /** @type {[what: string, bytes: Uint8Array, message: RegExp][]} */
  const files = [
    ['nothing', new Uint8Array(), /empty/],
    ['a web page', strToU8('<!DOCTYPE html><title>404</title>'), /HTML page/],
    ['a text', strToU8('hello, world'), /68 65 6c 6c 6f/],
    ['another zip', zipSync({ 'readme.txt': strToU8('hello') }), /not a Keras model/],
  ];
  for (const [what, bytes, message] of files) {
    test(what, () => assertFails(() => openContainer(bytes), 'INVALID_MODEL', message));
  }

  test('a zip bomb is refused before it is unpacked', async () => {
    const zeros = new Uint8Array(70 * 2 ** 20);
    const bomb = zipSync({ 'config.json': strToU8('{}'), 'model.weights.h5': zeros });
    await assertFails(() => openContainer(bomb), 'TOO_LARGE', /unpack to/);
  });
});

describe('numbers', () => {
  /** @param {number[]} bytes */
  const bytes = (...bytes) => Uint8Array.from(bytes);

  /** @type {[type: string, bytes: Uint8Array, values: number[]][]} */
  const cases = [
    ['<f4', bytes(0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0), [1.5, -2]],
    ['>f4', bytes(0x3f, 0xc0, 0, 0), [1.5]],
    ['<f2', bytes(0, 0x3c, 0xff, 0x7b, 1, 0, 0, 0x80), [1, 65504, 2 ** -24, -0]],
    ['<f8', bytes(0, 0, 0, 0, 0, 0, 0xf8, 0xbf), [-1.5]],
    ['|i1', bytes(0xff, 0x7f), [-1, 127]],
    ['<u2', bytes(0xff, 0xff), [65535]],
    ['<i8', bytes(0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), [-2]],
  ];
  for (const [type, data, values] of cases) {
    test(type, () => assert.deepEqual([...toFloat32(data, type)], values));
  }

  test('half-precision infinities and NaN stay what they are', () => {
    const [positive, negative, nan] = toFloat32(bytes(0, 0x7c, 0, 0xfc, 0, 0x7e), '<f2');
    assert.deepEqual([positive, negative, nan], [Infinity, -Infinity, NaN]);
  });
});
