/** A short form of npm run soak. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SKIP as NO_CHROMIUM } from '../browser/chromium.js';
import { SKIP as NO_FIREFOX } from '../browser/firefox.js';
import { HOSTS } from './run.js';
import { findGrowth } from './work.js';

const MB = 2 ** 20;

const HOSTS_AND_THREADS = /** @type {const} */ ([
  ['node', 1, false],
  ['node', 2, false],
  ['chromium', 2, NO_CHROMIUM],
  ['firefox', 2, NO_FIREFOX],
]);

/** @param {string} part @param {number[]} engine @param {number[]} process in MB */
const samples = (part, engine, process) =>
  engine.map((size, i) => ({ part, engine: size * MB, process: process[i] * MB }));

describe('long work', () => {
  for (const [host, threads, skip] of HOSTS_AND_THREADS) {
    test(`keeps the memory flat: ${host}, threads: ${threads}`, { skip }, async () => {
      const amounts = { explanations: 500, loads: 20, failures: 50, crowds: 2 };
      assert.deepEqual(findGrowth(await HOSTS[host](amounts, threads)), []);
    });
  }

  test('is refused when the memory grows', () => {
    assert.deepEqual(findGrowth(samples('loads', [16, 16, 16], [90, 130, 110])), []);
    assert.deepEqual(findGrowth(samples('loads', [16, 16, 17], [90, 90, 90])), [
      'loads: the engine has grown',
    ]);
    assert.deepEqual(findGrowth(samples('loads', [16, 16, 16], [90, 130, 140])), [
      'loads: the process has grown',
    ]);
    assert.deepEqual(findGrowth(samples('disposed', [16], [90])), [
      'the engine keeps memory at the end',
    ]);
  });
});
