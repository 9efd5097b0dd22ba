/** The command-line tool. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode } from 'fast-png';
import { loadModel, showPrediction } from '../../web/package/index.js';
import { main } from '../../web/cli/main.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, SHARED, SKIP_SHARED } from './fixtures.js';

const CAT_DOG = join(SHARED, 'images/cat_dog_160.png');

/** @type {string} */
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
after(() => rmSync(folder, { recursive: true }));

/**
 * @param {string[]} args
 * @returns {Promise<string>} standard output
 */
async function succeed(...args) {
  const { status, output, error } = await main(args);
  assert.equal(error, '');
  assert.equal(status, 0);
  return output;
}

/**
 * @param {string} name
 * @param {string | Uint8Array} contents
 */
function file(name, contents) {
  const path = join(folder, name);
  writeFileSync(path, contents);
  return path;
}

describe('attribute and trust', () => {
  test('write the picture and the numbers of an attribution', async () => {
    const [png, npy] = [join(folder, 'pixels.png'), join(folder, 'pixels.npy')];
    const args = ['attribute', DEFAULT_MODEL, DOG_PICTURE, '--target', '13'];
    const options = ['--method', 'integratedGradients', '--steps', '2', '--baseline', 'black'];
    const text = await succeed(...args, ...options, '--output', png, '--npy', npy);
    assert.match(text, /\(13\), logit -?[\d.]+, Integrated Gradients\nunexplained: /);
    assert.equal(decode(readFileSync(png)).channels, 3);
    const bytes = readFileSync(npy);
    const start = 10 + bytes.readUInt16LE(8);
    assert.match(bytes.toString('latin1', 10, start), /'<f4'.*\(160, 160, 3\).*\n$/);
    assert.equal(start % 64, 0);
    assert.equal(bytes.length - start, 4 * 160 * 160 * 3);
    const json = JSON.parse(await succeed(...args, ...options, '--json'));
    assert.deepEqual(json.settings.steps, 2);
    assert.equal(json.data.length, 160 * 160 * 3);
    assert.equal(Math.fround(json.data[1000]), bytes.readFloatLE(start + 4000));
  });

  test('take workers for loops over changed pictures', async () => {
    const args = ['attribute', DEFAULT_MODEL, DOG_PICTURE, '--method', 'occlusion', '--json'];
    const options = ['--window', '160', '--stride', '80', '--workers'];
    const [here, two] = await Promise.all(['0', '2'].map((n) => succeed(...args, ...options, n)));
    assert.equal(two, here);
    const { error } = await main([...args, '--workers', '65']);
    assert.match(error, /workers is 65; allowed/);
    const maps = ['explain', DEFAULT_MODEL, DOG_PICTURE, '--method', 'scoreCam', '--channels', '2'];
    assert.equal(await succeed(...maps, '--workers', '2'), await succeed(...maps));
  });

  test('print measurements of a map', async () => {
    const args = ['trust', DEFAULT_MODEL, DOG_PICTURE, '--method', 'layerCam'];
    const { figures, method } = JSON.parse(await succeed(...args, '--json'));
    assert.equal(method, 'layerCam');
    assert.ok(figures.length >= 5);
    const text = await succeed(...args);
    for (const { sentence } of figures) assert.ok(text.includes(sentence), sentence);
  });

  test('refuse what makes no sense, with what does', async () => {
    const args = ['attribute', DEFAULT_MODEL, DOG_PICTURE];
    for (const [options, expected] of /** @type {[string[], RegExp][]} */ ([
      [['--method', 'gradCam'], /allowed: gradient, saliency/],
      [['--steps', 'many'], /--steps is "many"; allowed: a number/],
      [['--method', 'saliency', '--steps', '3'], /steps is no option of saliency/],
      [['--method', 'rise', '--p', '7'], /p is 7; allowed/],
    ])) {
      const { status, error } = await main([...args, ...options]);
      assert.notEqual(status, 0);
      assert.match(error, expected);
    }
  });
});

