/** Functions of keras.ops and TensorFlow in models as people save them, against Keras' values. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED } from './fixtures.js';

const FOLDER = join(SHARED, 'field/keras');

/**
 * @typedef {{
 *   files: string[],
 *   inputs: { data: number[], shape: number[] }[],
 *   predictions: number[],
 *   maps: { layer: string, target: number, of: string, output: number, map: number[] }[],
 *   tolerance: number,
 * }} FieldCase
 */

const names = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((name) => /^(ops_|tfop_|wrong_h5_k3)/.test(name))
  : [];

/**
 * @param {ArrayLike<number>} found
 * @param {number[]} expected
 */
function distance(found, expected) {
  assert.equal(found.length, expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
}

/**
 * Runs the file of a case, and compares scores and maps.
 * @param {FieldCase} golden
 * @param {string} path
 */
async function compare(golden, path) {
  const model = await loadModel(new File([readFileSync(path)], path), { threads: 1 });
  const [{ data, shape }] = golden.inputs;
  const run = await model.run({ data: Float32Array.from(data), shape: [...shape] });
  const largest = Math.max(...golden.predictions.map(Math.abs));
  const off = distance(run.predictions, golden.predictions) / largest;
  assert.ok(off <= golden.tolerance / 10, `predictions are off by ${off}`);
  for (const { layer, target, of, map } of golden.maps) {
    const { targets } = await run.explain({ targets: target, layer, logits: of === 'logit' });
    const worst = distance(targets[0].heatmap.data, map);
    assert.ok(worst <= golden.tolerance, `the map of ${layer}, ${of} ${target} is off by ${worst}`);
  }
  model.dispose();
}

test('there are cases of functions', { skip: SKIP_SHARED }, () => {
  assert.ok(names.length > 0);
});

for (const name of names)
  test(name, async () => {
    /** @type {FieldCase} */
    const golden = JSON.parse(readFileSync(join(FOLDER, name, 'expected.json'), 'utf8'));
    for (const file of golden.files) await compare(golden, join(FOLDER, name, file));
  });
