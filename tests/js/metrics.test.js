/** The metrics of maps: values by hand, properties, bad options, aborts, and an untouched model. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { compareMaps, fuseMaps, init, loadModel } from '../../web/package/index.js';
import { baselineValues, blurInput } from '../../web/package/attribution/baselines.js';
import { gaussian } from '../../web/package/base/gaussian.js';
import { Network } from '../../web/package/engine/network.js';
import {
  averageRanks,
  correlation,
  fallingOrder,
  minmax,
  resizeMap,
  spearman,
  ssim,
} from '../../web/package/metrics/maps.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails, smallModel } from './fixtures.js';

/** @param {ArrayLike<number>} values @param {ArrayLike<number>} expected */
function assertNear(values, expected, tolerance = 1e-6) {
  assert.equal(values.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(values[i] - expected[i]);
    assert.ok(error <= tolerance, `value ${i} is ${values[i]}, not ${expected[i]}`);
  }
}

/** @param {number[]} values @param {number} width */
function mapOf(values, width) {
  return { data: Float32Array.from(values), width, height: values.length / width };
}

describe('the arithmetic of maps', () => {
  test('equal values share the mean of their ranks', () => {
    assert.deepEqual([...averageRanks([3, 1, 3, 2, 3])], [4, 1, 4, 2, 4]);
    assert.deepEqual([...averageRanks([7, 7])], [1.5, 1.5]);
  });

  test('equal values come in their own order', () => {
    assert.deepEqual([...fallingOrder([1, 2, 1, 2, 0])], [1, 3, 0, 2, 4]);
  });

  test('correlations', () => {
    // Deviations -1, 0, 1 and -1, -1, 2: products 3, squares 2 and 6.
    assertNear([correlation([1, 2, 3], [1, 1, 4])], [3 / Math.sqrt(12)]);
    // Ranks 1, 2, 3, 4 and 2, 1, 4, 3: 1 - 6 * 4 / (4 * 15).
    assertNear([spearman([1, 2, 3, 10], [20, 10, 99, 30])], [0.6]);
    assert.equal(correlation([5, 5, 5], [5, 5, 5]), 1);
    assert.equal(correlation([5, 5, 5], [1, 2, 3]), 0);
  });

  test('a map is resized between the centres of its values', () => {
    const resized = resizeMap([0, 1], { height: 1, width: 2 }, { height: 1, width: 4 });
    assertNear(resized, [0, 0.25, 0.75, 1]);
    const [one, four] = [1, 2].map((side) => ({ height: side, width: side }));
    assertNear(resizeMap([5], one, four), [5, 5, 5, 5]);
    assertNear(resizeMap([1, 2, 3, 6], four, one), [3]);
  });

  test('a constant map is no division by 0', () => {
    assert.deepEqual([...minmax([4, 4], 1e-8)], [0, 0]);
    const size = { height: 3, width: 3 };
    const flat = new Float32Array(9).fill(2);
    assert.equal(ssim(flat, flat, size), 1);
    assert.ok(Math.abs(ssim(flat, [1, 2, 3, 4, 5, 6, 7, 8, 9], size)) < 1);
  });

  test('SSIM of one window', () => {
    // 1 x 2 positions have windows of one value, without any variance: (2ab + c) / (a2 + b2 + c).
    const size = { height: 1, width: 2 };
    const c = 1e-4; // (0.01 * 1)^2
    const expected = ((0 + c) / (1 + c) + (2 * 0.5 + c) / (1 + 0.25 + c)) / 2;
    assertNear([ssim([0, 1], [1, 0.5], size)], [expected]);
  });

  test('baselines', () => {
    const data = Float32Array.of(0, 10, 20, 30, 40, 60);
    const input = { data, height: 1, width: 3, channels: 2 };
    const maker = /** @type {any} */ ({});
    assertNear(baselineValues('zero', input, maker), [0, 0, 0, 0, 0, 0]);
    assertNear(baselineValues('mean', input, maker), [20, 100 / 3, 20, 100 / 3, 20, 100 / 3], 1e-5);
    // Edges are repeated: (0 + 0 + 20) / 3 and so on.
    const third = [1 / 3, 1 / 3, 1 / 3];
    assertNear(blurInput(input, third), [20 / 3, 50 / 3, 20, 100 / 3, 100 / 3, 50], 1e-5);
    // As the README of the golden data has it.
    const line = new Float32Array(11);
    line[5] = 1;
    const blurred = blurInput({ data: line, height: 1, width: 11, channels: 1 }, gaussian(5, 5));
    const golden = [0.1196377471, 0.1172684914, 0.1104393063];
    const sum = gaussian(5, 5)[5];
    assertNear(
      [...blurred.subarray(5, 8)].map((value) => value / blurred[5]),
      golden.map((value) => value / golden[0]),
      1e-3,
    );
    assertNear([blurred[5]], [sum], 1e-7);
  });
});

