/** Explanation methods: their names and texts, and what a caller gets by choosing one. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  attributionMethods,
  explainPrediction,
  init,
  loadModel,
  methodInfo,
  methods,
} from '../../web/package/index.js';
import { METHODS_DOCUMENT, methodsDocument } from '../../wasm-build/methods-docs.js';
import { DEFAULT_MODEL, DOG_PICTURE, assertFails } from './fixtures.js';

/** @import { Method } from 'gradcam-wasm' */

/** The names in the engine's table. */
async function engineNames() {
  const engine = await init();
  const names = [];
  for (let i = 0; ; i++) {
    const name = engine.call('gc_method_name', i);
    if (name === 0) return names;
    names.push(engine.text(name));
  }
}

describe('methods', () => {
  test('are those of the engine, in its order, and then those of many runs', async () => {
    const names = await engineNames();
    assert.equal(names.pop(), 'ablationCam');
    assert.deepEqual(methods(), [...names, 'scoreCam', 'ablationCam']);
    assert.equal(methods()[0], 'gradCam');
  });

  test('have texts for people', () => {
    for (const name of methods()) {
      const { title, description, paper } = methodInfo(name);
      assert.ok(description.startsWith(`${title} shows `), name);
      assert.match(paper, /\d{4}/);
    }
    assert.equal(methodInfo('gradCam').title, 'Grad-CAM');
  });

  test('stand in docs/methods.md as the tables have them', async () => {
    const document = readFileSync(METHODS_DOCUMENT, 'utf8');
    assert.equal(document, await methodsDocument(), 'npm run docs writes it');
    for (const name of [...methods(), ...attributionMethods()]) {
      assert.ok(document.includes(`: \`${name}\``), name);
    }
  });

  test('of another name are refused, with those that there are', () => {
    const allowed =
      /"cam"; allowed: gradCam, gradCamPlusPlus, xGradCam, hiResCam, layerCam, elementwise,/;
    assertFails(() => methodInfo(/** @type {any} */ ('cam')), 'INVALID_ARGUMENT', allowed);
  });
});

describe('explain', async () => {
  const model = await loadModel(readFileSync(DEFAULT_MODEL));
  const run = await model.run(readFileSync(DOG_PICTURE));
  const layer = model.layers.filter(({ outputShape }) => outputShape.length === 4).at(-23)?.name;

  test('takes each method, and says which it was', async () => {
    const maps = [];
    for (const method of methods()) {
      const explanation = await run.explain({ method, layer, logits: true, channels: 8 });
      assert.equal(explanation.method, methodInfo(method).title);
      assert.equal(explanation.description, methodInfo(method).description);
      const [{ heatmap, diagnosis }] = explanation.targets;
      assert.equal(diagnosis, null);
      maps.push(heatmap.data.join());
    }
    // Next to a ReLU there is no gradient where A is negative, and two of the maps are the same.
    assert.equal(new Set(maps).size, methods().length, 'no two maps are the same');
  });

  test('is Grad-CAM without a method', async () => {
    const [one, other] = [
      await run.explain({ layer }),
      await run.explain({ layer, method: 'gradCam' }),
    ];
    assert.deepEqual(one.targets, other.targets);
  });

  test('passes the method on from explainPrediction', async () => {
    const explanation = await explainPrediction(model, readFileSync(DOG_PICTURE), {
      method: 'layerCam',
    });
    assert.equal(explanation.method, 'LayerCAM');
  });

  test('refuses another method', () =>
    assertFails(
      () => run.explain({ method: /** @type {any} */ ('Grad-CAM') }),
      'INVALID_ARGUMENT',
      /allowed: gradCam/,
    ));

  test('gives finite maps at all layers, with each method that takes one pass', async () => {
    for (const method of /** @type {Method[]} */ ((await engineNames()).slice(0, -1))) {
      const { targets } = await run.explain({ method, layer: 'all', logits: true });
      for (const { rawMin, rawMax } of targets) assert.ok(Number.isFinite(rawMin + rawMax));
    }
  });
});
