/** The types, as a TypeScript user meets them. */

import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assertTypes } from './declarations.js';

test('the declarations allow what is right and refuse what is wrong', () => {
  assertTypes(readFileSync(new URL('types/package.ts', import.meta.url), 'utf8'));
});
