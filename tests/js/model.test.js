/** Loading, running and explaining a model in Node, with every kind of wrong input. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  explainPrediction,
  formatAsImage,
  init,
  loadModel,
  showPrediction,
} from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, assertFails } from './fixtures.js';

const LABELS = Array.from({ length: 19 }, (_, i) => `breed ${i}`);
const LAST_LAYER = 'mobilenetv2_1.00_160/out_relu';

/** @type {import('gradcam-wasm').Model} */
let model;
/** @type {Uint8Array} */
let picture;

before(async () => {
  model = await loadModel(readFileSync(DEFAULT_MODEL), { labels: LABELS });
  picture = readFileSync(DOG_PICTURE);
});
after(() => model.dispose());

/**
 * A wrong call fails as it should, and the model still works.
 * @param {() => unknown} call
 * @param {string} code
 * @param {RegExp} message
 */
async function assertRefused(call, code, message) {
  await assertFails(call, code, message);
  const run = await model.run(picture);
  const sum = run.predictions.reduce((total, score) => total + score, 0);
  assert.ok(Math.abs(sum - 1) < 1e-5);
}

describe('a model', () => {
  test('says what it is', () => {
    assert.equal(model.name, 'functional');
    assert.deepEqual(model.inputShape, [null, 160, 160, 3]);
    assert.equal(model.classCount, 19);
    assert.equal(model.preprocessing, 'tf');
    assert.ok(model.memory > 2282323 * 4);
  });

  test('lists its layers, those of a nested model too', () => {
    const names = model.layers.map(({ name }) => name);
    assert.equal(names[0], 'input_layer_1');
    assert.equal(names.at(-1), 'dense');
    assert.deepEqual(
      model.layers.find(({ name }) => name === 'mobilenetv2_1.00_160/Conv1'),
      {
        name: 'mobilenetv2_1.00_160/Conv1',
        type: 'Conv2D',
        outputShape: [null, 80, 80, 32],
        dataFormat: 'channels_last',
        params: 864,
      },
    );
    assert.deepEqual(model.layers.at(-1)?.outputShape, [null, 19]);
    assert.equal(model.layers.at(-1)?.params, 1280 * 19 + 19);
  });

  test('is read from an address, a File and bytes, with progress', async () => {
    const bytes = readFileSync(DEFAULT_MODEL);
    const sources = [
      pathToFileURL(DEFAULT_MODEL),
      pathToFileURL(DEFAULT_MODEL).href,
      new File([bytes], 'model.h5'),
      new Uint8Array(bytes).buffer,
    ];
    for (const source of sources) {
      /** @type {import('gradcam-wasm').Progress[]} */
      const reports = [];
      const other = await loadModel(source, { onProgress: (report) => reports.push(report) });
      assert.equal(other.classCount, 19);
      other.dispose();
      assert.deepEqual(
        new Set(reports.map(({ phase }) => phase)),
        new Set([...(source instanceof File ? ['fetch'] : []), 'weights', 'plan']),
      );
      const last = reports.filter(({ phase }) => phase === 'weights').at(-1);
      assert.deepEqual(last, { phase: 'weights', loaded: 2282323, total: 2282323 });
    }
  });

  test('progress goes from nothing to everything, and never back', async () => {
    const file = new File([readFileSync(DEFAULT_MODEL)], 'model.h5');
    /** @type {Map<string, { loaded: number, total: number }>} */
    const last = new Map();
    const onProgress = (/** @type {import('gradcam-wasm').Progress} */ report) => {
      const { phase, loaded, total } = report;
      const before = last.get(phase) ?? { loaded: 0, total };
      assert.ok(loaded >= before.loaded && loaded <= total, JSON.stringify(report));
      assert.equal(total, before.total);
      last.set(phase, { loaded, total });
    };
    (await loadModel(file, { onProgress })).dispose();
    assert.deepEqual([...last.keys()], ['fetch', 'weights', 'plan']);
    for (const { loaded, total } of last.values()) assert.equal(loaded, total);
    assert.deepEqual(last.get('weights'), { loaded: 2282323, total: 2282323 });
  });

  test('events get through while a model is loaded', async () => {
    const file = new Uint8Array(readFileSync(DEFAULT_MODEL));
    let events = 0;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (events++, port2.postMessage(0));
    port2.postMessage(0);
    // A load is so short that it may not pause at all.
    for (let i = 0; i < 200 && events === 0; i++) (await loadModel(file)).dispose();
    port1.close();
    assert.ok(events > 0);
  });

  test('calls in parallel give what they give one after another', async () => {
    const black = { data: new Uint8Array(160 * 160 * 4), width: 160, height: 160 };
    const explain = async (/** @type {any} */ image, /** @type {number} */ target) =>
      (await explainPrediction(model, image, { targets: target, layer: 'block_9_expand' })).targets;
    const jobs = [picture, black, picture, black].map(
      (image, target) => () => explain(image, target),
    );
    const expected = [];
    for (const job of jobs) expected.push(await job());
    assert.deepEqual(await Promise.all(jobs.map((job) => job())), expected);
    assert.notDeepEqual(expected[0][0].heatmap, expected[1][0].heatmap);
  });

  test('two at once keep apart', async () => {
    const other = await loadModel(readFileSync(DEFAULT_MODEL), { preprocessing: 'none' });
    const runs = await Promise.all([model.run(picture), other.run(picture), model.run(picture)]);
    assert.deepEqual(runs[0].predictions, runs[2].predictions);
    assert.notDeepEqual(runs[0].predictions, runs[1].predictions);
    other.dispose();
  });
});

