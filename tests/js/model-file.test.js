/** What model.file says of files of each format. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { convertModel, loadModel } from 'gradcam-wasm';
import { openContainer } from '../../web/package/files/index.js';
import { dtypeOf } from '../../web/package/files/numbers.js';
import { openSource } from '../../web/package/base/source.js';
import { DEFAULT_MODEL, SKIP_SHARED, sharedModel } from './fixtures.js';
import { toTfjs } from './tfjs-files.js';

const PARAMS = 2282323;

/** @param {import('gradcam-wasm').ModelSource} source */
async function fileOf(source) {
  const model = await loadModel(source);
  model.dispose();
  return model.file;
}

/** @param {import('gradcam-wasm').ModelFile} file */
function valuesOf({ dtypes }) {
  return Object.values(dtypes).reduce((sum, count) => sum + count, 0);
}

describe('model.file', () => {
  test('of HDF5 has the version of Keras and the optimizer', async () => {
    const bytes = readFileSync(DEFAULT_MODEL);
    assert.deepEqual(await fileOf(bytes), {
      format: 'hdf5',
      bytes: bytes.length,
      kerasVersion: '3.11.3',
      hasOptimizer: true,
      dtypes: { float32: PARAMS },
    });
  });

  test('of .safetensors tells packed kernels from the rest, and keeps the version', async () => {
    const bytes = await convertModel(readFileSync(DEFAULT_MODEL), { bits: 12 });
    const file = await fileOf(bytes);
    const { format, kerasVersion, hasOptimizer, dtypes } = file;
    assert.deepEqual([format, kerasVersion, hasOptimizer], ['safetensors', '3.11.3', false]);
    assert.equal(valuesOf(file), PARAMS);
    assert.ok(dtypes.int12 > PARAMS / 2 && dtypes.float16 > 0, JSON.stringify(dtypes));
  });

  test('of TensorFlow.js counts the bytes of all shards', async () => {
    const container = await openContainer(await openSource(readFileSync(DEFAULT_MODEL), {}));
    const files = toTfjs(container, { shardBytes: 1e6, type: 'uint8' });
    const file = await fileOf(files);
    assert.equal(file.format, 'tfjs');
    assert.equal(
      file.bytes,
      files.reduce((sum, { size }) => sum + size, 0),
    );
    assert.deepEqual(file.dtypes, { uint8: PARAMS });
  });

  test('of .keras has the version in its metadata', { skip: SKIP_SHARED }, async () => {
    const bytes = sharedModel('efficientnet_lite0_imagenet.keras');
    const { dtypes, ...file } = await fileOf(bytes);
    assert.deepEqual(
      { ...file, kerasVersion: /^3\.\d+\.\d+$/.test(file.kerasVersion ?? '') },
      { format: 'keras', bytes: bytes.length, kerasVersion: true, hasOptimizer: false },
    );
    assert.deepEqual(Object.keys(dtypes), ['float32']);
  });
});

test('types of numbers have the names that Keras gives them', () => {
  const names = ['<f4', '>f8', '|i1', '<u2', '<b2', '|V4'].map(dtypeOf);
  assert.deepEqual(names, ['float32', 'float64', 'int8', 'uint16', 'bfloat16', '|V4']);
});
