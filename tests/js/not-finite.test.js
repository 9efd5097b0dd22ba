/** Numbers that are none: what is refused, and what is said of values that overflow. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatAsImage } from '../../web/package/index.js';
import { assertFails, smallModel } from './fixtures.js';

/** @typedef {import('./fixtures.js').SmallLayer} SmallLayer */

const COUNT = 4 * 4 * 3;
const POOL = /** @type {SmallLayer} */ (['GlobalAveragePooling2D', { name: 'pool' }]);

/** @param {(i: number) => number} value */
const tensor = (value) => ({
  data: Float32Array.from({ length: COUNT }, (_, i) => value(i)),
  shape: [1, 4, 4, 3],
});

/**
 * A convolution of 1 x 1 with two filters.
 * @param {number[]} kernel [3][2]
 * @param {string} [activation]
 * @returns {SmallLayer}
 */
function conv(kernel, activation = 'relu') {
  const config = { name: 'conv', filters: 2, kernel_size: [1, 1], activation };
  return ['Conv2D', config, { kernel, bias: [0, 0] }];
}

/** @param {Partial<Record<'gamma' | 'mean' | 'variance', number>>} numbers */
function norm({ gamma = 1, mean = 0, variance = 1 }, config = {}) {
  return /** @type {SmallLayer} */ ([
    'BatchNormalization',
    { name: 'norm', axis: [-1], epsilon: 0, ...config },
    {
      gamma: [gamma, 1, 1],
      beta: [0, 0, 0],
      moving_mean: [mean, 0, 0],
      moving_variance: [variance, 1, 1],
    },
  ]);
}

/**
 * @param {SmallLayer[]} layers
 * @param {(i: number) => number} [value]
 */
async function explain(layers, value = () => 1) {
  const model = await smallModel(layers);
  const run = await model.run(tensor(value));
  return { run, explanation: await run.explain() };
}

/**
 * @param {SmallLayer[]} layers
 * @param {RegExp} first the layer that is named
 * @param {(i: number) => number} [value]
 */
async function assertNotFinite(layers, first, value) {
  const { run, explanation } = await explain(layers, value);
  const [{ diagnosis, heatmap }] = explanation.targets;
  assert.equal(diagnosis?.code, 'NOT_FINITE');
  assert.match(diagnosis.message, first);
  assert.match(run.inputWarning ?? '', first);
  assert.ok(heatmap.data.every((cell) => cell === 0));
  assert.deepEqual(formatAsImage(explanation).data, explanation.image.data);
}

describe('an input', () => {
  for (const [value, name] of /** @type {[number, string][]} */ ([
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [-Infinity, '-Infinity'],
  ])) {
    test(`with ${name} is refused`, async () => {
      const model = await smallModel([conv([1, 0, 0, 1, 0, 0]), POOL]);
      const place = new RegExp(`holds ${name} at row 2, column 1, channel 2`);
      const input = tensor((i) => (i === (2 * 4 + 1) * 3 + 2 ? value : 1));
      await assertFails(() => model.run(input), 'INVALID_INPUT', place);
      const run = await model.run(tensor(() => 1));
      assert.deepEqual([...run.predictions], [1, 1], 'the model works afterwards');
    });
  }
});

describe('values that overflow are named', () => {
  /** Products of both signs, whose sum is NaN or infinity. */
  const large = [3e38, 3e38, -3e38, -3e38, 3e38, 3e38];

  for (const activation of ['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'hard_sigmoid']) {
    test(`before ${activation}`, () =>
      assertNotFinite([conv(large, activation), POOL], /layer conv \(Conv2D\)/, () => 9));
  }

  for (const type of ['MaxPooling2D', 'UpSampling2D']) {
    test(`before ${type}`, () =>
      assertNotFinite([conv(large), [type, { name: 'next' }], POOL], /layer conv/, () => 9));
  }

  test('of large inputs', () =>
    assertNotFinite([conv([9, 0, 9, 0, 9, 0], 'relu6'), POOL], /layer conv/, () => 3e38));

  test('of a scale and a clamp', () =>
    assertNotFinite(
      [norm({ gamma: 1e20 }), ['ReLU', { name: 'clamp', max_value: 6 }], POOL],
      /layer norm/,
      () => 1e20,
    ));

  test('of a function without a value', () =>
    assertNotFinite(
      [
        ['Rescaling', { name: 'below', scale: -1 }],
        ['Activation', { name: 'log', activation: 'log_softmax' }],
        POOL,
      ],
      /layer (log|below)/,
      (i) => (i % 2 ? 3e38 : -3e38),
    ));

  test('but not large values that stay finite', async () => {
    const { explanation } = await explain([conv([1e15, 0, 0, 1e15, 0, 0]), POOL], () => 1e15);
    assert.equal(explanation.targets[0].diagnosis, null);
  });
});

describe('a file is refused', () => {
  for (const variance of [0, -1]) {
    test(`with a variance of ${variance}`, () =>
      assertFails(
        () => smallModel([norm({ variance }), POOL]),
        'INVALID_MODEL',
        /'norm'.*variance/,
      ));
  }

  test('with a variance of 0 along another axis', () =>
    assertFails(
      () =>
        smallModel([
          [
            'BatchNormalization',
            { name: 'norm', axis: [1], epsilon: 0 },
            {
              gamma: [1, 1, 1, 1],
              beta: [0, 0, 0, 0],
              moving_mean: [0, 0, 0, 0],
              moving_variance: [1, 0, 1, 1],
            },
          ],
          POOL,
        ]),
      'INVALID_MODEL',
      /variance/,
    ));

  test('with a scale beyond float32', () =>
    assertFails(
      () => smallModel([norm({ gamma: 1e30, variance: 1e-30 }), POOL]),
      'INVALID_MODEL',
      /'norm'/,
    ));

  test('unless epsilon makes the variance a number', async () => {
    const { explanation } = await explain([norm({ variance: 0 }, { epsilon: 0.001 }), POOL]);
    assert.equal(explanation.targets[0].diagnosis, null);
  });
});

test('preprocessing beyond float32 is refused', async () => {
  for (const preprocessing of [
    { scale: 1e300, offset: 0 },
    { scale: 1, offset: -1e39 },
    { mean: 0, std: 1e-300 },
  ]) {
    await assertFails(() => smallModel([POOL], { preprocessing }), 'INVALID_ARGUMENT', /float32/);
  }
});
