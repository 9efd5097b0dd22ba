/** The documents do what they say: what their code prints and shows is what stands in them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode } from 'fast-png';
import { SKIP, launchChromium } from './chromium.js';
import { DOCUMENTS, TUTORIAL, parseBlocks, runDocument } from './documents.js';

/** Other processors round differently, so a value may fall on another step of the colours. */
const STEP = 4;

describe('documents', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  test('the tutorial has the eight steps of ELI5’s, each with code', () => {
    const steps = [...readFileSync(TUTORIAL, 'utf8').matchAll(/^## (\d)\..*?(?=^## |$(?![^]))/gms)];
    assert.deepEqual(
      steps.map(([, number]) => number),
      [...'12345678'],
    );
    for (const [text] of steps) assert.match(text, /```js\n/);
  });

  for (const document of DOCUMENTS) {
    describe(basename(document), () => {
      /** @type {import('./documents.js').Result[]} */
      let results;
      before(async () => (results = await runDocument(browser, document)));

      for (const [i, block] of parseBlocks(readFileSync(document, 'utf8')).entries()) {
        const { code, printed, pictures } = block;
        test(`block ${i + 1}: ${code.split('\n')[0]}`, () => {
          assert.equal(results[i].printed, printed);
          assert.equal(results[i].pictures.length, pictures.length);
          for (const [k, file] of pictures.entries()) {
            const stored = decode(readFileSync(join(dirname(document), file)));
            assertSamePicture(decode(results[i].pictures[k]), stored, file);
          }
        });
      }
    });
  }
});

/**
 * @param {import('fast-png').DecodedPng} shown
 * @param {import('fast-png').DecodedPng} stored
 * @param {string} file
 */
function assertSamePicture(shown, stored, file) {
  assert.deepEqual([shown.width, shown.height], [stored.width, stored.height], file);
  assert.equal(shown.data.length, stored.data.length);
  let largest = 0;
  for (const [i, value] of stored.data.entries()) {
    largest = Math.max(largest, Math.abs(value - shown.data[i]));
  }
  assert.ok(largest <= STEP, `${file}: a value is off by ${largest} of 255`);
}
