/** The command-line tool. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

describe('explain', () => {
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
    const keys = ['model', 'inputShape', 'layer', 'method', ...found, ...results];
    assert.deepEqual(Object.keys(json), keys);
    assert.equal(json.model, 'functional');
    assert.deepEqual(json.inputShape, [null, 160, 160, 3]);
    assert.equal(json.layer, 'mobilenetv2_1.00_160/Conv_1');
    assert.equal(json.predictions.length, 19);
    assert.equal(json.top.length, 2);
    assert.deepEqual(Object.keys(json.top[0]), ['index', 'label', 'score']);
    const [mastiff, chihuahua] = json.targets;
    assert.deepEqual(Object.keys(mastiff), ['target', 'label', 'score', 'proba', 'heatmap']);
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
    assert.deepEqual([width, height, channels], [768, 576, 4]);
    const model = await loadModel(readFileSync(DEFAULT_MODEL));
    const picture = readFileSync(DOG_PICTURE);
    const overlay = await showPrediction(model, picture, { targets: 5, image: picture });
    assert.deepEqual(Buffer.from(data), Buffer.from(overlay.data));
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
    assert.deepEqual(Object.keys(json), ['model', 'inputShape', ...found, 'predictions', 'top']);
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
      [['predict', DEFAULT_MODEL, DOG_PICTURE, '--json'], 0, /^\{"model":.*\}\n$/, /^$/],
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
      [[], /no command; allowed: explain, predict, summary/],
      [['explode'], /unknown command "explode"/],
      [['explain', 'model.h5'], /takes MODEL and IMAGE/],
      [['summary', 'a', 'b'], /takes MODEL/],
      [['predict', 'a', 'b', '--layer', 'x'], /--layer/],
      [['explain', 'a', 'b', '--target', 'cat'], /--target is "cat"/],
      [['explain', 'a', 'b', '--target'], /--target/],
      [['explain', 'a', 'b', '--top', '1.5'], /--top is "1\.5"/],
      [['predict', 'a', 'b', '--preprocess', 'scale=x'], /--preprocess is "scale=x"; allowed: /],
      [['predict', 'a', 'b', '--preprocess', 'sd=2'], /--preprocess is "sd=2"; allowed: /],
    ];
    for (const [args, message] of wrong) await assertFailure(args, 2, message);
  });

  test('failures: one line and status 1', async () => {
    const model = readFileSync(DEFAULT_MODEL);
    const half = file('half.h5', model.subarray(0, model.length / 2));
    const text = file('text.txt', 'no picture\nand no model\n');
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
      [[...explain, '--preprocess', 'scale=2'], /offset undefined/],
      [[...explain, '--interpolation', 'cubic'], /allowed: nearest, box/],
      [[...explain, '--crop', 'middle'], /allowed: stretch, center/],
      [[...explain, '--labels', text], /2 labels; the model has 19/],
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
