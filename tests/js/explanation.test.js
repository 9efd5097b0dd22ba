/** Logits, diagnosis and choice of layers in small models, in which every number is known. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertFails, plainPicture, smallModel } from './fixtures.js';

/** @typedef {import('./fixtures.js').SmallLayer} SmallLayer */

/** A picture of 4 x 4 pixels. Its left half is red, its right half blue. */
const halves = plainPicture([100, 0, 0, 255], 4, 4);
for (let i = 0; i < 16; i++) {
  if (i % 4 > 1) halves.data.set([0, 0, 100, 255], i * 4);
}

const GAP = /** @type {SmallLayer} */ (['GlobalAveragePooling2D', { name: 'pool' }]);

/**
 * A convolution that passes red and blue on as two channels, over 100.
 * @param {object} [config]
 * @param {number[]} [bias]
 * @returns {SmallLayer}
 */
function conv(config, bias = [0, 0]) {
  const kernel = [0.01, 0, 0, 0, 0, 0.01];
  return ['Conv2D', { name: 'conv', filters: 2, kernel_size: [1, 1], ...config }, { kernel, bias }];
}

/**
 * @param {string} activation
 * @param {number[]} kernel [2][classes]
 * @param {number[]} bias
 * @returns {SmallLayer}
 */
function dense(activation, kernel, bias) {
  return ['Dense', { name: 'scores', units: bias.length, activation }, { kernel, bias }];
}

/**
 * @param {SmallLayer[]} layers
 * @param {import('gradcam-wasm').ExplainOptions} [options]
 */
async function explain(layers, options) {
  const model = await smallModel(layers);
  try {
    const run = await model.run(halves);
    return { run, ...(await run.explain(options)) };
  } finally {
    model.dispose();
  }
}

describe('logits', () => {
  /**
   * Class 0 is red minus blue, class 1 is blue minus red. Half of the picture is red, half is blue.
   */
  const kernel = [2, -2, -2, 2];
  const bias = [0.5, -0.25];
  const softmax = bias.map((logit) => Math.exp(logit) / (Math.exp(0.5) + Math.exp(-0.25)));
  const sigmoid = bias.map((logit) => 1 / (1 + Math.exp(-logit)));

  /** @type {[name: string, layers: SmallLayer[], scores: number[]][]} */
  const endings = [
    ['a softmax in the last layer', [dense('softmax', kernel, bias)], softmax],
    [
      'an Activation layer of its own',
      [dense('linear', kernel, bias), ['Activation', { name: 'end', activation: 'softmax' }]],
      softmax,
    ],
    ['a Softmax layer', [dense('linear', kernel, bias), ['Softmax', { name: 'end' }]], softmax],
    ['a sigmoid in the last layer', [dense('sigmoid', kernel, bias)], sigmoid],
    [
      'a sigmoid of its own',
      [dense('linear', kernel, bias), ['Activation', { name: 'end', activation: 'sigmoid' }]],
      sigmoid,
    ],
  ];
  for (const [name, layers, scores] of endings) {
    test(`are the values before ${name}`, async () => {
      const { run, targets } = await explain([conv(), GAP, ...layers], {
        targets: 1,
        logits: true,
      });
      scores.forEach((score, i) => assert.ok(Math.abs(run.predictions[i] - score) < 1e-6));
      assert.deepEqual([...run.logits], bias);
      const [entry] = targets;
      assert.equal(entry.score, bias[1]);
      assert.equal(entry.proba, run.predictions[1]);
      // d logit(1) / d channel = -2, 2 over 16 positions. On the right blue is 1.
      assert.deepEqual([entry.rawMin, entry.rawMax], [-0.125, 0.125]);
      const largest = 0.125 / (0.125 + 1e-7);
      entry.heatmap.data.forEach((value, i) => {
        assert.ok(Math.abs(value - (i % 4 > 1 ? largest : 0)) < 1e-6);
      });
    });
  }

  test('of one sigmoid unit', async () => {
    const layers = [conv(), GAP, dense('sigmoid', [2, -2], [0.5])];
    const { run, targets } = await explain(layers, { logits: true });
    assert.deepEqual([...run.logits], [0.5]);
    assert.deepEqual([targets[0].score, targets[0].target], [0.5, 0]);
  });

  test('are the scores where nothing stands between; there is no probability then', async () => {
    const layers = [conv(), GAP, dense('linear', kernel, bias)];
    const { run, targets } = await explain(layers);
    assert.deepEqual(run.logits, run.predictions);
    assert.equal(targets[0].proba, null);
    const logits = await explain(layers, { logits: true });
    const withoutSettings = (/** @type {typeof targets[number]} */ { settings, ...entry }) => entry;
    assert.deepEqual(logits.targets.map(withoutSettings), targets.map(withoutSettings));
  });
});

