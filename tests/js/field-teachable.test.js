/**
 * Downloads of Teachable Machine take x / 127.5 - 1, as its own code does, and the model says so.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { convertModel, loadModel } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED } from './fixtures.js';

const REPORTS = join(SHARED, 'field/reports');

/** @param {string} path */
const open = (path) => new File([new Uint8Array(readFileSync(path))], basename(path));

/** @type {Record<string, string[]>} */
const DOWNLOADS = {
  'the zip of the Keras form': ['11-files-that-are-not-models/converted_keras.zip'],
  'the files of the tfjs form': ['model.json', 'weights.bin', 'metadata.json'].map((name) =>
    join('04-tfjs-own-files/teachable', name),
  ),
};

describe('a download of Teachable Machine', { skip: SKIP_SHARED }, () => {
  for (const [form, paths] of Object.entries(DOWNLOADS)) {
    test(form, async () => {
      const model = await loadModel(paths.map((path) => open(join(REPORTS, path))));
      assert.equal(model.preprocessing, 'tf');
      assert.equal(model.preprocessingReason, 'file');
      assert.equal(model.labels?.length, 2);
      assert.equal(model.crop, 'center');
    });
  }

  test('takes the centre of a picture, also after conversion', async () => {
    const files = DOWNLOADS['the files of the tfjs form'].map((path) => open(join(REPORTS, path)));
    const [width, height] = [60, 32];
    const wide = { data: new Uint8ClampedArray(4 * width * height).fill(255), width, height };
    for (let i = 0; i < wide.data.length; i += 4) {
      const x = (i / 4) % width;
      wide.data[i] = x >= 14 && x < 46 ? 100 : 0;
    }
    for (const source of [files, await convertModel(files)]) {
      const model = await loadModel(source, { threads: 1 });
      const reds = (/** @type {import('gradcam-wasm').Input} */ { data }) =>
        new Set(data.filter((_, i) => i % 3 === 0)).size;
      assert.equal(reds((await model.run(wide)).input), 1);
      assert.equal(reds((await model.run(wide, { crop: 'stretch' })).input), 2);
      model.dispose();
    }
  });
});