describe('explain', () => {
  test('writes the files of every map into a folder', async () => {
    const maps = join(folder, 'maps');
    const methods = ['--method', 'gradCam', '--method', 'xGradCam', '--output-dir', maps];
    const args = ['explain', DEFAULT_MODEL, DOG_PICTURE, '--target', '13', ...methods];
    await succeed(...args);
    const names = ['gradCam', 'xGradCam'].flatMap((method) =>
      ['npy', 'png'].map((ending) => `dog-13-mobilenetv2_1.00_160_out_relu-${method}.${ending}`),
    );
    assert.deepEqual(readdirSync(maps).sort(), names);
    assert.match((await main(args)).error, /exists; --force overwrites it/);
    await succeed(...args, '--force');
  });

  test('says what tells a class apart from others', async () => {
    const args = ['explain', DEFAULT_MODEL, DOG_PICTURE, '--against', 'nearest', '--json'];
    const [{ settings }] = JSON.parse(await succeed(...args)).targets;
    assert.equal(settings.logits, true);
    assert.equal(settings.contrast.against.length, 3);
  });

  test('says Bull Mastiff', { skip: SKIP_SHARED }, async () => {
    const text = await succeed('explain', DEFAULT_MODEL, CAT_DOG);
    assert.match(text, /^ +11 +Bull Mastiff +0\.718\d\n +14 +Pug +0\.243\d\n/);
    assert.match(
      text,
      /Bull Mastiff \(11\), score 0\.718\d, at mobilenet.*\/out_relu \(5 x 5\), Grad-CAM\n/,
    );
  });

  test('prints JSON', async () => {
    const options = ['--target', '11', '--target', '0', '--layer', 'Conv_1', '--top', '2'];
    const json = JSON.parse(
      await succeed('explain', DEFAULT_MODEL, DOG_PICTURE, '--json', ...options),
    );
    const found = ['preprocessing', 'preprocessingReason', 'labelsReason'];
    const results = ['predictions', 'top', 'targets'];
    const keys = ['picture', 'model', 'inputShape', 'layer', 'method', ...found, ...results];
    assert.deepEqual(Object.keys(json), keys);
    assert.equal(json.model, 'functional');
    assert.deepEqual(json.inputShape, [null, 160, 160, 3]);
    assert.equal(json.layer, 'mobilenetv2_1.00_160/Conv_1');
    assert.equal(json.predictions.length, 19);
    assert.equal(json.top.length, 2);
    assert.deepEqual(Object.keys(json.top[0]), ['index', 'label', 'score']);
    const [mastiff, chihuahua] = json.targets;
    const made = ['layer', 'method', 'rawMin', 'rawMax', 'diagnosis', 'notes', 'settings'];
    const values = ['target', 'label', 'score', 'proba', ...made, 'heatmap'];
    assert.deepEqual(Object.keys(mastiff), values);
    assert.deepEqual([mastiff.target, mastiff.label], [11, 'Bull Mastiff']);
    assert.deepEqual([chihuahua.target, chihuahua.label], [0, 'Chihuahua']);
    assert.equal(mastiff.score, json.predictions[11]);
    const { width, height, data } = mastiff.heatmap;
    assert.deepEqual([width, height, data.length], [5, 5, 25]);
  });

  test('takes a method', async () => {
    const args = ['explain', DEFAULT_MODEL, DOG_PICTURE, '--method', 'layerCam'];
    const json = JSON.parse(await succeed(...args, '--json'));
    assert.equal(json.method, 'layerCam');
    assert.match(await succeed(...args), /\(5 x 5\), LayerCAM\n/);
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const run = await model.run(readFileSync(DOG_PICTURE));
    const { targets } = await run.explain({ method: 'layerCam' });
    assert.deepEqual(json.targets[0].heatmap.data, [...targets[0].heatmap.data]);
    model.dispose();
  });

  test('takes a layer by index, and the logit', async () => {
    const args = ['explain', DEFAULT_MODEL, DOG_PICTURE, '--json', '--logits', '--layer', '2'];
    const json = JSON.parse(await succeed(...args));
    assert.equal(json.layer, 'mobilenetv2_1.00_160/Conv1');
    assert.notEqual(json.targets[0].score, json.top[0].score);
    assert.equal(json.targets[0].proba, json.top[0].score);
  });

  test('writes the overlay, of the size of the picture', async () => {
    const path = join(folder, 'overlay.png');
    await succeed('explain', DEFAULT_MODEL, DOG_PICTURE, '--output', path, '--target', '5');
    const { width, height, channels, data } = decode(readFileSync(path));
    // The overlay is opaque, so that the file has no alpha.
    assert.deepEqual([width, height, channels], [768, 576, 3]);
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const picture = readFileSync(DOG_PICTURE);
    const overlay = await showPrediction(model, picture, { targets: 5, image: picture });
    const colors = overlay.data.filter((_, i) => i % 4 < 3);
    assert.deepEqual(Buffer.from(data), Buffer.from(colors));
    model.dispose();
  });
});

