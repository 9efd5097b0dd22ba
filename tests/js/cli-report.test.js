/** The report of a folder, and the writer of its pictures. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { linkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import jpeg from 'jpeg-js';
import { loadImage } from '../../web/package/index.js';
import { jpegFile } from '../../web/cli/jpeg.js';
import { main } from '../../web/cli/main.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, plainPicture } from './fixtures.js';

const PICTURES = join(ROOT, 'build/pictures');

/** @type {string} */
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
after(() => rmSync(folder, { recursive: true }));

/** @param {string} name */
const inFolder = (name) => join(folder, name);

describe('the writer of JPEG files', () => {
  test('gives pictures that two readers know', async () => {
    for (const targetSize of /** @type {[number, number][]} */ ([
      [187, 250],
      [16, 32],
      [1, 1],
    ])) {
      const options = /** @type {const} */ ({ targetSize, interpolation: 'bilinear' });
      const picture = await loadImage(readFileSync(DOG_PICTURE), options);
      const file = jpegFile(picture);
      const own = await loadImage(file);
      const other = jpeg.decode(file, { useTArray: true });
      for (const { data, width, height } of [own, other]) {
        assert.deepEqual([height, width], targetSize);
        const squares = Array.from(data, (value, i) => (value - picture.data[i]) ** 2);
        const error = Math.sqrt(squares.reduce((sum, square) => sum + square) / squares.length);
        assert.ok(error < 10, `${targetSize}: ${error}`);
      }
    }
  });

  test('keeps plain colours, and the sharpest edges', async () => {
    for (const color of [
      [255, 0, 0, 255],
      [0, 0, 0, 255],
      [255, 255, 255, 255],
    ]) {
      const { data } = await loadImage(jpegFile(plainPicture(color, 20, 20)));
      assert.ok(data.every((value, i) => Math.abs(value - color[i % 4]) < 4));
    }
    const board = plainPicture([0, 0, 0, 255], 64, 64);
    for (let i = 0; i < board.data.length; i += 4) {
      if ((i / 4 + Math.floor(i / 256)) % 2) board.data.fill(255, i, i + 3);
    }
    const { data } = await loadImage(jpegFile(board));
    assert.ok(data.every((value, i) => Math.abs(value - board.data[i]) < 40));
  });
});