describe('compareMaps', () => {
  test('of equal and of opposite maps', () => {
    const map = mapOf([0, 0.25, 0.5, 1, 0.75, 0.1], 3);
    assert.deepEqual(compareMaps(map, map), { spearman: 1, spearmanAbs: 1, ssim: 1 });
    const opposite = { ...map, data: map.data.map((value) => -value) };
    const { spearman: order, spearmanAbs } = compareMaps(map, opposite);
    assert.deepEqual([order, spearmanAbs], [-1, 1]);
  });

  test('of constant maps gives numbers', () => {
    const flat = mapOf([0, 0, 0, 0], 2);
    assert.deepEqual(compareMaps(flat, flat), { spearman: 1, spearmanAbs: 1, ssim: 1 });
    const likeness = compareMaps(flat, mapOf([0, 1, 2, 3], 2));
    assert.ok(Object.values(likeness).every(Number.isFinite));
    assert.equal(likeness.spearman, 0);
  });

  test('takes the ranks from raw maps', () => {
    const heatmap = mapOf([0, 0, 1, 0], 2);
    const raw = [Float32Array.of(-3, -2, 1, -1), Float32Array.of(-1, -2, 1, -3)];
    const [a, b] = raw.map((values) => ({ heatmap, raw: values }));
    assertNear([compareMaps(a, b).spearman], [0.2]);
    assert.equal(compareMaps(a, b).ssim, 1);
  });

  test('refuses what it cannot compare', async () => {
    const map = mapOf([1, 2, 3, 4], 2);
    /** @type {[any, any, RegExp][]} */
    const cases = [
      [map, mapOf([1, 2, 3, 4], 4), /2 x 2 and 1 x 4/],
      [map, undefined, /the second map is undefined/],
      [{ ...map, width: 3 }, map, /the first map/],
      [mapOf([1, NaN, 3, 4], 2), map, /no finite number/],
      [{ heatmap: map, raw: new Float32Array(3) }, map, /the first map/],
    ];
    for (const [a, b, message] of cases) {
      await assertFails(() => compareMaps(a, b), 'INVALID_ARGUMENT', message);
    }
  });
});

