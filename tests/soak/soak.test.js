/** A short form of npm run soak. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { soakNode } from './run.js';
import { findGrowth } from './work.js';

const MB = 2 ** 20;

/** @param {string} part @param {number[]} engine @param {number[]} process in MB */
const samples = (part, engine, process) =>
  engine.map((size, i) => ({ part, engine: size * MB, process: process[i] * MB }));

describe('long work', () => {
  for (const threads of [1, 2]) {
    test(`keeps the memory flat, threads: ${threads}`, async () => {
      const amounts = { explanations: 500, loads: 20, failures: 50, crowds: 2 };
      assert.deepEqual(findGrowth(await soakNode(amounts, threads)), []);
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