describe('report', () => {
  before(() => {
    for (const name of ['Siberian Husky', 'n02110958-pug', '<i>other', 'n02110958-pug/deep']) {
      mkdirSync(inFolder(`photos/${name}`), { recursive: true });
    }
    copyFileSync(join(PICTURES, 'dog.jpg'), inFolder('photos/Siberian Husky/1.jpg'));
    copyFileSync(join(PICTURES, 'dog-small.jpg'), inFolder('photos/n02110958-pug/deep/2.jpg'));
    copyFileSync(join(PICTURES, 'eagle-small.jpg'), inFolder('photos/n02110958-pug/3.jpg'));
    copyFileSync(join(PICTURES, 'eagle.jpg'), inFolder('photos/<i>other/4.jpg'));
    writeFileSync(inFolder('photos/<i>other/bad.jpg'), 'no picture');
  });

  test('has each picture, the worst mistake first, and counts by folder', async () => {
    const output = inFolder('report.html');
    const args = ['report', DEFAULT_MODEL, inFolder('photos'), '--output', output];
    const result = await main([...args, '--method', 'layerCam', '--colormap', 'magma']);
    assert.equal(result.status, 1);
    assert.match(result.error, /bad\.jpg: the 10 bytes are no JPEG.*\n.*1 of 5 pictures failed\n$/);
    assert.match(result.output, /report\.html: 4 pictures\n$/);
    const page = readFileSync(output, 'utf8');
    assert.ok(!existsSync(`${output}.part`) && !existsSync(`${output}.new`));
    const names = Array.from(page.matchAll(/<p class="name">(.*?)<\/p>/g), ([, name]) => name);
    const mistakes = ['n02110958-pug/deep/2.jpg', 'n02110958-pug/3.jpg'];
    assert.deepEqual(names, [...mistakes, 'Siberian Husky/1.jpg', '&lt;i&gt;other/4.jpg']);
    assert.match(page, /<strong>33\.3%<\/strong> of 3 pictures .* 1 more lie in folders/);
    assert.match(page, /<th scope="row">Pug<\/th>.*<td class="wrong">1<\/td>.*<td>0%<\/td><\/tr>/);
    assert.match(page, /the folder says Pug/);
    assert.match(page, /Strongest at \d+% from the left and \d+% from the top\./);
    assert.match(page, /With the hottest 10% of the picture blurred/);
    assert.match(page, /&quot;method&quot;: &quot;layerCam&quot;/);
    assert.doesNotMatch(page, /<script|https?:|<i>other/);
    const [, data] =
      /src="data:image\/jpeg;base64,([^"]*)" width="256" height="192"/.exec(page) ?? [];
    const { width, height } = await loadImage(Buffer.from(data, 'base64'));
    assert.deepEqual([width, height], [256, 192]);
  });

  test('does not overwrite, and is a page', async () => {
    const args = ['report', DEFAULT_MODEL, inFolder('photos/Siberian Husky'), '--output'];
    const taken = inFolder('taken.html');
    writeFileSync(taken, 'mine');
    assert.match((await main([...args, taken])).error, /taken\.html exists; --force overwrites it/);
    assert.equal(readFileSync(taken, 'utf8'), 'mine');
    assert.match((await main([...args, 'x.png'])).error, /report writes \.html files/);
    const { status } = await main([...args, taken, '--force']);
    assert.equal(status, 0);
    assert.match(readFileSync(taken, 'utf8'), /^<!doctype html>/);
  });

  test('stops at Ctrl+C and goes on', async () => {
    const output = inFolder('long.html');
    mkdirSync(inFolder('many'));
    copyFileSync(join(PICTURES, 'dog-small.jpg'), inFolder('many/0.jpg'));
    for (let i = 1; i < 40; i++) linkSync(inFolder('many/0.jpg'), inFolder(`many/${i}.jpg`));
    const args = ['report', DEFAULT_MODEL, inFolder('many'), '--output', output];
    const { status, error } = await interrupt(args, `${output}.part`);
    assert.equal(status, 130, error);
    assert.match(
      error,
      /stopped after \d+ of 40 pictures; the same command goes on from .*\.part\n$/,
    );
    assert.ok(!existsSync(output));
    const part = readFileSync(`${output}.part`, 'utf8');
    assert.ok(part.split('\n').length < 40);
    const other = await main([...args, '--method', 'layerCam']);
    assert.match(other.error, /\.part is of other settings; --force begins anew/);
    // The end of the last line is lost, as in a crash, and the first picture gets another name.
    writeFileSync(`${output}.part`, part.slice(0, -9).replace('"name":"0.jpg"', '"name":"zero"'));
    const again = await main(args);
    assert.equal(again.status, 0, again.error);
    const page = readFileSync(output, 'utf8');
    assert.equal(page.match(/<article>/g)?.length, 40);
    assert.match(page, /<p class="name">zero<\/p>/);
    assert.ok(!existsSync(`${output}.part`));
  });

  /**
   * Runs the tool and interrupts it when two pictures are done.
   * @param {string[]} args
   * @param {string} part
   * @returns {Promise<{ status: number | null, error: string }>}
   */
  function interrupt(args, part) {
    const child = spawn(process.execPath, [join(ROOT, 'web/cli/gradcam-wasm.js'), ...args]);
    let error = '';
    child.stderr.on('data', (data) => (error += data));
    const timer = setInterval(() => {
      const lines = existsSync(part) ? readFileSync(part, 'utf8').split('\n').length : 0;
      if (lines > 3 && !child.killed) child.kill('SIGINT');
    }, 20);
    return new Promise((resolve) => {
      child.on('close', (status) => {
        clearInterval(timer);
        resolve({ status, error });
      });
    });
  }
});