describe('fuseMaps', async () => {
  await loadModel(readFileSync(DEFAULT_MODEL)).then((model) => model.dispose());
  const maps = [mapOf([0, 1], 2), mapOf([1, 0.5], 2)];
  const image = { height: 1, width: 4 };
  const explanation = /** @type {any} */ ({
    image,
    targets: maps.map((heatmap) => ({ target: 1, heatmap, rawMin: 0, rawMax: 2 })),
  });

  test('has the formula of each way', () => {
    const fused = (/** @type {any} */ how) => fuseMaps(explanation, { how });
    const one = Math.tanh(2);
    assertNear(fused('layerCam').data, [one, one]);
    assertNear(fused('max').data, [1, 1]);
    assertNear(fused('refine').data, [0, 0]);
    const [first] = explanation.targets;
    const same = { ...explanation, targets: [first, first] };
    assertNear(fuseMaps(same, { how: 'mean' }).data, [0, 0.25, 0.75, 1], 1e-5);
    // 0, 0.25, 0.75, 1 times its reverse: 0, 0.1875, 0.1875, 0.
    assertNear(fused('refineInput').data, [0, 1, 1, 0], 1e-5);
    assert.equal(fuseMaps(explanation, { how: 'mean', size: [2, 6] }).data.length, 12);
  });

  test('a blank map gives numbers', () => {
    const blank = { target: 1, heatmap: mapOf([0, 0], 2), rawMin: -1, rawMax: -0.5 };
    for (const how of /** @type {any[]} */ (['layerCam', 'max', 'refine', 'mean', 'refineInput'])) {
      const { data } = fuseMaps({ ...explanation, targets: [blank, blank] }, { how });
      assert.ok(data.every(Number.isFinite), how);
    }
  });

  test('refuses what does not belong together', async () => {
    const [first, second] = explanation.targets;
    /** @type {[any, any, RegExp][]} */
    const cases = [
      [explanation, { how: 'sum' }, /how is "sum"; allowed: layerCam, max, refine, mean/],
      [{ targets: [] }, {}, /needed: what run.explain returns/],
      [undefined, {}, /needed: what run.explain returns/],
      [{ targets: [first, { ...second, target: 2 }] }, {}, /several classes/],
      [{ targets: [first, { ...second, method: 'x' }] }, {}, /several classes or methods/],
      [explanation, { how: 'mean', size: [0, 3] }, /size is \[0, 3\]/],
      [explanation, { how: 'mean', size: 7 }, /size is 7/],
    ];
    for (const [given, options, message] of cases) {
      await assertFails(() => fuseMaps(given, options), 'INVALID_ARGUMENT', message);
    }
  });
});

/** The mean of the three channels is the only class. The input is 4 x 4. */
const meanModel = (/** @type {object} */ options = {}) =>
  smallModel(
    [
      [
        'Conv2D',
        { name: 'conv', filters: 1, kernel_size: 1, activation: 'linear' },
        { kernel: [1, 1, 1], bias: [0] },
      ],
      ['GlobalAveragePooling2D', { name: 'mean' }],
      ['Dense', { name: 'dense', units: 1, activation: 'linear' }, { kernel: [1], bias: [0] }],
    ],
    options,
  );

/** A tensor whose pixel i has the value i in each channel: their sum over channels is 3 i. */
const TENSOR = {
  shape: [1, 4, 4, 3],
  data: Float32Array.from({ length: 48 }, (_, i) => Math.floor(i / 3)),
};
const RISING = mapOf(
  Array.from({ length: 16 }, (_, i) => i / 15),
  4,
);

