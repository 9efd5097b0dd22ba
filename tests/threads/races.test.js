/** Runs tests/threads/races.c, the pool of threads under ThreadSanitizer. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

import { skipWithoutClang } from '../../wasm-build/clang.js';
import { root } from '../../wasm-build/tools.js';

test('the pool of threads and a model on it have no races', { skip: skipWithoutClang() }, () => {
  const options = /** @type {const} */ ({ cwd: root, encoding: 'utf8' });
  const { status, stdout, stderr } = spawnSync('build/native/races', options);
  assert.equal(status, 0, stderr);
  assert.equal(stdout, 'no races\n');
});
