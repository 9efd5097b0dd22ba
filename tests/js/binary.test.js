/**
 * Models with one output that tell two classes apart: both classes, their scores, logits and maps.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED, smallModel } from './fixtures.js';

const FIELD = join(SHARED, 'field/keras/one_sigmoid_negative');

/** @param {ArrayLike<number>} values @param {ArrayLike<number>} expected */
function assertNear(values, expected, tolerance = 1e-4) {
  assert.equal(values.length, expected.length);
  const largest = Math.max(...Array.from(expected, Math.abs));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(values[i] - expected[i]);
    assert.ok(error <= tolerance * largest, `value ${i} is ${values[i]}, not ${expected[i]}`);
  }
}

describe('a sigmoid of one unit', { skip: SKIP_SHARED }, async () => {
  const expected = JSON.parse(readFileSync(join(FIELD, 'expected.json'), 'utf8'));
  const bytes = readFileSync(join(FIELD, expected.files[0]));
  const { shape, data } = expected.inputs[0];
  const input = { shape, data: Float32Array.from(data) };
  const [proba] = expected.predictions.flat(2);
  const open = (/** @type {import('gradcam-wasm').LoadOptions} */ options) =>
    loadModel(bytes, { preprocessing: 'none', ...options });

  test('is one class by itself, as in Keras and ELI5', async () => {
    const model = await open({});
    assert.equal(model.classCount, 1);
    assertNear((await model.run(input)).predictions, [proba]);
  });

  for (const options of [{ binary: true }, { labels: ['cat', 'dog'] }]) {
    test(`is two classes with ${Object.keys(options)}`, async () => {
      const model = await open(options);
      const run = await model.run(input);
      assert.equal(model.classCount, 2);
      assertNear(run.predictions, [1 - proba, proba]);
      assert.equal(run.logits[0], -run.logits[1]);
      assert.deepEqual(run.decodePredictions().length, 2);
    });
  }

  test('stays one class with two labels if the caller says so', async () => {
    const refused = open({ binary: false, labels: ['cat', 'dog'] });
    await assert.rejects(refused, { code: 'INVALID_ARGUMENT' });
  });

  test('has the maps that Keras gives, of both classes', async () => {
    const model = await open({ binary: true });
    const run = await model.run(input);
    for (const { layer, of, map } of expected.maps) {
      const targets = of === 'negative' ? 0 : 1;
      const explanation = await run.explain({ targets, layer, logits: of === 'logit' });
      const error = Math.max(
        ...map.map((/** @type {number} */ value, /** @type {number} */ i) =>
          Math.abs(value - explanation.targets[0].heatmap.data[i]),
        ),
      );
      assert.ok(error <= expected.tolerance, `${of} at ${layer} is off by ${error}`);
    }
  });

  test('the maps of both classes are each other reversed, for linear methods', async () => {
    const run = await (await open({ binary: true })).run(input);
    for (const logits of [false, true]) {
      const { targets } = await run.explain({ targets: [0, 1], logits });
      assert.equal(targets[0].rawMin, -targets[1].rawMax);
      assert.equal(targets[0].rawMax, -targets[1].rawMin);
    }
  });
});

test('one logit without a sigmoid gets one for the scores of its classes', async () => {
  const model = await smallModel(
    [
      ['ReLU', { name: 'relu' }],
      ['GlobalAveragePooling2D', { name: 'pool' }],
      ['Dense', { name: 'logit', units: 1 }, { kernel: [2, -1, 0.5], bias: [0.25] }],
    ],
    { binary: true },
  );
  const data = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i));
  const run = await model.run({ data, shape: [1, 4, 4, 3] });
  const [, z] = run.logits;
  assertNear(run.predictions, [1 / (1 + Math.exp(z)), 1 / (1 + Math.exp(-z))]);
  const [score, logit] = [
    await run.explain({ targets: 1 }),
    await run.explain({ targets: 1, logits: true }),
  ];
  const slope = run.predictions[0] * run.predictions[1];
  assertNear([score.targets[0].rawMax], [logit.targets[0].rawMax * slope]);
});
