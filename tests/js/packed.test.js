/** Kernels of 12 bits: what is written, what is read, and files that no honest program writes. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { main } from '../../web/cli/main.js';
import { writeSafetensors } from '../../web/package/files/safetensors-writer.js';
import { openSafetensors } from '../../web/package/files/safetensors.js';
import { convertModel, init, loadModel } from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails } from './fixtures.js';
import { packedModel, safetensors } from './hostile-files.js';

const OPTIONS = { threads: 1, wasmVariant: /** @type {const} */ ('simd') };

/**
 * The plain form of what packing does to the values of one output.
 * @param {number[]} column
 * @returns {number[]}
 */
function reference(column) {
  const largest = Math.max(...column.map(Math.abs));
  if (largest === 0) return column.map(() => 0);
  // The scale is the next number above largest / 2047 that has 13 binary digits.
  const exponent = Math.floor(Math.log2(largest / 2047));
  const step = 2 ** (exponent - 12);
  const scale = Math.ceil(Math.fround(largest / 2047) / step) * step;
  return column.map((value) => Math.round(value / scale) * scale + 0);
}

/**
 * @param {number} count
 * @param {number} outputs each output has numbers of another size
 */
function unevenValues(count, outputs) {
  let state = 7;
  return Float32Array.from({ length: count }, (_, i) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state / 2 ** 31 - 1) * 10 ** ((i % outputs) - 3);
  });
}

/**
 * A kernel as it comes back from a file of 12 bits.
 * @param {Float32Array} values
 * @param {number[]} shape
 */
function throughFile(values, shape) {
  const weight = { name: 'l/kernel', shape, size: values.length, read: () => values };
  const bytes = writeSafetensors({ weights: [{ ...weight, isPointwise: true }] }, 12);
  return { bytes, weight: openSafetensors(bytes).weights[0] };
}

/** @param {Uint8Array} bytes of a file */
function headerOf(bytes) {
  const length = Number(Buffer.from(bytes).readBigUInt64LE());
  return JSON.parse(Buffer.from(bytes).toString('utf8', 8, 8 + length));
}

describe('a packed kernel', () => {
  for (const shape of [
    [1, 1, 12, 6],
    [1, 1, 40, 7],
    [33, 5],
    [50, 3],
  ]) {
    const outputs = shape[shape.length - 1];
    const size = shape.reduce((product, axis) => product * axis, 1);

    test(`of shape ${shape} is what the plain form gives`, () => {
      const values = unevenValues(size, outputs);
      values.forEach((_, i) => i % outputs === 1 && (values[i] = 0));
      const { bytes, weight } = throughFile(values, shape);
      assert.equal(headerOf(bytes)['l/kernel'].dtype, 'U8');
      assert.deepEqual(weight.shape, shape);
      const read = weight.read();
      for (let output = 0; output < outputs; output++) {
        const column = (/** @type {Float32Array} */ all) =>
          [...all].filter((_, i) => i % outputs === output);
        assert.deepEqual(column(read), reference(column(values)));
      }
      assert.deepEqual(throughFile(read, shape).bytes, bytes);
    });

    test(`of shape ${shape} is read in any parts`, async () => {
      const { weight } = throughFile(unevenValues(size, outputs), shape);
      const whole = weight.read();
      for (const length of [1, 2, 3, 5, outputs, size - 1]) {
        for (let first = 0; first < size; first += length) {
          const end = Math.min(size, first + length);
          assert.deepEqual(weight.read(first, end), whole.slice(first, end));
        }
      }
    });
  }

  const shape = [20, 4];
  for (const [what, value] of /** @type {[string, number][]} */ ([
    ['NaN', NaN],
    ['infinity', Infinity],
    ['a number too large for a scale', 3e38],
    ['a number too small for a scale', 1e-37],
  ])) {
    test(`is not made of ${what}`, () => {
      const values = unevenValues(80, 4);
      for (let i = 2; i < 80; i += 4) values[i] = value;
      const { bytes, weight } = throughFile(values, shape);
      assert.notEqual(headerOf(bytes)['l/kernel'].dtype, 'U8');
      assert.equal(headerOf(bytes).__metadata__.kernel_bits, undefined);
      if (value !== 1e-37) assert.deepEqual(weight.read(), values);
    });
  }

  test('is not made where half precision is smaller', () => {
    const { bytes } = throughFile(unevenValues(32, 4), [8, 4]);
    assert.equal(headerOf(bytes)['l/kernel'].dtype, 'F16');
  });
});

