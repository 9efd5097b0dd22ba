/**
 * What goes into models and comes out of them, against Keras' values: several heads, further
 * inputs, outputs with rows and columns, and grey pictures without an axis for channels.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { main } from '../../web/cli/main.js';
import { init, loadModel } from '../../web/package/index.js';
import { buildModel } from '../../web/package/model/load.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { neededShapes, SHARED, SKIP_SHARED, assertFails, smallModel } from './fixtures.js';

/** @param {string} name */
function read(name) {
  const folder = join(SHARED, 'field/keras', name);
  const expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const [input, ...others] = expected.inputs.map(
    (/** @type {{ data: number[], shape: number[] }} */ { data, shape }) => ({
      data: Float32Array.from(data),
      shape,
    }),
  );
  return { expected, input, others, bytes: readFileSync(join(folder, expected.files[0])) };
}

/**
 * @param {ArrayLike<number>} found
 * @param {number[]} expected
 * @param {number} tolerance
 */
function assertNear(found, expected, tolerance) {
  assert.equal(found.length, expected.length);
  const most = expected.reduce((max, value, i) => Math.max(max, Math.abs(value - found[i])), 0);
  assert.ok(most <= tolerance, `off by ${most}`);
}

/**
 * @param {import('gradcam-wasm').Run} run
 * @param {any} expected
 * @param {number} [head]
 */
async function assertMaps(run, { maps, tolerance }, head = 0) {
  for (const { layer, target, of, output, map } of maps) {
    if (output !== head) continue;
    const { targets } = await run.explain({ targets: target, layer, logits: of === 'logit' });
    assertNear(targets[0].heatmap.data, map, tolerance);
    assert.equal(targets[0].diagnosis, null, `${layer}: ${targets[0].diagnosis?.message}`);
  }
}

describe('a model with two heads', { skip: SKIP_SHARED }, () => {
  const { expected, input, bytes } = SKIP_SHARED ? /** @type {any} */ ({}) : read('two_heads');

  test('opens with the head that gives classes', async () => {
    const model = await loadModel(bytes);
    assert.deepEqual(
      model.heads.map(({ name, shape, classCount }) => [name, shape, classCount]),
      [
        ['gender', [null, 2], 2],
        ['age', [null, 1], 1],
      ],
    );
    assert.equal(model.head, model.heads[0]);
    const run = await model.run(input);
    assertNear(run.predictions, expected.outputs[0].values, 1e-4);
    assert.equal(run.scores, run.predictions);
    await assertMaps(run, expected);
  });

  for (const head of ['age', 1]) {
    test(`opens with head ${head}`, async () => {
      const model = await loadModel(bytes, { head });
      assert.equal(model.head, model.heads[1]);
      assert.equal(model.classCount, 1);
      const run = await model.run(input);
      assertNear(run.predictions, expected.outputs[1].values, 1e-4);
      await assertMaps(run, expected, 1);
    });
  }

  for (const head of ['none', 2, -1, 0.5, null]) {
    test(`refuses head ${head}`, () =>
      assertFails(
        () => loadModel(bytes, { head: /** @type {any} */ (head) }),
        'INVALID_ARGUMENT',
        /head is .*allowed: gender, age, or an index from 0 to 1/,
      ));
  }
});

