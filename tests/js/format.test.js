/** Heat maps as pictures. That they are Pillow's to the byte is checked on the golden data. */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  colormaps,
  expandHeatmap,
  formatAsImage,
  heatmapToImage,
  init,
} from '../../web/package/index.js';
import { assertFails } from './fixtures.js';

const heatmap = { data: Float32Array.of(0, 0.25, 0.5, 1), width: 2, height: 2 };
const image = { data: new Uint8ClampedArray(8 * 6 * 4).fill(200), width: 8, height: 6 };
for (let i = 3; i < image.data.length; i += 4) image.data[i] = 255;

/** @type {any} what formatAsImage reads of an explanation */
const explanation = {
  image,
  targets: [{ heatmap }, { heatmap: { ...heatmap, data: new Float32Array(4) } }],
};

before(async () => {
  await init();
});

/** @param {ImageData} picture */
const size = ({ width, height, data }) => [width, height, data.length];

describe('heatmapToImage and expandHeatmap', () => {
  test('grey, truncated', () => {
    const picture = heatmapToImage(heatmap);
    const grey = [0, 63, 127, 255].flatMap((value) => [value, value, value, 255]);
    assert.deepEqual([...picture.data], grey);
    assert.deepEqual(size(picture), [2, 2, 16]);
  });

  test('of the size of a picture', () => {
    const picture = expandHeatmap(heatmap, image, { resamplingFilter: 'nearest' });
    assert.deepEqual(size(picture), [8, 6, 8 * 6 * 4]);
    assert.deepEqual([...picture.data.subarray(0, 4)], [0, 0, 0, 255]);
    assert.deepEqual([...picture.data.subarray(-4)], [255, 255, 255, 255]);
  });
});

describe('formatAsImage', () => {
  test('lays the map over the picture', () => {
    const overlay = formatAsImage(explanation, { resamplingFilter: 'nearest', colormap: 'gray' });
    assert.deepEqual(
      size(overlay),
      size(/** @type {ImageData} */ (/** @type {unknown} */ (image))),
    );
    // The cell of value 0 is transparent. The cell of value 1 is white and 65% opaque.
    assert.deepEqual([...overlay.data.subarray(0, 4)], [200, 200, 200, 255]);
    const mixed = Math.round(200 + (255 - 200) * (165 / 255));
    assert.deepEqual([...overlay.data.subarray(-4)], [mixed, mixed, mixed, 255]);
  });

  test('shows nothing at an opacity of 0, and nothing of a blank map', () => {
    assert.deepEqual(formatAsImage(explanation, { alphaLimit: 0 }).data, image.data);
    assert.deepEqual(formatAsImage(explanation, { index: 1 }).data, image.data);
  });

  test('alphaLimit null limits nothing', () => {
    const overlay = formatAsImage(explanation, {
      alphaLimit: null,
      colormap: () => [1, 0, 0],
      resamplingFilter: 'nearest',
    });
    assert.deepEqual([...overlay.data.subarray(-4)], [255, 0, 0, 255]);
  });

  test('knows matplotlib’s names', () => {
    const names =
      'viridis cividis magma inferno plasma turbo jet gray hot coolwarm binary seismic RdBu';
    for (const colormap of names.split(' ')) {
      assert.ok(colormaps().includes(colormap));
      formatAsImage(explanation, { colormap });
    }
  });

  test('refuses what it does not know', async () => {
    /** @type {[options: any, message: RegExp][]} */
    const wrong = [
      [{ index: 2 }, /index is 2; allowed: 0 to 1/],
      [{ alphaLimit: 1.5 }, /alphaLimit is 1\.5/],
      [{ alphaLimit: '0.5' }, /alphaLimit is "0\.5"/],
      [{ colormap: 'viridian' }, /viridian.*viridis/],
      [{ colormap: 7 }, /colormap is '7'; allowed: .*viridis/],
      [{ colormap: new Uint8Array(3) }, /colormap is 'an object of type Uint8Array'/],
      [{ colormap: () => [2, 0, 0] }, /gives \[2, 0, 0\]/],
      [{ colormap: () => undefined }, /gives undefined/],
      [{ resamplingFilter: 'cubic' }, /"cubic"; allowed: nearest/],
    ];
    for (const [options, message] of wrong) {
      await assertFails(() => formatAsImage(explanation, options), 'INVALID_ARGUMENT', message);
    }
    const noMap = /** @type {any} */ ({ data: new Float32Array(3), width: 2, height: 2 });
    await assertFails(() => heatmapToImage(noMap), 'INVALID_ARGUMENT', /2 x 2/);
    await assertFails(
      () => heatmapToImage(/** @type {any} */ (null)),
      'INVALID_ARGUMENT',
      /heat map/,
    );
    const noSize = { width: 0, height: 5 };
    await assertFails(() => expandHeatmap(heatmap, noSize), 'INVALID_IMAGE', /width 0, height 5/);
    formatAsImage(explanation);
  });
});
