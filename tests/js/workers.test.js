/** The option `workers`: loops over changed inputs on several copies of the network. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { uniform } from '../../web/package/base/hash.js';
import { startThread } from './node-worker.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails, smallModel } from './fixtures.js';

/** @import { Model, Run } from 'gradcam-wasm' */

/** Values in -1 .. 1. @param {number} count @param {number} seed */
const random = (count, seed) =>
  Array.from({ length: count }, (_, i) => 2 * uniform(seed, 0, i) - 1);

async function small() {
  const model = await smallModel(
    [
      [
        'Conv2D',
        { name: 'conv', filters: 6, kernel_size: [3, 3], padding: 'same', activation: 'relu' },
        { kernel: random(162, 1), bias: random(6, 2) },
      ],
      ['GlobalAveragePooling2D', { name: 'pool' }],
      [
        'Dense',
        { name: 'dense', units: 3, activation: 'softmax' },
        { kernel: random(18, 3), bias: random(3, 4) },
      ],
    ],
    { inputShape: [8, 6, 3], preprocessing: 'unit' },
  );
  const input = { data: Float32Array.from(random(144, 5)), shape: [1, 8, 6, 3] };
  return { model, run: await model.run(input) };
}

/**
 * Each loop that takes workers, as numbers.
 * @type {Record<string, (run: Run, options: any) => Promise<ArrayLike<number> | undefined>>}
 */
const LOOPS = {
  occlusion: async (run, options) =>
    (await run.attribute({ method: 'occlusion', fill: 'mean', ...options })).data,
  rise: async (run, options) =>
    (await run.attribute({ method: 'rise', samples: 20, seed: 7, logits: false, ...options })).data,
  scoreCam: async (run, options) =>
    (await run.explain({ method: 'scoreCam', layer: 'conv', raw: true, ...options })).targets[0]
      .raw,
  async deletionInsertion(run, options) {
    const heatmap = (await run.explain({ layer: 'conv' })).targets[0].heatmap;
    const { deletion, insertion } = await run.deletionInsertion(heatmap, options);
    return [...deletion, ...insertion];
  },
};

describe('a loop with workers', () => {
  for (const [name, loop] of Object.entries(LOOPS)) {
    test(`of ${name} gives the same numbers to the bit`, async () => {
      const { model, run } = await small();
      const here = await loop(run, {});
      for (const workers of [0, 1, 2, 3]) {
        assert.deepEqual(await loop(run, { workers }), here, `${workers} workers`);
      }
      model.dispose();
    });
  }

  test('does so on a real network', async () => {
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const run = await model.run(readFileSync(DOG_PICTURE));
    const options = { method: /** @type {const} */ ('occlusion'), window: 112, stride: 56 };
    const here = await run.attribute(options);
    assert.deepEqual((await run.attribute({ ...options, workers: 2 })).data, here.data);
    assert.ok(here.data.some((value) => Math.abs(value) > 1e-3));
    model.dispose();
  });

  test('computes in the workers, and leaves the network on its input', async () => {
    const { model, run } = await small();
    await LOOPS.rise(run, { workers: 2 });
    const { network } = run;
    const runChanged = network.runChanged.bind(network);
    let runs = 0;
    network.runChanged = (input, work) => (runs++, runChanged(input, work));
    await LOOPS.rise(run, { workers: 2 });
    assert.equal(runs, 0);
    await LOOPS.rise(run, {});
    assert.equal(runs, 20);
    model.dispose();
  });

  test('tells every step, with the map so far', async () => {
    const { model, run } = await small();
    /** @type {any[]} */
    const seen = [];
    const onProgress = (/** @type {any} */ state) => seen.push(state);
    const whole = await run.attribute({ method: 'occlusion', workers: 2, onProgress });
    assert.deepEqual(
      seen.map(({ step }) => step),
      seen.map((_, i) => i + 1),
    );
    assert.equal(seen.length, seen[0].steps);
    assert.deepEqual(seen.at(-1).attribution.data, whole.data);
    assert.deepEqual(await LOOPS.occlusion(run, { fill: 'zero' }), whole.data);
    model.dispose();
  });

  test('ends between steps when it is aborted, and can run again', async () => {
    const { model, run } = await small();
    const reason = new Error('enough');
    for (const [name, loop] of Object.entries(LOOPS)) {
      const controller = new AbortController();
      let steps = 0;
      const onProgress = () => ++steps === 2 && controller.abort(reason);
      const options = { workers: 2, signal: controller.signal, onProgress };
      await assert.rejects(loop(run, options), reason);
      assert.equal(steps, 2, name);
      assert.deepEqual(await loop(run, { workers: 2 }), await loop(run, {}));
    }
    model.dispose();
  });

  test('serves two calls at once', async () => {
    const { model, run } = await small();
    const [first, second] = await Promise.all([
      LOOPS.rise(run, { workers: 2 }),
      LOOPS.occlusion(run, { workers: 3 }),
    ]);
    assert.deepEqual(first, await LOOPS.rise(run, {}));
    assert.deepEqual(second, await LOOPS.occlusion(run, {}));
    model.dispose();
  });

  test('rejects if the model is disposed of meanwhile', async () => {
    const { model, run } = await small();
    const onProgress = () => model.dispose();
    await assertFails(() => LOOPS.occlusion(run, { workers: 2, onProgress }), 'DISPOSED');
    const other = await small();
    const starting = LOOPS.occlusion(other.run, { workers: 2 });
    other.model.dispose();
    await assertFails(() => starting, 'DISPOSED');
  });
});

