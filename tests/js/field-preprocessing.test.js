/** Models as people save them, given pictures without any option, compared with Keras. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadModel } from 'gradcam-wasm';
import { SHARED, SKIP_SHARED, smallModel } from './fixtures.js';

const FIELD = join(SHARED, 'field');

/**
 * @param {string} folder
 * @param {string} file
 */
const readField = (folder, file) => readFileSync(join(FIELD, folder, file));

/**
 * @param {string} folder
 * @returns {any} what Keras says
 */
const readExpected = (folder) => JSON.parse(readField(folder, 'expected.json').toString());

/**
 * @param {ArrayLike<number>} actual
 * @param {number[]} expected
 */
function largestDifference(actual, expected) {
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
}

describe('pixels go in as Keras users prepare them', { skip: SKIP_SHARED }, () => {
  /** @type {[folder: string, files: string[], preprocessing: string, reason: string][]} */
  const cases = [
    ['keras/wrong_default_div255', ['model.keras'], 'unit', 'guess'],
    ['keras/wrong_default_preset_vgg16', ['model.keras'], 'caffe', 'architecture'],
    ['keras/wrong_pixels_twice_k2_mobilenet_v2', ['model.h5', 'model.keras'], 'none', 'layers'],
    ['keras/wrong_pixels_twice_k3_mobilenet_v2', ['model.keras'], 'none', 'layers'],
    ['keras/wrong_pixels_twice_k3_densenet', ['model.keras'], 'none', 'layers'],
  ];
  for (const [folder, files, preprocessing, reason] of cases) {
    for (const file of files) {
      test(`${folder}/${file}: ${preprocessing} by ${reason}`, async () => {
        const { picture, predictions, tolerance } = readExpected(folder);
        const model = await loadModel(readField(folder, file));
        assert.deepEqual([model.preprocessing, model.preprocessingReason], [preprocessing, reason]);
        const run = await model.run(readField(folder, picture));
        const difference = largestDifference(run.predictions, predictions);
        assert.ok(difference < tolerance / 10, `off by ${difference}`);
        assert.equal(run.inputWarning, null);
        model.dispose();
      });
    }
  }

  test('Teachable Machine: tf by architecture', async () => {
    const model = await loadModel(readField('keras/teachable_machine', 'keras_model.h5'));
    assert.deepEqual([model.preprocessing, model.preprocessingReason], ['tf', 'architecture']);
    model.dispose();
  });

  const report = 'reports/01-ops-preprocessing';
  for (const file of [
    'div255_k3.keras',
    'div1275_k3.keras',
    'tutorial_k2.h5',
    'tutorial_k3.keras',
  ]) {
    test(`${report}/${file}: none by layers`, async () => {
      const { scores } = readExpected(report).files[file];
      const model = await loadModel(readField(report, file));
      assert.deepEqual([model.preprocessing, model.preprocessingReason], ['none', 'layers']);
      const run = await model.run(readField(report, 'picture.png'));
      const difference = largestDifference(run.predictions, scores);
      assert.ok(difference < 1e-4, `off by ${difference}`);
      model.dispose();
    });
  }
});

describe('what the front of a model takes', () => {
  /** @type {import('./fixtures.js').SmallLayer} */
  const conv = [
    'Conv2D',
    { name: 'c', filters: 1, kernel_size: 1, use_bias: false },
    { kernel: [1, 1, 1] },
  ];
  /** @type {[what: string, front: any[], preprocessing: string, reason: string][]} */
  const cases = [
    ['nothing', [], 'unit', 'guess'],
    [
      'Rescaling to 0 .. 1',
      [['Rescaling', { name: 'r', scale: 1 / 255, offset: 0 }]],
      'none',
      'layers',
    ],
    [
      'Rescaling of 0 .. 1',
      [['Rescaling', { name: 'r', scale: 255, offset: 0 }]],
      'unit',
      'layers',
    ],
    [
      'Rescaling of 0 .. 1 to -1 .. 1',
      [['Rescaling', { name: 'r', scale: 2, offset: -1 }]],
      'unit',
      'layers',
    ],
    [
      'Rescaling of -1 .. 1',
      [['Rescaling', { name: 'r', scale: 127.5, offset: 127.5 }]],
      'tf',
      'layers',
    ],
    [
      'Normalization of pixels',
      [normalization([120, 110, 100], [3600, 3500, 3700])],
      'none',
      'layers',
    ],
    [
      'Normalization of 0 .. 1',
      [normalization([0.48, 0.45, 0.4], [0.05, 0.05, 0.05])],
      'unit',
      'layers',
    ],
    ['augmentation', [['RandomFlip', { name: 'f', mode: 'horizontal' }]], 'unit', 'guess'],
  ];
  for (const [what, front, preprocessing, reason] of cases) {
    test(`${what}: ${preprocessing} by ${reason}`, async () => {
      const model = await smallModel([...front, conv], { preprocessing: undefined });
      assert.deepEqual([model.preprocessing, model.preprocessingReason], [preprocessing, reason]);
      model.dispose();
    });
  }

  test('Rescaling behind a convolution scales no pixels', async () => {
    /** @type {import('./fixtures.js').SmallLayer} */
    const rescaling = ['Rescaling', { name: 'r', scale: 1 / 255, offset: 0 }];
    const model = await smallModel([conv, rescaling], { preprocessing: undefined });
    assert.deepEqual([model.preprocessing, model.preprocessingReason], ['unit', 'guess']);
    model.dispose();
  });

  test('Normalization that was adapted keeps its numbers in the weights', async () => {
    const load = async (/** @type {number} */ mean, /** @type {number} */ variance) => {
      const weights = { mean: [mean, mean, mean], variance: [variance, variance, variance] };
      /** @type {import('./fixtures.js').SmallLayer} */
      const layer = ['Normalization', { name: 'n', axis: [-1] }, weights];
      const model = await smallModel([layer, conv], { preprocessing: undefined });
      model.dispose();
      return [model.preprocessing, model.preprocessingReason];
    };
    assert.deepEqual(await load(120, 3600), ['none', 'layers']);
    assert.deepEqual(await load(0.45, 0.05), ['unit', 'layers']);
  });

  test('a grey network takes no means of colours', async () => {
    const grey = ['Conv2D', { name: 'block1_conv1', filters: 1, kernel_size: 1, use_bias: false }];
    const block2 = [
      'Conv2D',
      { name: 'block2_conv1', filters: 1, kernel_size: 1, use_bias: false },
    ];
    /** @type {any} */
    const layers = [
      [...grey, { kernel: [1] }],
      [...block2, { kernel: [1] }],
    ];
    const model = await smallModel(layers, { inputShape: [4, 4, 1], preprocessing: undefined });
    assert.deepEqual([model.preprocessing, model.preprocessingReason], ['unit', 'guess']);
    model.dispose();
  });

  test('the option wins', async () => {
    const model = await smallModel([conv], { preprocessing: 'torch' });
    assert.deepEqual([model.preprocessing, model.preprocessingReason], ['torch', 'option']);
    model.dispose();
  });

  /**
   * @param {number[]} mean
   * @param {number[]} variance
   */
  function normalization(mean, variance) {
    return ['Normalization', { name: 'n', axis: [-1], mean, variance }];
  }
});
