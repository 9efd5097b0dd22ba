/** The modules' own snprintf knows few directives. The engine may use no others. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../wasm-build/tools.js';

/** The directives that wasm-build/libc/print.c writes. */
const KNOWN = /^%(\.\d+s|s|d|lld|llu|zu|%)$/;

test('the engine prints with directives that the modules know', () => {
  const folder = join(root, 'src');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // A signature in image/kind.c begins with %PDF.
  const sources = files.filter((file) => /\.[ch]$/.test(file) && !file.endsWith('kind.c'));
  const directives = sources.flatMap((file) => {
    const code = readFileSync(join(folder, file), 'utf8').replace(/\/\*[^]*?\*\//g, '');
    const strings = [...code.matchAll(/"(?:[^"\\\n]|\\.)*"/g)].map(([string]) => string);
    const found = strings.join('\n').match(/%[^a-zA-Z%"]*(hh|h|ll|l|j|z|t|L)?[a-zA-Z%"]/g) ?? [];
    return found.map((directive) => `${file}: ${directive}`);
  });
  assert.ok(directives.length > 100);
  assert.deepEqual(
    directives.filter((line) => !KNOWN.test(line.slice(line.indexOf('%')))),
    [],
  );
});
