/**
 * Downloads of Teachable Machine take x / 127.5 - 1, as its own code does, and the model says so.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
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
    });
  }
});
