/** The fuzzer of the importer, for a bounded number of rounds, under the sanitizers. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { root } from '../../wasm-build/tools.js';

const ROUNDS = 20000;

test(`${ROUNDS} damaged configurations give a model or a status`, () => {
  const { status, stdout, stderr } = spawnSync('build/native/fuzz-keras', [String(ROUNDS)], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
});
