/** Keras' table of layers. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { formatSummary } from '../../web/package/model/summary.js';
import { SHARED, SKIP_SHARED, assertFails, sharedModel } from './fixtures.js';

/**
 * Keras printed the golden tables with 110 characters, and a terminal cut them off at this width.
 */
const TERMINAL = 80;

describe('as Keras prints it', { skip: SKIP_SHARED }, () => {
  for (const [file, name] of [
    ['mobilenetv2_imagenet.keras', 'imagenet_cat_dog'],
    ['dog_breed_mobilenetv2.h5', 'dogs_cat_dog'],
    ['efficientnet_lite0_imagenet.keras', 'efficientnet_lite0_cat_dog'],
    ['nsfwjs_mobilenetv2.keras', 'nsfwjs_cat_dog'],
  ]) {
    test(file, async () => {
      const golden = readFileSync(join(SHARED, 'golden/eli5', name, 'summary.txt'), 'utf8');
      const model = await loadModel(sharedModel(file));
      const summary = model.summary({ lineLength: 110 });
      model.dispose();
      assert.deepEqual(
        summary.split('\n').map((line) => line.slice(0, TERMINAL)),
        golden.trimEnd().split('\n'),
      );
    });
  }
});

/**
 * @param {string} path
 * @param {string} type
 * @param {number[]} shape
 * @param {number[]} inputs
 */
const layer = (path, type, shape, inputs, params = 0) => ({
  path,
  type,
  shape,
  inputs,
  params,
  trainableParams: params,
  channelsFirst: false,
  parent: -1,
  leads: true,
});

/** A model with a layer that is called twice. */
const branchy = {
  name: 'branchy',
  isSequential: false,
  layers: [
    layer('in', 'InputLayer', [32, 4], []),
    layer('shared', 'Dense', [32, 4], [0], 20),
    layer('shared@1', 'Dense', [32, 4], [1], 20),
    layer('cat', 'Concatenate', [32, 12], [1, 2, 0]),
  ],
};

/** What Keras 3.15 prints of that model with line_length=60. */
const BRANCHY = `\
Model: "branchy"
┏━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)    ┃ Output Shape ┃ Param # ┃ Connected to  ┃
┡━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ in (InputLayer) │ (None, 32,   │       0 │ -             │
│                 │ 4)           │         │               │
├─────────────────┼──────────────┼─────────┼───────────────┤
│ shared (Dense)  │ (None, 32,   │      20 │ in[0][0],     │
│                 │ 4)           │         │ shared[0][0]  │
├─────────────────┼──────────────┼─────────┼───────────────┤
│ cat             │ (None, 32,   │       0 │ shared[0][0], │
│ (Concatenate)   │ 12)          │         │ shared[1][0], │
│                 │              │         │ in[0][0]      │
└─────────────────┴──────────────┴─────────┴───────────────┘
 Total params: 20 (80.00 B)
 Trainable params: 20 (80.00 B)
 Non-trainable params: 0 (0.00 B)`;

describe('the table', () => {
  test('shows a layer once, with the inputs of all its calls', () => {
    assert.equal(formatSummary(branchy, { lineLength: 60 }), BRANCHY);
  });

  test('is as wide as it is asked to be', () => {
    for (const lineLength of [30, 60, 88, 200]) {
      const [, ...lines] = formatSummary(branchy, { lineLength }).split('\n').slice(0, -3);
      assert.deepEqual(new Set(lines.map((line) => line.length)), new Set([lineLength]));
    }
  });

  test('shows a range, by the beginning of names or regular expressions', () => {
    /** @param {[string, string]} layerRange */
    const rows = (layerRange) =>
      [...formatSummary(branchy, { layerRange }).matchAll(/│ (\w+) \(/g)].map(([, name]) => name);
    assert.deepEqual(rows(['sha', 'cat']), ['shared', 'cat']);
    assert.deepEqual(rows(['cat', 'in']), ['in', 'shared', 'cat']);
    assert.deepEqual(rows(['.*a', 'c.t']), ['shared', 'cat']);
  });

  test('refuses what it cannot show', async () => {
    /** @type {[options: any, code: string, message: RegExp][]} */
    const wrong = [
      [{ lineLength: 10 }, 'INVALID_ARGUMENT', /lineLength is 10/],
      [{ layerRange: ['in'] }, 'INVALID_ARGUMENT', /layerRange is \["in"\]/],
      [{ layerRange: ['in', '('] }, 'INVALID_ARGUMENT', /regular expression/],
      [{ layerRange: ['in', 'out'] }, 'UNKNOWN_LAYER', /"out"/],
    ];
    for (const [options, code, message] of wrong) {
      await assertFails(() => formatSummary(branchy, options), code, message);
    }
  });
});
