/**
 * Maps of the shared models are the recorded ones to the bit, on each variant, with any number of
 * threads, whatever a run keeps.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import '../../wasm-build/enable-relaxed-simd.js';
import { MODELS, firstAnswer, fusesMultiplyAdd, hashMaps, recordedBits } from './bits.js';
import { SKIP } from './common.js';

const NO_FUSED =
  !fusesMultiplyAdd() && 'this processor has no fused multiply-add, with which they were recorded';

const recorded = recordedBits();

/** @type {Partial<import('./common.js').Build>[]} */
const WAYS = [
  ...[1, 2, 3].map((threads) => ({ threads })),
  { threads: 1, keep: 'layers' },
  { threads: 1, keep: 'checkpoints' },
];

for (const variant of /** @type {const} */ (['simd', 'relaxed'])) {
  const skip = SKIP || (variant === 'relaxed' && NO_FUSED);
  for (const way of WAYS) {
    describe(`bits of maps, variant "${variant}", ${JSON.stringify(way)}`, { skip }, () => {
      for (const name of MODELS) {
        test(name, async () => {
          const hash = await hashMaps(name, { reference: false, variant, ...way });
          assert.equal(hash, recorded[name][variant]);
        });
      }
    });
  }
}

// Here groups run in bands of rows, which they do not once all layers were asked for.
for (const variant of /** @type {const} */ (['simd', 'relaxed'])) {
  for (const threads of [1, 2]) {
    describe(`bits of bands, variant "${variant}", threads: ${threads}`, { skip: SKIP }, () => {
      for (const name of MODELS) {
        test(name, async () => {
          const build = { reference: false, variant, threads };
          const whole = await firstAnswer(name, { ...build, keep: 'layers' });
          assert.deepEqual(await firstAnswer(name, { ...build, keep: 'checkpoints' }), whole);
        });
      }
    });
  }
}
