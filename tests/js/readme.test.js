/** What README.md and the lists beside it say is true. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { summary } from '../../bench/report.js';
import { SUPPORTED, supportedDocument } from '../../wasm-build/supported.js';
import { root } from '../../wasm-build/tools.js';

const WORDS = 900;

/** @param {string} name */
const read = (name) => readFileSync(join(root, name), 'utf8');

/**
 * The rows of the first table in a text.
 * @param {string} text
 */
function tableIn(text) {
  const lines = text.slice(text.indexOf('| ---')).split('\n').slice(1);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(0, end).map((line) => line.split('|').map((cell) => cell.trim()));
}

describe('README.md', () => {
  const readme = read('README.md');

  test(`has at most ${WORDS} words, code and tables included`, () => {
    const words = readme.match(/\S*[\p{L}\p{N}]\S*/gu) ?? [];
    assert.ok(words.length > 300 && words.length <= WORDS, `${words.length} words`);
  });

  test('has the rows of the table that the bench writes', () => {
    const times = new Proxy({}, { get: () => [1] });
    const sizes = { 'gradcam-wasm': 1, 'onnxruntime-web': 1, 'tfjs-wasm': 1 };
    const rows = tableIn(`${summary({ host: 'Chromium', main: 'us', times }, sizes)}\n`);
    assert.equal(rows.length, 5);
    assert.deepEqual(
      tableIn(readme).map(([, what]) => what),
      rows.map(([, what]) => what),
    );
  });

  test('has the numbers of docs/performance.md', () => {
    const times = new Map(
      tableIn(read('docs/performance.md')).map(([, task, time, ratio]) => [task, { time, ratio }]),
    );
    const [[, , own, onnxruntime, tfjs], map, maps, further] = tableIn(readme);
    const main = '**forward: gradcam-wasm, relaxed SIMD**';
    for (const [shown, task] of /** @type {const} */ ([
      [own, main],
      [map[2], 'run and map: default layer'],
      [maps[2], 'run and maps: all layers'],
      [further[2], 'further class: default layer'],
    ])) {
      assert.equal(shown, `${times.get(task)?.time.split(' ')[0]} ms`, task);
    }
    assert.equal(onnxruntime, `${times.get('forward: onnxruntime-web')?.ratio} x`);
    assert.equal(tfjs, `${times.get('forward: tfjs-wasm, layers model')?.ratio} x`);
  });
});

test('docs/supported.md is up to date: npm run supported', async () => {
  const text = readFileSync(SUPPORTED, 'utf8');
  assert.match(text, /^## Layers\n\n.*`Conv2D`/m);
  assert.equal(text, await supportedDocument());
});
