/** The worker front end, in a thread of Node: the same calls, and what an abort does. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  arrayToImage,
  explainPrediction,
  formatAsImage,
  imageToArray,
  loadImage,
  loadModel,
} from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, assertFails } from './fixtures.js';

let started = 0;

/** A thread of Node that looks like a browser's worker from both sides. */
function startThread() {
  started++;
  const thread = new Worker(new URL('./worker-thread.js', import.meta.url));
  return {
    postMessage: thread.postMessage.bind(thread),
    terminate: () => void thread.terminate(),
    addEventListener: (/** @type {string} */ type, /** @type {Function} */ listener) =>
      thread.on(type, (value) => listener(type === 'message' ? { data: value } : value)),
  };
}

const session = new WorkerSession(startThread);
const bytes = readFileSync(DEFAULT_MODEL);
const picture = readFileSync(DOG_PICTURE);
/** @type {import('gradcam-wasm/worker').Model} */
let model;

before(async () => {
  model = await session.loadModel(bytes, { labels: Array.from({ length: 19 }, (_, i) => `b${i}`) });
});
after(() => session.terminate());

describe('in a worker', () => {
  test('everything is as without', async () => {
    const local = await loadModel(bytes, { labels: Array.from({ length: 19 }, (_, i) => `b${i}`) });
    assert.deepEqual(model.layers, local.layers);
    assert.equal(model.summary(), local.summary());
    assert.deepEqual(model.inputShape, local.inputShape);
    const [theirs, ours] = [await model.run(picture), await local.run(picture)];
    assert.deepEqual(theirs.predictions, ours.predictions);
    assert.deepEqual(theirs.logits, ours.logits);
    assert.deepEqual(theirs.decodePredictions({ top: 2 }), ours.decodePredictions({ top: 2 }));
    const options = { targets: [3, 11], layer: ['Conv1', 'out_relu'], image: picture };
    const expected = await explainPrediction(local, picture, options);
    const explanation = await session.explainPrediction(model, picture, options);
    assert.deepEqual(explanation, expected);
    for (const format of [{ index: 3 }, { colormap: (/** @type {number} */ v) => [v, 0, 1 - v] }]) {
      assert.deepEqual(
        await session.formatAsImage(explanation, format),
        formatAsImage(expected, format),
      );
    }
    local.dispose();
  });

  test('the steps from a picture to a tensor and back, too', async () => {
    const options = { targetSize: /** @type {[number, number]} */ ([9, 7]) };
    const image = await session.loadImage('build/pictures/dog.jpg', options);
    assert.deepEqual(image, await loadImage(picture, options));
    const array = await session.imageToArray(image, { preprocessing: 'caffe' });
    assert.deepEqual(array, imageToArray(image, { preprocessing: 'caffe' }));
    assert.deepEqual(await session.arrayToImage(array), arrayToImage(array));
    const channels = /** @type {any} */ (2);
    await assertFails(() => session.imageToArray(image, { channels }), 'INVALID_ARGUMENT');
  });

  test('progress is reported', async () => {
    /** @type {string[]} */
    const phases = [];
    const onProgress = (/** @type {{ phase: string }} */ { phase }) => phases.push(phase);
    const other = await session.loadModel(new Blob([bytes]), { onProgress });
    assert.deepEqual([...new Set(phases)], ['fetch', 'weights', 'plan']);
    other.dispose();
  });

  test('errors keep their codes, and the next call works', async () => {
    const run = await model.run(picture);
    await assertFails(() => run.explain({ layer: 'out_rely' }), 'UNKNOWN_LAYER', /out_relu/);
    await assertFails(() => run.explain({ targets: 19 }), 'INVALID_TARGET');
    await assertFails(() => model.run(new Uint8Array(3)), 'INVALID_IMAGE');
    await assertFails(() => session.loadModel('file:///none.h5'), 'FETCH_FAILED');
    const colormap = 'none';
    const explanation = await run.explain();
    await assertFails(() => session.formatAsImage(explanation, { colormap }), 'INVALID_ARGUMENT');
    const unsendable = /** @type {any} */ (() => {});
    await assertFails(() => model.run(unsendable), 'INVALID_ARGUMENT', /cannot be sent/);
    assert.equal((await model.run(picture)).predictions.length, 19);
  });

  test('an earlier run can still be explained', async () => {
    const first = await model.run(picture);
    const expected = await first.explain();
    await model.run({ data: new Uint8Array(4), width: 1, height: 1 });
    assert.deepEqual(await first.explain(), expected);
  });

  test('dispose is for good', async () => {
    const other = await session.loadModel(bytes);
    const run = await other.run(picture);
    const pending = other.run(picture);
    other.dispose();
    other.dispose();
    await Promise.allSettled([pending]);
    await assertFails(() => other.run(picture), 'DISPOSED');
    await assertFails(() => run.explain(), 'DISPOSED');
  });
});

describe('an abort', () => {
  const reason = new Error('not needed any more');

  test('ends the work at once; models and runs stay usable', async () => {
    const run = await model.run(picture);
    const expected = await run.explain();
    const before = started;
    const controller = new AbortController();
    const everything = {
      targets: Array.from({ length: 19 }, (_, i) => i),
      layer: /** @type {const} */ ('all'),
    };
    const aborted = run.explain({ ...everything, signal: controller.signal });
    const next = run.explain();
    setTimeout(() => controller.abort(reason), 20);
    await assert.rejects(aborted, reason);
    assert.deepEqual(await next, expected);
    assert.equal(started, before + 1);
  });

  test('of a call that waits leaves the others alone', async () => {
    const before = started;
    const controller = new AbortController();
    const first = model.run(picture);
    const second = model.run(picture, { signal: controller.signal });
    const third = model.run(picture);
    controller.abort(reason);
    await assert.rejects(second, reason);
    assert.deepEqual((await first).predictions, (await third).predictions);
    assert.equal(started, before);
  });

  test('before the call', async () => {
    const signal = AbortSignal.abort(reason);
    await assert.rejects(model.run(picture, { signal }), reason);
    await assert.rejects(session.loadModel(bytes, { signal }), reason);
  });

  test('terminate rejects what is under way', async () => {
    const pending = model.run(picture);
    await new Promise((resolve) => setTimeout(resolve));
    session.terminate();
    await assertFails(() => pending, 'WORKER_FAILED', /stopped/);
    assert.equal((await model.run(picture)).predictions.length, 19);
  });
});

test('a worker that does not start', async () => {
  const broken = new WorkerSession(() => ({
    postMessage() {},
    terminate() {},
    addEventListener(/** @type {string} */ type, /** @type {Function} */ listener) {
      if (type === 'error') setTimeout(() => listener({ message: 'no such script' }));
    },
  }));
  await assertFails(() => broken.loadModel(bytes), 'WORKER_FAILED', /no such script/);
});