describe('a model that takes a picture and a table', { skip: SKIP_SHARED }, () => {
  const { expected, input, others, bytes } = SKIP_SHARED
    ? /** @type {any} */ ({})
    : read('image_and_table');

  test('says what it takes', async () => {
    const model = await loadModel(bytes);
    assert.deepEqual(model.inputs, [{ name: 'table', shape: [null, 5] }]);
    assert.deepEqual(model.inputShape, [null, 16, 16, 3]);
  });

  test('takes numbers, arrays and tensors', async () => {
    const model = await loadModel(bytes);
    const { data, shape } = others[0];
    for (const table of [data, [...data], { data, shape }]) {
      const run = await model.run(input, { inputs: { table } });
      assertNear(run.predictions, expected.predictions, 1e-4);
      await assertMaps(run, expected);
    }
  });

  test('keeps the values of a run', async () => {
    const model = await loadModel(bytes);
    const table = Float32Array.from(others[0].data);
    const first = await model.run(input, { inputs: { table } });
    table.fill(9);
    const second = await model.run(input, { inputs: { table } });
    assert.notDeepEqual(first.predictions, second.predictions);
    await assertMaps(first, expected);
  });

  test('refuses wrong values', async () => {
    const model = await loadModel(bytes);
    const refuse = (
      /** @type {any} */ inputs,
      /** @type {RegExp} */ message,
      /** @type {'INVALID_ARGUMENT' | 'INVALID_INPUT'} */ code = 'INVALID_ARGUMENT',
    ) => assertFails(() => model.run(input, { inputs }), code, message);
    await refuse(undefined, /missing: table of shape \(batch, 5\)/);
    await refuse({}, /missing: table/);
    await refuse({ table: [1, 2, 3, 4, 5], tables: [1] }, /"tables"; its further inputs: table/);
    await refuse({ table: [1, 2] }, /takes 5 values, not 2/);
    await refuse({ table: 1 }, /takes 5 values, not 1/);
    await refuse({ table: [1, 2, 3, 4, NaN] }, /NaN at index 4: no finite number/, 'INVALID_INPUT');
    await refuse({ table: 'five' }, /table of shape .* is "five"; allowed: numbers/);
    await refuse({ table: { data: new Float32Array(5), shape: [5] } }, /allowed: numbers/);
    await refuse([1], /inputs is \[1\]; allowed: an object/);
  });
});

test('a model of a picture alone refuses further inputs', async () => {
  const model = await smallModel([['Flatten', { name: 'flat' }]]);
  const input = { data: new Float32Array(48), shape: [1, 4, 4, 3] };
  await assertFails(
    () => model.run(input, { inputs: { table: 1 } }),
    'INVALID_ARGUMENT',
    /no further input "table"; its further inputs: none besides the picture/,
  );
});

describe('a model for segmentation', { skip: SKIP_SHARED }, () => {
  const { expected, input, bytes } = SKIP_SHARED ? /** @type {any} */ ({}) : read('segmentation');

  test('has a class for each channel', async () => {
    const model = await loadModel(bytes, { labels: ['ground', 'plant', 'sky'] });
    assert.equal(model.classCount, 3);
    const run = await model.run(input);
    assertNear(run.predictions, expected.predictions, 1e-4);
    const means = [0, 1, 2].map((c) => {
      const values = expected.predictions.filter(
        (/** @type {number} */ _, /** @type {number} */ i) => i % 3 === c,
      );
      return values.reduce((/** @type {number} */ sum, /** @type {number} */ v) => sum + v) / 256;
    });
    assertNear(run.scores, means, 1e-5);
    const [best] = run.decodePredictions({ top: 1 });
    assert.equal(best.score, Math.max(...run.scores));
    const { targets } = await run.explain();
    assert.equal(targets[0].label, best.label);
    assert.equal(targets[0].score, best.score);
    assert.equal(targets[0].proba, best.score);
    assert.equal(run.logits.length, 3);
  });

  test('explains the sum of a class', async () => {
    const model = await loadModel(bytes);
    const run = await model.run(input);
    for (const { layer, target, raw_min, raw_max, map } of expected.maps) {
      const { targets } = await run.explain({ layer, targets: target });
      assertNear(targets[0].heatmap.data, map, expected.tolerance);
      assertNear([targets[0].rawMin, targets[0].rawMax], [raw_min, raw_max], 1e-4);
    }
  });

  test('refuses a class for each value', async () => {
    const run = await (await loadModel(bytes)).run(input);
    await assertFails(() => run.explain({ targets: 3 }), 'INVALID_TARGET', /from 0 to 2/);
  });
});

