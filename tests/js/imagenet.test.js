/** The names of ImageNet's classes, for models of 1,000 classes. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { convertModel, loadModel } from '../../web/package/index.js';
import { names } from '../../web/package/files/imagenet.js';
import { inBuild } from '../../wasm-build/tools.js';
import { ROOT, SHARED, SKIP_SHARED, assertFails, sharedModel } from './fixtures.js';

const dogs = () => readFileSync(inBuild('models', 'dog_breed_mobilenetv2.h5'));
const weights = () => {
  const name = 'mobilenetv2_0.35_96_weights.h5';
  return new File([sharedModel(name)], name);
};

/** @param {string[]} args */
function cli(...args) {
  const program = join(ROOT, 'web/cli/gradcam-wasm.js');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

describe("the names of ImageNet's classes", () => {
  test('are 1,000, in the order of Keras, each for one class but for the two cranes', () => {
    assert.equal(names.length, 1000);
    assert.equal(new Set(names).size, 999);
    assert.deepEqual([names[0], names[281], names[999]], ['tench', 'tabby', 'toilet tissue']);
  });

  test('do not fit another number of classes, and the message names the list', () =>
    assertFails(
      () => loadModel(dogs(), { labels: 'imagenet' }),
      'INVALID_ARGUMENT',
      /^the list of ImageNet's names has 1000 labels; the model has 19 classes$/,
    ));

  test('are the only list that has a name', async () => {
    const options = /** @type {any} */ ({ labels: 'cifar' });
    await assertFails(
      () => loadModel(dogs(), options),
      'INVALID_ARGUMENT',
      /allowed: .*"imagenet"/,
    );
    const defaults = /** @type {any} */ ({ defaultLabels: 'cifar' });
    await assertFails(() => loadModel(dogs(), defaults), 'INVALID_ARGUMENT', /allowed: imagenet$/);
  });

  test('are no default for a model with other classes', async () => {
    const model = await loadModel(dogs(), { defaultLabels: 'imagenet' });
    assert.equal(model.labels, undefined);
    assert.equal(model.labelsReason, undefined);
    model.dispose();
  });
});

describe('a model of 1,000 classes', { skip: SKIP_SHARED }, () => {
  test('has names if they are asked for', async () => {
    const bare = await loadModel(weights());
    assert.equal(bare.labels, undefined);
    bare.dispose();
    for (const [options, reason] of /** @type {const} */ ([
      [{ labels: 'imagenet' }, 'option'],
      [{ defaultLabels: 'imagenet' }, 'imagenet'],
    ])) {
      const model = await loadModel(weights(), options);
      assert.deepEqual(model.labels, names);
      assert.equal(model.labelsReason, reason);
      model.dispose();
    }
  });

  test('is converted with names that are given, and without names that are a default', async () => {
    const own = names.map((name) => name.toUpperCase());
    for (const [options, expected] of /** @type {[any, string[] | undefined][]} */ ([
      [{ labels: own }, own],
      [{ defaultLabels: 'imagenet' }, undefined],
    ])) {
      const bytes = await convertModel(weights(), options);
      const model = await loadModel(bytes);
      assert.deepEqual(model.labels, expected);
      assert.equal(model.labelsReason, expected && 'file');
      model.dispose();
    }
  });

  test('is named on the command line, which says so', () => {
    const picture = join(SHARED, 'images/cat_dog_224.png');
    const model = join(SHARED, 'models/mobilenetv2_0.35_96_weights.h5');
    const args = ['predict', model, picture, '--json', '--threads=1'];
    const named = cli(...args);
    assert.match(named.stderr, /named as ImageNet's classes; --no-labels leaves them out\n$/);
    const { labelsReason, top } = JSON.parse(named.stdout);
    assert.equal(labelsReason, 'imagenet');
    assert.equal(top[0].label, names[top[0].index]);
    const bare = cli(...args, '--no-labels');
    assert.equal(bare.stderr, '');
    assert.equal(JSON.parse(bare.stdout).top[0].label, String(top[0].index));
    const wanted = cli(...args, '--labels=imagenet');
    assert.equal(wanted.stderr, '');
    assert.equal(JSON.parse(wanted.stdout).labelsReason, 'option');
  });
});
