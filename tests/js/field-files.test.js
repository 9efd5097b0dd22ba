/** Files and class names as people have them, compared with Keras' own values. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { unzipSync, zipSync } from 'fflate';
import { init, loadModel } from '../../web/package/index.js';
import { Network } from '../../web/package/engine/network.js';
import { renameClasses } from '../../web/package/files/config.js';
import { parseLabels } from '../../web/package/files/labels.js';
import { mergeLora } from '../../web/package/files/lora.js';
import { dequantize } from '../../web/package/files/quantized.js';
import { ROOT, SHARED, SKIP_SHARED, assertFails } from './fixtures.js';

const KERAS = join(SHARED, 'field/keras');
const REPORTS = join(SHARED, 'field/reports');

/** @param {string[]} path */
function read(...path) {
  return new Uint8Array(readFileSync(join(...path)));
}

/** @param {string[]} path */
function readJson(...path) {
  return JSON.parse(readFileSync(join(...path), 'utf8'));
}

/**
 * @param {string} folder
 * @param {string[]} names
 */
function filesOf(folder, names) {
  return names.map((name) => new File([read(folder, name)], name));
}

/**
 * @param {ArrayLike<number>} actual
 * @param {number[]} expected
 * @param {number} tolerance
 */
function assertClose(actual, expected, tolerance) {
  assert.equal(actual.length, expected.length);
  const off = Math.max(...expected.map((value, i) => Math.abs(value - actual[i])));
  assert.ok(off <= tolerance, `off by ${off}`);
}

/**
 * Compares predictions and maps with Keras.
 * @param {string} name of a folder of cases
 * @param {string} file
 * @param {import('gradcam-wasm').LoadOptions} [options]
 */
async function compare(name, file, options) {
  const golden = readJson(KERAS, name, 'expected.json');
  const [{ data, shape }] = golden.inputs;
  const model = await loadModel(filesOf(join(KERAS, name), [file]), { threads: 1, ...options });
  const run = await model.run({ data: Float32Array.from(data), shape });
  const largest = Math.max(...golden.predictions.map(Math.abs));
  assertClose(run.predictions, golden.predictions, (golden.tolerance / 10) * largest);
  for (const { layer, target, of, map } of golden.maps) {
    const { targets } = await run.explain({ targets: target, layer, logits: of === 'logit' });
    assertClose(targets[0].heatmap.data, map, golden.tolerance);
  }
  const { labels } = model;
  model.dispose();
  return labels;
}

/**
 * @param {import('gradcam-wasm').ModelSource} source
 * @param {string} folder
 * @param {{ scores: number[], tolerance?: number, labels?: string[] }} expected
 */
async function compareReport(source, folder, { scores, tolerance = 1e-4, labels }) {
  const model = await loadModel(source, { threads: 1, preprocessing: 'tf' });
  const own = model.layers.some(({ type }) => type === 'Rescaling');
  model.dispose();
  const again = await loadModel(source, { threads: 1, preprocessing: own ? 'none' : 'tf' });
  const { predictions } = await again.run(read(REPORTS, folder, 'picture.png'));
  assertClose(predictions, scores, tolerance);
  if (labels) assert.deepEqual(again.labels, labels);
  again.dispose();
}

/** @param {string[]} args */
function cli(...args) {
  const program = join(ROOT, 'web/cli/gradcam-wasm.js');
  return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
}

