/** Which pixels a network was trained on, by the statistics of its first BatchNormalization. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { convertModel, loadModel } from 'gradcam-wasm';
import { PixelStatistics } from '../../web/package/model/statistics.js';
import { DEFAULT_MODEL, SKIP_SHARED, plainPicture, sharedModel, smallModel } from './fixtures.js';

/**
 * Filters of 3 x 3 x 3 values with the statistics that pixels of one colour channel give, which
 * vary from 0 to 1 around 0.4, scaled and moved.
 * @param {number} scale
 * @param {number} offset
 */
function trainedOn(scale, offset) {
  const filters = 12;
  const kernel = new Float32Array(27 * filters);
  const mean = new Float32Array(filters);
  const variance = new Float32Array(filters);
  for (let f = 0; f < filters; f++) {
    const weight = 0.5 + f / filters;
    // The centre of green sees one value, whose mean and variance need no model of pictures.
    kernel[13 * filters + f] = weight;
    mean[f] = weight * (0.456 * scale + offset);
    variance[f] = (weight * 0.29 * scale) ** 2;
  }
  return { path: 'bn', kernel, shape: [3, 3, 3, filters], mean, variance };
}

describe('statistics', () => {
  /** @type {[what: string, scale: number, offset: number, preset: string | undefined][]} */
  const cases = [
    ['pixels', 255, 0, 'none'],
    ['0 .. 1', 1, 0, 'unit'],
    ['-1 .. 1', 2, -1, 'tf'],
    ['ImageNet mean and deviation', 1 / 0.226, -0.45 / 0.226, 'torch'],
    ['pixels minus the mean', 255, -0.45 * 255, 'caffe'],
    ['0 .. 10', 10, 0, undefined],
    ['1 .. 2', 1, 1, undefined],
  ];
  for (const [what, scale, offset, preset] of cases) {
    test(`${what}: ${preset}`, () =>
      assert.equal(new PixelStatistics(trainedOn(scale, offset)).preset, preset));
  }

  test('weights whose ratios scatter prove nothing', () => {
    const first = trainedOn(1, 0);
    const variance = first.variance.map((value, f) => value * 10 ** ((f % 3) - 1));
    assert.equal(new PixelStatistics({ ...first, variance }).preset, undefined);
  });

  test('few filters prove nothing', () => {
    const first = trainedOn(1, 0);
    const variance = first.variance.map((value, f) => (f < 7 ? value : 1e-9));
    assert.equal(new PixelStatistics({ ...first, variance }).preset, undefined);
  });

  test('a BatchNormalization of the pixels themselves', async () => {
    const bn = { name: 'bn', axis: [3], epsilon: 1e-3, scale: false, center: false };
    const load = async (/** @type {number[]} */ mean, /** @type {number} */ deviation) => {
      const moving_variance = [deviation ** 2, deviation ** 2, deviation ** 2];
      const weights = { moving_mean: mean, moving_variance };
      const pool = /** @type {const} */ (['GlobalAveragePooling2D', { name: 'pool' }]);
      const model = await smallModel([['BatchNormalization', bn, weights], [...pool]], {
        preprocessing: undefined,
      });
      model.dispose();
      return [model.preprocessing, model.preprocessingReason];
    };
    assert.deepEqual(await load([120, 115, 104], 68), ['none', 'statistics']);
    assert.deepEqual(await load([0.47, 0.45, 0.41], 0.27), ['unit', 'statistics']);
    assert.deepEqual(await load([-0.05, -0.1, -0.2], 0.54), ['tf', 'statistics']);
    assert.deepEqual(await load([0, 0, 0], 1), ['unit', 'guess']);
  });

  test('a real network', async () => {
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    assert.deepEqual([model.preprocessing, model.preprocessingReason], ['tf', 'statistics']);
    model.dispose();
  });

  test('a file that says something else is believed, with a warning', async () => {
    const source = readFileSync(DEFAULT_MODEL);
    const model = await loadModel(await convertModel(source, { preprocessing: 'unit' }));
    assert.deepEqual([model.preprocessing, model.preprocessingReason], ['unit', 'file']);
    const run = await model.run(plainPicture([200, 100, 50, 255], 9, 9));
    assert.match(String(run.inputWarning), /fit "tf" \(.*\); the file says "unit" \(.*\)/);
    model.dispose();
  });

  /** @type {[file: string, preprocessing: string, reason: string, contradicts: boolean][]} */
  const models = [
    ['efficientnet_lite0_imagenet.keras', 'tf', 'statistics', false],
    ['nsfwjs_mobilenetv2.keras', 'unit', 'statistics', true],
    ['mobilenetv2_imagenet.keras', 'tf', 'architecture', false],
    ['keras2_tl_sequential.h5', 'tf', 'architecture', false],
    ['mobilenetv2_0.35_96_weights.h5', 'tf', 'architecture', false],
    ['keras2_small_cnn.h5', 'unit', 'guess', false],
  ];
  for (const [file, preprocessing, reason, contradicts] of models) {
    test(`${file}: ${preprocessing} by ${reason}`, { skip: SKIP_SHARED }, async () => {
      const model = await loadModel(new File([new Uint8Array(sharedModel(file))], file));
      assert.deepEqual([model.preprocessing, model.preprocessingReason], [preprocessing, reason]);
      const run = await model.run(plainPicture([200, 100, 50, 255], 9, 9));
      assert.equal(run.inputWarning !== null, contradicts, String(run.inputWarning));
      model.dispose();
    });
  }
});