describe('a model whose class is the mean of the input', async () => {
  const model = await meanModel();
  const run = await model.run(TENSOR);

  test('deletion and insertion', async () => {
    const found = await run.deletionInsertion(RISING, { steps: 4 });
    assert.deepEqual(found.fractions, [0, 0.25, 0.5, 0.75, 1]);
    // The values 0 .. 15 times 3 over 16, without the largest 0, 4, 8, 12, 16 of them.
    assertNear(found.deletion, [22.5, 12.375, 5.25, 1.125, 0], 1e-4);
    assertNear(found.insertion, [0, 10.125, 17.25, 21.375, 22.5], 1e-4);
    assertNear([found.deletionAuc], [(22.5 / 2 + 12.375 + 5.25 + 1.125) / 4], 1e-4);
    assertNear([found.insertionAuc], [(22.5 / 2 + 10.125 + 17.25 + 21.375) / 4], 1e-4);
    assert.deepEqual(found.settings, { target: 0, logits: false, baseline: 'zero', steps: 4 });
  });

  test('steps that do not divide the picture', async () => {
    const { fractions } = await run.deletionInsertion(RISING, { steps: 3 });
    assert.deepEqual(fractions, [0, 6 / 16, 12 / 16, 1]);
    const many = await run.deletionInsertion(RISING, { steps: 100 });
    assert.equal(many.fractions.length, 17);
  });

  test('a constant map takes positions away in their order', async () => {
    const flat = mapOf([0.5], 1);
    const { deletion } = await run.deletionInsertion(flat, { steps: 2 });
    assertNear(deletion, [22.5, (3 * 92) / 16, 0], 1e-4);
  });

  test('baselines of every kind', async () => {
    const last = async (/** @type {any} */ baseline) =>
      (await run.deletionInsertion(RISING, { steps: 1, baseline })).deletion[1];
    assertNear([await last('black'), await last('mean')], [0, 22.5], 1e-4);
    const ones = { shape: [1, 4, 4, 3], data: new Float32Array(48).fill(1) };
    assertNear([await last(ones)], [3], 1e-5);
  });

  test('average drop, complexity and coherency', async () => {
    const half = mapOf([0.5], 1);
    const drop = await run.averageDrop(half);
    assertNear([drop.score, drop.maskedScore], [22.5, 11.25], 1e-4);
    assertNear([Number(drop.averageDrop), drop.dropAbsolute], [0.5, 11.25], 1e-4);
    assert.deepEqual([drop.increase, drop.increaseAbsolute], [0, 0]);
    assert.equal(await run.complexity(half), 0.5);
    assertNear([await run.complexity(RISING)], [0.5]);
    // Grad-CAM of the product rises as the map does.
    assert.ok((await run.coherency(RISING, { layer: 'conv' })) > 0.9);
    assert.equal(await run.coherency(half, { layer: 'conv' }), 0.5);
  });

  test('hide and look', async () => {
    const { score, hidden, kept, share } = await run.hideAndLook(RISING, { share: 0.25 });
    assert.equal(share, 0.25);
    assertNear([score], [22.5], 1e-4);
    // The blur takes from the large values, gives to the small ones, and keeps the mean.
    assert.ok(hidden.score < score - 0.1);
    assertNear([hidden.score + kept.score], [2 * score], 1e-4);
    // What is hidden there is kept here, and the blur is the same.
    const { data } = run.input;
    assert.deepEqual([...hidden.picture.data.subarray(0, 3)], [...data.subarray(0, 3)]);
    assert.deepEqual([...kept.picture.data.subarray(-4, -1)], [15, 15, 15]);
    assert.equal(hidden.picture.width, 4);
    assert.ok(hidden.picture.data.at(-2) !== 15);
  });

  test('hide and look ends before any of its runs when it is aborted', async () => {
    for (const turn of [1, 2, 3]) {
      const controller = new AbortController();
      const { signal } = controller;
      let turns = 0;
      const throwIfAborted = signal.throwIfAborted.bind(signal);
      signal.throwIfAborted = () => {
        if (++turns === turn) controller.abort(new Error('enough'));
        throwIfAborted();
      };
      await assert.rejects(run.hideAndLook(RISING, { signal }), /enough/);
      assert.equal(turns, turn);
    }
  });

  test('stability of a linear model', async () => {
    // The gradient does not depend on the input at all.
    const found = await run.stability({ method: 'gradient', samples: 3, radius: 5 });
    assert.deepEqual(found.changes, [0, 0, 0]);
    assert.deepEqual([found.mean, found.max], [0, 0]);
    assert.ok(found.rounding.max < 1e-6);
    assert.equal(found.settings.layer, null);
    const cam = await run.stability({ layer: 'conv', samples: 2 });
    assert.equal(cam.settings.radius, 0.15);
    assert.ok(cam.changes.every((change) => change > 0 && change < 0.1));
    assert.deepEqual(cam, await run.stability({ layer: 'conv', samples: 2 }));
  });

  test('profile', async () => {
    const { layers, params, multiplyAdds, uncounted, memory, time } = await model.profile();
    assert.deepEqual(
      layers.map(({ name }) => name),
      model.layers.map(({ name }) => name),
    );
    const { time: ofConv, ...conv } = layers.find(({ name }) => name === 'conv') ?? {};
    assert.ok(Number(ofConv) >= 0);
    assert.deepEqual(conv, {
      name: 'conv',
      type: 'Conv2D',
      outputShape: [null, 4, 4, 1],
      params: 4,
      multiplyAdds: 48,
      memory: 64,
    });
    assert.deepEqual([params, multiplyAdds, uncounted], [6, 49, []]);
    assert.equal(memory, model.memory);
    assert.ok(Number(time) >= 0);
  });
});

