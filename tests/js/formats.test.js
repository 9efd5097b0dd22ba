/**
 * One model in every kind of file gives the same; what is broken is refused, and memory given back.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { strToU8 } from 'fflate';
import { convertModel, init, loadModel } from 'gradcam-wasm';
import { openContainer } from '../../web/package/files/index.js';
import { writeSafetensors } from '../../web/package/files/safetensors-writer.js';
import { openSafetensors } from '../../web/package/files/safetensors.js';
import { range } from '../../web/package/base/range.js';
import { openSource } from '../../web/package/base/source.js';
import { main } from '../../web/cli/main.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, SKIP_SHARED, assertFails } from './fixtures.js';
import { sharedImage, sharedModel } from './fixtures.js';
import { toTfjs } from './tfjs-files.js';

const DOGS = join(ROOT, 'build/models/dog_breed_mobilenetv2.safetensors');
const LITE0 = join(ROOT, 'build/models/efficientnet_lite0.safetensors');

/** @type {Uint8Array} */
let picture;
/** @type {Float32Array} what the default model says of it */
let scores;
/** @type {import('../../web/package/files/index.js').Container} */
let dogs;
before(async () => {
  picture = readFileSync(DOG_PICTURE);
  scores = await predict(readFileSync(DEFAULT_MODEL));
  dogs = openSafetensors(readFileSync(DOGS));
});

/**
 * @param {import('gradcam-wasm').ModelSource} source
 * @param {import('gradcam-wasm').LoadOptions} [options]
 */
async function predict(source, options) {
  const model = await loadModel(source, options);
  const { predictions } = await model.run(picture);
  model.dispose();
  return predictions;
}

/** @param {Float32Array} ours */
function largestError(ours) {
  return Math.max(...ours.map((score, i) => Math.abs(score - scores[i])));
}

describe('.safetensors', () => {
  test('what set-up wrote is the model that it was converted from, with its labels', async () => {
    const model = await loadModel(readFileSync(DOGS));
    assert.equal(model.labels?.[11], 'Bull Mastiff');
    assert.equal(model.preprocessing, 'tf');
    assert.deepEqual((await model.run(picture)).predictions, scores);
    model.dispose();
  });

  test('in half precision scores differ by less than 0.003', async () => {
    const file = await convertModel(readFileSync(DEFAULT_MODEL), { float16: true });
    assert.ok(file.length < 0.55 * readFileSync(DOGS).length);
    const error = largestError(await predict(file));
    assert.ok(error > 0 && error < 0.003, `${error}`);
  });

  test('labels and preprocessing travel with it; those of the caller win', async () => {
    const labels = Array.from({ length: 19 }, (_, i) => `class ${i}`);
    const preprocessing = { mean: [120, 110, 100], std: 60, order: /** @type {const} */ ('bgr') };
    const file = await convertModel(readFileSync(DOGS), { labels, preprocessing });
    const model = await loadModel(file);
    assert.deepEqual(model.labels, labels);
    assert.deepEqual(model.preprocessing, preprocessing);
    model.dispose();
    const other = await loadModel(file, { labels: [...labels].reverse(), preprocessing: 'none' });
    assert.equal(other.labels?.[0], 'class 18');
    assert.equal(other.preprocessing, 'none');
    other.dispose();
  });

  test('EfficientNet-Lite0 says what its package says', async () => {
    const model = await loadModel(readFileSync(LITE0));
    const run = await model.run(picture);
    assert.equal(model.labels?.length, 1000);
    assert.deepEqual([model.labels?.[243], model.labels?.[282]], ['bull mastiff', 'tiger cat']);
    assert.equal(run.inputWarning, null);
    model.dispose();
  });

  test('Python reads it', () => {
    const script = `
import json, sys
from safetensors import safe_open
with safe_open(sys.argv[1], framework="np") as file:
    tensors = {key: file.get_tensor(key) for key in file.keys()}
    sums = {key: [list(t.shape), float(t.sum(dtype="float64"))] for key, t in tensors.items()}
    print(json.dumps({"metadata": file.metadata(), "sums": sums}))`;
    const env = { ...process.env, PYTHONPATH: join(ROOT, 'build/python') };
    const options = /** @type {const} */ ({ encoding: 'utf8', env });
    const { status, stdout, stderr } = spawnSync('python3', ['-c', script, LITE0], options);
    assert.equal(status, 0, stderr);
    const { metadata, sums } = JSON.parse(stdout);
    assert.equal(JSON.parse(metadata.keras_config).class_name, 'Functional');
    assert.equal(Object.keys(sums).length, 247);
    // ../shared/models/README.md, "To check a reader"
    assert.deepEqual(sums['stem_conv/kernel'][0], [3, 3, 3, 32]);
    assert.ok(Math.abs(sums['top_bn/beta'][1] + 5751.648121) < 1e-3);
    assert.ok(Math.abs(sums['predictions/kernel'][1] + 470.632567) < 1e-3);
  });
});

