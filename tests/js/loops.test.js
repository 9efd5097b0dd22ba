/** Score-CAM and Ablation-CAM: what a caller gets, and what is refused. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { explainedOf, loopMap } from '../../web/package/attribution/loops.js';
import { pauses } from '../../web/package/base/pauses.js';
import { uniform } from '../../web/package/base/hash.js';
import { assertFails, smallModel } from './fixtures.js';

/** @import { Model, Run } from 'gradcam-wasm' */

/** Values in -1 .. 1. @param {number} count @param {number} seed */
const random = (count, seed) =>
  Array.from({ length: count }, (_, i) => 2 * uniform(seed, 0, i) - 1);

/** @type {Model} */
let model;
/** @type {Run} */
let run;

before(async () => {
  model = await smallModel(
    [
      [
        'Conv2D',
        { name: 'conv', filters: 5, kernel_size: [3, 3], activation: 'relu' },
        { kernel: random(135, 1), bias: random(5, 2) },
      ],
      ['GlobalAveragePooling2D', { name: 'pool' }],
      [
        'Dense',
        { name: 'dense', units: 3, activation: 'softmax' },
        { kernel: random(15, 3), bias: random(3, 4) },
      ],
    ],
    { inputShape: [8, 8, 3] },
  );
  run = await model.run({ data: Float32Array.from(random(192, 5)), shape: [1, 8, 8, 3] });
});

after(() => model.dispose());

describe('Ablation-CAM', () => {
  test('has a note where the score is not above 0', async () => {
    const options = { targets: [0, 1, 2], logits: true, raw: true, layer: 'conv' };
    const { targets } = await run.explain({ ...options, method: 'ablationCam' });
    for (const { notes, raw, score } of targets) {
      assert.equal(notes.length, score > 0 ? 0 : 1);
      assert.ok(raw?.length === 36 && raw.every(Number.isFinite));
    }
  });

  test('takes one pass where all after the layer is linear', async () => {
    /** @type {any[]} */
    const seen = [];
    const onProgress = (/** @type {any} */ state) => seen.push(state);
    const options = { targets: [0, 1, 2], raw: true, layer: 'conv', onProgress };
    const method = /** @type {const} */ ('ablationCam');
    const { targets } = await run.explain({ ...options, method, logits: true });
    assert.deepEqual(seen, [], 'no steps');
    const { network, input } = run.facts;
    for (const { target, raw } of targets) {
      const explained = explainedOf(run.facts, target, true);
      const work = { network, input, explained, layer: network.findLayer('conv'), pause: pauses() };
      const expected = await loopMap(work, method);
      const size = Math.max(...expected.raw.map(Math.abs));
      raw?.forEach((value, i) => assert.ok(Math.abs(value - expected.raw[i]) < 1e-5 * size));
    }
    await run.explain({ ...options, method, logits: false });
    assert.deepEqual(seen.at(-1), { step: 15, steps: 15 }, 'a softmax is not linear');
  });

  test('is refused by the engine at other layers', () => {
    const { network, input } = run.facts;
    const explain = () => network.explain(['ablationCam'], input, [new Float32Array(3)], 0, [0]);
    assert.throws(explain, { code: 'INVALID_ARGUMENT', message: /must be linear/ });
  });

  test('leaves other maps as they are', async () => {
    const before = await run.explain({ targets: 1 });
    await run.explain({ targets: 1, method: ['ablationCam', 'scoreCam'] });
    assert.deepEqual((await run.explain({ targets: 1 })).targets, before.targets);
  });
});

describe('Score-CAM', () => {
  test('takes the most varying channels', async () => {
    const [all, some] = await Promise.all([
      run.explain({ method: 'scoreCam', logits: true, raw: true }),
      run.explain({ method: 'scoreCam', logits: true, raw: true, channels: 2 }),
    ]);
    assert.notDeepEqual(all.targets[0].raw, some.targets[0].raw);
    assert.equal(some.targets[0].settings.channels, 2);
    const again = await run.explain({ ...some.targets[0].settings, raw: true });
    assert.deepEqual(again.targets, some.targets);
  });
});

describe('both', () => {
  test('stand among other methods in the order that was asked for', async () => {
    const method = /** @type {const} */ (['scoreCam', 'gradCam', 'ablationCam']);
    /** @type {any[]} */
    const seen = [];
    const { targets } = await run.explain({
      method: [...method],
      targets: [2, 0],
      onProgress: (state) => seen.push(state),
    });
    assert.deepEqual(
      targets.map((entry) => [entry.method, entry.target]),
      method.flatMap((name) => [
        [name, 2],
        [name, 0],
      ]),
    );
    assert.deepEqual(seen.at(-1), { step: 20, steps: 20 });
  });

  test('end between steps when they are aborted', async () => {
    for (const method of /** @type {const} */ (['scoreCam', 'ablationCam'])) {
      const controller = new AbortController();
      const reason = new Error('enough');
      const onProgress = () => controller.abort(reason);
      const { signal } = controller;
      const options = { method, targets: [0, 1], onProgress, signal };
      await assert.rejects(run.explain(options), reason);
    }
  });

  test('refuse options of gradients, and bad numbers of channels', async () => {
    for (const option of ['eigenSmooth', 'augSmooth']) {
      const options = /** @type {any} */ ({ method: 'scoreCam', targets: 0, [option]: true });
      await assertFails(() => run.explain(options), 'INVALID_ARGUMENT', RegExp(option));
    }
    for (const channels of [0, 1.5, '2', NaN]) {
      const options = /** @type {any} */ ({ method: 'scoreCam', channels });
      await assertFails(() => run.explain(options), 'INVALID_ARGUMENT', /channels is/);
    }
  });
});
