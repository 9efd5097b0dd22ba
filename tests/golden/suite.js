/** A folder of golden cases as tests of Node's runner, one a case and build. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import '../../wasm-build/enable-relaxed-simd.js';
import { GOLDEN, SKIP } from './common.js';

/** @typedef {import('./common.js').Build} Build */

// The product's four modules. How many threads is said, for by default it depends on the machine.
/** @type {Build} */
export const SIMD = { reference: false, variant: 'simd', threads: 1 };
/** @type {Build} */
export const RELAXED = { reference: false, variant: 'relaxed', threads: 1 };
/** @type {Build} */
export const SIMD_THREADS = { reference: false, variant: 'simd', threads: 2 };
/** @type {Build} */
export const RELAXED_THREADS = { reference: false, variant: 'relaxed', threads: 2 };
/** @type {Build} */
export const REFERENCE = { reference: true };

/**
 * @param {string} kind folder of the golden data
 * @param {import('./run.js').Kind} checks
 * @param {Build[]} builds
 */
export function goldenTests(kind, checks, builds) {
  for (const build of builds) testBuild(kind, checks, build);
}

/**
 * @param {string} kind
 * @param {import('./run.js').Kind} checks
 * @param {Build} build
 */
function testBuild(kind, { cases, check }, build) {
  const dir = join(GOLDEN, kind);
  const product = `variant "${build.variant}", threads: ${build.threads}`;
  const title = build.reference ? 'reference build' : product;
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
