/** Attributions of the input: their sums, their settings, and what a caller may do meanwhile. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  attributionInfo,
  attributionMethods,
  formatAsImage,
  loadModel,
} from '../../web/package/index.js';
import { uniform } from '../../web/package/base/hash.js';
import { RULES } from '../../web/package/attribution/rules.js';
import { DEFAULT_MODEL, DOG_PICTURE, assertFails, plainPicture, smallModel } from './fixtures.js';

/** @import { Model, Run } from 'gradcam-wasm' */

/** Values in -1 .. 1. @param {number} count @param {number} seed */
const random = (count, seed) =>
  Array.from({ length: count }, (_, i) => 2 * uniform(seed, 0, i) - 1);

/** A small model with a smooth activation, so that sums over steps converge. */
const small = () =>
  smallModel(
    [
      [
        'Conv2D',
        { name: 'conv', filters: 4, kernel_size: [3, 3], padding: 'same', activation: 'tanh' },
        { kernel: random(108, 1), bias: random(4, 2) },
      ],
      ['GlobalAveragePooling2D', { name: 'pool' }],
      [
        'Dense',
        { name: 'dense', units: 3, activation: 'softmax' },
        { kernel: random(12, 3), bias: random(3, 4) },
      ],
    ],
    { inputShape: [8, 6, 3], preprocessing: 'unit' },
  );

/** @param {Model} model */
async function runOf(model) {
  const [, height, width, channels] = model.inputShape;
  const shape = [1, Number(height), Number(width), Number(channels)];
  const count = shape.reduce((product, axis) => product * axis);
  return model.run({ data: Float32Array.from(random(count, 5)), shape });
}

/** @param {Float32Array} values */
const sum = (values) => values.reduce((total, value) => total + value, 0);

/** @type {Model} */
let model;
/** @type {Run} */
let run;

before(async () => {
  model = await small();
  run = await runOf(model);
});

after(() => model.dispose());

describe('the table of attributions', () => {
  test('has texts for people', () => {
    for (const name of attributionMethods()) {
      const info = attributionInfo(name);
      for (const text of [info.title, info.description, info.formula, info.cost, info.paper]) {
        assert.ok(text.length > 0, name);
      }
      assert.match(info.paper, /\d{4}/);
    }
  });

  test('says which options a method takes', async () => {
    assert.deepEqual(Object.keys(attributionInfo('occlusion').defaults), [
      'window',
      'stride',
      'fill',
    ]);
    await assertFails(() => attributionInfo(/** @type {any} */ ('lime')), 'INVALID_ARGUMENT');
  });
});

describe('integrated gradients', () => {
  for (const rule of /** @type {const} */ (['riemannMiddle', 'gaussLegendre'])) {
    for (const baseline of /** @type {const} */ (['zero', 'black', 'mean', 'blur'])) {
      test(`by ${rule} from ${baseline} add up to the difference of the scores`, async () => {
        for (const logits of [true, false]) {
          const options = { method: 'integratedGradients', rule, baseline, steps: 64, logits };
          const found = await run.attribute(/** @type {any} */ (options));
          const difference = found.score - Number(found.baselineScore);
          assert.ok(Math.abs(sum(found.data) - difference) < 1e-4);
          assert.ok(Math.abs(Number(found.delta)) < 1e-4);
          assert.ok(Math.abs(difference) > 1e-4, 'a difference to explain');
          assert.match(found.notes[0], /^The attributions add up to/);
        }
      });
    }
  }

  test('take a picture or a tensor for a baseline', async () => {
    const method = 'integratedGradients';
    const black = await run.attribute({ method, baseline: 'black' });
    const picture = plainPicture([0, 0, 0, 255], 6, 8);
    const ofPicture = await run.attribute({ method, baseline: picture });
    assert.deepEqual(ofPicture.data, black.data);
    const again = await run.attribute(/** @type {any} */ (ofPicture.settings));
    assert.deepEqual(again.data, black.data);
  });

  test('have the points and weights of Gauss and Legendre', () => {
    const { points, weights } = RULES.gaussLegendre(8);
    const expected = [0.0198550718, 0.101666761, 0.237233795, 0.408282679];
    const weighed = [0.0506142681, 0.111190517, 0.156853323, 0.181341892];
    for (let i = 0; i < 4; i++) {
      assert.ok(Math.abs(points[i] - expected[i]) < 1e-9);
      assert.ok(Math.abs(points[7 - i] - (1 - expected[i])) < 1e-9);
      assert.ok(Math.abs(weights[i] - weighed[i]) < 1e-9);
    }
    const many = RULES.gaussLegendre(500);
    assert.ok(Math.abs(many.weights.reduce((a, b) => a + b) - 1) < 1e-12);
  });
});

