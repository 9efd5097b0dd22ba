/** docs/api.md says what the JSDoc says. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { apiDocument } from '../../wasm-build/api-docs.js';
import { root } from '../../wasm-build/tools.js';
import * as main from '../../web/package/index.js';
import * as worker from '../../web/package/worker/index.js';

const document = readFileSync(join(root, 'docs/api.md'), 'utf8');

describe('docs/api.md', () => {
  test('is up to date: npm run docs makes it', async () => {
    assert.equal(document, await apiDocument());
  });

  test('has a section for every export', () => {
    for (const name of [...Object.keys(main), ...Object.keys(worker)]) {
      assert.match(document, new RegExp(`^### \`${name}[(\`]`, 'm'));
    }
  });

  test('names every error code that the package and the engine throw', () => {
    const codes = document.matchAll(/^- `([A-Z_]+)`/gm);
    const listed = new Set(Array.from(codes, ([, code]) => code));
    const header = readFileSync(join(root, 'src/gradcam.h'), 'utf8');
    const engine = header.match(/typedef enum gc_status \{(.*?)\} gc_status;/s)?.[1] ?? '';
    const statuses = Array.from(engine.matchAll(/\bGC_([A-Z_]+)/g), ([, code]) => code);
    assert.ok(statuses.length > 10);
    for (const code of statuses) assert.ok(code === 'OK' || listed.has(code), code);
  });
});
