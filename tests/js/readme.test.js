/** What README.md says of the code is what the code says. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { README, refreshed } from '../../wasm-build/supported.js';

test('the list of what is supported is up to date: npm run supported', async () => {
  const text = readFileSync(README, 'utf8');
  assert.match(text, /^- \*\*Layers\*\*: .*`Conv2D`/m);
  assert.equal(text, await refreshed(text));
});