/** One more than a call of the engine takes. */
const NINE = [3, 0, 1, 2, 4, 5, 18, 7, 8];

describe('a run', () => {
  test('has predictions and their names', async () => {
    const run = await model.run(picture);
    assert.equal(run.predictions.length, 19);
    assert.equal(run.logits.length, 19);
    const top = run.decodePredictions({ top: 3 });
    assert.equal(top.length, 3);
    assert.equal(top[0].score, Math.max(...run.predictions));
    assert.equal(top[0].label, `breed ${top[0].index}`);
    assert.ok(top[0].score >= top[1].score && top[1].score >= top[2].score);
    assert.equal(run.decodePredictions().length, 5);
    assert.equal(run.decodePredictions({ top: 100 }).length, 19);
  });

  test('explains the top class at the last layer if nothing is asked', async () => {
    const run = await model.run(picture);
    const { modelName, method, description, targets, image } = await run.explain();
    assert.equal(modelName, 'functional');
    assert.equal(method, 'Grad-CAM');
    assert.ok(description.length > 100);
    assert.equal(targets.length, 1);
    const [entry] = targets;
    const [top] = run.decodePredictions({ top: 1 });
    assert.equal(entry.target, top.index);
    assert.equal(entry.score, top.score);
    assert.equal(entry.proba, top.score);
    assert.equal(entry.label, top.label);
    assert.equal(entry.layer, LAST_LAYER);
    assert.deepEqual([entry.heatmap.width, entry.heatmap.height], [5, 5]);
    assert.ok(Math.abs(Math.max(...entry.heatmap.data) - 1) < 1e-3);
    assert.ok(entry.rawMax > 0 && entry.rawMin <= entry.rawMax);
    assert.deepEqual([image.width, image.height], [160, 160]);
  });

  test('explains several classes at several layers, classes first', async () => {
    const run = await model.run(picture);
    const { targets } = await run.explain({ targets: [11, 0], layer: ['Conv1', 'out_relu'] });
    assert.deepEqual(
      targets.map(({ target, layer }) => [target, layer]),
      [11, 0].flatMap((target) =>
        ['mobilenetv2_1.00_160/Conv1', LAST_LAYER].map((layer) => [target, layer]),
      ),
    );
    const [single] = (await run.explain({ targets: 0, layer: 'Conv1' })).targets;
    assert.deepEqual(single, targets[2]);
  });

  test('explains more classes than go back together as it explains each alone', async () => {
    const run = await model.run(picture);
    const layer = ['block_2_expand', 'block_9_expand', LAST_LAYER];
    const { targets } = await run.explain({ targets: NINE, layer });
    const alone = [];
    for (const target of NINE)
      alone.push(...(await run.explain({ targets: target, layer })).targets);
    assert.deepEqual(targets, alone);
  });

  test('takes a layer by name, path, index and entry', async () => {
    const run = await model.run(picture);
    const index = model.layers.findIndex(({ name }) => name === LAST_LAYER);
    const choices = [
      'out_relu',
      LAST_LAYER,
      index,
      index - model.layers.length,
      model.layers[index],
    ];
    for (const layer of choices) {
      const { targets } = await run.explain({ layer });
      assert.equal(targets[0].layer, LAST_LAYER);
    }
  });

  test('explains every layer with rows and columns in one call', async () => {
    const run = await model.run(picture);
    const { targets } = await run.explain({ layer: 'all' });
    const layers = model.layers.filter(({ outputShape }) => outputShape.length === 4);
    assert.deepEqual(
      targets.map(({ layer, heatmap }) => [layer, heatmap.height, heatmap.width]),
      layers.map(({ name, outputShape }) => [name, outputShape[1], outputShape[2]]),
    );
  });

  test('explains the logit', async () => {
    const run = await model.run(picture);
    const [entry] = (await run.explain({ targets: 3, logits: true })).targets;
    assert.equal(entry.score, run.logits[3]);
    assert.equal(entry.proba, run.predictions[3]);
    const [score] = (await run.explain({ targets: 3 })).targets;
    assert.notEqual(entry.rawMax, score.rawMax);
  });

  test('stays what it is when others come between', async () => {
    const first = await model.run(picture);
    const before = await first.explain({ layer: 'Conv1' });
    const black = new Uint8Array(160 * 160 * 4);
    const second = await model.run({ data: black, width: 160, height: 160 });
    const [after, other] = await Promise.all([
      first.explain({ layer: 'Conv1' }),
      second.explain({ layer: 'Conv1' }),
    ]);
    assert.deepEqual(after, before);
    assert.notDeepEqual(other.targets[0].heatmap, before.targets[0].heatmap);
  });

  test('takes pixels, a tensor and a picture to draw on', async () => {
    const width = 160;
    const data = Uint8Array.from({ length: width * width * 4 }, (_, i) => (i * 7) % 256);
    const fromPixels = await model.run({ data, width, height: width });
    assert.equal(fromPixels.picture.data[3], 255, 'transparency is dropped');
    const shape = [1, width, width, 3];
    const tensor = { data: fromPixels.input.data, shape };
    const fromTensor = await model.run(tensor);
    assert.deepEqual(fromTensor.predictions, fromPixels.predictions);
    // The bytes above reach from 0 to 255, so the tensor stretched to that is the picture again,
    // within the rounding of x / 127.5 - 1.
    fromTensor.picture.data.forEach((value, i) =>
      assert.ok(Math.abs(value - fromPixels.picture.data[i]) <= 1),
    );
    const run = await model.run(tensor, { image: picture });
    assert.deepEqual([run.picture.width, run.picture.height], [768, 576]);
    const overlay = formatAsImage(await run.explain());
    assert.deepEqual([overlay.width, overlay.height], [768, 576]);
  });

  test('comes in one call too', async () => {
    const explanation = await explainPrediction(model, picture, { targets: [1], layer: 'Conv_1' });
    assert.equal(explanation.targets[0].layer, 'mobilenetv2_1.00_160/Conv_1');
    const options = { targets: [1], layer: 'Conv_1' };
    const small = await showPrediction(model, picture, { ...options, image: 'input' });
    assert.deepEqual(small, formatAsImage(explanation));
    const { width, height } = await showPrediction(model, picture, options);
    assert.deepEqual([width, height], [768, 576]);
  });
});

