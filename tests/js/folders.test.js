/** Models in folders of any depth, and the names beside a lone model.json. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { zipSync } from 'fflate';
import { loadModel } from '../../web/package/index.js';
import { ROOT, SHARED, SKIP_SHARED, assertFails } from './fixtures.js';

const REPORTS = join(SHARED, 'field/reports');
const TFJS = join(REPORTS, '04-tfjs-own-files');
const TEACHABLE = join(TFJS, 'teachable');

/** @param {string[]} path */
const read = (...path) => new Uint8Array(readFileSync(join(...path)));

const threeClasses = () => read(REPORTS, '14-label-files/three.keras');
const text = (/** @type {string} */ text) => new Uint8Array(Buffer.from(text));

/**
 * Files of a folder. Their names are their paths.
 * @param {Record<string, Uint8Array>} contents
 */
const folderOf = (contents) =>
  Object.entries(contents).map(([path, bytes]) => new File([new Uint8Array(bytes)], path));

/**
 * @param {Record<string, Uint8Array>} contents
 * @param {import('gradcam-wasm').LoadOptions} [options]
 */
async function open(contents, options) {
  const model = await loadModel(folderOf(contents), { threads: 1, ...options });
  model.dispose();
  return model;
}

describe('a folder', { skip: SKIP_SHARED }, () => {
  test('may have its one model below other folders', async () => {
    const model = await open({
      'readme.txt': text('Trained in May.'),
      'export/web/model.json': read(TEACHABLE, 'model.json'),
      'export/web/weights.bin': read(TEACHABLE, 'weights.bin'),
      'export/web/metadata.json': read(TEACHABLE, 'metadata.json'),
    });
    assert.deepEqual(model.labels, ['apple', 'pear']);
    assert.equal(model.preprocessing, 'tf');
  });

  test('may have the weights in another folder than the configuration', async () => {
    const folder = join(REPORTS, '05-json-and-weights/keras3');
    const model = await open({
      'config/model.json': read(folder, 'model.json'),
      'weights/model.weights.h5': read(folder, 'model.weights.h5'),
    });
    assert.ok(model.classCount > 0);
  });

  test('gives the shards beside the model, not others of that name', async () => {
    const model = await open({
      'old/weights.bin': text('other weights'),
      'new/model.json': read(TEACHABLE, 'model.json'),
      'new/weights.bin': read(TEACHABLE, 'weights.bin'),
    });
    assert.equal(model.classCount, 2);
  });

  test('with several models is refused with their paths', () =>
    assertFails(
      () => open({ 'a/one.keras': threeClasses(), 'b/two.keras': threeClasses() }),
      'INVALID_SOURCE',
      /^there are several models, a\/one\.keras, b\/two\.keras; open one of them alone$/,
    ));

  test('with many files and no model is refused with some of them', () => {
    const files = Array.from({ length: 20 }, (_, i) => [`notes/${i}.txt`, text('note')]);
    return assertFails(
      () => open(Object.fromEntries(files)),
      'INVALID_SOURCE',
      /given: notes\/0\.txt, .*, notes\/7\.txt and 12 more$/,
    );
  });

  test('may have a SavedModel beside a Keras model', async () => {
    const saved = { 'saved/saved_model.pb': text('\b\x01\x12') };
    const model = await open({ ...saved, 'model.keras': threeClasses() });
    assert.equal(model.classCount, 3);
    await assertFails(
      () => open({ ...saved, 'saved/fingerprint.pb': text('') }),
      'INVALID_MODEL',
      /SavedModel/,
    );
  });

  test('may have a zip file with the model', async () => {
    const zip = zipSync({
      'inner/model.keras': threeClasses(),
      'inner/labels.txt': text('a\nb\nc'),
    });
    const model = await open({ 'downloads/model.zip': zip, 'downloads/notes.txt': text('x') });
    assert.deepEqual(model.labels, ['a', 'b', 'c']);
  });

  test('has the names nearest to the model', async () => {
    const near = { 'm/labels.txt': text('a\nb\nc'), 'labels.txt': text('d\ne\nf') };
    const model = await open({ 'm/model.keras': threeClasses(), ...near });
    assert.deepEqual(model.labels, ['a', 'b', 'c']);
    const around = await open({
      'm/model.keras': threeClasses(),
      'labels.txt': near['labels.txt'],
    });
    assert.deepEqual(around.labels, ['d', 'e', 'f']);
    const beside = await open({ 'm/model.keras': threeClasses(), 'n/names.txt': text('g\nh\ni') });
    assert.deepEqual(beside.labels, ['g', 'h', 'i']);
    const unclear = { 'n/names.txt': text('g\nh\ni'), 'o/names.txt': text('j\nk\nl') };
    const none = await open({ 'm/model.keras': threeClasses(), ...unclear });
    assert.equal(none.labels, undefined);
  });

  test('is named by a list that does not fit', () =>
    assertFails(
      () => open({ 'm/model.keras': threeClasses(), 'm/labels.txt': text('a\nb') }),
      'INVALID_MODEL',
      /^m\/labels\.txt has 2 labels; the model has 3 classes$/,
    ));
});

