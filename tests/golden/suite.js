/** A folder of golden cases as tests of Node's runner, one a case. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { GOLDEN, SKIP } from './common.js';

/**
 * @param {string} kind folder of the golden data
 * @param {import('./run.js').Kind} checks
 * @param {{ reference: boolean }} options
 */
export function goldenTests(kind, { cases, check }, { reference }) {
  const dir = join(GOLDEN, kind);
  const build = reference ? 'reference' : 'product';
  describe(`golden ${kind}, ${build} build`, { skip: SKIP }, () => {
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