describe('settings', () => {
  for (const method of attributionMethods()) {
    test(`of ${method} make the same again, to the bit`, async () => {
      const some = method === 'rise' ? { samples: 7, seed: 3 } : {};
      const found = await run.attribute({ method, target: 1, ...some });
      assert.equal(found.method, method);
      assert.equal(found.label, '1');
      assert.ok(Math.abs(found.score - run.logits[1]) < 1e-6);
      assert.ok(found.data.some((value) => value !== 0) && found.data.every(Number.isFinite));
      await run.attribute({ method: 'occlusion' }); // another run on the same network
      const settings = /** @type {any} */ (structuredClone(found.settings));
      assert.deepEqual({ ...(await run.attribute(settings)) }, { ...found });
    });
  }

  test('hold the seed, without which noise would differ', async () => {
    const [first, other] = await Promise.all(
      [1, 2].map((seed) => run.attribute({ method: 'smoothGrad', samples: 2, seed })),
    );
    assert.notDeepEqual(first.data, other.data);
  });
});

describe('the engine', () => {
  const PASSES = /^gc_(model_forward|study_run|study_add_gradient|model_expect_gradients)$/;
  const takesGradients = attributionMethods().filter(
    (method) => !['occlusion', 'rise'].includes(method),
  );

  for (const method of takesGradients) {
    test(`is told before a run that ${method} takes a gradient of it`, async (context) => {
      await runOf(model); // the network holds another run then
      const { mock } = context.mock.method(run.network.engine, 'call');
      await run.attribute({ method });
      mock.restore();
      const calls = mock.calls.map(({ arguments: [name] }) => name);
      const passes = calls.filter((name) => PASSES.test(name));
      const gradients = passes.flatMap((name, i) => (name === 'gc_study_add_gradient' ? [i] : []));
      assert.ok(gradients.length > 0);
      for (const i of gradients) {
        assert.equal(passes[i - 2], 'gc_model_expect_gradients', passes.slice(0, i + 1).join());
        assert.match(passes[i - 1], /^gc_(model_forward|study_run)$/);
      }
    });
  }
});

describe('occlusion', () => {
  test('of a network that ignores its input is 0', async () => {
    const constant = await smallModel([
      [
        'Conv2D',
        { name: 'conv', filters: 2, kernel_size: [1, 1] },
        { kernel: Array(6).fill(0), bias: [1, 2] },
      ],
      ['GlobalAveragePooling2D', { name: 'pool' }],
    ]);
    const found = await (await runOf(constant)).attribute({ method: 'occlusion' });
    assert.ok(found.data.every((value) => value === 0));
    constant.dispose();
  });

  test('is the loss of score that a window causes', async () => {
    const found = await run.attribute({ method: 'occlusion', window: [8, 6], stride: 1 });
    const zero = await model.run({ data: new Float32Array(144), shape: [1, 8, 6, 3] });
    const target = Number(found.target);
    const loss = run.logits[target] - zero.logits[target];
    for (const value of found.data) assert.ok(Math.abs(value - loss) < 1e-6);
  });
});

