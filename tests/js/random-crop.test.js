/** RandomCrop at prediction, which each version of Keras does in its own way. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { init } from '../../web/package/index.js';
import { Network } from '../../web/package/engine/network.js';
import { noteVersion, versionOf } from '../../web/package/files/version.js';

const CONFIG = JSON.stringify({
  class_name: 'Sequential',
  config: {
    name: 'cropped',
    layers: [
      { class_name: 'InputLayer', config: { name: 'in', batch_shape: [null, 8, 12, 3] } },
      { class_name: 'RandomCrop', config: { name: 'crop', height: 4, width: 4 } },
      { class_name: 'Flatten', config: { name: 'flat' } },
    ],
  },
});

/** The shape that a RandomCrop of this version gives. @param {string} version */
async function shapeOf(version) {
  const network = new Network(await init({ threads: 1 }), noteVersion(CONFIG, version));
  const { shape } = network.layers[network.findLayer('crop')];
  network.dispose();
  return shape;
}

test('Keras 3.0 to 3.5 resize the largest part', async () => {
  for (const version of ['3.0.5', '3.5.0']) assert.deepEqual(await shapeOf(version), [4, 4, 3]);
});

test('Keras 3.6 and 3.7 are refused', async () => {
  for (const version of ['3.6.0', '3.7.0'])
    await assert.rejects(shapeOf(version), {
      code: 'UNSUPPORTED_LAYER',
      message: /'crop' \(RandomCrop with the crop of Keras 3\.[67]\.0, which takes a corner/,
    });
});

test('later versions do nothing, nor does a file without a version', async () => {
  for (const version of ['3.8.0', '3.15.1', 'unknown'])
    assert.deepEqual(await shapeOf(version), [8, 12, 3]);
});

test('the version of a .keras file is in its metadata', () => {
  assert.equal(versionOf(new TextEncoder().encode('{"keras_version": "3.4.1"}')), '3.4.1');
  assert.equal(versionOf(new TextEncoder().encode('nonsense')), undefined);
});