describe('workers', () => {
  test('are refused if they are no number of workers', async () => {
    const { model, run } = await small();
    for (const workers of [-1, 1.5, 65, NaN, '2', true, {}]) {
      for (const loop of Object.values(LOOPS)) {
        await assertFails(
          () => loop(run, { workers }),
          'INVALID_ARGUMENT',
          /^workers is .* 0 to 64/,
        );
      }
    }
    await assertFails(
      () => run.explain(/** @type {any} */ ({ workers: 'two' })),
      'INVALID_ARGUMENT',
    );
    model.dispose();
  });

  test('that die leave their steps to the network', async () => {
    const { Worker } = await import('node:worker_threads');
    const { model, run } = await small();
    const here = await LOOPS.rise(run, {});
    const { postMessage } = Worker.prototype;
    let scores = 0;
    Worker.prototype.postMessage = function (
      /** @type {any} */ message,
      /** @type {any} */ transfer,
    ) {
      if (message.method === 'twinScore' && ++scores === 5) this.terminate();
      postMessage.call(this, message, transfer);
    };
    try {
      for (const workers of [1, 2]) {
        scores = 0;
        assert.deepEqual(await LOOPS.rise(run, { workers }), here);
        assert.ok(scores >= 5);
      }
      // Others take the place of those that died.
      assert.deepEqual(await LOOPS.rise(run, { workers: 2 }), here);
    } finally {
      Worker.prototype.postMessage = postMessage;
    }
    model.dispose();
  });

  test('work for the worker front end', async () => {
    const session = new WorkerSession(startThread);
    const model = await session.loadModel(new Blob([readFileSync(DEFAULT_MODEL)]));
    const run = await model.run(new Blob([readFileSync(DOG_PICTURE)]));
    const options = { method: /** @type {const} */ ('rise'), samples: 6 };
    const here = await run.attribute(options);
    assert.deepEqual((await run.attribute({ ...options, workers: 2 })).data, here.data);
    const wrong = () => run.attribute({ ...options, workers: -1 });
    await assertFails(wrong, 'INVALID_ARGUMENT', /workers is -1/);
    session.terminate();
  });

  test('that fail at a step leave it to the network too', async () => {
    const { model, run } = await small();
    const { data } = await run.attribute({ method: 'occlusion' });
    const broken = run.network.recipe;
    Object.defineProperty(run.network, 'recipe', { get: () => ({ ...broken, config: '{}' }) });
    assert.deepEqual((await run.attribute({ method: 'occlusion', workers: 2 })).data, data);
    model.dispose();
  });

  test('let the process end', () => {
    const script = `
      import { readFileSync } from 'node:fs';
      import { loadModel } from ${JSON.stringify(join(ROOT, 'web/package/index.js'))};
      const model = await loadModel(readFileSync(${JSON.stringify(DEFAULT_MODEL)}));
      const run = await model.run(readFileSync(${JSON.stringify(DOG_PICTURE)}));
      const options = { method: 'occlusion', window: 112, stride: 112, workers: 2 };
      console.log((await run.attribute(options)).data.length);`;
    const args = ['--input-type=module', '--eval', script];
    assert.equal(execFileSync(process.execPath, args, { encoding: 'utf8' }), `${160 * 160}\n`);
  });
});
