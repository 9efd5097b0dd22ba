/** Contact sheets of the command line. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decode } from 'fast-png';
import { writeText } from '../../web/cli/letters.js';
import { main } from '../../web/cli/main.js';
import { DEFAULT_MODEL, DOG_PICTURE, plainPicture } from './fixtures.js';

describe('sheet', () => {
  /** @type {string} */
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** @param {string[]} args */
  async function draw(...args) {
    const path = join(folder, `${args.join('-').replaceAll(/\W/g, '')}.png`);
    const result = await main(['sheet', DEFAULT_MODEL, DOG_PICTURE, '--output', path, ...args]);
    assert.equal(result.status, 0, result.error);
    const { width, height, text } = decode(readFileSync(path));
    return { ...result, path, width, height, settings: JSON.parse(text.Comment) };
  }

  test('has the layers that are named, behind the picture', async () => {
    const layers = ['--layer', 'Conv1', '--layer', 'out_relu'];
    const { output, settings, width, height } = await draw(...layers);
    assert.match(output, /: 2 maps\n$/);
    const names = settings.map((/** @type {any} */ { layer }) => layer.split('/').at(-1));
    assert.deepEqual(names, ['Conv1', 'out_relu']);
    // Three cells of 240 x 180 with two lines of text.
    assert.deepEqual([width, height], [3 * 252 + 12, 180 + 2 * 16 + 24]);
  });

  test('has layers from all over the network by default, the last one included', async () => {
    const { settings } = await draw();
    const names = settings.map((/** @type {any} */ { layer }) => layer);
    assert.equal(new Set(names).size, 23);
    assert.match(names[0], /expanded_conv/);
    assert.equal(names.at(-1), 'mobilenetv2_1.00_160');
  });

  test('has classes, and methods', async () => {
    const classes = (await draw('--by', 'classes', '--top', '3')).settings;
    assert.deepEqual(
      classes.map((/** @type {any} */ { targets }) => targets[0]),
      [13, 9, 14],
    );
    const methods = (await draw('--by', 'methods', '--target', 'pug')).settings;
    assert.equal(methods.length, 8);
    assert.ok(methods.every((/** @type {any} */ { targets }) => targets[0] === 14));
  });

  test('refuses what it cannot draw', async () => {
    const args = ['sheet', DEFAULT_MODEL, DOG_PICTURE, '--output'];
    for (const [options, message] of /** @type {[string[], RegExp][]} */ ([
      [['x.jpg'], /sheet writes \.png files/],
      [['x.png', '--by', 'colours'], /--by is "colours"; allowed: layers, classes, methods/],
      [['x.png', DOG_PICTURE], /sheet takes MODEL and IMAGE/],
    ])) {
      assert.match((await main([...args, ...options])).error, message);
    }
    assert.ok(!existsSync('x.png'));
  });
});

describe('letters', () => {
  /** @param {string} text */
  function drawn(text) {
    const picture = plainPicture([255, 255, 255, 255], 24, 5);
    writeText(picture, text, { left: 0, top: 0, width: 24, scale: 1 });
    const rows = Array.from({ length: 5 }, (_, y) =>
      Array.from({ length: 24 }, (_, x) => (picture.data[4 * (24 * y + x)] ? '.' : '#')).join(''),
    );
    return rows;
  }

  test('are drawn', () => {
    const rows = drawn('aT').map((row) => row.slice(0, 8));
    assert.deepEqual(rows, ['.#..###.', '#.#..#..', '###..#..', '#.#..#..', '#.#..#..']);
  });

  test('lose accents, and the middle of what is too long', () => {
    assert.deepEqual(drawn('É'), drawn('E'));
    assert.deepEqual(drawn('λ'), drawn('?'));
    assert.deepEqual(drawn('abcdefghij'), drawn('ab..ij'));
  });
});
