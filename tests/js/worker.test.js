/** The functions of the package in a worker, which is a thread of Node here. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { serialize, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as main from '../../web/package/index.js';
import {
  arrayToImage,
  colormaps,
  convertModel,
  expandHeatmap,
  explainPrediction,
  formatAsImage,
  heatmapToImage,
  imageToArray,
  loadImage,
  loadModel,
} from '../../web/package/index.js';
import * as worker from '../../web/package/worker/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, assertFails } from './fixtures.js';
import { startThread as startNodeThread } from './node-worker.js';

let started = 0;
/** @type {import('../../web/package/worker/protocol.js').Request[]} what was posted to threads */
let posted = [];

/** Starts a thread and notes what is posted to it. */
function startThread() {
  started++;
  return startNodeThread((request) => posted.push(request));
}

/** The requests but for those that the garbage collector causes, which come at any time. */
function withoutDrops() {
  return posted.filter(({ method }) => method !== 'drop');
}

/** Lets the event loop turn, so that messages arrive. */
function nextTask() {
  return new Promise((resolve) => setTimeout(resolve, 1));
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

test('a worker has every function of the page', () => {
  for (const name of Object.keys(main)) assert.ok(name in worker, name);
});

test('a model is asked for together with its engine', async () => {
  /** @type {string[]} */
  const methods = [];
  let answers = 0;
  const other = new WorkerSession(() => {
    const thread = startNodeThread(({ method }) => methods.push(`${method} after ${answers}`));
    thread.addEventListener('message', () => answers++);
    return thread;
  });
  await other.loadModel(bytes);
  other.terminate();
  assert.deepEqual(methods, ['start after 0', 'load after 0']);
});

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
    /** @type {any[]} */
    const steps = [];
    const attributed = { method: /** @type {const} */ ('smoothGrad'), samples: 2 };
    const onProgress = (/** @type {any} */ state) => steps.push(state);
    const attribution = await theirs.attribute({ ...attributed, onProgress });
    assert.deepEqual(attribution, await ours.attribute(attributed));
    assert.deepEqual(steps[1].attribution.toHeatmap(), attribution.toHeatmap());
    const [{ heatmap }] = expected.targets;
    assert.deepEqual(await session.heatmapToImage(heatmap), heatmapToImage(heatmap));
    const size = { width: 9, height: 7 };
    assert.deepEqual(await session.expandHeatmap(heatmap, size), expandHeatmap(heatmap, size));
    assert.deepEqual(await session.colormaps(), colormaps());
    local.dispose();
  });

  test('an overlay is drawn on a canvas, which stays on the page', async () => {
    /** @type {unknown[]} */
    const drawn = [];
    const canvas = /** @type {any} */ ({
      getContext: () => ({ putImageData: (/** @type {unknown} */ image) => drawn.push(image) }),
    });
    const colormap = (/** @type {number} */ value) => [value, 0, 1 - value];
    const options = { image: picture, crop: /** @type {const} */ ('stretch'), colormap };
    const overlay = await session.showPrediction(model, picture, { ...options, canvas });
    assert.deepEqual(drawn, [overlay]);
    const local = await loadModel(bytes);
    assert.deepEqual(overlay, await main.showPrediction(local, picture, options));
    local.dispose();
  });

  test('a model is converted, too', async () => {
    /** @type {string[]} */
    const phases = [];
    const onProgress = (/** @type {{ phase: string }} */ { phase }) => phases.push(phase);
    const file = await session.convertModel(bytes, { float16: true, onProgress });
    assert.deepEqual(file, await convertModel(bytes, { float16: true }));
    assert.ok(phases.includes('weights'));
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

  test('an error of the caller in a report of progress ends the call', async () => {
    const onProgress = () => {
      throw new Error('enough');
    };
    const loading = () => session.loadModel(new Blob([bytes]), { onProgress });
    await assertFails(loading, 'INVALID_ARGUMENT', /enough/);
    assert.equal((await model.run(picture)).predictions.length, 19);
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

describe('what is posted', () => {
  /** @type {import('gradcam-wasm/worker').Run} */
  let run;
  /** @type {import('gradcam-wasm').Explanation} */
  let explanation;
  before(async () => {
    run = await model.run(picture, { image: picture });
    explanation = await run.explain({ targets: [3, 11], layer: ['Conv1', 'out_relu'] });
  });

  /**
   * The methods of the worker that are called, and the bytes that are posted for them.
   * @param {() => Promise<unknown>} work
   */
  async function watch(work) {
    posted = [];
    await work();
    const bytes = withoutDrops().reduce((sum, message) => sum + serialize(message).length, 0);
    return { methods: withoutDrops().map(({ method }) => method), bytes };
  }

  test('an overlay takes the picture once, then one heat map', async () => {
    const { image, targets } = explanation;
    const [first, next] = [
      await watch(() => session.formatAsImage(explanation, { index: 1, alphaLimit: 0.5 })),
      await watch(() => session.formatAsImage(explanation, { index: 1, alphaLimit: 0.6 })),
    ];
    assert.deepEqual(first.methods, ['keep', 'call']);
    assert.ok(first.bytes > image.data.length);
    assert.deepEqual(next.methods, ['call']);
    assert.equal(targets[1].heatmap.data.length, 25);
    assert.ok(next.bytes < 500, `${next.bytes} bytes`);
  });

  test('another explanation of the run takes nothing but its options', async () => {
    const { methods, bytes } = await watch(() => run.explain({ targets: 5 }));
    assert.deepEqual(methods, ['explain']);
    assert.ok(bytes < 500, `${bytes} bytes`);
  });

  test('channels and smooth maps come from the run too, with progress', async () => {
    const { positive } = await run.channels({ target: 5, top: 1 });
    assert.equal(positive.length, 1);
    /** @type {number[]} */
    const done = [];
    const onProgress = (/** @type {{ step: number }} */ progress) => void done.push(progress.step);
    await run.explain({ targets: 5, augSmooth: true, onProgress });
    assert.deepEqual(done, [1, 2, 3, 4, 5, 6]);
  });

  test('every measurement of a run and a model is there, with the same numbers', async () => {
    const ours = await loadModel(bytes);
    const here = await ours.run(picture);
    const { heatmap, target } = (await here.explain({ targets: 5 })).targets[0];
    const options = { target, steps: 4 };
    assert.deepEqual(
      await run.deletionInsertion(heatmap, options),
      await here.deletionInsertion(heatmap, options),
    );
    assert.deepEqual(
      (await run.hideAndLook(heatmap, { target })).hidden.score,
      (await here.hideAndLook(heatmap, { target })).hidden.score,
    );
    assert.deepEqual(await run.complexity(heatmap), await here.complexity(heatmap));
    /** @type {number[]} */
    const steps = [];
    const figures = /** @type {['averageDrop', 'complexity']} */ (['averageDrop', 'complexity']);
    const onProgress = (/** @type {{ step: number }} */ { step }) => void steps.push(step);
    const trust = await run.trust(explanation, { figures, onProgress });
    assert.deepEqual(trust.figures, (await here.trust(explanation, { figures })).figures);
    assert.deepEqual(steps, [1, 2]);
    const missing = (/** @type {object} */ mine, /** @type {object} */ theirs) =>
      Object.getOwnPropertyNames(mine).filter((name) => !(name in theirs));
    assert.deepEqual(missing(Object.getPrototypeOf(here), run), ['notFinite', 'facts', 'network']);
    assert.deepEqual(missing(Object.getPrototypeOf(ours), model), ['memory', 'readInput']);
    ours.dispose();
  });

  test('a picture is posted again when its pixels have changed', async () => {
    const image = await session.loadImage(picture);
    const drawn = { ...explanation, image };
    const expected = formatAsImage(drawn);
    assert.deepEqual(await session.formatAsImage(drawn), expected);
    image.data[4 * 1000] ^= 1;
    const { methods } = await watch(() => session.formatAsImage(drawn));
    assert.deepEqual(methods, ['keep', 'call']);
    assert.deepEqual(await session.formatAsImage(drawn), formatAsImage(drawn));
    assert.notDeepEqual(formatAsImage(drawn), expected);
  });

  test('a picture of any alignment is kept', async () => {
    const bytes = new Uint8Array(17).fill(200);
    const image = /** @type {any} */ ({ data: bytes.subarray(1), width: 2, height: 2 });
    const drawn = { ...explanation, image };
    assert.deepEqual(await session.formatAsImage(drawn), formatAsImage(drawn));
    bytes[5] = 0;
    assert.deepEqual(await session.formatAsImage(drawn), formatAsImage(drawn));
  });

  test('the worker forgets a picture that the page has no more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc');
    const draw = async () => {
      const image = await session.loadImage(picture);
      await session.formatAsImage({ ...explanation, image });
    };
    await draw();
    posted = [];
    for (let i = 0; i < 100 && posted.length === 0; i++) {
      collect();
      await nextTask();
    }
    assert.ok(posted.some(({ method }) => method === 'drop'));
  });

  test('a stopped worker is given everything again', async () => {
    const expected = await session.formatAsImage(explanation);
    session.terminate();
    const { methods } = await watch(() => session.formatAsImage(explanation));
    assert.deepEqual(methods, ['start', 'keep', 'call']);
    assert.deepEqual(await session.formatAsImage(explanation), expected);
    const again = await watch(() => run.explain());
    assert.deepEqual(again.methods, ['load', 'run', 'explain']);
  });
});

for (const method of ['load', 'run']) {
  test(`a model disposed of while a worker has to ${method} leaves nothing there`, async () => {
    const own = new WorkerSession(startThread);
    try {
      const other = await own.loadModel(bytes);
      own.terminate();
      posted = [];
      const runs = [other.run(picture), other.run(picture)];
      while (!posted.some((request) => request.method === method)) await nextTask();
      other.dispose();
      for (const run of runs) await assertFails(() => run, 'DISPOSED');
      await own.init();
      const dropped = placesOf('drop');
      for (const place of [...placesOf('load'), ...placesOf('run')]) {
        assert.ok(dropped.includes(place));
      }
    } finally {
      own.terminate();
    }
  });
}

/**
 * The places in requests.
 * @param {string} method
 */
function placesOf(method) {
  const requests = posted.filter((request) => request.method === method);
  return requests.map(({ args }) => args.place);
}

test('a worker uses the wasm that it was given', async () => {
  const own = new WorkerSession(startThread);
  const wasmUrl = new URL('../../build/wasm/gradcam.wasm', import.meta.url);
  const none = new URL('none.wasm', wasmUrl);
  try {
    await assertFails(() => own.init({ wasmUrl: none }), 'FETCH_FAILED', /none\.wasm/);
    await own.init({ wasmUrl });
    posted = [];
    assert.deepEqual(await own.loadImage(picture), await loadImage(picture));
    own.terminate();
    assert.deepEqual(await own.loadImage(picture), await loadImage(picture));
    const methods = withoutDrops().map(({ method }) => method);
    assert.deepEqual(methods, ['call', 'start', 'call']);
  } finally {
    own.terminate();
  }
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

  test('loads the model again, and the next call hears of its own steps alone', async () => {
    const run = await model.run(picture);
    const expected = await run.attribute({ method: 'smoothGrad', samples: 2 });
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = () => controller.abort(reason);
    await assert.rejects(run.attribute({ method: 'rise', onProgress, signal }), reason);
    /** @type {number[]} */
    const steps = [];
    const watch = (/** @type {{ step: number }} */ { step }) => void steps.push(step);
    const options = { method: /** @type {const} */ ('smoothGrad'), samples: 2 };
    assert.deepEqual(await run.attribute({ ...options, onProgress: watch }), expected);
    assert.deepEqual(steps, [1, 2]);
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

  test('right after the first message starts no other worker', async () => {
    const controller = new AbortController();
    let count = 0;
    const other = new WorkerSession(() => {
      count++;
      return startNodeThread(() => queueMicrotask(() => controller.abort(reason)));
    });
    const { signal } = controller;
    await assert.rejects(other.loadModel(bytes, { signal }), reason);
    await nextTask();
    assert.equal(count, 1);
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
