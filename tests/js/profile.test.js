/** The time of each layer in model.profile(). */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, smallModel } from './fixtures.js';

/** @import { Model } from 'gradcam-wasm' */

/** @typedef {Awaited<ReturnType<Model['profile']>>} Profile */

/** @type {Model} */
let model;
/** @type {Profile} */
let profile;

before(async () => {
  model = await loadModel(readFileSync(DEFAULT_MODEL));
  profile = await model.profile();
});

after(() => model.dispose());

/** @param {string} name the end of a layer's path */
function layer(name) {
  const found = profile.layers.find((one) => one.name.split('/').at(-1) === name);
  assert.ok(found, name);
  return found;
}

describe('the time of a layer', () => {
  test('is that of its step, which fused layers share', () => {
    const names = ['expanded_conv_depthwise', 'expanded_conv_depthwise_BN'];
    const [conv, norm] = names.map(layer);
    assert.ok(Number(conv.time) > 0);
    assert.equal(conv.time, norm.time);
    const step = profile.steps?.find(({ layers }) => layers.includes(conv.name));
    assert.ok(step?.layers.includes(norm.name));
    assert.equal(step?.time, conv.time);
  });

  test('is 0 where nothing is computed', () => {
    const inputs = profile.layers.filter(({ type }) => type === 'InputLayer');
    assert.ok(inputs.length > 0);
    for (const { time } of inputs) assert.equal(time, 0);
  });

  test('of a nested model is that of what is in it', () => {
    const nested = profile.layers.filter(({ type }) => type === 'Functional');
    assert.ok(nested.length > 0);
    for (const { name, time } of nested) {
      const inside = profile.steps?.filter(({ layers }) =>
        layers.some((path) => path.startsWith(`${name}/`)),
      );
      const sum = inside?.reduce((total, step) => total + step.time, 0);
      assert.ok(Math.abs(Number(sum) - Number(time)) < 1e-9);
    }
  });

  test('names the layers of every step', () => {
    const all = new Set(profile.steps?.flatMap(({ layers }) => layers));
    const known = new Set(profile.layers.map(({ name }) => name));
    for (const name of all) assert.ok(known.has(name), name);
    assert.ok(Number(profile.steps?.length) < all.size, 'layers are fused');
  });

  test('is null where the size is open', async () => {
    const open = await smallModel(
      [['Conv2D', { name: 'conv', filters: 1, kernel_size: 1 }, { kernel: [1, 0, 0], bias: [0] }]],
      { inputShape: [null, null, 3] },
    );
    const { layers, steps, time } = await open.profile();
    assert.deepEqual([steps, time], [null, null]);
    for (const one of layers) assert.equal(one.time, null);
    open.dispose();
  });

  test('is measured without a change of what follows', async () => {
    const picture = readFileSync(DOG_PICTURE);
    const first = await model.run(picture);
    const { targets } = await first.explain();
    await model.profile();
    assert.deepEqual((await first.explain()).targets, targets);
    assert.deepEqual((await model.run(picture)).predictions, first.predictions);
  });
});
