/** Which variant of the module is taken, and what each variant computes. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import '../../wasm-build/enable-relaxed-simd.js';
import { loadModel } from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails } from './fixtures.js';

/** @typedef {import('gradcam-wasm').WasmVariant} WasmVariant */

/** What rounding may change, as a part of the largest value. */
const TOLERANCE = 1e-4;

const FILES = { simd: 'gradcam.wasm', relaxed: 'gradcam-relaxed.wasm' };

/** Every module of the package. */
const MODULES = ['', '-threads', '-relaxed', '-relaxed-threads'].map((v) => `gradcam${v}.wasm`);

let copies = 0;

/**
 * The loader anew, with no engine started.
 * @returns {Promise<typeof import('../../web/package/engine/start.js')>}
 */
function freshLoader() {
  return import(`${'../../web/package/engine/start.js'}?copy=${copies++}`);
}

/**
 * Lets WebAssembly run only some modules, and records which ones are compiled.
 * @param {import('node:test').TestContext} context
 * @param {{ isDetected: boolean, works: (module: string) => boolean }} relaxed whether relaxed SIMD
 *   is detected, and which modules compile
 */
function pretend(context, { isDetected, works }) {
  const { compile } = WebAssembly;
  const contents = new Map(
    MODULES.map((name) => [name, readFileSync(join(ROOT, 'build/wasm', name))]),
  );
  /** @type {string[]} */
  const compiled = [];
  context.mock.method(WebAssembly, 'validate', () => isDetected);
  context.mock.method(WebAssembly, 'compile', (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
    const [name] = [...contents].find(([, content]) => content.equals(bytes)) ?? ['?'];
    compiled.push(name);
    if (works(name)) return compile(bytes);
    return Promise.reject(new WebAssembly.CompileError('no such instruction'));
  });
  return compiled;
}

describe('the variant that is taken', () => {
  const all = () => true;
  const simd = (/** @type {string} */ name) => !name.includes('relaxed');
  const simdWithoutThreads = (/** @type {string} */ name) => name === FILES.simd;
  /**
   * @type {[title: string, threads: number, isDetected: boolean, works: (name: string) => boolean,
   *   expected: string[]][]}
   */
  const cases = [
    ['is relaxed SIMD where that is there', 1, true, all, ['gradcam-relaxed.wasm']],
    ['is SIMD elsewhere, and the other is not asked for', 1, false, simd, ['gradcam.wasm']],
    ['is SIMD if the other fails', 1, true, simd, ['gradcam-relaxed.wasm', 'gradcam.wasm']],
    ['has threads if they are wanted', 2, true, all, ['gradcam-relaxed-threads.wasm']],
    ['has threads without relaxed SIMD too', 2, false, simd, ['gradcam-threads.wasm']],
    [
      'is each in turn until one runs',
      2,
      true,
      simdWithoutThreads,
      [
        'gradcam-relaxed-threads.wasm',
        'gradcam-relaxed.wasm',
        'gradcam-threads.wasm',
        'gradcam.wasm',
      ],
    ],
  ];
  for (const [title, threads, isDetected, works, expected] of cases) {
    test(title, async (context) => {
      const compiled = pretend(context, { isDetected, works });
      const { init } = await freshLoader();
      await init({ threads });
      assert.deepEqual(compiled, expected);
    });
  }

  test('is the one that was asked for, or none', async (context) => {
    const compiled = pretend(context, { isDetected: true, works: simd });
    const { init } = await freshLoader();
    await init({ wasmVariant: 'simd', threads: 1 });
    await assertFails(
      () => init({ wasmVariant: 'relaxed', threads: 2 }),
      'WASM_FAILED',
      /no such instruction/,
    );
    assert.deepEqual(compiled, [
      'gradcam.wasm',
      'gradcam-relaxed-threads.wasm',
      'gradcam-relaxed.wasm',
    ]);
    const wasmVariant = /** @type {any} */ ('fast');
    await assertFails(() => init({ wasmVariant }), 'INVALID_ARGUMENT', /"fast".*simd, relaxed/);
  });
});

/**
 * The logits and a map of a picture, on an engine of its own.
 * @param {WasmVariant} variant
 */
async function explain(variant) {
  const wasmBinary = readFileSync(join(ROOT, 'build/wasm', FILES[variant]));
  const model = await loadModel(readFileSync(DEFAULT_MODEL), { wasmBinary });
  const run = await model.run(readFileSync(DOG_PICTURE));
  const { targets } = await run.explain({ layer: 'block_9_expand' });
  model.dispose();
  return { logits: run.logits, heatmap: targets[0].heatmap.data };
}

/**
 * The largest difference, as a part of the largest value.
 * @param {Float32Array} ours
 * @param {Float32Array} expected
 */
function difference(ours, expected) {
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return ours.reduce((max, value, i) => Math.max(max, Math.abs(value - expected[i])), 0) / largest;
}

describe('a variant', () => {
  for (const variant of /** @type {WasmVariant[]} */ (['simd', 'relaxed'])) {
    test(`has the same results each time: ${variant}`, async () =>
      assert.deepEqual(await explain(variant), await explain(variant)));
  }

  test('differs from the other by rounding', async () => {
    const [simd, relaxed] = [await explain('simd'), await explain('relaxed')];
    const logits = difference(relaxed.logits, simd.logits);
    const map = difference(relaxed.heatmap, simd.heatmap);
    assert.ok(logits > 0, 'one file was read twice');
    assert.ok(logits < TOLERANCE && map < TOLERANCE, `${logits}, ${map}`);
  });
});
