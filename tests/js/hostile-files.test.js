/** Files that are damaged or made to harm. Each is refused by name, or changes nothing. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { parseJson, writeJson } from '../../web/package/base/json.js';
import { crc32 } from '../../web/package/files/crc32.js';
import { assertFails, plainPicture } from './fixtures.js';
import { SMALL, safetensors, sequential } from './hostile-files.js';
import { smallSafetensors, smallTfjs, smallZip, zip } from './hostile-files.js';

const OPTIONS = { threads: 1, wasmVariant: /** @type {const} */ ('simd') };

/**
 * The scores that a model file gives.
 * @param {Uint8Array | File[]} source
 */
async function scoresOf(source) {
  const model = await loadModel(source, OPTIONS);
  try {
    const picture = plainPicture([200, 100, 50, 255], 8, 8);
    return [...(await model.run(picture)).predictions];
  } finally {
    model.dispose();
  }
}

/** @param {string} config */
function withConfig(config) {
  return smallSafetensors({}, config);
}

describe('JSON', () => {
  const text = JSON.stringify(SMALL);

  test('has the numbers that Python writes', async () => {
    const json = '{"a": NaN, "b": [-Infinity, Infinity], "c": "NaN, Infinity"}';
    const value = parseJson(json, 'it');
    assert.deepEqual(value, { a: NaN, b: [-Infinity, Infinity], c: 'NaN, Infinity' });
    assert.deepEqual(parseJson(writeJson(value), 'it'), value);
    assert.equal(writeJson({ a: 1, b: 'x' }), '{"a":1,"b":"x"}');
    const infinite = text.replace('"filters":4', '"filters":4,"momentum":NaN,"seed":-Infinity');
    assert.deepEqual(await scoresOf(withConfig(infinite)), await scoresOf(smallSafetensors()));
  });

  /** @type {[what: string, json: string, message: RegExp][]} */
  const cases = [
    ['a key twice', '{"a": 1, "b": {"a": 2}, "a": 3}', /it has the key "a" twice/],
    ['a key twice, once escaped', '{"a": 1, "\\u0061": 3}', /it has the key "a" twice/],
    ['deep lists', '['.repeat(600) + ']'.repeat(600), /it is nested deeper than 512/],
    ['deep objects without end', '{"a":'.repeat(1e5), /it is nested deeper than 512/],
    ['half a word', '[Na]', /it is not JSON/],
    ['a number with a sign', '[-NaN]', /it is not JSON/],
    ['a text without end', '["abc\\"', /it is not JSON/],
    ['nothing', '', /it is not JSON/],
  ];
  for (const [what, json, message] of cases) {
    test(`${what} is refused`, () =>
      assertFails(() => parseJson(json, 'it'), 'INVALID_MODEL', message));
  }

  /** @type {[what: string, bytes: Uint8Array, message: RegExp][]} */
  const models = [
    ['a header', safetensors('{"a":{"dtype":"F32","shape":[],"shape":[]}}'), /header .* "shape"/],
    ['a shape', safetensors(`{"a":{"dtype":"F32","shape":${'['.repeat(2e4)}}}`), /nested deeper/],
    ['a type', safetensors({ a: { dtype: { toString: 1 }, shape: [] } }), /type an object/],
    [
      'a shape of objects',
      safetensors({ a: { dtype: 'F32', shape: { constructor: { name: { toString: 1 } } } } }),
      /has shape an object/,
    ],
    ['labels', smallSafetensors({ labels: '['.repeat(2e4) }), /"labels" is nested deeper/],
    [
      'a preprocessing',
      smallSafetensors({ preprocessing: '{"scale":1,"scale":2}' }),
      /"scale" twice/,
    ],
    [
      'a configuration',
      withConfig(text.replace('"filters"', '"filters":9,"filters"')),
      /"filters"/,
    ],
    ['bytes that are no text', withConfig(text).map((b) => (b === 0x6d ? 0xff : b)), /not JSON/],
  ];
  for (const [what, bytes, message] of models) {
    test(`${what} of a stranger`, () =>
      assertFails(() => scoresOf(bytes), 'INVALID_MODEL', message));
  }
});