describe('one channel with positions', () => {
  /** @type {import('./fixtures.js').SmallLayer} */
  const layer = [
    'Conv2D',
    { name: 'c', filters: 1, kernel_size: [1, 1], activation: 'sigmoid' },
    { kernel: [0.01, 0.02, -0.01], bias: [-1] },
  ];
  const data = Float32Array.from({ length: 48 }, (_, i) => (i * 7) % 50);
  const input = { data, shape: [1, 4, 4, 3] };

  test('is one class', async () => {
    const run = await (await smallModel([layer])).run(input);
    assert.equal(run.predictions.length, 16);
    assertNear(run.scores, [run.predictions.reduce((sum, p) => sum + p) / 16], 1e-6);
  });

  test('is two classes with binary', async () => {
    const model = await smallModel([layer], { binary: true });
    const run = await model.run(input);
    const mean = run.predictions.reduce((sum, p) => sum + p) / 16;
    assert.equal(run.predictions.length, 16);
    assertNear(run.scores, [1 - mean, mean], 1e-6);
    assert.equal(run.logits[0], -run.logits[1]);
    const [no, yes] = (await run.explain({ targets: [0, 1], layer: 'c' })).targets;
    assert.equal(no.rawMax, -yes.rawMin);
    assert.equal(no.score, run.scores[0]);
  });
});

describe('a grey picture without an axis for channels', { skip: SKIP_SHARED }, () => {
  test('has the maps of Keras', async () => {
    const { expected, input, bytes } = read('mnist_rank2');
    const model = await loadModel(bytes);
    assert.deepEqual(model.inputShape, [null, 28, 28]);
    for (const shape of [input.shape, [1, 28, 28, 1]]) {
      const run = await model.run({ ...input, shape });
      assertNear(run.predictions, expected.predictions, 1e-4);
      await assertMaps(run, expected);
    }
    await assertFails(() => model.run({ ...input, shape: [1, 784] }), 'INVALID_IMAGE', /28/);
  });

  test('is read from a file', async () => {
    const folder = join(SHARED, 'field/reports/06-no-channel-axis');
    const { files } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const [[name, { scores }]] = Object.entries(files);
    const model = await loadModel(readFileSync(join(folder, name)));
    const run = await model.run(readFileSync(join(folder, 'picture.png')));
    assertNear(run.predictions, scores, 1e-4);
  });
});

test('a list of values that becomes a picture is one', async () => {
  const reshape = ['Reshape', { name: 'to', target_shape: [4, 6, 1] }];
  const rescale = ['Rescaling', { name: 'scale', scale: 1 / 255, offset: 0 }];
  const layers = /** @type {import('./fixtures.js').SmallLayer[]} */ ([rescale, reshape]);
  const model = await smallModel(layers, { inputShape: [24], preprocessing: undefined });
  assert.deepEqual(model.inputShape, [null, 24]);
  assert.equal(model.preprocessingReason, 'layers');
  const run = await model.run({ data: new Float32Array(24).fill(51), shape: [1, 24] });
  assert.equal(run.picture.width, 6);
  assertNear(run.scores, [0.2], 1e-6);
});

test('further inputs say nothing of the pixels', { skip: SKIP_SHARED }, async () => {
  const { bytes } = read('image_and_table');
  assert.equal((await loadModel(bytes)).preprocessingReason, 'guess');
});

/**
 * A model of two pictures with two heads. The convolution `shared` is called on both pictures, and
 * `alone` on the first one. The head `one` reads `shared`, the head `two` reads `alone`.
 * @param {import('gradcam-wasm').LoadOptions} [options]
 */