describe('targets', () => {
  test('may be weights of classes', async () => {
    const [first, second, margin] = await Promise.all(
      [0, 2, { 0: 1, 2: -1 }].map((target) => run.attribute({ target })),
    );
    assert.ok(Math.abs(margin.score - (first.score - second.score)) < 1e-6);
    margin.data.forEach((value, i) => {
      assert.ok(Math.abs(value - (first.data[i] - second.data[i])) < 1e-6);
    });
    assert.equal(margin.label, '1 × 0 - 1 × 2');
  });

  for (const activation of ['sigmoid', 'linear']) {
    test(`of a binary model that ends with ${activation} are both classes`, async () => {
      const binary = await smallModel(
        [
          ['Flatten', { name: 'flatten' }],
          [
            'Dense',
            { name: 'dense', units: 1, activation },
            { kernel: random(48, 6), bias: [0.3] },
          ],
        ],
        { labels: ['cat', 'dog'] },
      );
      const both = await runOf(binary);
      for (const logits of [true, false]) {
        const [cat, dog] = await Promise.all(
          [0, 1].map((target) => {
            return both.attribute({ method: 'integratedGradients', target, logits, steps: 200 });
          }),
        );
        const scores = logits ? both.logits : both.scores;
        assert.ok(Math.abs(cat.score - scores[0]) < 1e-6);
        assert.ok(Math.abs(dog.score - scores[1]) < 1e-6);
        assert.ok(Math.abs(Number(dog.delta)) < 1e-4, `delta ${dog.delta}`);
        assert.ok(Math.abs(sum(cat.data) + sum(dog.data)) < 1e-5);
      }
      const masked = { method: /** @type {const} */ ('rise'), samples: 2, logits: false };
      const [cat, dog] = await Promise.all(
        [0, 1].map((target) => both.attribute({ ...masked, target, denominator: 'masks' })),
      );
      cat.data.forEach((value, i) => {
        if (value !== 0) assert.ok(Math.abs(value + dog.data[i] - 1) < 1e-6);
      });
      binary.dispose();
    });
  }
});

describe('work in steps', () => {
  test('shows the attribution so far', async () => {
    /** @type {any[]} */
    const seen = [];
    const options = { method: /** @type {const} */ ('smoothGrad'), samples: 3 };
    const found = await run.attribute({ ...options, onProgress: (state) => seen.push(state) });
    assert.deepEqual(
      seen.map(({ step, steps }) => [step, steps]),
      [
        [1, 3],
        [2, 3],
        [3, 3],
      ],
    );
    assert.deepEqual(seen[2].attribution.data, found.data);
    const one = await run.attribute({ ...options, samples: 1 });
    assert.deepEqual(seen[0].attribution.data, one.data);
    assert.ok(seen[0].attribution.toHeatmap().data.length === 48);
  });

  test('ends between steps when it is aborted', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const reason = new Error('enough');
    let steps = 0;
    const call = run.attribute({
      method: 'rise',
      signal,
      onProgress: () => (++steps === 2 ? controller.abort(reason) : undefined),
    });
    await assert.rejects(call, reason);
    assert.equal(steps, 2);
    await assert.rejects(run.attribute({ signal }), reason);
  });

  test('ends with DISPOSED when the model is disposed of', async () => {
    const short = await small();
    const shortRun = await runOf(short);
    const call = shortRun.attribute({ method: 'rise', onProgress: () => short.dispose() });
    await assertFails(() => call, 'DISPOSED');
    await assertFails(() => shortRun.attribute(), 'DISPOSED');
  });

  test('leaves the run as it was', async () => {
    const before = await run.explain({ targets: 1 });
    await run.attribute({ method: 'occlusion' });
    assert.deepEqual((await run.explain({ targets: 1 })).targets, before.targets);
  });
});