test('the checksum of zip files', () => {
  const bytes = new TextEncoder().encode('123456789');
  assert.equal(crc32(bytes), 0xcbf43926);
  assert.equal(crc32(bytes.subarray(3), crc32(bytes.subarray(0, 3))), 0xcbf43926);
  assert.equal(crc32(new Uint8Array()), 0);
});

describe('zip files', () => {
  test('are read, packed or stored, with a comment and with clutter', async () => {
    const scores = await scoresOf(smallSafetensors());
    const clutter = { name: '__MACOSX/._x', data: 'x', crc: 0 };
    const packed = smallZip({ method: 0 }, { method: 8 }, [clutter]);
    for (const bytes of [smallZip(), packed]) assert.deepEqual(await scoresOf(bytes), scores);
  });

  test('with two files of the name that the model wants are refused', async () => {
    const { json, shard } = smallTfjs();
    const bytes = zip([
      { name: 'a/model.json', data: json },
      { name: 'c/s.bin', data: shard },
      { name: 'b/s.bin', data: new Uint8Array(shard.length) },
    ]);
    await assertFails(
      () => scoresOf(bytes),
      'INVALID_MODEL',
      /several files of one name, c\/s.bin, b\/s.bin/,
    );
  });

  const bomb = 2 ** 31 - 1;
  /** @type {[what: string, bytes: Uint8Array, code: string, message: RegExp][]} */
  const cases = [
    ['a size of 2 GB', smallZip({}, { size: bomb }), 'TOO_LARGE', /unpack to 2147483647/],
    ['two lies', smallZip({}, { size: bomb, packed: bomb }), 'INVALID_MODEL', /"s.bin" is cut off/],
    [
      'a size that is too small',
      smallZip({ size: 10 }),
      'INVALID_MODEL',
      /"model.json" is damaged/,
    ],
    ['a size of 0', smallZip({ size: 0 }), 'INVALID_MODEL', /damaged/],
    ['another checksum', smallZip({}, { crc: 1 }), 'INVALID_MODEL', /"s.bin" is damaged/],
    ['another checksum, packed', smallZip({ crc: 1 }), 'INVALID_MODEL', /damaged/],
    [
      'bytes that do not unpack',
      smallZip({ body: Buffer.alloc(99, 255) }),
      'INVALID_MODEL',
      /damaged/,
    ],
    ['encryption', smallZip({ flags: 1 }), 'INVALID_MODEL', /"model.json" is encrypted/],
    ['another method', smallZip({ method: 99 }), 'INVALID_MODEL', /way 99; allowed: 0/],
    ['a place outside', smallZip({}, { offset: 0x7fffffff }), 'INVALID_MODEL', /is not where/],
    ['one place twice', smallZip({}, { offset: 0 }), 'INVALID_MODEL', /overlaps/],
    ['another name', smallZip({ localName: 'x' }), 'INVALID_MODEL', /is called "x" elsewhere/],
    ['a name twice', smallZip({}, {}, [{ name: 's.bin', data: '' }]), 'INVALID_MODEL', /twice/],
    ['a way out', smallZip({}, {}, [{ name: 'a/../../x', data: '' }]), 'INVALID_MODEL', /outside/],
    ['the root', smallZip({}, {}, [{ name: '/x', data: '' }]), 'INVALID_MODEL', /outside/],
    ['zip64 without sizes', smallZip({ size: 2 ** 32 - 1 }), 'INVALID_MODEL', /zip64 are missing/],
    ['too many entries', zip([{ name: 'x', data: '' }], { count: 2 }), 'INVALID_MODEL', /entries/],
    ['no entry', zip([]), 'INVALID_MODEL', /begins with|is not a model/],
    ['no end', smallZip().subarray(0, 200), 'INVALID_MODEL', /its directory is missing/],
  ];
  for (const [what, bytes, code, message] of cases) {
    test(`with ${what}`, () => assertFails(() => scoresOf(bytes), code, message));
  }

  test('a configuration of 60 MB of "[" is refused at once', async () => {
    const data = '['.repeat(60 * 2 ** 20);
    const entries = [{ name: 'model.json', data }];
    await assertFails(() => scoresOf(zip(entries)), 'INVALID_MODEL', /nested deeper/);
    const keras = [
      { name: 'config.json', data },
      { name: 'model.weights.h5', data: '' },
    ];
    await assertFails(() => scoresOf(zip(keras)), 'INVALID_MODEL', /config.json .* nested deeper/);
  });
});