async function twoPictures(options) {
  const layer = (
    /** @type {string} */ type,
    /** @type {Record<string, unknown>} */ config,
    /** @type {string[][]} */ calls,
  ) => ({
    class_name: type,
    name: config.name,
    config,
    inbound_nodes: calls.map((inputs) =>
      inputs.map((input) => {
        const [from, call = 0] = input.split('@');
        return [from, Number(call), 0, {}];
      }),
    ),
  });
  const conv = (/** @type {string} */ name, /** @type {string[][]} */ calls) =>
    layer('Conv2D', { name, filters: 2, kernel_size: [1, 1] }, calls);
  const dense = (/** @type {string} */ name, /** @type {string} */ from) =>
    layer('Dense', { name, units: 2, activation: 'softmax' }, [[from]]);
  const input = (/** @type {string} */ name) =>
    layer('InputLayer', { name, batch_input_shape: [null, 4, 4, 3] }, []);
  const pool = (/** @type {string} */ name, /** @type {string} */ from) =>
    layer('GlobalAveragePooling2D', { name }, [[from]]);
  const layers = [
    input('first'),
    input('second'),
    conv('alone', [['first']]),
    conv('shared', [['first'], ['second']]),
    pool('a', 'shared'),
    pool('b', 'shared@1'),
    pool('c', 'alone'),
    layer('Concatenate', { name: 'both' }, [['a', 'b']]),
    dense('one', 'both'),
    dense('two', 'c'),
  ];
  const ends = {
    input_layers: [
      ['first', 0, 0],
      ['second', 0, 0],
    ],
    output_layers: { left: ['one', 0, 0], right: ['two', 0, 0] },
  };
  const config = { class_name: 'Functional', config: { name: 'pair', layers, ...ends } };
  const sizes = { alone: [6, 2], shared: [6, 2], one: [8, 2], two: [4, 2] };
  const engine = await init();
  const json = JSON.stringify(config);
  const weights = Object.entries(sizes).flatMap(([name, counts]) =>
    counts.map((size, i) => {
      const path = `${name}/${i === 0 ? 'kernel' : 'bias'}`;
      const read = () => Float32Array.from({ length: size }, (_, k) => ((k * 5 + i) % 7) / 7 - 0.4);
      return { name: path, shape: neededShapes(engine, json, [path])[0], size, read };
    }),
  );
  const container = { config: json, weights };
  return buildModel(engine, container, { preprocessing: 'none', ...options });
}

describe('two pictures and two heads', () => {
  const picture = (/** @type {number} */ step) => ({
    data: Float32Array.from({ length: 48 }, (_, i) => ((i * step) % 11) / 11),
    shape: [1, 4, 4, 3],
  });

  test('heads have the keys of the dictionary', async () => {
    const model = await twoPictures({ head: 'right' });
    assert.deepEqual(
      model.heads.map(({ name }) => name),
      ['left', 'right'],
    );
    assert.deepEqual(model.inputs, [{ name: 'second', shape: [null, 4, 4, 3] }]);
  });

  test('the second picture is a tensor and changes the scores', async () => {
    const model = await twoPictures();
    const [a, b] = [picture(5), picture(3)];
    const run = await model.run(a, { inputs: { second: b } });
    const other = await model.run(a, { inputs: { second: a } });
    assert.notDeepEqual(run.scores, other.scores);
    const { targets } = await run.explain({ targets: 0, layer: ['shared', 'shared@1'] });
    assert.notDeepEqual(targets[0].heatmap.data, targets[1].heatmap.data);
    await assertFails(
      () => model.run(a, { inputs: { second: { ...b, shape: [4, 4, 3] } } }),
      'INVALID_ARGUMENT',
      /allowed: .*shape: \[1, 4, 4, 3\]/,
    );
  });

  for (const [head, own, other] of [
    ['left', 'shared', 'alone'],
    ['right', 'alone', 'shared@1'],
  ]) {
    test(`the default layer of the head ${head} lies between it and the picture`, async () => {
      const model = await twoPictures({ head });
      const run = await model.run(picture(5), { inputs: { second: picture(3) } });
      assert.equal((await run.explain()).targets[0].layer, own);
      const { targets } = await run.explain({ layer: other, targets: 0 });
      assert.ok(targets[0].heatmap.data.every((value) => value === 0));
      assert.equal(targets[0].diagnosis?.code, 'ZERO_GRADIENT');
      assert.match(String(targets[0].diagnosis?.message), /leads to another output/);
    });
  }
});

