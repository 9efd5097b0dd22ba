/** Libraries are mended by patches that must fit. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { applyPatch } from '../../wasm-build/sources.js';

describe('a patch of a library', () => {
  /** @type {string} */
  let folder;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'patch-'));
    writeFileSync(join(folder, 'a.h'), 'one two two');
  });
  after(() => rmSync(folder, { recursive: true }));

  /** @param {{ find: string, times?: number }} what */
  const apply = (what) =>
    applyPatch(folder, { why: 'a reason', file: 'a.h', replace: '$&', ...what });

  test('is refused where its text is missing or occurs too often', () => {
    assert.throws(() => apply({ find: 'three' }), /a\.h: .*"a reason" .* 0 times, not 1: three/);
    assert.throws(() => apply({ find: 'two' }), /2 times, not 1: two/);
    assert.equal(readFileSync(join(folder, 'a.h'), 'utf8'), 'one two two');
  });

  test('replaces each text as it is written', () => {
    apply({ find: 'two', times: 2 });
    assert.equal(readFileSync(join(folder, 'a.h'), 'utf8'), 'one $& $&');
  });
});
