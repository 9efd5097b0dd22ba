/** A folder of golden cases as tests of Node's runner, one a case. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { GOLDEN, SKIP } from './common.js';

/**
 * @param {string} kind folder of the golden data
 * @param {import('./run.js').Kind} checks
 * @param {import('./common.js').Build} build
 */
export function goldenTests(kind, { cases, check }, build) {
  const dir = join(GOLDEN, kind);
  const title = build.reference ? 'reference build' : `variant "${build.variant}"`;
  describe(`golden ${kind}, ${title}`, { skip: SKIP }, () => {
    for (const name of SKIP ? [] : cases(dir)) {
      test(name, async (context) => {
        const { failures, notes, worst } = await check(dir, name, build);
        for (const note of notes) context.diagnostic(note);
        context.diagnostic(`worst error ${worst.toFixed(3)} of tolerance`);
        assert.deepEqual(failures, []);
      });
    }
  });
}
