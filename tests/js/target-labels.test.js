/** Targets by the labels of their classes. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as main from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { DEFAULT_MODEL, DOG_PICTURE } from './fixtures.js';
import { smallSafetensors } from './hostile-files.js';
import { startThread } from './node-worker.js';

const session = new WorkerSession(() => startThread());
after(() => session.terminate());

for (const [where, api] of /** @type {[string, any][]} */ ([
  ['this thread', main],
  ['a worker', session],
])) {
  describe(`in ${where}`, () => {
    /** @type {import('gradcam-wasm').Model} */
    let model;
    /** @type {import('gradcam-wasm').Run} */
    let run;
    /** @type {readonly string[]} */
    let labels;
    before(async () => {
      const names = Array.from({ length: 19 }, (_, i) => `breed ${i}`);
      const dogs = ['pug', 'Siberian husky', 'golden_retriever', 'flat-coated retriever', 'Husky'];
      labels = [...dogs, ...names].slice(0, 19);
      model = await api.loadModel(DEFAULT_MODEL, { labels });
      run = await model.run(DOG_PICTURE);
    });
    after(() => model.dispose());

    test('a label means its class', async () => {
      const targets = ['Siberian husky', 3, 'pug', 'Pug', 'golden retriever', 'HUSKY'];
      const explanation = await run.explain({ targets });
      const found = explanation.targets.map(({ target }) => target);
      assert.deepEqual(found, [1, 3, 0, 0, 2, 4]);
      assert.equal(explanation.targets[0].label, 'Siberian husky');
      const [{ heatmap }] = (await run.explain({ targets: 1 })).targets;
      assert.deepEqual(explanation.targets[0].heatmap, heatmap);
      assert.deepEqual((await run.explain({ targets: 'pug' })).targets[0].settings.targets, [0]);
    });

    test('weights may have labels, too', async () => {
      const { targets } = await run.explain({ targets: { pug: 1, 4: -1, 'Siberian husky': 0.5 } });
      assert.deepEqual(targets[0].target, { 0: 1, 1: 0.5, 4: -1 });
      await assert.rejects(() => run.explain({ targets: { pug: 1, Pug: 1 } }), {
        code: 'INVALID_TARGET',
        message: /names a class twice/,
      });
    });

    test('every call with a target takes a label', async () => {
      const heatmap = (await run.explain()).targets[0].heatmap;
      const target = 'pug';
      assert.equal((await run.attribute({ target })).target, 0);
      assert.equal((await run.channels({ target, top: 1 })).target, 0);
      assert.equal((await run.averageDrop(heatmap, { target })).settings.target, 0);
      assert.equal((await run.hideAndLook(heatmap, { target })).settings.target, 0);
      const cut = await run.deletionInsertion(heatmap, { target, steps: 1 });
      assert.equal(cut.settings.target, 0);
      const noisy = await run.stability({ target, samples: 1, roundings: 0 });
      assert.equal(noisy.settings.target, 0);
      assert.ok((await run.coherency(heatmap, { target })) >= 0);
      const contrast = { against: ['Husky', 'breed 1'] };
      const [entry] = (await run.explain({ targets: target, contrast })).targets;
      assert.deepEqual(entry.settings.contrast?.against, [4, 6]);
    });

    test('an unknown label is refused with the nearest ones', async () => {
      for (const [label, message] of /** @type {[string, RegExp][]} */ ([
        ['pugg', /no class has the label "pugg"; the nearest labels are "pug"$/],
        ['husky dog', /the nearest labels are "Husky"/],
        ['retriever', /"golden_retriever", "flat-coated retriever"/],
        ['zebra crossing', /allowed: the texts of model\.labels, and whole numbers from 0 to 18/],
        ['', /no class has the label ""/],
      ])) {
        await assert.rejects(() => run.explain({ targets: label }), {
          code: 'INVALID_TARGET',
          message,
        });
      }
    });
  });
}

test('a label of several classes is refused, unless one is meant to the letter', async () => {
  const labels = ['crane', 'crane', 'Jay', 'jay', ...Array(15).fill('x')];
  const model = await main.loadModel(DEFAULT_MODEL, { labels });
  const run = await model.run(DOG_PICTURE);
  await assert.rejects(() => run.explain({ targets: 'crane' }), {
    code: 'INVALID_TARGET',
    message: 'the label "crane" means the classes 0, 1; give an index',
  });
  await assert.rejects(() => run.explain({ targets: 'JAY' }), /means the classes 2, 3/);
  assert.equal((await run.explain({ targets: 'jay' })).targets[0].target, 3);
  model.dispose();
});

test('a model without labels takes indices', async () => {
  const model = await main.loadModel(smallSafetensors());
  const picture = { data: new Uint8ClampedArray(256).fill(9), width: 8, height: 8 };
  await assert.rejects(async () => (await model.run(picture)).explain({ targets: 'pug' }), {
    code: 'INVALID_TARGET',
    message: /target is "pug", and the model has no labels; allowed: whole numbers from 0 to/,
  });
  model.dispose();
});