describe('bad options', () => {
  const integrated = { method: 'integratedGradients' };
  const noisy = { method: 'varGrad' };
  const covered = { method: 'occlusion' };
  const masked = { method: 'rise' };
  /** @type {[Record<string, unknown>, RegExp, string?][]} */
  const cases = [
    [{ method: 'lime' }, /method is "lime"; allowed: gradient, saliency/],
    [{ steps: 3 }, /steps is no option of gradient; its options: none/],
    [
      { ...covered, steps: 3 },
      /steps is no option of occlusion; its options: window, stride, fill/,
    ],
    [{ target: 3 }, /target is 3; allowed: whole numbers from 0 to 2/, 'INVALID_TARGET'],
    [{ target: { 0: NaN } }, /target is/, 'INVALID_TARGET'],
    [{ target: { 5: 1 } }, /target is/, 'INVALID_TARGET'],
    [{ target: {} }, /target is/, 'INVALID_TARGET'],
    [{ ...integrated, steps: 0 }, /steps is 0; allowed: whole numbers from 1 to/],
    [{ ...integrated, steps: 2.5 }, /steps is 2.5/],
    [{ ...integrated, steps: '8' }, /steps is "8"/],
    [{ ...integrated, rule: 'riemannTrapezoid', steps: 1 }, /steps is 1; allowed: .* from 2 to/],
    [{ ...integrated, rule: 'simpson' }, /rule is "simpson"; allowed: riemannMiddle/],
    [{ ...integrated, baseline: 'white' }, /baseline is "white"; allowed: zero, black, mean, blur/],
    [{ ...integrated, baseline: 5 }, /baseline is 5/],
    [{ ...noisy, samples: 0 }, /samples is 0/],
    [{ ...noisy, noise: -1 }, /noise is -1; allowed: 0 to/],
    [{ ...noisy, seed: -1 }, /seed is -1/],
    [{ ...noisy, seed: 2 ** 32 }, /seed is 4294967296/],
    [{ ...covered, window: 9 }, /window is 9; allowed: whole numbers from 1 to 8/],
    [{ ...covered, window: [1, 2, 3] }, /window is \[1, 2, 3\]; allowed: a number, or/],
    [{ ...covered, window: 3, stride: 4 }, /stride is 4; allowed: whole numbers from 1 to 3/],
    [{ ...covered, fill: 'grey' }, /fill is "grey"/],
    [{ ...masked, grid: 9 }, /grid is 9/],
    [{ ...masked, p: 0 }, /p is 0/],
    [{ ...masked, denominator: 'mean' }, /denominator is "mean"; allowed: expected, masks/],
    [{ method: 'guidedGradCam', layer: 'none' }, /none/, 'UNKNOWN_LAYER'],
    [{ signal: 5 }, /signal is 5/],
    [{ onProgress: 5 }, /onProgress is 5/],
  ];
  for (const [options, message, code = 'INVALID_ARGUMENT'] of cases) {
    test(`are refused: ${JSON.stringify(options)}`, () =>
      assertFails(() => run.attribute(/** @type {any} */ (options)), code, message));
  }

  test('of toHeatmap are refused', async () => {
    const found = await run.attribute();
    for (const options of [{ channels: 'mean' }, { percentile: 101 }, { percentile: NaN }]) {
      await assertFails(() => found.toHeatmap(/** @type {any} */ (options)), 'INVALID_ARGUMENT');
    }
  });
});

describe('heat maps', () => {
  test('have values from 0 to 1, and colours where signs matter', async () => {
    const found = await run.attribute({ method: 'gradientTimesInput' });
    const signed = found.toHeatmap();
    assert.ok(signed.data.every((value) => value >= 0 && value <= 1));
    const colors = signed.colors ?? assert.fail('a map of contributions is signed');
    for (let i = 0; i < signed.data.length; i++) {
      const total = sum(found.data.subarray(3 * i, 3 * i + 3));
      const [red, , blue] = colors.subarray(3 * i, 3 * i + 3);
      if (signed.data[i] > 0.1) assert.equal(red > blue, total > 0);
    }
    const positive = found.toHeatmap({ signed: false });
    assert.equal(positive.colors, undefined);
    assert.ok(positive.data.every((value, i) => value === 0 || colors[3 * i] > colors[3 * i + 2]));
    assert.equal(found.toHeatmap({ channels: 'absSum' }).colors, undefined);
  });

  test('reach 1 at the percentile', async () => {
    const found = await run.attribute({ method: 'saliency' });
    const all = found.toHeatmap({ percentile: 100 });
    assert.equal(all.data.filter((value) => value === 1).length, 1);
    const half = found.toHeatmap({ percentile: 50 });
    assert.equal(half.data.filter((value) => value === 1).length, 24);
  });

  test('are drawn on the picture', async () => {
    const found = await run.attribute({ method: 'gradientTimesInput' });
    const image = plainPicture([128, 128, 128, 255], 24, 32);
    const drawing = { heatmap: found.toHeatmap(), image: /** @type {ImageData} */ (image) };
    const overlay = formatAsImage(drawing);
    assert.equal(overlay.width, 24);
    assert.notDeepEqual(overlay.data, image.data);
    assert.notDeepEqual(formatAsImage(drawing, { colormap: 'viridis' }).data, overlay.data);
  });
});

describe('a real model', () => {
  test('with ReLUs has a guided gradient that is not its gradient', async () => {
    const real = await loadModel(readFileSync(DEFAULT_MODEL));
    const dog = await real.run(readFileSync(DOG_PICTURE));
    const guided = await dog.attribute({ method: 'guidedBackprop' });
    assert.deepEqual(guided.notes, []);
    const plain = await dog.attribute();
    assert.notDeepEqual(guided.data, plain.data);
    real.dispose();
  });

  test('without a ReLU gets a note from guided backpropagation', async () => {
    const found = await run.attribute({ method: 'guidedBackprop' });
    assert.match(found.notes[0], /no ReLU/);
    assert.deepEqual(found.data, (await run.attribute()).data);
  });
});
