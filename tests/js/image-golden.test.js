/**
 * What Pillow and matplotlib give, byte for byte, from the wasm: resizing, alpha compositing,
 * colour maps. ../shared/golden/README.md describes the data.
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
 * Lays pixels over others: each is a cell of a heat map, with a colour of its own.
 * @param {number[]} under
 * @param {number[]} over
 */
function composite(under, over) {
  const count = under.length / 4;
  const opacities = Float32Array.from({ length: count }, (_, i) => (over[4 * i + 3] + 0.5) / 255);
  const colors = Uint8Array.from(over.filter((_, i) => i % 4 !== 3));
  return engine.scratch((scratch) => {
    const pixels = Uint8Array.from(under);
    const at = scratch.block({ out: under.length, pixels, opacities, colors });
    const sizes = [at.out, at.pixels, count, 1, at.opacities, count, 1];
    engine.check('gc_heatmap_overlay', ...sizes, 0, at.colors, 1, FILTERS.indexOf('LANCZOS'));
    return engine.view(at.out, under.length).slice();
  });
}

/**
 * The colours of a colour map that the opacity lets see: of the first, it is 0.
 * @param {string} name
 */
function colormap(name) {
  const values = Float32Array.from({ length: 255 }, (_, i) => (i + 1.5) / 256);
  const out = 4 * values.length;
  return engine.scratch((scratch) => {
    const at = scratch.block({ out, pixels: new Uint8Array(out), values, name });
    const sizes = [at.out, at.pixels, 255, 1, at.values, 255, 1];
    engine.check('gc_heatmap_overlay', ...sizes, at.name, 0, 1, FILTERS.indexOf('LANCZOS'));
    return engine.view(at.out, out).filter((_, i) => i % 4 !== 3);
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
      const values = rows.slice(1).flat();
      colormap(name).forEach((byte, i) => {
        const least = Math.floor((values[i] - HALF_DIGIT) * 255);
        const most = Math.floor((values[i] + HALF_DIGIT) * 255);
        const where = `${name}, colour ${Math.floor(i / 3) + 1}: ${byte} for ${values[i]}`;
        assert.ok(byte >= least && byte <= most, where);
      });
    }
  });
});