test('positions count by their mean', async () => {
  const model = await smallModel([
    [
      'Conv2D',
      { name: 'conv', filters: 2, kernel_size: 1, activation: 'linear' },
      { kernel: [1, 0, 1, 0, 1, 1], bias: [0, 2] },
    ],
  ]);
  const run = await model.run(TENSOR);
  const { score, maskedScore } = await run.averageDrop(mapOf([0.5], 1), { target: 0 });
  assertNear([score, maskedScore], [run.scores[0], run.scores[0] / 2], 1e-4);
});

describe('two classes of one output', async () => {
  for (const activation of ['sigmoid', 'linear']) {
    test(`with ${activation}`, async () => {
      const model = await smallModel(
        [
          ['GlobalAveragePooling2D', { name: 'mean' }],
          ['Dense', { name: 'dense', units: 1, activation }, { kernel: [0.1, 0, 0], bias: [-0.5] }],
        ],
        { labels: ['no', 'yes'] },
      );
      const run = await model.run(TENSOR);
      for (const target of [0, 1]) {
        for (const logits of [false, true]) {
          const { score, maskedScore } = await run.averageDrop(RISING, { target, logits });
          const expected = logits ? run.logits[target] : run.scores[target];
          assertNear([score], [expected], 1e-6);
          assert.ok(Math.abs(maskedScore - score) > 1e-3);
        }
      }
      const [no, yes] = await Promise.all(
        [0, 1].map((target) => run.averageDrop(RISING, { target })),
      );
      assertNear([no.maskedScore + yes.maskedScore], [1], 1e-6);
      // The logit is linear. The score bends, so that its gradient changes with the input.
      const options = { method: /** @type {const} */ ('gradient'), roundings: 0, radius: 5 };
      assert.equal((await run.stability({ ...options, logits: true })).max, 0);
      assert.ok((await run.stability({ ...options, logits: false })).max > 1e-3);
    });
  }
});

test('hide and look draws the colours of the picture', async () => {
  const color = [200, 100, 20, 255];
  const picture = { data: new Uint8ClampedArray(64), width: 4, height: 4 };
  picture.data.forEach((_, i) => (picture.data[i] = i < 32 ? color[i % 4] : i % 4 === 3 ? 255 : 0));
  for (const preprocessing of /** @type {const} */ (['none', 'tf', 'torch', 'caffe'])) {
    const model = await meanModel({ preprocessing });
    const run = await model.run(picture);
    const top = mapOf([1, 0.9, 0.8, 0.7, ...new Array(12).fill(0)], 4);
    const { kept, hidden } = await run.hideAndLook(top, { share: 0.25 });
    assert.deepEqual([...kept.picture.data.subarray(0, 4)], color, preprocessing);
    assert.deepEqual([...hidden.picture.data.subarray(16, 20)], color, preprocessing);
    assert.deepEqual([...hidden.picture.data.subarray(-4)], [0, 0, 0, 255], preprocessing);
    model.dispose();
  }
});

test('a second network gives its memory back', async () => {
  const wasmModule = await WebAssembly.compile(readFileSync(join(ROOT, 'build/wasm/gradcam.wasm')));
  const model = await loadModel(readFileSync(DEFAULT_MODEL), { wasmModule });
  const { engine } = (await model.run(readFileSync(DOG_PICTURE))).facts.network;
  await model.randomization(readFileSync(DOG_PICTURE), { counts: [1] });
  assert.ok(engine.memorySize > 0);
  model.dispose();
  assert.equal(engine.memorySize, 0);
  const other = await loadModel(readFileSync(DEFAULT_MODEL), { wasmModule });
  const work = other.randomization(readFileSync(DOG_PICTURE), {
    onProgress: () => other.dispose(),
  });
  await assertFails(() => work, 'DISPOSED');
  assert.equal(engine.memorySize, 0);
});