describe('on a disk or a server', { skip: SKIP_SHARED }, () => {
  /** @type {string} */
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
  after(() => rmSync(folder, { recursive: true }));

  /**
   * @param {string} path
   * @param {Uint8Array} bytes
   */
  function write(path, bytes) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }

  /** @param {string} path */
  function predict(path) {
    const program = join(ROOT, 'web/cli/gradcam-wasm.js');
    const args = ['predict', join(folder, path), join(TFJS, 'picture.png'), '--threads=1'];
    return spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  }

  test('the command line finds the model in a folder, and lists several', () => {
    write('project/data/train/0.png', text('no picture'));
    write('project/.cache/old.keras', threeClasses());
    write('project/out/model.keras', threeClasses());
    write('project/out/labels.txt', text('a\nb\nc'));
    assert.match(predict('project').stdout, /^ +\d  [abc]  0\.\d{4}\n/);
    write('project/out/best.keras', threeClasses());
    assert.match(predict('project').stderr, /several models, out\/best\.keras, out\/model\.keras;/);
    write('pictures/0.png', text('no picture'));
    assert.match(predict('pictures').stderr, /has no files of a model in it/);
  });

  test('a lone model.json of Teachable Machine has the names beside it', async () => {
    cpSync(TEACHABLE, join(folder, 'teachable'), { recursive: true });
    assert.match(predict('teachable/model.json').stdout, /^ +1  pear +0\.6461\n/);
    const address = pathToFileURL(join(folder, 'teachable/model.json'));
    const model = await loadModel(address, { threads: 1 });
    assert.deepEqual([model.labels, model.preprocessing], [['apple', 'pear'], 'tf']);
    model.dispose();
    const options = { threads: 1, labels: ['one'] };
    await assertFails(
      () => loadModel(address, options),
      'INVALID_ARGUMENT',
      /list of labels has 1/,
    );
    rmSync(join(folder, 'teachable/metadata.json'));
    const bare = await loadModel(address, { threads: 1 });
    assert.equal(bare.labels, undefined);
    bare.dispose();
  });

  test('a server is asked for names only where Teachable Machine writes them', async () => {
    /** @type {string[]} */
    const asked = [];
    const server = createServer(({ url = '' }, response) => {
      asked.push(url);
      if (url.endsWith('metadata.json')) response.writeHead(404).end();
      else response.end(read(TFJS, url));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    for (const path of ['/teachable/model.json', '/downloads/my-model.json']) {
      const model = await loadModel(`http://127.0.0.1:${port}${path}`, { threads: 1 });
      assert.equal(model.labels, undefined);
      model.dispose();
    }
    server.closeAllConnections();
    server.close();
    assert.deepEqual(asked, [
      '/teachable/model.json',
      '/teachable/weights.bin',
      '/teachable/metadata.json',
      '/downloads/my-model.json',
      '/downloads/my-model.weights.bin',
    ]);
  });
});