describe('class names', () => {
  for (const [what, text, names] of /** @type {const} */ ([
    ['one a line', 'apple\r\nGranny Smith \n', ['apple', 'Granny Smith']],
    ['numbered lines', '0 Apple\n1 Pear\n2 3D print\n', ['Apple', 'Pear', '3D print']],
    ['names that begin with digits', '3 wheeler\n4 wheeler', ['3 wheeler', '4 wheeler']],
    ['names that are digits', '0\n1\n2\n', ['0', '1', '2']],
    ['a list', '\uFEFF["a", "b"]', ['a', 'b']],
    ['Teachable Machine', '{"tmVersion": "2.4.7", "labels": ["a", "b"]}', ['a', 'b']],
    ['class_indices', '{"pear": 1, "apple": 0}', ['apple', 'pear']],
    ['an index of names', '{"1": "pear", "0": "apple"}', ['apple', 'pear']],
    [
      'Keras for ImageNet',
      '{"0": ["n1", "tench"], "1": ["n2", "goldfish"]}',
      ['tench', 'goldfish'],
    ],
  ])) {
    test(what, () => assert.deepEqual(parseLabels(text), names));
  }

  test('what is no list is refused by its name', () => {
    for (const text of ['', '{"a": 0, "b": 2}', '{"a": true}', '[{}]', '{"0": "a"', '{}']) {
      assert.throws(() => parseLabels(text, 'names.json'), /^GradCamError: names\.json is /);
    }
  });
});