describe('broken .safetensors', () => {
  /**
   * @param {object} header
   * @param {number} length of the data
   */
  function build(header, length) {
    const json = strToU8(JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length + length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  }

  const tensor = (
    /** @type {any} */ start,
    /** @type {any} */ end,
    dtype = 'F32',
    shape = [1],
  ) => ({
    dtype,
    shape,
    data_offsets: [start, end],
  });

  /** @type {[what: string, header: object, length: number, message: RegExp][]} */
  const cases = [
    ['an overlap', { a: tensor(0, 4), b: tensor(2, 6) }, 6, /b overlaps/],
    ['a gap', { a: tensor(0, 4), b: tensor(8, 12) }, 12, /b leaves a gap/],
    ['data left over', { a: tensor(0, 4) }, 8, /have 4 bytes, but it holds 8/],
    ['data missing', { a: tensor(0, 4) }, 2, /have 4 bytes, but it holds 2/],
    ['a size of its own', { a: tensor(0, 8) }, 8, /has 8 bytes, not 4/],
    ['an unknown type', { a: tensor(0, 4, 'I32') }, 4, /"I32"; allowed: F32, F16/],
    ['a negative place', { a: tensor(-4, 0) }, 4, /data_offsets/],
    ['a fraction', { a: tensor(0, 4, 'F32', [0.5]) }, 4, /shape/],
    ['a huge shape', { a: tensor(0, 4, 'F32', [2 ** 40, 2 ** 40]) }, 4, /not/],
    ['no tensor', { a: 7 }, 4, /type undefined/],
    ['metadata of numbers', { __metadata__: { a: 1 } }, 0, /__metadata__/],
    ['labels that are not JSON', { __metadata__: { labels: '[' } }, 0, /"labels" is not JSON/],
  ];
  for (const [what, header, length, message] of cases) {
    test(what, () => assertFails(() => loadModel(build(header, length)), 'INVALID_MODEL', message));
  }

  test('cut off anywhere', async () => {
    const bytes = readFileSync(DOGS);
    for (const length of [9, 100, 40000, bytes.length >> 1, bytes.length - 1]) {
      await assertFails(() => loadModel(bytes.subarray(0, length)), 'INVALID_MODEL');
    }
  });

  test('without a configuration, without a weight, with NaN, with labels too few', async () => {
    const bare = writeSafetensors({ weights: dogs.weights });
    await assertFails(() => loadModel(bare), 'INVALID_MODEL', /no configuration/);
    const fewer = writeSafetensors({ ...dogs, weights: dogs.weights.slice(1) });
    await assertFails(() => loadModel(fewer), 'INVALID_MODEL');
    const [first, ...rest] = dogs.weights;
    const read = () => first.read().map((value, i) => (i === 3 ? NaN : value));
    const weights = [{ ...first, read }, ...rest];
    const nan = writeSafetensors({ ...dogs, weights });
    await assertFails(() => loadModel(nan), 'INVALID_MODEL', /finite|NaN/);
    const labels = writeSafetensors({ ...dogs, labels: ['one'] });
    await assertFails(() => loadModel(labels), 'INVALID_MODEL', /1 labels/);
  });

  test('memory is given back after every failure', async () => {
    const engine = await init();
    // The last model would take all memory with it.
    const kept = await loadModel(readFileSync(DOGS));
    const nan = writeSafetensors({
      ...dogs,
      weights: dogs.weights.map((weight) => ({
        ...weight,
        read: () => new Float32Array(weight.size).fill(NaN),
      })),
    });
    await predict(readFileSync(DOGS));
    const size = engine.memorySize;
    for (let i = 0; i < 5; i++) {
      await assertFails(() => loadModel(nan), 'INVALID_MODEL');
      await predict(readFileSync(DOGS));
    }
    assert.equal(engine.memorySize, size);
    kept.dispose();
  });
});

describe('TensorFlow.js', () => {
  test('as it is, in shards, in any order', async () => {
    const files = toTfjs(dogs, { shardBytes: 4 * 2 ** 20 });
    assert.equal(files.length, 4);
    assert.deepEqual(await predict([...files].reverse(), { preprocessing: 'tf' }), scores);
  });

  test('quantised to float16: as .safetensors in half precision, but for vectors', async () => {
    const error = largestError(await predict(toTfjs(dogs, { type: 'float16' })));
    assert.ok(error > 0 && error < 0.003, `${error}`);
  });

  for (const type of /** @type {const} */ (['uint8', 'uint16'])) {
    test(`quantised to ${type}: every value to half a step`, async () => {
      const steps = type === 'uint8' ? 255 : 65535;
      const files = await openSource(toTfjs(dogs, { type }), {});
      const { weights } = await openContainer(files);
      for (const [i, weight] of weights.entries()) {
        const values = dogs.weights[i].read();
        const { min, max } = range(values);
        const allowed = (max - min) / steps / 2 + 1e-6 * Math.max(-min, max);
        const ours = weight.read();
        assert.ok(
          ours.every((value, k) => Math.abs(value - values[k]) <= allowed),
          weight.name,
        );
      }
    });
  }

  test('a missing shard is named', async () => {
    const [json, , ...others] = toTfjs(dogs, { shardBytes: 4 * 2 ** 20 });
    const missing = /model\.json needs group1-shard1of3\.bin too/;
    await assertFails(() => loadModel([json, ...others]), 'INVALID_SOURCE', missing);
    await assertFails(() => loadModel(json), 'INVALID_SOURCE', /group1-shard3of3/);
    const bytes = new Uint8Array(await json.arrayBuffer());
    await assertFails(() => loadModel(bytes), 'INVALID_SOURCE', /give all its files/);
  });

  test('swapped, short and empty shards', async () => {
    const [json, first, second, last] = toTfjs(dogs, { shardBytes: 4 * 2 ** 20 });
    const renamed = (/** @type {File} */ file, /** @type {File} */ as) => new File([file], as.name);
    const swapped = [json, renamed(last, first), second, renamed(first, last)];
    await assertFails(() => loadModel(swapped), 'INVALID_MODEL', /swapped/);
    const short = [json, first, second, new File([last.slice(1)], last.name)];
    await assertFails(() => loadModel(short), 'INVALID_MODEL', /need \d+ bytes/);
    const empty = [json, first, second, new File([], last.name)];
    await assertFails(() => loadModel(empty), 'INVALID_MODEL', /need \d+ bytes/);
  });

  /** @type {[what: string, json: unknown, message: RegExp][]} */
  const cases = [
    ['a graph-model', { format: 'graph-model', modelTopology: { node: [] } }, /tfjs_layers_model/],
    ['a configuration alone', JSON.parse('{"class_name": "Sequential"}'), /without weights/],
    ['no topology', { format: 'layers-model', weightsManifest: [] }, /no modelTopology/],
    ['no manifest', { modelTopology: { class_name: 'Sequential' } }, /without weights/],
    ['a manifest of texts', { modelTopology: {}, weightsManifest: ['x'] }, /weightsManifest/],
  ];
  for (const [what, json, message] of cases) {
    const file = new File([JSON.stringify(json)], 'model.json');
    test(`refuses ${what}`, () => assertFails(() => loadModel(file), 'INVALID_MODEL', message));
  }

  test('refuses a shard from another server', async () => {
    const server = await serve('model.json', JSON.stringify(manifestWith('https://example.org/x')));
    try {
      await assertFails(() => loadModel(server.url), 'INVALID_MODEL', /another server/);
    } finally {
      server.close();
    }
  });

  test('from an address, shards from beside it', async () => {
    const files = toTfjs(dogs, { shardBytes: 4 * 2 ** 20 });
    const folder = mkdtempSync(join(tmpdir(), 'gradcam-'));
    for (const file of files) {
      writeFileSync(join(folder, file.name), new Uint8Array(await file.arrayBuffer()));
    }
    try {
      const { status, output, error } = await main(['predict', folder, DOG_PICTURE, '--json']);
      assert.equal(status, 0, error);
      const json = ['predict', join(folder, 'model.json'), DOG_PICTURE, '--json'];
      assert.equal((await main(json)).output, output);
      JSON.parse(output).predictions.forEach(
        (/** @type {number} */ score, /** @type {number} */ i) => assert.equal(score, scores[i]),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** @param {string} path of the only shard */
function manifestWith(path) {
  const weights = [{ name: 'a', shape: [1], dtype: 'float32' }];
  return {
    modelTopology: { class_name: 'Sequential' },
    weightsManifest: [{ paths: [path], weights }],
  };
}

/**
 * @param {string} name
 * @param {string} body
 */
async function serve(name, body) {
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => response.end(body));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}/${name}`, close: () => server.close() };
}

describe('files of other programs', () => {
  /** @type {[name: string, bytes: Uint8Array, message: RegExp][]} */
  const cases = [
    ['saved_model.pb', Uint8Array.from([8, 1, 18, 5]), /SavedModel.*model\.save/],
    ['model.pb', Uint8Array.from([8, 1, 18, 5]), /saved_model\.pb.*model\.save/],
    ['model.tflite', strToU8('\x1c\0\0\0TFL3'), /TensorFlow Lite/],
    ['model.pth', Uint8Array.from([0x80, 2, 0x8a, 0x0a]), /PyTorch/],
  ];
  for (const [name, bytes, message] of cases) {
    const file = new File([bytes.slice()], name);
    test(name, () => assertFails(() => loadModel(file), 'INVALID_MODEL', message));
  }

  test('a folder of a SavedModel', async () => {
    const files = ['saved_model.pb', 'variables.index'].map((name) => new File(['x'], name));
    await assertFails(() => loadModel(files), 'INVALID_MODEL', /SavedModel/);
  });

  test('several files of no model, and lists of no files', async () => {
    const files = ['a.h5', 'b.h5'].map((name) => new File(['x'], name));
    await assertFails(() => loadModel(files), 'INVALID_SOURCE', /a\.h5, b\.h5/);
    await assertFails(() => loadModel([]), 'INVALID_SOURCE', /allowed: a list of Files/);
    const texts = /** @type {any} */ (['a', 'b']);
    await assertFails(() => loadModel(texts), 'INVALID_SOURCE', /allowed: a list of Files/);
  });
});

describe('convert', () => {
  /** @type {string} */
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
  after(() => rmSync(folder, { recursive: true }));

  test('writes what loads as the same model', async () => {
    const out = join(folder, 'dogs.safetensors');
    const { status, output, error } = await main(['convert', DEFAULT_MODEL, out]);
    assert.equal(status, 0, error);
    assert.match(output, /dogs\.safetensors: \d+ bytes/);
    const model = await loadModel(readFileSync(out));
    assert.equal(model.labels?.[14], 'Pug');
    assert.deepEqual((await model.run(picture)).predictions, scores);
    model.dispose();
    const { status: wrong } = await main(['convert', DOG_PICTURE, join(folder, 'x')]);
    assert.equal(wrong, 1);
    assert.ok(!existsSync(join(folder, 'x')));
  });

  for (const name of [
    'keras2_small_cnn.h5',
    'keras2_tl_sequential.h5',
    'nsfwjs_mobilenetv2.keras',
  ]) {
    test(`${name}: the same scores, to the bit`, { skip: SKIP_SHARED }, async () => {
      const image = sharedImage('cat_dog_224.png');
      const original = await loadModel(sharedModel(name));
      const copy = await loadModel(await convertModel(sharedModel(name)));
      assert.deepEqual(
        (await copy.run(image)).predictions,
        (await original.run(image)).predictions,
      );
      original.dispose();
      copy.dispose();
    });
  }
});
