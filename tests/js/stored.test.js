/** Explanations as JSON. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as main from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { plainPicture } from './fixtures.js';
import { smallSafetensors } from './hostile-files.js';
import { startThread } from './node-worker.js';

const session = new WorkerSession(() => startThread());
after(() => session.terminate());

/** @type {import('gradcam-wasm').Explanation} */
let explanation;
before(async () => {
  const model = await main.loadModel(smallSafetensors(), { threads: 1, wasmVariant: 'simd' });
  const picture = plainPicture([200, 100, 50, 255], 9, 7);
  const run = await model.run(picture, { image: picture });
  const { ...plain } = await run.explain({ targets: [0, { 0: 1 }], raw: true });
  explanation = plain;
  explanation.targets[0].heatmap.colors = new Uint8Array(
    explanation.targets[0].heatmap.data.length * 3,
  ).fill(7);
  explanation.targets[1].score = NaN;
  explanation.targets[1].rawMax = Infinity;
  explanation.targets[1].proba = null;
});

for (const [where, api] of /** @type {[string, typeof main][]} */ (
  /** @type {any} */ ([
    ['this thread', main],
    ['a worker', session],
  ])
)) {
  describe(`in ${where}`, () => {
    test('an explanation comes back from a text', async () => {
      const text = JSON.stringify(await api.explanationToJson(explanation));
      const restored = await api.explanationFromJson(text);
      assert.deepEqual(restored, explanation);
      await api.formatAsImage(restored);
    });

    test('the picture may be left out', async () => {
      const json = await api.explanationToJson(explanation, { image: 'none' });
      assert.ok(!('image' in json));
      const { image, ...others } = await api.explanationFromJson(json);
      const { image: _, ...expected } = explanation;
      assert.deepEqual(others, expected);
      assert.deepEqual([image.width, image.height], [1, 1]);
    });

    test('what is no such JSON is refused', async () => {
      const json = /** @type {any} */ (await api.explanationToJson(explanation));
      const [entry] = json.targets;
      const { heatmap } = entry;
      /** @param {object} changed */
      const withMap = (changed) => ({
        ...json,
        targets: [{ ...entry, heatmap: { ...heatmap, ...changed } }],
      });
      for (const wrong of [
        ...['{', '[]', {}, { ...json, format: 'x' }, { ...json, targets: [null] }],
        ...[withMap({ data: 'AAAA' }), withMap({ data: '*' }), withMap({ width: -1, height: -1 })],
        withMap({ width: heatmap.width + 1 }),
        withMap({ colors: 'AAAA' }),
      ]) {
        await assert.rejects(() => api.explanationFromJson(wrong), { code: 'INVALID_ARGUMENT' });
      }
      const damaged = { ...json, image: 'AAAA' };
      await assert.rejects(() => api.explanationFromJson(damaged), { code: 'INVALID_IMAGE' });
      await assert.rejects(
        () => api.explanationToJson(explanation, { image: /** @type {any} */ ('jpeg') }),
        { code: 'INVALID_ARGUMENT', message: /image is "jpeg"; allowed: "png", "none"/ },
      );
    });
  });
}