test('a model that is disposed of beside a second network leaves nothing', async (context) => {
  const wasmModule = await WebAssembly.compile(readFileSync(join(ROOT, 'build/wasm/gradcam.wasm')));
  const model = await loadModel(readFileSync(DEFAULT_MODEL), { wasmModule });
  const run = await model.run(readFileSync(DOG_PICTURE));
  const { engine } = run.facts.network;
  const { twin } = Network.prototype;
  /** @param {import('gradcam-wasm').Model} owner */
  const disposeBeside = (owner) =>
    context.mock.method(Network.prototype, 'twin', function (/** @type {any[]} */ ...args) {
      // @ts-ignore: the network whose method is replaced
      const made = twin.apply(this, args);
      owner.dispose();
      return made;
    });
  disposeBeside(model);
  await assertFails(() => run.stability({ samples: 1 }), 'DISPOSED');
  assert.equal(engine.memorySize, 0);
  const other = await loadModel(readFileSync(DEFAULT_MODEL), { wasmModule });
  disposeBeside(other);
  await assertFails(() => other.randomization(readFileSync(DOG_PICTURE)), 'DISPOSED');
  assert.equal(engine.memorySize, 0);
});

test('coherency cuts the new map at 0', async () => {
  const model = await smallModel([
    [
      'Conv2D',
      { name: 'conv', filters: 1, kernel_size: 1, activation: 'linear' },
      { kernel: [1, 1, 1], bias: [-10] },
    ],
    ['GlobalAveragePooling2D', { name: 'mean' }],
  ]);
  const run = await model.run(TENSOR);
  const cut = RISING.data.map((value, i) => Math.max(3 * i * value - 10, 0));
  const expected = (correlation(RISING.data, cut) + 1) / 2;
  assertNear([await run.coherency(RISING, { layer: 'conv' })], [expected], 1e-5);
});

test('a large weight is copied in parts', async () => {
  const units = 2 ** 20 + 5;
  const layers = [
    ['InputLayer', { name: 'input', batch_shape: [null, 1, 1, 1] }],
    ['Flatten', { name: 'flatten' }],
    ['Dense', { name: 'dense', units, use_bias: false }],
  ].map(([type, config]) => ({ class_name: type, config }));
  const config = JSON.stringify({ class_name: 'Sequential', config: { name: 'large', layers } });
  const network = new Network(await init(), config);
  const values = Float32Array.from({ length: units }, (_, i) => i);
  network.setWeight(0, values);
  const twin = network.twin();
  /** @type {number[][]} */
  const parts = [];
  const see = (/** @type {Float32Array} */ part, /** @type {number} */ first) => {
    assert.equal(part[0], first);
    parts.push([first, part.length]);
  };
  for (const part of twin.copyWeight(network, 0, see)) void part;
  twin.dispose();
  network.dispose();
  assert.deepEqual(parts, [
    [0, 2 ** 20],
    [2 ** 20, 5],
  ]);
});

test('a blank map is said to be blank', async () => {
  const model = await meanModel();
  const run = await model.run(TENSOR);
  const explanation = await run.explain({ layer: 'conv' });
  explanation.targets[0].heatmap.data.fill(0);
  const { figures } = await run.trust(explanation, { steps: 2, samples: 1 });
  const [hide, deletion] = figures;
  assert.deepEqual([hide.value, deletion.value], [null, null]);
  assert.match(hide.sentence, /All values of the map are equal/);
  for (const { value, sentence } of figures) {
    assert.ok(value === null || Number.isFinite(value), sentence);
    assert.doesNotMatch(sentence, /NaN|Infinity|undefined/);
  }
});

