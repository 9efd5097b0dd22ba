/** The table of sizes in docs/bundlers.md. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SIZE_DOCUMENT, sizeDocument } from '../../wasm-build/size-docs.js';

/** A compiler or a compressor of another version may differ by so much, in KB. */
const TOLERANCE = 3;

/** Numbers apart from all other text. @param {string} text */
function split(text) {
  const cells = /(?<=\| *)\d+(?= \|)/g;
  const words = text.replaceAll(cells, '').replaceAll(/ +|-{2,}/g, ' ');
  return { numbers: (text.match(cells) ?? []).map(Number), words };
}

test('docs/bundlers.md has the sizes of dist/: npm run docs', async () => {
  const [shown, made] = [readFileSync(SIZE_DOCUMENT, 'utf8'), await sizeDocument()].map(split);
  assert.equal(shown.words, made.words);
  assert.ok(shown.numbers.length > 20);
  assert.equal(shown.numbers.length, made.numbers.length);
  for (const [i, number] of made.numbers.entries()) {
    assert.ok(Math.abs(shown.numbers[i] - number) <= TOLERANCE, `${shown.numbers[i]}: ${number}`);
  }
});
