/**
 * What Pillow and matplotlib give, byte for byte, from the wasm: resizing, alpha compositing, colour
 * maps. ../shared/golden/README.md describes the data.
 */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';

import { init } from '../../web/package/engine/start.js';
import { GOLDEN, SKIP, readJson } from '../golden/common.js';

/** gc_filter */
const FILTERS = ['NEAREST', 'BOX', 'BILINEAR', 'HAMMING', 'BICUBIC', 'LANCZOS'];

/** The golden colour maps have 9 digits. */
const HALF_DIGIT = 5e-10;

/** @type {import('../../web/package/engine/engine.js').Engine} */
let engine;

/**
 * @param {number[]} pixels [height][width][mode's channels]
 * @param {[height: number, width: number]} from
 * @param {[height: number, width: number]} to
 * @param {string} mode L, RGB or RGBA
 * @param {string} filter
 */
function resize(pixels, from, to, mode, filter) {
  return engine.scratch((scratch) => {
    const input = scratch.copy(Uint8Array.from(pixels));
    const size = to[0] * to[1] * mode.length;
    const output = scratch.alloc(size);
    const sizes = [output, to[1], to[0], input, from[1], from[0]];
    engine.check('gc_image_resize', ...sizes, mode.length, FILTERS.indexOf(filter));
    return engine.view(output, size).slice();
  });
}

/**
 * @param {number[]} under
 * @param {number[]} over
 */
function composite(under, over) {
  return engine.scratch((scratch) => {
    const output = scratch.alloc(under.length);
    const layers = [scratch.copy(Uint8Array.from(under)), scratch.copy(Uint8Array.from(over))];
    engine.call('gc_image_composite', output, layers[0], layers[1], under.length / 4);
    return engine.view(output, under.length).slice();
  });
}

/** @param {string} name */
function colormap(name) {
  return engine.scratch((scratch) => {
    const table = engine.call('gc_colormap', scratch.copy(name));
    assert.notEqual(table, 0, `there is no colour map ${name}`);
    return engine.view(table, 256 * 3).slice();
  });
}

describe('pictures as Pillow and matplotlib make them', { skip: SKIP }, () => {
  before(async () => {
    engine = await init();
  });

  for (const filter of FILTERS) {
    test(`resize, ${filter}`, () => {
      const { cases } = readJson(join(GOLDEN, 'resize/resize.json'));
      let compared = 0;
      for (const { mode, from, to, filter: used, input, output } of cases) {
        if (used !== filter) continue;
        const ours = resize(input, from, to, mode, filter);
        assert.deepEqual(ours, Uint8Array.from(output), `${mode} from ${from} to ${to}`);
        compared++;
      }
      assert.ok(compared > 0);
    });
  }

  test('alpha compositing', () => {
    const { cases } = readJson(join(GOLDEN, 'resize/alpha_composite.json'));
    assert.ok(cases.length > 0);
    for (const { under, over, output } of cases) {
      assert.deepEqual(composite(under, over), Uint8Array.from(output));
    }
  });

  test('colour maps', () => {
    /** @type {Record<string, number[][]>} */
    const maps = readJson(join(GOLDEN, 'colormaps.json')).maps;
    for (const [name, rows] of Object.entries(maps)) {
      const values = rows.flat();
      colormap(name).forEach((byte, i) => {
        const least = Math.floor((values[i] - HALF_DIGIT) * 255);
        const most = Math.floor((values[i] + HALF_DIGIT) * 255);
        const where = `${name}, row ${Math.floor(i / 3)}: ${byte} for ${values[i]}`;
        assert.ok(byte >= least && byte <= most, where);
      });
    }
  });
});
