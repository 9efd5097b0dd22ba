// The formatters and the type checker run as tests. No line is longer than the formatters allow.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { formatters } from '../../wasm-build/format.js';
import { root } from '../../wasm-build/tools.js';
import { sourceFiles } from './source-files.js';

/**
 * @param {string} command
 * @param {string[]} args
 */
function passes(command, args) {
  const options = /** @type {const} */ ({ cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  assert.equal(error, undefined);
  assert.equal(status, 0, `${stdout}${stderr}`);
}

const { c, js } = formatters('check');

test('C is formatted as clang-format formats it', () => passes(c.command, c.args));

test('JavaScript, JSON, HTML, CSS and Markdown are formatted as Prettier formats them', () =>
  passes(js.command, js.args));

test('the types in the JSDoc hold', () => {
  const incremental = ['--incremental', '--tsBuildInfoFile', 'build/tsc.tsbuildinfo'];
  passes(process.execPath, ['node_modules/typescript/bin/tsc', '--project', '.', ...incremental]);
});

test('no line of C or JavaScript is longer than 100 columns, comments included', () => {
  const folders = ['src', 'web', 'tests', 'bench', 'models', 'wasm-build'];
  const long = [...sourceFiles(folders, /\.(c|h|m?js)$/)].flatMap(([name, text]) =>
    text.split('\n').flatMap((line, i) => ([...line].length > 100 ? [`${name}:${i + 1}`] : [])),
  );
  assert.deepEqual(long, []);
});