describe('the command line', { skip: SKIP_SHARED }, () => {
  const model = (/** @type {string} */ name) => join(SHARED, 'field/keras', name, 'model.keras');
  const picture = join(SHARED, 'field/reports/06-no-channel-axis/picture.png');
  const predict = async (/** @type {string} */ name, /** @type {string[]} */ ...options) => {
    const result = await main(['predict', model(name), picture, '--json', ...options]);
    const json = result.status === 0 ? JSON.parse(result.output) : undefined;
    return { ...result, json };
  };

  test('says which head it chose', async () => {
    const { error, json } = await predict('two_heads');
    assert.equal(error, 'gradcam-wasm: explains the output gender; --head gives another (age)\n');
    assert.equal(json.head, 'gender');
  });

  test('takes a head', async () => {
    for (const head of ['age', '1']) {
      const { error, json } = await predict('two_heads', '--head', head);
      assert.equal(error, '');
      assert.equal(json.head, 'age');
      assert.equal(json.predictions.length, 1);
    }
    assert.match((await predict('two_heads', '--head', 'x')).error, /head is "x"; allowed: gender/);
  });

  test('takes further inputs, from a file too', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'inputs-')), 'table.json');
    writeFileSync(file, '[[0, 0.25, 0.5, 0.75, 1]]');
    const given = ['table=0,0.25,0.5,0.75,1', `table=@${file}`];
    const [a, b] = await Promise.all(
      given.map((text) => predict('image_and_table', '--input', text)),
    );
    assert.equal(a.json.predictions.length, 2);
    assert.deepEqual(a.json, b.json);
    assert.match((await predict('image_and_table')).error, /missing: table of shape/);
  });

  test('refuses other inputs', async () => {
    for (const [text, message] of [
      ['table', /--input is "table"; allowed: NAME=1,2,3/],
      ['table=1,two', /--input table holds no numbers/],
    ]) {
      const { status, error } = await predict('image_and_table', '--input', String(text));
      assert.equal(status, 2);
      assert.match(error, /** @type {RegExp} */ (message));
    }
  });

  test('gives the scores of a segmentation', async () => {
    const { json } = await predict('segmentation');
    assert.equal(json.scores.length, 3);
    assert.equal(json.predictions.length, 768);
  });
});

describe('in a worker', { skip: SKIP_SHARED }, () => {
  /** A thread of Node that looks like a browser's worker. */
  const start = () => {
    const thread = new Worker(new URL('./worker-thread.js', import.meta.url));
    return {
      postMessage: (/** @type {any} */ message) => thread.postMessage(message),
      terminate: () => void thread.terminate(),
      addEventListener: (/** @type {string} */ type, /** @type {Function} */ listener) =>
        thread.on(type, (value) => listener(type === 'message' ? { data: value } : value)),
    };
  };

  test('heads, further inputs, scores and grey pictures are the same', async (t) => {
    const session = new WorkerSession(start);
    t.after(() => session.terminate());
    for (const [name, load] of /** @type {const} */ ([
      ['two_heads', { head: 'age' }],
      ['image_and_table', {}],
      ['segmentation', {}],
      ['mnist_rank2', {}],
    ])) {
      const { input, others, bytes } = read(name);
      const inputs = others.length > 0 ? { table: others[0].data } : undefined;
      const [here, there] = [await loadModel(bytes, load), await session.loadModel(bytes, load)];
      assert.deepEqual(there.heads, here.heads);
      assert.equal(there.head, there.heads[here.heads.indexOf(here.head)]);
      assert.deepEqual(there.inputs, here.inputs);
      const [run, remote] = [await here.run(input, { inputs }), await there.run(input, { inputs })];
      // A second run takes the place of the first, which is then made again.
      await there.run(input, { inputs });
      assert.deepEqual(remote.predictions, run.predictions);
      assert.deepEqual(remote.scores, run.scores);
      const [expected, found] = [await run.explain(), await remote.explain()];
      assert.deepEqual(found.targets, expected.targets);
    }
  });
});