describe('a real model', async () => {
  const model = await loadModel(readFileSync(DEFAULT_MODEL));
  const picture = readFileSync(DOG_PICTURE);
  const run = await model.run(picture);
  const explanation = await run.explain({ logits: true });
  const [{ heatmap, target }] = explanation.targets;

  test('is untouched by second networks, to the bit', async () => {
    const memory = model.memory;
    const stages = await model.randomization(picture, { target, counts: [1, 40] });
    const { rounding } = await run.stability({ target, samples: 1, roundings: 1 });
    assert.ok(stages.every(({ spearman: order }) => order < 0.9));
    assert.ok(rounding.max > 0 && rounding.max < 1e-2);
    const again = await model.run(picture);
    assert.deepEqual(again.logits, run.logits);
    assert.deepEqual((await again.explain({ logits: true })).targets, explanation.targets);
    assert.equal(model.memory, memory);
  });

  test('randomization begins at the top and is the same each time', async () => {
    /** @type {import('gradcam-wasm').StepProgress[]} */
    const steps = [];
    const options = { target, counts: [1, 2], seed: 5 };
    const first = await model.randomization(picture, {
      ...options,
      onProgress: (progress) => steps.push(progress),
    });
    assert.equal(first[0].layer, model.layers.at(-1)?.name);
    assert.deepEqual(first, await model.randomization(picture, options));
    assert.notDeepEqual(first, await model.randomization(picture, { ...options, seed: 6 }));
    assert.deepEqual(steps, [
      { step: 1, steps: 2 },
      { step: 2, steps: 2 },
    ]);
    const [saliency] = await model.randomization(picture, {
      target,
      method: 'saliency',
      counts: [1],
    });
    assert.equal(saliency.spearman, saliency.spearmanAbs);
  });

  test('trust has a sentence with numbers for each figure', async () => {
    const { figures, method } = await run.trust(explanation, { steps: 4, samples: 1 });
    assert.equal(method, 'gradCam');
    assert.deepEqual(
      figures.map(({ name }) => name),
      [
        'hideAndLook',
        'deletionInsertion',
        'averageDrop',
        'complexity',
        'stability',
        'randomization',
      ],
    );
    for (const { sentence, value } of figures) {
      assert.match(sentence, /\d.*\.$/);
      assert.ok(Number.isFinite(value));
    }
    const { figures: one } = await run.trust(explanation, { figures: ['complexity'] });
    assert.equal(one.length, 1);
    assert.equal(one[0].value, await run.complexity(heatmap));
  });

  test('an abort ends each loop between its steps', async () => {
    /** @type {((options: any) => Promise<unknown>)[]} */
    const loops = [
      (options) => run.deletionInsertion(heatmap, options),
      (options) => run.stability({ ...options, samples: 50 }),
      (options) => model.randomization(picture, { ...options, counts: [1, 2, 3] }),
      (options) => run.trust(explanation, { ...options, steps: 2, samples: 1 }),
    ];
    for (const loop of loops) {
      const controller = new AbortController();
      let steps = 0;
      const onProgress = () => (steps++, controller.abort(new Error('enough')));
      await assert.rejects(loop({ signal: controller.signal, onProgress }), /enough/);
      assert.equal(steps, 1);
      await assert.rejects(loop({ signal: AbortSignal.abort(new Error('never')) }), /never/);
    }
    assert.deepEqual((await model.run(picture)).logits, run.logits);
  });

  test('bad options are refused with what is allowed', async () => {
    const any = /** @type {any} */ (run);
    /** @type {[() => Promise<unknown>, string, RegExp][]} */
    const cases = [
      [() => any.deletionInsertion(heatmap, { steps: 0 }), 'INVALID_ARGUMENT', /steps is 0; allow/],
      [() => any.deletionInsertion(heatmap, { steps: '4' }), 'INVALID_ARGUMENT', /steps is "4"/],
      [
        () => any.deletionInsertion(heatmap, { baseline: 'grey' }),
        'INVALID_ARGUMENT',
        /baseline is "grey"; allowed: zero, black, mean, blur, or a picture/,
      ],
      [() => any.deletionInsertion(heatmap, { baseline: {} }), 'INVALID_IMAGE', /./],
      [() => any.deletionInsertion(heatmap, { target: 9999 }), 'INVALID_TARGET', /9999; allowed/],
      [() => any.deletionInsertion(heatmap, { target: [1, 2] }), 'INVALID_TARGET', /\[1, 2\]/],
      [() => any.deletionInsertion(heatmap, { logits: 1 }), 'INVALID_ARGUMENT', /logits is 1/],
      [() => any.deletionInsertion(undefined), 'INVALID_ARGUMENT', /the heat map is undefined/],
      [() => any.deletionInsertion(heatmap, 7), 'INVALID_ARGUMENT', /the options is 7/],
      [() => any.averageDrop(mapOf([2], 1)), 'INVALID_ARGUMENT', /holds 2; allowed: 0 to 1/],
      [() => any.averageDrop({ ...heatmap, width: 1 }), 'INVALID_ARGUMENT', /the heat map is/],
      [() => any.complexity(mapOf([NaN], 1)), 'INVALID_ARGUMENT', /no finite number/],
      [() => any.coherency(heatmap, { layer: 'all' }), 'INVALID_ARGUMENT', /allowed: one layer/],
      [() => any.coherency(heatmap, { layer: 'nothing' }), 'UNKNOWN_LAYER', /nothing/],
      [() => any.coherency(heatmap, { layer: 'dense' }), 'INVALID_LAYER', /dense/],
      [() => any.hideAndLook(heatmap, { share: 0 }), 'INVALID_ARGUMENT', /share is 0; allowed/],
      [() => any.hideAndLook(heatmap, { share: 1 }), 'INVALID_ARGUMENT', /share is 1; allowed/],
      [() => any.stability({ radius: -1 }), 'INVALID_ARGUMENT', /radius is -1/],
      [() => any.stability({ samples: 0 }), 'INVALID_ARGUMENT', /samples is 0/],
      [() => any.stability({ roundings: 0.5 }), 'INVALID_ARGUMENT', /roundings is 0.5/],
      [() => any.stability({ seed: -1 }), 'INVALID_ARGUMENT', /seed is -1/],
      [() => any.stability({ method: 'x' }), 'INVALID_ARGUMENT', /gradCam.*gradient, saliency/],
      [() => any.trust(undefined), 'INVALID_ARGUMENT', /needed: an entry of its targets/],
      [() => any.trust(explanation, { index: 5 }), 'INVALID_ARGUMENT', /index is 5/],
      [() => any.trust(explanation, { figures: [] }), 'INVALID_ARGUMENT', /figures is \[\]/],
      [() => any.trust(explanation, { figures: ['x'] }), 'INVALID_ARGUMENT', /figures is "x"/],
      [
        () => model.randomization(picture, { counts: [0] }),
        'INVALID_ARGUMENT',
        /counts is 0; allowed: whole numbers from 1 to 105/,
      ],
      [
        () => model.randomization(picture, { counts: [] }),
        'INVALID_ARGUMENT',
        /counts is \[\]; allowed: a list/,
      ],
      [
        () => model.randomization(picture, /** @type {any} */ ({ method: 'gradient' })),
        'INVALID_ARGUMENT',
        /method is "gradient"/,
      ],
    ];
    for (const [call, code, message] of cases) {
      await assertFails(call, code, message);
    }
  });

  test('a model that is disposed of in the middle ends each loop', async () => {
    /** @type {((run: any, model: any, onProgress: () => void) => Promise<unknown>)[]} */
    const loops = [
      (run, _, onProgress) => run.deletionInsertion(heatmap, { onProgress }),
      (run, _, onProgress) => run.stability({ samples: 2, onProgress }),
      (_, model, onProgress) => model.randomization(picture, { onProgress }),
      (run, _, onProgress) => run.trust(explanation, { onProgress }),
    ];
    for (const loop of loops) {
      const other = await loadModel(readFileSync(DEFAULT_MODEL));
      const otherRun = await other.run(picture);
      await assertFails(() => loop(otherRun, other, () => other.dispose()), 'DISPOSED');
    }
  });
});
