/**
 * The golden explanations once more, by the same models in the files that their packages have: the
 * network and the weights are the same, so the tolerances are too.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { inBuild } from '../../wasm-build/tools.js';
import { GOLDEN, SKIP } from './common.js';
import { checkEli5Case } from './eli5.js';

const NSFWJS = ['model.json', 'group1-shard1of1'];

/** @type {[name: string, open: () => import('gradcam-wasm').ModelSource][]} */
const CASES = [
  [
    'efficientnet_lite0_cat_dog',
    () => readFileSync(inBuild('models/efficientnet_lite0.safetensors')),
  ],
  ['dogs_cat_dog', () => readFileSync(inBuild('models/dog_breed_mobilenetv2.safetensors'))],
  // Quantised to 8 bits: the golden model has the numbers that these bits stand for.
  [
    'nsfwjs_cat_dog',
    () => NSFWJS.map((name) => new File([readFileSync(inBuild('test-models/nsfwjs', name))], name)),
  ],
];

for (const [name, open] of CASES) {
  test(`${name}, from its package`, { skip: SKIP }, async () => {
    const dir = join(GOLDEN, 'eli5');
    const { failures } = await checkEli5Case(dir, name, { reference: false }, open());
    assert.deepEqual(failures, []);
  });
}
