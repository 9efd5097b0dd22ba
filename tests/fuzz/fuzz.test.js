/** The fuzzers of the importer and of the reader of HDF5, under the sanitizers. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { root } from '../../wasm-build/tools.js';

const ROUNDS = 20000;

/**
 * @param {string} program
 * @param {string[]} [seeds] files to begin with
 */
function fuzz(program, seeds = []) {
  const { status, stdout, stderr } = spawnSync(program, [String(ROUNDS), ...seeds], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
}

test(`${ROUNDS} damaged configurations give a model or a status`, () => {
  fuzz('build/native/fuzz-keras');
});

test(`${ROUNDS} damaged HDF5 files give values or a status`, () => {
  const folder = path.join(root, 'build/hdf5-files');
  const files = fs.readdirSync(folder).filter((name) => name.endsWith('.h5'));
  const small = files.map((name) => path.join(folder, name)).filter(isSmall);
  fuzz('build/native/fuzz-hdf5', small);
});

/** @param {string} file */
function isSmall(file) {
  return fs.statSync(file).size < 10_000;
}