describe('the diagnosis', () => {
  const red = [3, 0, 0, 3];

  test('is null where the map says something', async () => {
    const { targets } = await explain([conv(), GAP, dense('softmax', red, [0, 0])]);
    assert.equal(targets[0].diagnosis, null);
    assert.ok(targets[0].rawMax > 0);
  });

  test('NO_POSITIVE_EVIDENCE: everything lowers the score', async () => {
    const { targets } = await explain([conv(), GAP, dense('sigmoid', [-3, -2], [4])]);
    const [{ diagnosis, rawMax, heatmap }] = targets;
    assert.equal(diagnosis?.code, 'NO_POSITIVE_EVIDENCE');
    assert.match(diagnosis.message, /no position/);
    assert.ok(rawMax <= 0 && heatmap.data.every((value) => value === 0));
  });

  test('SATURATED_SCORE: near 1, and the logit is explained well', async () => {
    const layers = [conv(), GAP, dense('softmax', red, [20, 0])];
    const [{ diagnosis, proba }] = (await explain(layers)).targets;
    assert.ok(proba && proba > 0.999);
    assert.equal(diagnosis?.code, 'SATURATED_SCORE');
    assert.match(diagnosis.message, /logits: true/);
    const [logit] = (await explain(layers, { logits: true })).targets;
    assert.equal(logit.diagnosis, null);
    assert.ok(Math.max(...logit.heatmap.data) > 0.99);
  });

  test('SATURATED_SCORE: so near 0 that the gradient is lost', async () => {
    const layers = [conv(), GAP, dense('softmax', red, [0, 300])];
    const [{ diagnosis, proba }] = (await explain(layers, { targets: 0 })).targets;
    assert.equal(proba, 0);
    assert.equal(diagnosis?.code, 'SATURATED_SCORE');
  });

  test('ONE_POSITION: a layer of 1 x 1 positions, which is never the default', async () => {
    /** @type {SmallLayer} */
    const whole = ['MaxPooling2D', { name: 'whole', pool_size: [4, 4], strides: [4, 4] }];
    const layers = [conv(), whole, GAP, dense('softmax', red, [0, 0])];
    const [{ diagnosis, heatmap }] = (await explain(layers, { layer: 'whole' })).targets;
    assert.equal(diagnosis?.code, 'ONE_POSITION');
    assert.deepEqual([heatmap.width, heatmap.height], [1, 1]);
    assert.match(diagnosis.message, /one position.*before the pooling/);
    assert.equal((await explain(layers)).targets[0].layer, 'conv');
  });

  test('ZERO_GRADIENT: names the units that are switched off', async () => {
    /** @type {SmallLayer} */
    const relu = ['ReLU', { name: 'off' }];
    const layers = [conv({}, [-9, -9]), relu, GAP, dense('softmax', red, [0, 0])];
    for (const logits of [false, true]) {
      const [{ diagnosis }] = (await explain(layers, { layer: 'conv', logits })).targets;
      assert.equal(diagnosis?.code, 'ZERO_GRADIENT');
      assert.match(diagnosis.message, /layer off \(ReLU\) passes no gradient back/);
    }
  });

  test('ZERO_GRADIENT: names the layer whose weights are zero, far behind', async () => {
    const layers = [conv(), GAP, dense('linear', [0, 1, 0, 1], [0, 0])];
    const [{ diagnosis }] = (await explain(layers, { targets: 0 })).targets;
    assert.equal(diagnosis?.code, 'ZERO_GRADIENT');
    assert.match(diagnosis.message, /layer scores \(Dense\)/);
  });
});

describe('a Sequential model', () => {
  /** @type {SmallLayer[]} */
  const layers = [conv(), ['ReLU', { name: 'relu' }], GAP, dense('softmax', [3, 0, 0, 3], [0, 0])];

  test('counts its layers as Keras does: without the input', async () => {
    const model = await smallModel(layers);
    const names = ['conv', 'relu', 'pool', 'scores'];
    assert.deepEqual(
      model.layers.map(({ name }) => name),
      names,
    );
    const run = await model.run(halves);
    for (const [layer, name] of /** @type {const} */ ([
      [0, 'conv'],
      [1, 'relu'],
      [-3, 'relu'],
      [-4, 'conv'],
    ])) {
      assert.equal((await run.explain({ layer })).targets[0].layer, name);
    }
    assert.equal((await run.explain()).targets[0].layer, 'relu');
    const all = (await run.explain({ layer: 'all' })).targets.map(({ layer }) => layer);
    assert.deepEqual(all, ['conv', 'relu']);
    const pool = () => run.explain({ layer: 2 });
    await assertFails(pool, 'INVALID_LAYER', /'pool'.*no rows and columns/);
    model.dispose();
  });

  test('no layer at all has a map if none has rows and columns', async () => {
    const model = await smallModel([['GlobalAveragePooling2D', { name: 'pool' }]]);
    const run = await model.run({ data: new Float32Array(48), shape: [1, 4, 4, 3] });
    for (const layer of /** @type {const} */ (['all', undefined])) {
      await assertFails(() => run.explain({ layer }), 'INVALID_LAYER', /no layer of the model/);
    }
    model.dispose();
  });

  test('whose input size is open takes it from inputSize', async () => {
    const inputShape = [null, null, 3];
    const open = await smallModel(layers, { inputShape });
    await assertFails(() => open.run(halves), 'INVALID_ARGUMENT', /open.*inputSize/);
    const run = await open.run({ data: new Float32Array(5 * 7 * 3), shape: [1, 5, 7, 3] });
    const { heatmap } = (await run.explain()).targets[0];
    assert.deepEqual([heatmap.height, heatmap.width], [5, 7]);
    open.dispose();
    const sized = await smallModel(layers, { inputShape, inputSize: [2, 3] });
    const { picture } = await sized.run(halves);
    assert.deepEqual([picture.height, picture.width], [2, 3]);
    sized.dispose();
  });
});

test('a model with one channel sees luma', async () => {
  const kernel = [1];
  const model = await smallModel(
    [
      ['Conv2D', { name: 'conv', filters: 1, kernel_size: [1, 1], use_bias: false }, { kernel }],
      GAP,
      ['Dense', { name: 'scores', units: 1 }, { kernel, bias: [0] }],
    ],
    { inputShape: [4, 4, 1] },
  );
  const run = await model.run(plainPicture([200, 100, 50, 255], 4, 4));
  // ITU-R 601-2: (200 * 299 + 100 * 587 + 50 * 114) / 1000, rounded
  assert.deepEqual([...run.predictions], [124]);
  model.dispose();
});