describe('a model of 12 bits', () => {
  test('has a small file, nearly the same scores, and stays the same', async () => {
    const original = readFileSync(DEFAULT_MODEL);
    const file = await convertModel(original, { ...OPTIONS, bits: 12 });
    const half = await convertModel(original, { ...OPTIONS, bits: 16 });
    assert.ok(file.length < 0.8 * half.length, `${file.length}`);
    assert.deepEqual(await convertModel(original, { ...OPTIONS, float16: true }), half);
    assert.deepEqual(await convertModel(file, { ...OPTIONS, bits: 12 }), file);
    const [scores, packed] = await Promise.all([original, file].map(scoresOf));
    const error = Math.max(...packed.map((score, i) => Math.abs(score - scores[i])));
    assert.ok(error > 0 && error < 0.003, `${error}`);
    // As float32 it has the same numbers in a larger file.
    const large = await convertModel(file, OPTIONS);
    assert.ok(large.length > 2 * file.length);
    assert.deepEqual(await scoresOf(large), packed);
  });

  test('has no second form in memory while it is read', async () => {
    const file = await convertModel(readFileSync(DEFAULT_MODEL), { ...OPTIONS, bits: 12 });
    const engine = await init(OPTIONS);
    const kernel = openSafetensors(file).weights.find(({ size }) => size > 100_000);
    assert.ok(kernel);
    const pointer = engine.call('malloc', 4 * kernel.size);
    const values = kernel.read(0, kernel.size, { engine, pointer });
    assert.equal(values.byteOffset, pointer);
    assert.deepEqual(Float32Array.from(values), kernel.read());
    engine.call('free', pointer);
  });

  test('is what Python can read', () => {
    const { bytes, weight } = throughFile(unevenValues(21 * 5, 5), [21, 5]);
    const folder = mkdtempSync(join(tmpdir(), 'gradcam-'));
    const file = join(folder, 'packed.safetensors');
    writeFileSync(file, bytes);
    const script = `
import json, sys
import numpy as np
from safetensors import safe_open
with safe_open(sys.argv[1], framework="np") as file:
    assert file.metadata()["kernel_bits"] == "12"
    packed = file.get_tensor("l/kernel").astype(np.int32)
    scale = file.get_tensor("l/kernel_scale")
packed = np.pad(packed, ((0, 0), (0, -packed.shape[1] % 3))).reshape(len(packed), -1, 3)
low, middle, high = packed[..., 0], packed[..., 1], packed[..., 2]
pairs = np.stack([low | (middle & 15) << 8, middle >> 4 | high << 4], -1)
integers = (pairs.reshape(len(packed), -1)[:, : len(scale)] ^ 2048) - 2048
print(json.dumps((integers * scale.astype(np.float64)).ravel().tolist()))`;
    const env = { ...process.env, PYTHONPATH: join(ROOT, 'build/python') };
    const options = /** @type {const} */ ({ encoding: 'utf8', env });
    const { status, stdout, stderr } = spawnSync('python3', ['-c', script, file], options);
    rmSync(folder, { recursive: true });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), [...weight.read()]);
  });

  test('is refused with other bits, and says which there are', async () => {
    const bytes = readFileSync(DEFAULT_MODEL);
    for (const bits of /** @type {any[]} */ ([10, 8, '12', null, NaN, {}])) {
      const convert = () => convertModel(bytes, { ...OPTIONS, bits });
      await assertFails(convert, 'INVALID_ARGUMENT', /bits is .*; allowed: 12, 16, 32/);
    }
    const both = () => convertModel(bytes, { ...OPTIONS, bits: 12, float16: true });
    await assertFails(both, 'INVALID_ARGUMENT', /give one of them/);
  });

  test('is written by the command line', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gradcam-'));
    const out = join(folder, 'small.safetensors');
    const { status, error } = await main(['convert', DEFAULT_MODEL, out, '--bits', '12']);
    assert.equal(status, 0, error);
    assert.equal(headerOf(readFileSync(out)).__metadata__.kernel_bits, '12');
    for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
      [['--bits', '10'], /--bits is "10"; allowed: 32, 16, 12/],
      [['--bits', '12', '--float16'], /not both/],
    ])) {
      const wrong = await main(['convert', DEFAULT_MODEL, join(folder, 'x'), ...args]);
      assert.equal(wrong.status, 2);
      assert.match(wrong.error, message);
    }
    rmSync(folder, { recursive: true });
  });
});

