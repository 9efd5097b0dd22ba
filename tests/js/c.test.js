// The C tests, each a test here: natively under the sanitizers in both number types, and as
// WebAssembly on XNNPACK in both variants.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { root } from '../../wasm-build/tools.js';

const programs = [
  { name: 'C, native, float', command: 'build/native/tests', args: [] },
  { name: 'C, native, double', command: 'build/native/tests-double', args: [] },
  { name: 'C, WebAssembly', command: process.execPath, args: ['build/wasm/tests.mjs'] },
  {
    name: 'C, WebAssembly, relaxed SIMD',
    command: process.execPath,
    args: ['--import', './wasm-build/enable-relaxed-simd.js', 'build/wasm/tests-relaxed.mjs'],
  },
];

for (const { name, command, args } of programs) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const lines = (result.stdout ?? '').split('\n');

  describe(name, () => {
    for (const line of lines) {
      const [, not, title, reason] = /^(not )?ok ([^\s:]+)(?:: (.*))?$/.exec(line) ?? [];
      if (title) test(title, () => assert.ok(!not, reason));
    }

    // A crash, a leak or another report of a sanitizer ends the program with another status.
    test('the program ends well', () => {
      assert.equal(result.error, undefined);
      assert.match(lines.at(-2) ?? '', /^\d+ passed, 0 failed$/, result.stderr);
      assert.equal(result.status, 0, result.stderr);
    });
  });
}
