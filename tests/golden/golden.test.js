/** Every golden case of ../shared as a test of its own, on the product and on the reference build. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { GOLDEN, SKIP } from './common.js';
import { checkEli5Case, eli5Cases } from './eli5.js';

/**
 * @param {string} kind folder of the golden data
 * @param {import('./run.js').Kind} checks
 * @param {boolean} reference
 */
function goldenTests(kind, { cases, check }, reference) {
  const dir = join(GOLDEN, kind);
  describe(`golden ${kind}, ${reference ? 'reference' : 'product'} build`, { skip: SKIP }, () => {
    for (const name of SKIP ? [] : cases(dir)) {
      test(name, async (context) => {
        const { failures, notes, worst } = await check(dir, name, { reference });
        for (const note of notes) context.diagnostic(note);
        context.diagnostic(`worst error ${worst.toFixed(3)} of tolerance`);
        assert.deepEqual(failures, []);
      });
    }
  });
}

for (const reference of [false, true]) {
  goldenTests('eli5', { cases: eli5Cases, check: checkEli5Case }, reference);
}