describe('one flipped bit', () => {
  /**
   * Flips bits all over a file. Each file is refused, or gives the same scores.
   * @param {Uint8Array} bytes
   * @param {number} end
   * @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array | File[]} toSource
   */
  async function flipBits(bytes, end, toSource) {
    const scores = await scoresOf(toSource(Uint8Array.from(bytes)));
    let refused = 0;
    for (let bit = 0; bit < 8 * end; bit += 11) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      try {
        const others = await scoresOf(toSource(flipped));
        assert.deepEqual(others, scores, `bit ${bit} gives other scores`);
      } catch (/** @type {any} */ error) {
        assert.equal(error.name, 'GradCamError', `bit ${bit}: ${error.stack}`);
        refused++;
      }
    }
    return refused / Math.ceil((8 * end) / 11);
  }

  test('in a zip file', async () => {
    const bytes = smallZip();
    const refused = await flipBits(bytes, bytes.length, (flipped) => flipped);
    assert.ok(refused > 0.8, `${refused} are refused`);
  });

  test('in the header of a .safetensors file, behind the configuration', async () => {
    // Nothing guards the numbers of the configuration itself, which this format keeps as a text.
    const bytes = smallSafetensors({}, SMALL);
    const header = Buffer.from(bytes).lastIndexOf('}}') + 2;
    const start = Buffer.from(bytes).indexOf('"l0/kernel"');
    const tail = bytes.subarray(start, header);
    const refused = await flipBits(tail, tail.length, (flipped) => {
      const file = Uint8Array.from(bytes);
      file.set(flipped, start);
      return file;
    });
    assert.ok(refused > 0.8, `${refused} are refused`);
  });

  test('in the manifest of TensorFlow.js', async () => {
    const { json, shard } = smallTfjs();
    const start = json.indexOf('"weightsManifest"');
    const manifest = Buffer.from(json.slice(start));
    const refused = await flipBits(manifest, manifest.length, (flipped) => [
      new File([json.slice(0, start), flipped], 'model.json'),
      new File([Uint8Array.from(shard)], 's.bin'),
    ]);
    assert.ok(refused > 0.8, `${refused} are refused`);
  });
});

describe('weights', () => {
  const config = JSON.stringify(
    sequential(
      [
        ['Dense', { units: 2, use_bias: false }],
        ['GlobalAveragePooling2D', {}],
      ],
      [8, 8, 3],
    ),
  );
  /** @param {Record<string, number[]>} shapes by the names of the weights */
  const withShapes = (shapes) => {
    const entries = Object.entries(shapes).map(([name, shape], i) => [
      name,
      { dtype: 'F32', shape, data_offsets: [24 * i, 24 * i + 24] },
    ]);
    const header = { __metadata__: { keras_config: config }, ...Object.fromEntries(entries) };
    return safetensors(header, new Uint8Array(24 * entries.length));
  };

  test('of another shape are refused, even with as many values', async () => {
    assert.equal((await scoresOf(withShapes({ 'l0/kernel': [3, 2] }))).length, 2);
    for (const shape of [[2, 3], [6], [1, 3, 2], [3, 2, 1]]) {
      const needs = /has shape .*; the model needs \[3, 2\]/;
      await assertFails(() => scoresOf(withShapes({ 'l0/kernel': shape })), 'INVALID_MODEL', needs);
    }
  });

  test('that stand twice are refused', async () => {
    const twice = withShapes({ 'l0/kernel': [3, 2], 'l0/kernel:0': [3, 2] });
    await assertFails(
      () => scoresOf(twice),
      'INVALID_MODEL',
      /l0\/kernel twice, as l0\/kernel and/,
    );
  });
});
