/** The two variants of the module: which one is taken, and what each computes. */

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

let copies = 0;

/**
 * The loader anew, with no engine started.
 * @returns {Promise<typeof import('../../web/package/wasm.js')>}
 */
function freshLoader() {
  return import(`${'../../web/package/wasm.js'}?copy=${copies++}`);
}

/**
 * Lets WebAssembly run only some variants, and records which ones are compiled.
 * @param {import('node:test').TestContext} context
 * @param {{ isDetected: boolean, works: boolean }} relaxed
 */
function pretend(context, { isDetected, works }) {
  const { compile } = WebAssembly;
  const relaxed = readFileSync(join(ROOT, 'build/wasm', FILES.relaxed));
  /** @type {WasmVariant[]} */
  const compiled = [];
  context.mock.method(WebAssembly, 'validate', () => isDetected);
  context.mock.method(WebAssembly, 'compile', (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => {
    const variant = relaxed.equals(bytes) ? 'relaxed' : 'simd';
    compiled.push(variant);
    if (variant === 'simd' || works) return compile(bytes);
    return Promise.reject(new WebAssembly.CompileError('no such instruction'));
  });
  return compiled;
}

describe('the variant that is taken', () => {
  /** @type {[title: string, relaxed: { isDetected: boolean, works: boolean }, expected: WasmVariant[]][]} */
  const cases = [
    ['is relaxed SIMD where that is there', { isDetected: true, works: true }, ['relaxed']],
    [
      'is SIMD elsewhere, and the other is not asked for',
      { isDetected: false, works: false },
      ['simd'],
    ],
    ['is SIMD if the other fails', { isDetected: true, works: false }, ['relaxed', 'simd']],
  ];
  for (const [title, relaxed, expected] of cases) {
    test(title, async (context) => {
      const compiled = pretend(context, relaxed);
      const { init } = await freshLoader();
      await init();
      assert.deepEqual(compiled, expected);
    });
  }

  test('is the one that was asked for, or none', async (context) => {
    const compiled = pretend(context, { isDetected: true, works: false });
    const { init } = await freshLoader();
    await init({ wasmVariant: 'simd' });
    await assertFails(() => init({ wasmVariant: 'relaxed' }), 'WASM_FAILED', /no such instruction/);
    assert.deepEqual(compiled, ['simd', 'relaxed']);
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
