/** Pictures by their addresses, and the picture that an overlay is drawn on. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as main from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, plainPicture } from './fixtures.js';
import { startThread } from './node-worker.js';

const picture = readFileSync(DOG_PICTURE);
const session = new WorkerSession(() => startThread());
after(() => session.terminate());

for (const [where, api] of /** @type {[string, any][]} */ ([
  ['this thread', main],
  ['a worker', session],
])) {
  describe(`in ${where}`, () => {
    /** @type {import('gradcam-wasm').Model} */
    let model;
    before(async () => (model = await api.loadModel(DEFAULT_MODEL)));
    after(() => model.dispose());

    test('a picture is read from its path or address', async () => {
      const expected = await model.run(picture, { image: picture });
      for (const source of [DOG_PICTURE, pathToFileURL(DOG_PICTURE)]) {
        const run = await model.run(source, { image: source });
        assert.deepEqual(run.scores, expected.scores);
        assert.deepEqual(run.picture, expected.picture);
      }
      await assert.rejects(() => model.run('none.jpg'), { code: 'FETCH_FAILED', message: /none/ });
      await assert.rejects(() => model.run(picture, { image: 'none.jpg' }), /none\.jpg/);
    });

    test('an overlay is of the picture that was given', async () => {
      const expected = await api.showPrediction(model, picture, { image: picture });
      for (const source of [picture, DOG_PICTURE]) {
        assert.deepEqual(await api.showPrediction(model, source), expected);
      }
      const seen = await api.showPrediction(model, picture, { image: 'input' });
      assert.deepEqual([seen.width, seen.height], [160, 160]);
      const other = plainPicture([1, 2, 3, 255], 9, 7);
      const chosen = await api.showPrediction(model, picture, { image: other });
      assert.deepEqual([chosen.width, chosen.height], [9, 7]);
    });

    test('an array has no other picture', async () => {
      const array = { data: new Float32Array(160 * 160 * 3), shape: [1, 160, 160, 3] };
      const overlay = await api.showPrediction(model, array);
      assert.deepEqual([overlay.width, overlay.height], [160, 160]);
    });

    test('what cannot be drawn on is refused', async () => {
      const webgl = { getContext: () => null };
      for (const [canvas, message] of /** @type {[unknown, RegExp][]} */ ([
        [webgl, /context of another kind, as of WebGL/],
        [{}, /canvas is an object of type Object; needed: a canvas/],
        ['#canvas', /canvas is "#canvas"/],
      ])) {
        await assert.rejects(() => api.showPrediction(model, picture, { canvas }), {
          code: 'INVALID_ARGUMENT',
          message,
        });
      }
    });
  });
}

test('without workers the front end of the worker says so', async () => {
  await assert.rejects(() => new WorkerSession().init(), {
    name: 'GradCamError',
    code: 'WORKER_FAILED',
    message: /there are no web workers here, as in Node; import 'gradcam-wasm' instead/,
  });
});