describe('predict', () => {
  test('prints text and JSON', async () => {
    const text = await succeed('predict', DEFAULT_MODEL, DOG_PICTURE, '--top', '3');
    assert.equal(text.trimEnd().split('\n').length, 4);
    assert.match(
      text,
      /\npixels: tf \(x \/ 127\.5 - 1\), as the statistics in its weights show\n$/,
    );
    const json = JSON.parse(await succeed('predict', DEFAULT_MODEL, DOG_PICTURE, '--json'));
    const found = ['preprocessing', 'preprocessingReason', 'labelsReason'];
    const facts = ['picture', 'model', 'inputShape', ...found];
    assert.deepEqual(Object.keys(json), [...facts, 'predictions', 'top']);
  });

  test('takes a size for a model that leaves it open', { skip: SKIP_SHARED }, async () => {
    const folder = join(SHARED, 'field/reports/09-open-input-size');
    const { inputSize, files } = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
    const args = ['predict', join(folder, 'open.keras'), join(folder, 'picture.png'), '--json'];
    assert.match((await main(args)).error, /--input-size/);
    const size = ['--input-size', inputSize.join('x')];
    const { predictions } = JSON.parse(await succeed(...args, ...size));
    const { scores } = files['open.keras'];
    for (const [i, score] of predictions.entries()) assert.ok(Math.abs(score - scores[i]) < 1e-4);
    assert.match((await main([...args, '--input-size', '0'])).error, /192x256/);
  });

  test('takes labels and preprocessing', async () => {
    const names = Array.from({ length: 19 }, (_, i) => `breed ${i}`);
    const lines = file('labels.txt', `${names.join('\n')}\n`);
    const list = file('labels.json', JSON.stringify(names));
    const json = async (/** @type {string[]} */ ...args) =>
      JSON.parse(await succeed('predict', DEFAULT_MODEL, DOG_PICTURE, '--json', ...args));
    const [plain, byLines, byList] = [
      await json(),
      await json('--labels', lines),
      await json('--labels', list),
    ];
    assert.equal(byLines.top[0].label, `breed ${plain.top[0].index}`);
    assert.deepEqual(byLines, byList);
    assert.notDeepEqual((await json('--preprocess', 'none')).predictions, plain.predictions);
    const numbers = await json('--preprocess', 'mean=127.5/127.5/127.5,std=127.5');
    assert.deepEqual(numbers.preprocessing, { mean: [127.5, 127.5, 127.5], std: 127.5 });
    assert.equal(numbers.preprocessingReason, 'option');
    const bgr = await json('--preprocess', 'scale=0.0078125,offset=-0.9921875,bgr');
    assert.deepEqual(bgr.preprocessing, { scale: 0.0078125, offset: -0.9921875, order: 'bgr' });
  });

  test('takes an interpolation and a crop', async () => {
    const json = async (/** @type {string[]} */ ...args) =>
      JSON.parse(await succeed('predict', DEFAULT_MODEL, DOG_PICTURE, '--json', ...args));
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const options = /** @type {const} */ ({ interpolation: 'bilinear', crop: 'center' });
    const run = await model.run(readFileSync(DOG_PICTURE), options);
    const { predictions } = await json('--interpolation', 'bilinear', '--crop', 'center');
    assert.deepEqual(predictions, [...run.predictions]);
    assert.notDeepEqual((await json('--interpolation', 'bilinear')).predictions, predictions);
    model.dispose();
  });
});

describe('summary', () => {
  test('prints the table', async () => {
    const text = await succeed('summary', DEFAULT_MODEL);
    assert.match(text, /^Model: "functional"\n┏/);
    assert.match(text, / Total params: 2,282,323 \(8\.71 MB\)\n/);
  });
});

