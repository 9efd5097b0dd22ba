/** The declarations that are published are those that the entries need, for older tools too. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  publishDeclarations,
  readable,
  withoutBrowser,
  withoutInternals,
} from '../../wasm-build/declarations.js';

test('only what the entries need is published', () => {
  const folder = mkdtempSync(join(tmpdir(), 'types-'));
  try {
    mkdirSync(join(folder, 'inner'));
    const texts = {
      'index.d.ts': "export type A = import('./inner/a.js').A;",
      'inner/a.d.ts': 'import type { B } from "../b.js";\nexport type A = B;',
      'b.d.ts': 'export type B = Uint8Array<ArrayBuffer>;',
      'inner/unused.d.ts': "export type C = import('./a.js').A;",
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text);
    publishDeclarations(folder, ['index.d.ts']);
    const left = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(left.sort(), ['b.d.ts', 'dom.d.ts', 'index.d.ts', 'inner', 'inner/a.d.ts']);
    const text = readFileSync(join(folder, 'b.d.ts'), 'utf8');
    assert.equal(text, 'export type B = ReturnType<typeof Uint8Array.of>;');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('arrays are written as TypeScript before 5.7 reads them, and comments stay', () => {
  const text = ' * @returns {Uint8Array<ArrayBuffer>}\n a: Float32Array<ArrayBufferLike>[];\n';
  const expected = ' * @returns {Uint8Array<ArrayBuffer>}\n a: Float32Array[];\n';
  assert.equal(readable(text), expected);
});

test('names of the browser are imported where code has them, and not in the element', () => {
  const text = '/** An ImageData. */\nexport const a: FileList | WebAssembly.Module;\n';
  const line = "import type { FileList, WebAssembly } from './dom.js';\n";
  assert.equal(withoutBrowser(text, './dom.js'), text + line);
  for (const same of ['/** An ImageData. */\n', 'class A extends HTMLElement { a: FileList; }']) {
    assert.equal(withoutBrowser(same, './dom.js'), same);
  }
});

test('how the package makes its objects is hidden, with the imports that this needs', () => {
  const text = [
    "/** @import { Network } from './network.js' */",
    'export class Model {',
    '    /**',
    '     * @param {Network} network',
    '     */',
    '    constructor(network: Network);',
    '    run(input: Input): void;',
    '}',
    "import type { Input } from './input.js';",
    "import type { Network } from './network.js';",
    '',
  ];
  const expected = [
    'export class Model {',
    '    protected constructor();',
    '    run(input: Input): void;',
    '}',
    "import type { Input } from './input.js';",
    '',
  ];
  assert.equal(withoutInternals(text.join('\n')), expected.join('\n'));
  const made = 'export class GradCamError extends Error {\n    constructor(code: string);\n}\n';
  assert.equal(withoutInternals(made), made);
});