describe('files as people have them', { skip: SKIP_SHARED }, () => {
  for (const file of ['tm-my-image-model.zip', 'converted_keras.zip']) {
    test(`Teachable Machine, ${file}`, async () => {
      const labels = await compare('teachable_machine', file);
      assert.deepEqual(labels, ['Apple', 'Pear', 'Nothing']);
    });
  }

  for (const [name, ...files] of [
    ['bfloat16', 'model.keras', 'model.h5'],
    ['h5_unicode_names', 'model.h5'],
    ['functional_subclass', 'model.keras'],
    ['lora', 'model.h5', 'model.keras'],
    ['quantized_int4', 'model.keras'],
    ['quantized_int8', 'model.keras'],
  ]) {
    for (const file of files) test(`${name}, ${file}`, () => compare(name, file).then(() => {}));
  }

  test('the way out of a classifier of KerasHub is told', async () => {
    const bytes = read(KERAS, 'hub_classifier/model.keras');
    await assertFails(
      () => loadModel(bytes),
      'UNSUPPORTED_LAYER',
      /keras\.Model\(model\.backbone\.inputs/,
    );
  });

  test('a class that renames a layer opens by the name of the layer', async () => {
    const files = unzipSync(read(KERAS, 'functional_subclass/model.keras'));
    const config = JSON.parse(new TextDecoder().decode(files['config.json']));
    const layer = config.config.layers.find(
      (/** @type {any} */ { config }) => config.name === 'c1',
    );
    Object.assign(layer, { class_name: 'Mine', module: 'my.code', registered_name: 'my>Mine' });
    const text = JSON.stringify(config);
    files['config.json'] = new TextEncoder().encode(text);
    const model = new Uint8Array(zipSync(files));
    const hint = /'c1' \(Mine\).*customObjects: \{ Mine: 'Dropout' \}/;
    await assertFails(() => loadModel(model), 'UNSUPPORTED_LAYER', hint);
    // Keras 3's store numbers layers by the class that they were saved with.
    const network = new Network(await init(), renameClasses(text, { Mine: 'Conv2D' }));
    const pathOf = (/** @type {string} */ name) => network.weightPath(network.findWeight(name));
    assert.equal(pathOf('layers/mine/vars/0'), 'c1/kernel');
    assert.equal(pathOf('layers/conv2d/vars/0'), 'c2/kernel');
    network.dispose();
    const wrong = /** @type {any} */ ({ Mine: 1 });
    await assertFails(
      () => loadModel(model, { customObjects: wrong }),
      'INVALID_ARGUMENT',
      /Dropout/,
    );
  });

  test('weights alone in the layout of Keras 3, with any number of classes', async () => {
    const folder = '17-weights-of-known-networks';
    const { options, files } = readJson(REPORTS, folder, 'expected.json');
    const bytes = gunzipSync(read(REPORTS, folder, 'mobilenet.weights.h5.gz'));
    const { inputSize } = options;
    for (const given of [options, { inputSize }]) {
      const model = await loadModel(bytes, { threads: 1, ...given });
      const { predictions } = await model.run(read(REPORTS, folder, 'picture.png'));
      assertClose(predictions, files['mobilenet.weights.h5.gz'].scores, 1e-4);
      model.dispose();
    }
    const wrong = { ...options, alpha: 1 };
    await assertFails(() => loadModel(bytes, wrong), 'INVALID_MODEL', /alpha 0\.35, not 1$/);
  });

  test('models of Keras 1 and pointers of Git LFS are named', async () => {
    const folder = join(REPORTS, '11-files-that-are-not-models');
    for (const [file, message] of /** @type {[string, RegExp][]} */ ([
      ['keras1.h5', /saved by Keras 1; load it in Keras 2/],
      ['pointer.h5', /Git LFS/],
    ])) {
      await assertFails(() => loadModel(read(folder, file)), 'INVALID_MODEL', message);
    }
  });

  test('layouts of HDF5 1.10 open', async () => {
    const folder = '11-files-that-are-not-models';
    const expected = readJson(REPORTS, folder, 'expected.json')['chunked.h5'];
    await compareReport(read(REPORTS, folder, 'chunked.h5'), folder, expected);
  });

  for (const folder of ['04-tfjs-own-files', '05-json-and-weights']) {
    const { groups } = SKIP_SHARED ? {} : readJson(REPORTS, folder, 'expected.json');
    for (const [name, expected] of Object.entries(groups ?? {})) {
      const files = filesOf(join(REPORTS, folder, name), expected.files);
      test(`${folder}, ${name}`, () => compareReport(files, folder, expected));

      test(`${folder}, ${name} in a zip file`, async () => {
        const zip = zipSync(
          Object.fromEntries([
            ['__MACOSX/._model.json', new Uint8Array(8)],
            ...expected.files.map((/** @type {string} */ file) => [
              `folder/${file}`,
              read(REPORTS, folder, name, file),
            ]),
          ]),
        );
        await compareReport(new Uint8Array(zip), folder, expected);
      });
    }
  }

  for (const file of ['tf213.keras', 'windows.keras']) {
    test(`16-older-keras-archives, ${file}`, async () => {
      const folder = '16-older-keras-archives';
      const { files } = readJson(REPORTS, folder, 'expected.json');
      await compareReport(read(REPORTS, folder, file), folder, files[file]);
    });
  }

  test('lists of names on the command line and as a File', async () => {
    const folder = join(REPORTS, '14-label-files');
    const [model, picture] = [join(folder, 'three.keras'), join(folder, 'picture.png')];
    for (const name of readdirSync(folder).filter((name) => /^(class|label)/.test(name))) {
      const { stdout, stderr } = cli('predict', model, picture, '--labels', join(folder, name));
      assert.match(stdout, /apple/, stderr);
      const [labels] = filesOf(folder, [name]);
      const opened = await loadModel(read(model), { threads: 1, labels });
      assert.deepEqual(opened.labels, ['apple', 'dog', 'eel']);
      opened.dispose();
    }
  });

  test('a list that does not fit is named, beside the model and as an option', async () => {
    const model = new File([read(REPORTS, '14-label-files/three.keras')], 'three.keras');
    const names = new File(['apple\npear\n'], 'labels.txt');
    const text = /^labels\.txt has 2 labels; the model has 3 classes$/;
    await assertFails(() => loadModel([model, names]), 'INVALID_MODEL', text);
    await assertFails(() => loadModel(model, { labels: names }), 'INVALID_ARGUMENT', text);
  });

  test('files that do not make one model are refused with what lacks', async () => {
    const folder = join(REPORTS, '05-json-and-weights/keras3');
    const [json, weights] = filesOf(folder, ['model.json', 'model.weights.h5']);
    const other = new File([weights], 'b.h5');
    await assertFails(
      () => loadModel([json, new File([], 'a.txt')]),
      'INVALID_MODEL',
      /save_weights/,
    );
    await assertFails(
      () => loadModel([weights, other]),
      'INVALID_SOURCE',
      /several models, .*b\.h5/,
    );
    const inner = zipSync({ 'model.h5': read(folder, 'model.weights.h5') });
    const outer = new Uint8Array(zipSync({ 'inner.keras': inner }));
    await assertFails(() => loadModel(outer), 'INVALID_MODEL', /zip file in the zip file/);
    const torch = new Uint8Array(zipSync({ 'archive/data.pkl': new Uint8Array(4) }));
    await assertFails(() => loadModel(torch), 'INVALID_MODEL', /PyTorch/);
  });
});

describe('files that are no Keras models are named', () => {
  const table = [...Buffer.alloc(20), 0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
  for (const [bytes, message] of /** @type {[string | number[], RegExp][]} */ ([
    ['version https://git-lfs.github.com/spec/v1\noid', /Git LFS.*git lfs pull/],
    [[8, 7, 0x12, 7, ...Buffer.from('pytorch')], /ONNX/],
    [[8, 1, 0x12, 7], /SavedModel.*tf_keras.*model\.save/],
    ['\n\x20\n\x01x\x12\x0bPlaceholder', /frozen graph/],
    [table, /checkpoint.*load_weights/],
    ['model_checkpoint_path: "cp"', /checkpoint/],
    [[0x1f, 0x8b, 8, 0], /gzip.*unpack/],
    [[0x80, 4, 0x95], /pickle/],
    ['\0\0\0\x18ftypheic', /picture \(HEIC/],
    ['II*\0', /picture \(TIFF/],
    ['RIFF\x10\0\0\0WEBPVP8', /picture \(WebP/],
    ['\x89PNG\r\n', /picture \(JPEG, PNG/],
  ])) {
    test(String(message), () => {
      const file =
        typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Uint8Array.from(bytes);
      return assertFails(() => loadModel(file), 'INVALID_MODEL', message);
    });
  }
});

describe('kernels that are stored in parts', () => {
  /** @type {(name: string, shape: number[], values: number[], isInteger?: boolean) => any} */
  const weight = (name, shape, values, isInteger = false) => ({
    name,
    shape,
    size: values.length,
    read: (first = 0, end = values.length) => Float32Array.from(values.slice(first, end)),
    isInteger: () => isInteger,
  });
  /** @param {object} config of a Dense layer */
  const dense = (config) => {
    const layers = [{ class_name: 'Dense', config: { name: 'head', ...config } }];
    return JSON.stringify({ class_name: 'Sequential', config: { name: 'm', layers } });
  };

  test('an adapter counts by alpha / rank, in any part of the kernel', () => {
    const { weights } = mergeLora({
      config: dense({ lora_rank: 2, lora_alpha: 4 }),
      weights: [
        weight('head/head/kernel', [2, 3], [1, 2, 3, 4, 5, 6]),
        weight('head/head/lora_kernel_a', [2, 2], [1, 2, 3, 4]),
        weight('head/head/lora_kernel_b', [2, 3], [1, 0, 1, 0, 1, 1]),
      ],
    });
    assert.deepEqual(
      weights.map(({ name }) => name),
      ['head/head/kernel'],
    );
    assert.deepEqual([...weights[0].read()], [3, 6, 9, 10, 13, 20]);
    assert.deepEqual([...weights[0].read(2, 4)], [9, 10]);
  });

  test('an adapter without its other half is refused', async () => {
    const weights = [weight('head/lora_kernel_a', [1, 1], [1])];
    await assertFails(
      () => mergeLora({ config: dense({}), weights }),
      'INVALID_MODEL',
      /lora_kernel_b/,
    );
  });

  test('int4 along the inputs, as Keras wrote it before, and int8 without a bias', () => {
    const config = dense({
      dtype: { class_name: 'QuantizedDTypePolicy', config: { mode: 'int4' } },
    });
    const stored = [
      weight('layers/dense/vars/0', [1, 2], [0x2f, -8], true),
      weight('layers/dense/vars/1', [2], [2, 4]),
    ];
    const { weights } = dequantize({ config, weights: stored });
    assert.deepEqual(weights[0].shape, [2, 2]);
    assert.deepEqual([...weights[0].read()], [-0.5, -2, 1, -0.25]);
    const int8 = dense({ dtype: { class_name: 'QuantizedDTypePolicy', config: { mode: 'int8' } } });
    const [kernel] = dequantize({ config: int8, weights: stored }).weights;
    assert.deepEqual([...kernel.read()], [23.5, -2]);
  });
});