/** @param {Uint8Array} file */
async function scoresOf(file) {
  const model = await loadModel(file, OPTIONS);
  const run = await model.run(readFileSync(DOG_PICTURE));
  model.dispose();
  return run.predictions;
}

describe('a packed file that is broken', () => {
  test('opens if it is not broken', async () => {
    (await loadModel(packedModel(), OPTIONS)).dispose();
  });

  const nan = Buffer.alloc(12, 255);
  const float = (/** @type {number} */ value) => Buffer.from(Float32Array.of(1, value, 1).buffer);
  /** @type {[what: string, bytes: Uint8Array, message: RegExp][]} */
  const cases = [
    ['other bits', packedModel({ bits: '10' }), /kernels have "10" bits; allowed: 12/],
    ['bits that are no number', packedModel({ bits: 'x' }), /have "x" bits/],
    ['no bits', packedModel({ bits: null }), /type "U8"; allowed: F32, F16/],
    ['no scales', packedModel({ scaleName: 'other' }), /l1\/kernel_scale is missing/],
    ['scales NaN', packedModel({ scales: nan }), /a scale is NaN/],
    ['a scale infinite', packedModel({ scales: float(Infinity) }), /a scale is Infinity/],
    ['a scale below 0', packedModel({ scales: float(-1) }), /a scale is -1/],
    ['a scale too large', packedModel({ scales: float(3e38) }), /a scale is 3/],
    ['too few scales', packedModel({ scales: float(1).subarray(4) }), /its scales \[2\]/],
    ['half scales', packedModel({ scaleType: 'F16' }), /allowed: F32 scales/],
    ['scales of bytes', packedModel({ scaleType: 'U8' }), /allowed: F32 scales/],
    ['scales with two axes', packedModel({ scaleShape: [1, 3] }), /its scales \[1, 3\]/],
    ['a scale without axes', packedModel({ scales: float(1).subarray(8), scaleShape: [] }), /\[\]/],
    ['bytes too many', packedModel({ shape: [12, 6] }), /its bytes have shape \[12, 6\]/],
    ['bytes too few', packedModel({ shape: [15, 4] }), /its bytes have shape \[15, 4\]/],
    ['one axis', packedModel({ shape: [5] }), /its bytes have shape \[5\]/],
    ['other inputs', packedModel({ shape: [11, 5] }), /has shape \[11, 3\]; the model needs/],
    ['no inputs', packedModel({ shape: [0, 5] }), /has shape \[0, 3\]; the model needs/],
  ];
  for (const [what, bytes, message] of cases) {
    test(`by ${what}`, () =>
      assertFails(() => loadModel(bytes, OPTIONS), 'INVALID_MODEL', message));
  }

  test('by a packed kernel alone', async () => {
    const header = {
      __metadata__: { kernel_bits: '12' },
      a: { dtype: 'U8', shape: [2], data_offsets: [0, 2] },
    };
    const bytes = safetensors(header, new Uint8Array(2));
    await assertFails(() => loadModel(bytes, OPTIONS), 'INVALID_MODEL', /a_scale is missing/);
  });
});
