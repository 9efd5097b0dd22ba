/** The types, as a TypeScript user meets them. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { root } from '../../wasm-build/tools.js';
import * as main from '../../web/package/index.js';
import { Declarations } from './declarations.js';

/** @param {string} file */
const read = (file) => readFileSync(join(root, file), 'utf8');

/** What the examples of docs/api.md take for granted. */
const GIVEN = `
import { ${Object.keys(main).join(', ')} } from 'gradcam-wasm';
import type { Explanation, HeatMap, Model, Run } from 'gradcam-wasm';
import { WorkerSession, terminate } from 'gradcam-wasm/worker';
declare const model: Model, run: Run, explanation: Explanation;
declare const file: File, canvas: HTMLCanvasElement, image: ImageData;
declare const heatmap: HeatMap, target: number;
`;

describe('the declarations', () => {
  /** @type {Declarations} */
  let declarations;
  before(() => {
    declarations = new Declarations();
  });

  test('allow what is right and refuse what is wrong', () => {
    declarations.check(read('tests/js/types/package.ts'));
  });

  test('document the methods of a worker session as the functions of the page', () => {
    const methods = declarations.documentation('worker/index.d.ts', 'WorkerSession');
    const functions = declarations.documentation('index.d.ts');
    for (const name of Object.keys(main).filter((name) => name !== 'GradCamError')) {
      assert.ok(functions.get(name), name);
      assert.equal(methods.get(name), functions.get(name));
    }
  });

  test('allow the examples of docs/api.md', () => {
    const blocks = Array.from(
      read('docs/api.md').matchAll(/^```js\n(.*?)^```/gms),
      ([, code]) => code,
    );
    const examples = blocks.filter((code) => !code.startsWith('import'));
    assert.ok(examples.length >= 20);
    const code = examples.map((code, i) => `export async function example${i}() {\n${code}}\n`);
    declarations.check(GIVEN + code.join('\n'));
  });
});
