/** Runs tests/threads/pool.c, which tests the pool of threads alone. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { init } from '../../web/package/engine/start.js';
import { ROOT, assertFails } from './fixtures.js';

const MODULE = readFileSync(join(ROOT, 'build/wasm/pool.wasm'));

/**
 * An engine of its own that has the pool's tests, when all of its threads run.
 * @param {number} threads
 */
async function startPool(threads) {
  const wasmModule = new WebAssembly.Module(MODULE);
  const engine = await init({ wasmModule, threads });
  while (engine.threads < threads) await sleep(1);
  return engine;
}

describe('the pool of threads', () => {
  for (const threads of [1, 2, 3, 8]) {
    test(`calls every index of every loop once: ${threads}`, async () => {
      const engine = await startPool(threads);
      assert.equal(engine.call('pool_run_loops', 20_000), 0);
      assert.equal(engine.call('pool_indices_of_workers') > 0, threads > 1);
    });
  }

  test('wakes threads that fell asleep', async () => {
    const engine = await startPool(3);
    let before = 0;
    for (let round = 0; round < 20; round++) {
      await sleep(5);
      while (engine.call('pool_indices_of_workers') === before) {
        assert.equal(engine.call('pool_run_loops', 1000), 0);
      }
      before = engine.call('pool_indices_of_workers');
    }
  });

  test('ends the engine when a worker traps, and does not wait for it', async () => {
    const engine = await startPool(2);
    await assertFails(() => engine.call('pool_trap'), 'WASM_FAILED', /pool_trap/);
    await assertFails(
      () => engine.call('pool_run_loops', 1),
      'WASM_FAILED',
      /load the model again/,
    );
  });
});