describe('wrong input', () => {
  test('a model that is none', async () => {
    await assertRefused(() => loadModel('file:///none.h5'), 'FETCH_FAILED', /none\.h5/);
    await assertRefused(() => loadModel(picture), 'INVALID_MODEL', /it is a picture \(JPEG/);
    const source = /** @type {any} */ ({ some: 'thing' });
    await assertRefused(() => loadModel(source), 'INVALID_SOURCE', /allowed: an address/);
    await assertRefused(() => loadModel(new Uint8Array()), 'INVALID_MODEL', /empty/);
  });

  test('a model that is cut off', async () => {
    const bytes = readFileSync(DEFAULT_MODEL);
    const half = bytes.subarray(0, bytes.length / 2);
    await assertRefused(() => loadModel(half), 'INVALID_MODEL', /cut off: \d+ of \d+ bytes/);
  });

  test('options of loadModel', async () => {
    const bytes = readFileSync(DEFAULT_MODEL);
    /** @type {[options: any, message: RegExp][]} */
    const wrong = [
      [{ labels: ['one'] }, /1 labels; the model has 19/],
      [{ labels: 'one' }, /labels is "one"/],
      [{ preprocessing: 'tensorflow' }, /allowed: none, unit, tf, torch, caffe/],
      [{ preprocessing: { offset: 1 } }, /scale undefined/],
      [{ preprocessing: { scale: [1, 2], offset: 0 } }, /scale \[1, 2\]/],
      [{ inputSize: [0, 160] }, /inputSize is \[0, 160\]/],
      [{ inputSize: [224, 224] }, /160/],
    ];
    for (const [options, message] of wrong) {
      await assertRefused(() => loadModel(bytes, options), 'INVALID_ARGUMENT', message);
    }
  });

  test('layers', async () => {
    const run = await model.run(picture);
    const count = model.layers.length;
    /** @type {[layer: any, code: string, message: RegExp][]} */
    const wrong = [
      ['out_rely', 'UNKNOWN_LAYER', /out_relu/],
      [count, 'UNKNOWN_LAYER', new RegExp(`allowed: -${count} to ${count - 1}`)],
      [0.5, 'UNKNOWN_LAYER', /0\.5/],
      ['dense', 'INVALID_LAYER', /dense/],
      [['out_relu', 'dense'], 'INVALID_LAYER', /dense/],
      [[], 'INVALID_ARGUMENT', /empty/],
      [true, 'INVALID_ARGUMENT', /layer is true/],
    ];
    for (const [layer, code, message] of wrong) {
      await assertRefused(() => run.explain({ layer }), code, message);
    }
  });

  test('targets', async () => {
    const run = await model.run(picture);
    for (const targets of [19, -1, 1.5, NaN, [0, 19], [[1]], {}]) {
      const call = () => run.explain({ targets: /** @type {any} */ (targets) });
      await assertRefused(call, 'INVALID_TARGET', /allowed: whole numbers from 0 to 18/);
    }
    await assertRefused(() => run.explain({ targets: 'cat' }), 'INVALID_TARGET', /model\.labels/);
    await assertRefused(() => run.explain({ targets: [] }), 'INVALID_TARGET', /empty/);
    const top = /** @type {any} */ ('all');
    await assertRefused(() => run.decodePredictions({ top }), 'INVALID_ARGUMENT', /top is "all"/);
  });

  test('pictures', async () => {
    const data = new Uint8Array(16);
    /** @type {[image: any, message: RegExp][]} */
    const wrong = [
      [undefined, /allowed: an address, ImageData/],
      [7, /the picture is 7/],
      [{}, /Object/],
      [new Uint8Array(), /./],
      [Buffer.from('this is not a picture'), /./],
      [picture.subarray(0, 100), /./],
      [{ data, width: 0, height: 0 }, /width 0, height 0/],
      [{ data, width: 2.5, height: 2 }, /2\.5/],
      [{ data, width: 3, height: 3 }, /16 bytes; RGBA of width 3, height 3 needs 36/],
      [{ data: [1, 2, 3, 4], width: 1, height: 1 }, /Uint8ClampedArray/],
      [{ data: new Float32Array(3), shape: [1, 1, 1, 3] }, /\[1, 160, 160, 3\]/],
      [{ data: new Float32Array(3), shape: [1, 160, 160, 3] }, /76800 values/],
      [{ data: 'x', shape: [1, 160, 160, 3] }, /Float32Array/],
      [{ shape: 7 }, /shape 7/],
    ];
    for (const [image, message] of wrong) {
      await assertRefused(() => model.run(image), 'INVALID_IMAGE', message);
    }
    const wide = { data: new Uint8Array(40000 * 4), width: 40000, height: 1 };
    await assertRefused(() => model.run(wide), 'TOO_LARGE', /40000/);
    const image = /** @type {any} */ (7);
    await assertRefused(() => model.run(picture, { image }), 'INVALID_IMAGE', /the picture is 7/);
    const interpolation = /** @type {any} */ ('cubic');
    const call = () => model.run(picture, { interpolation });
    await assertRefused(
      call,
      'INVALID_ARGUMENT',
      /nearest, box, bilinear, hamming, bicubic, lanczos/,
    );
  });
});

describe('dispose', () => {
  test('ends every call, and may be called again', async () => {
    const other = await loadModel(readFileSync(DEFAULT_MODEL));
    const run = await other.run(picture);
    other.dispose();
    other.dispose();
    await assertFails(() => other.run(picture), 'DISPOSED');
    await assertFails(() => run.explain(), 'DISPOSED');
    assert.equal(run.predictions.length, 19);
    assert.match(other.summary(), /2,282,323/);
  });

  test('while a call waits for its picture', async () => {
    const other = await loadModel(readFileSync(DEFAULT_MODEL));
    const pending = other.run(new Blob([new Uint8Array(picture)]));
    other.dispose();
    await assertFails(() => pending, 'DISPOSED');
  });

  test('between the targets of a call', async () => {
    const other = await loadModel(readFileSync(DEFAULT_MODEL));
    const run = await other.run(picture);
    const { signal } = new AbortController();
    const pending = run.explain({ targets: NINE, signal });
    other.dispose();
    await assertFails(() => pending, 'DISPOSED');
  });

  test('at the end of a block', async () => {
    const other = await loadModel(readFileSync(DEFAULT_MODEL));
    other[Symbol.dispose]();
    await assertFails(() => other.run(picture), 'DISPOSED');
  });

  test('gives the memory back', async () => {
    const bytes = readFileSync(DEFAULT_MODEL);
    const engine = await init();
    // The last model would take all memory with it.
    const kept = await loadModel(bytes);
    (await loadModel(bytes)).dispose();
    const size = engine.memorySize;
    for (let i = 0; i < 5; i++) {
      (await loadModel(bytes)).dispose();
      await assertFails(() => loadModel(bytes, { labels: [] }), 'INVALID_ARGUMENT', /0 labels/);
    }
    assert.equal(engine.memorySize, size);
    kept.dispose();
  });
});

describe('abort', () => {
  const reason = new Error('not needed any more');

  test('before the call', async () => {
    const signal = AbortSignal.abort(reason);
    await assert.rejects(loadModel(readFileSync(DEFAULT_MODEL), { signal }), reason);
    await assert.rejects(model.run(picture, { signal }), reason);
    const run = await model.run(picture);
    await assert.rejects(run.explain({ signal }), reason);
  });

  test('while a model loads', async () => {
    const controller = new AbortController();
    const file = new File([readFileSync(DEFAULT_MODEL)], 'model.h5');
    const onProgress = () => controller.abort(reason);
    await assert.rejects(loadModel(file, { signal: controller.signal, onProgress }), reason);
  });

  test('between targets', async () => {
    const run = await model.run(picture);
    const controller = new AbortController();
    const { signal } = controller;
    const pending = [
      run.explain({ targets: NINE, signal }),
      run.explain({ targets: [0, 1], layer: 'Conv1', signal }), // too large to go together
    ];
    controller.abort(reason);
    for (const explanation of pending) await assert.rejects(explanation, reason);
    assert.equal((await run.explain({ targets: [0, 1] })).targets.length, 2);
  });
});
