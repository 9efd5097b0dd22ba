/** What happens to pictures of another shape than the input's. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cropPicture } from '../../web/package/pictures/crop.js';
import { assertFails, smallModel } from './fixtures.js';

/**
 * A picture whose red values count its pixels.
 * @param {number} width
 * @param {number} height
 */
function numbered(width, height) {
  const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) =>
    i % 4 ? 255 : i / 4,
  );
  return { data, width, height };
}

/**
 * @param {import('gradcam-wasm').Pixels} picture
 * @returns {number[]} the red values
 */
const reds = ({ data }) => Array.from(data).filter((_, i) => i % 4 === 0);

describe('crop', () => {
  test('takes the centre of a wide picture', () => {
    const cropped = cropPicture(numbered(5, 2), { width: 8, height: 8 }, 'center');
    assert.deepEqual([cropped.width, cropped.height], [2, 2]);
    assert.deepEqual(reds(cropped), [1, 2, 6, 7]);
  });

  test('takes the centre of a high picture, for an input that is no square', () => {
    const cropped = cropPicture(numbered(2, 4), { width: 2, height: 1 }, 'center');
    assert.deepEqual([cropped.width, cropped.height], [2, 1]);
    assert.deepEqual(reds(cropped), [2, 3]);
  });

  test('stretch leaves the picture as it is', () => {
    const picture = numbered(5, 2);
    assert.equal(cropPicture(picture, { width: 8, height: 8 }, 'stretch'), picture);
  });

  test('is an option of a run, for the picture to draw on too', async () => {
    const model = await smallModel([['GlobalAveragePooling2D', { name: 'pool' }]]);
    const picture = numbered(6, 4);
    const run = await model.run(picture, { crop: 'center', image: picture });
    const expected = [1, 2, 3, 4].flatMap((_, y) => [1, 2, 3, 4].map((x) => 6 * y + x));
    assert.deepEqual(
      [...run.input.data].filter((_, i) => i % 3 === 0),
      expected,
    );
    assert.deepEqual([run.picture.width, run.picture.height], [4, 4]);
    const wrong = /** @type {any} */ ('middle');
    await assertFails(() => model.run(picture, { crop: wrong }), 'INVALID_ARGUMENT', /stretch/);
    model.dispose();
  });
});