describe('general', () => {
  test('as a program: output, one line of error, exit status', () => {
    const tool = join(ROOT, 'web/cli/gradcam-wasm.js');
    /** @type {[args: string[], status: number, stdout: RegExp, stderr: RegExp][]} */
    const cases = [
      [['predict', DEFAULT_MODEL, DOG_PICTURE, '--json'], 0, /^\{"picture":.*\}\n$/, /^$/],
      [['predict', 'none.h5', DOG_PICTURE], 1, /^$/, /^gradcam-wasm: cannot read none.*\n$/],
      [['predict'], 2, /^$/, /^gradcam-wasm: predict takes MODEL and IMAGE.*\n$/],
    ];
    for (const [args, status, stdout, stderr] of cases) {
      const result = spawnSync(process.execPath, [tool, ...args], { encoding: 'utf8' });
      assert.equal(result.status, status, result.stderr);
      assert.match(result.stdout, stdout);
      assert.match(result.stderr, stderr);
    }
  });

  test('help and version', async () => {
    assert.match(await succeed('--help'), /Usage:/);
    assert.match(await succeed('explain', '--help'), /--target CLASS/);
    assert.match(await succeed('--version'), /^\d+\.\d+\.\d+\n$/);
  });

  test('wrong use: one line and status 2', async () => {
    /** @type {[args: string[], message: RegExp][]} */
    const wrong = [
      [[], /no command; allowed: explain, attribute, trust, report, sheet, predict/],
      [['explode'], /unknown command "explode"/],
      [['explain', 'model.h5'], /takes MODEL and IMAGE/],
      [['summary', 'a', 'b'], /takes MODEL/],
      [['explian', 'a', 'b'], /unknown command "explian"\. Did you mean explain\?/],
      [['help', 'reports'], /unknown command "reports"\. Did you mean report\?/],
      [['open', 'a', '--prot', '1'], /unknown option --prot\. Did you mean --port\?/],
      [['explain', 'a', 'b', '--colourmap', 'x'], /--colourmap\. Did you mean --colormap\?/],
      [['explain', 'a', 'b', '--constructor'], /unknown option --constructor \(see explain --h/],
      [['explain', 'a', 'b', '-x'], /unknown option -x \(see explain --help\)/],
      [['predict', 'a', 'b', '--layer', 'x'], /no --layer, which is an option of explain, attr/],
      [['explain', 'a', 'b', '--target'], /--target/],
      [['explain', 'a', 'b', '--target', '1,2'], /--target is "1,2"; allowed: .* --target 1 --t/],
      [['explain', 'a', 'b', '--top', '1.5'], /--top is "1\.5"/],
      [['predict', 'a', 'b', '--preprocess', 'scale=x'], /--preprocess is "scale=x"; allowed: /],
      [['predict', 'a', 'b', '--preprocess', 'sd=2'], /--preprocess is "sd=2"; allowed: /],
    ];
    for (const [args, message] of wrong) await assertFailure(args, 2, message);
  });

  test('says how far long work is, if that is asked for', async () => {
    /** @type {string[]} */
    const steps = [];
    const progress = (/** @type {string} */ text) => steps.push(text);
    const output = join(folder, 'progress.png');
    await main(['explain', DEFAULT_MODEL, DOG_PICTURE, '--output', output], { progress });
    const expected = [`opening ${DEFAULT_MODEL}`, 'looking at dog.jpg', `drawing ${output}`];
    assert.deepEqual(steps, expected);
  });

  test('failures: one line and status 1', async () => {
    const model = readFileSync(DEFAULT_MODEL);
    const half = file('half.h5', model.subarray(0, model.length / 2));
    const text = file('text.txt', 'no picture\nand no model\n');
    const commas = file('commas.txt', 'pug,husky,beagle\n');
    const nowhere = join(folder, 'none', 'overlay.png');
    const explain = ['explain', DEFAULT_MODEL, DOG_PICTURE];
    /** @type {[args: string[], message: RegExp][]} */
    const wrong = [
      [['explain', 'none.h5', DOG_PICTURE], /cannot read none\.h5: ENOENT/],
      [['explain', text, DOG_PICTURE], /is not a model/],
      [['explain', half, DOG_PICTURE], /cut off/],
      [['predict', DEFAULT_MODEL, text], /./],
      [['predict', DEFAULT_MODEL, 'none.png'], /cannot read none\.png/],
      [[...explain, '--layer', 'out_rely'], /out_relu/],
      [[...explain, '--layer', 'dense'], /dense/],
      [[...explain, '--target', '19'], /allowed: whole numbers from 0 to 18/],
      [[...explain, '--target=-1'], /target is -1/],
      [[...explain, '--top', '0'], /top is 0/],
      [[...explain, '--preprocess', 'x'], /allowed: none, unit, tf, torch, caffe/],
      [[...explain, '--preprocess', 'offset=2'], /scale undefined/],
      [[...explain, '--interpolation', 'cubic'], /allowed: nearest, box/],
      [[...explain, '--crop', 'middle'], /allowed: stretch, center/],
      [[...explain, '--labels', text], /2 labels; the model has 19/],
      [[...explain, '--labels', commas], /1 labels; the model has 19 .*; write each name on its/],
      [[...explain, '--output', nowhere], /cannot write/],
    ];
    for (const [args, message] of wrong) await assertFailure(args, 1, message);
  });

  /**
   * @param {string[]} args
   * @param {number} expected exit status
   * @param {RegExp} message
   */
  async function assertFailure(args, expected, message) {
    const { status, output, error } = await main(args);
    assert.equal(status, expected, `${args.join(' ')}: ${error}`);
    assert.equal(output, '');
    assert.match(error, /^gradcam-wasm: [^\n]+\n$/);
    assert.match(error, message);
  }
});
