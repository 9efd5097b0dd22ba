/**
 * Maps of the shared models are the recorded ones to the bit, on each variant, with any number of
 * threads.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import '../../wasm-build/enable-relaxed-simd.js';
import { MODELS, fusesMultiplyAdd, hashMaps, recordedBits } from './bits.js';
import { SKIP } from './common.js';

const NO_FUSED =
  !fusesMultiplyAdd() && 'this processor has no fused multiply-add, with which they were recorded';

const recorded = recordedBits();

for (const variant of /** @type {const} */ (['simd', 'relaxed'])) {
  for (const threads of [1, 2, 3]) {
    const skip = SKIP || (variant === 'relaxed' && NO_FUSED);
    describe(`bits of maps, variant "${variant}", threads: ${threads}`, { skip }, () => {
      for (const name of MODELS) {
        test(name, async () => {
          const hash = await hashMaps(name, { reference: false, variant, threads });
          assert.equal(hash, recorded[name][variant]);
        });
      }
    });
  }
}
