/**
 * The steps from a picture to a tensor and back, as in Keras' load_img, img_to_array, array_to_img.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { encode } from 'fast-png';
import { arrayToImage, imageToArray, init, loadImage, loadModel } from '../../web/package/index.js';
import { GOLDEN, SKIP, readJson } from '../golden/common.js';
import {
  DEFAULT_MODEL,
  DOG_PICTURE,
  SHARED,
  assertFails,
  plainPicture,
  sharedImage,
} from './fixtures.js';

/** @param {ArrayLike<number>} rgba */
const colors = (rgba) => Array.from(rgba).filter((_, i) => i % 4 !== 3);

/**
 * RGB as RGBA with some alpha in every pixel.
 * @param {number[]} rgb
 */
function translucent(rgb) {
  const data = new Uint8ClampedArray((rgb.length / 3) * 4);
  for (let i = 0; i < data.length; i++) {
    data[i] = i % 4 === 3 ? (i * 37) % 256 : rgb[(i >> 2) * 3 + (i % 4)];
  }
  return data;
}

before(async () => {
  await init();
});

describe('loadImage', () => {
  test('reads a picture in its own size, from a file, bytes and addresses', async () => {
    const expected = await loadImage(readFileSync(DOG_PICTURE));
    assert.deepEqual([expected.width, expected.height], [768, 576]);
    const url = pathToFileURL(DOG_PICTURE);
    const file = new File([readFileSync(DOG_PICTURE)], 'dog.jpg');
    for (const source of [url, url.href, 'build/pictures/dog.jpg', file]) {
      assert.deepEqual(await loadImage(source), expected);
    }
  });

  test('resizes as Keras does, with NEAREST unless told', { skip: SKIP }, async () => {
    const targetSize = /** @type {[number, number]} */ ([224, 224]);
    const image = await loadImage(join(SHARED, 'images/cat_dog.png'), { targetSize });
    const expected = await loadImage(sharedImage('cat_dog_224.png'));
    assert.deepEqual(image, expected);
  });

  test('drops alpha before it resizes, with every filter', { skip: SKIP }, async () => {
    const { cases } = readJson(join(GOLDEN, 'resize/resize.json'));
    let compared = 0;
    for (const { mode, from, to, filter, input, output } of cases) {
      if (mode !== 'RGB') continue;
      const picture = { data: translucent(input), width: from[1], height: from[0] };
      const options = { targetSize: to, interpolation: filter.toLowerCase() };
      const { data, width, height } = await loadImage(picture, options);
      assert.deepEqual([height, width], to);
      assert.deepEqual(colors(data), output, `${filter} from ${from} to ${to}`);
      assert.ok(data.every((value, i) => i % 4 !== 3 || value === 255));
      compared++;
    }
    assert.equal(compared, 48);
  });

  test('refuses what it cannot read', async () => {
    /** @type {[source: any, options: any, code: string, message: RegExp][]} */
    const wrong = [
      ['none.jpg', {}, 'FETCH_FAILED', /none\.jpg/],
      [{}, {}, 'INVALID_IMAGE', /allowed: an address, ImageData/],
      [DOG_PICTURE, { targetSize: 160 }, 'INVALID_ARGUMENT', /targetSize is 160.*height, width/],
      [DOG_PICTURE, { targetSize: [0, 9] }, 'INVALID_ARGUMENT', /targetSize is \[0, 9\]/],
      [
        DOG_PICTURE,
        { targetSize: [9, 9], interpolation: 'cubic' },
        'INVALID_ARGUMENT',
        /"cubic"; allowed: nearest/,
      ],
    ];
    for (const [source, options, code, message] of wrong) {
      await assertFails(() => loadImage(source, options), code, message);
    }
    const reason = new Error('not needed');
    await assert.rejects(loadImage(DOG_PICTURE, { signal: AbortSignal.abort(reason) }), reason);
  });
});

describe('imageToArray', () => {
  const image = /** @type {ImageData} */ (plainPicture([255, 51, 0, 7], 2, 1));

  test('gives a batch of one, as it is or preprocessed', () => {
    /** @type {[options: any, pixel: number[]][]} */
    const cases = [
      [{}, [255, 51, 0]],
      [{ preprocessing: 'tf' }, [1, -0.6, -1]],
      [{ preprocessing: 'torch' }, [(1 - 0.485) / 0.229, (0.2 - 0.456) / 0.224, -0.406 / 0.225]],
      [{ preprocessing: 'caffe' }, [-103.939, 51 - 116.779, 255 - 123.68]],
      [{ preprocessing: { scale: 2, offset: [1, 2, 3] } }, [511, 104, 3]],
      [{ channels: 1 }, [106]],
    ];
    for (const [options, pixel] of cases) {
      const { data, shape } = imageToArray(image, options);
      assert.deepEqual(shape, [1, 1, 2, pixel.length]);
      [...pixel, ...pixel].forEach((value, i) => assert.ok(Math.abs(data[i] - value) < 1e-4));
    }
  });

  test('refuses what it does not know', async () => {
    /** @type {[image: any, options: any, code: string, message: RegExp][]} */
    const wrong = [
      [
        image,
        { preprocessing: 'keras' },
        'INVALID_ARGUMENT',
        /allowed: none, unit, tf, torch, caffe/,
      ],
      [image, { channels: 4 }, 'INVALID_ARGUMENT', /channels is 4; allowed: 1, 3/],
      [{ ...image, width: 3 }, {}, 'INVALID_IMAGE', /8 bytes/],
    ];
    for (const [picture, options, code, message] of wrong) {
      await assertFails(() => imageToArray(picture, options), code, message);
    }
  });
});

describe('arrayToImage', () => {
  /** @param {number[]} values @param {number[]} shape */
  const array = (values, shape) => ({ data: Float32Array.from(values), shape });

  // What Keras 3.15.1's array_to_img gives.
  test('stretches the values, or takes them as they are', () => {
    /** @type {[values: number[], shape: number[], scale: boolean, colors: number[]][]} */
    const cases = [
      [[-1, 0, 0.5, 0.25, 0.1, 0.9], [1, 1, 2, 3], true, [0, 134, 201, 167, 147, 255]],
      [[5, 5, 5], [1, 1, 1, 3], true, [0, 0, 0]],
      [[0, 1.9, 254.999], [1, 1, 1, 3], false, [0, 1, 254]],
      [[1, 3], [1, 2, 1, 1], true, [0, 0, 0, 255, 255, 255]],
    ];
    for (const [values, shape, scale, expected] of cases) {
      const image = arrayToImage(array(values, shape), { scale });
      assert.deepEqual([image.height, image.width], shape.slice(1, 3));
      assert.deepEqual(colors(image.data), expected);
    }
    const ramp = Array.from({ length: 12 }, (_, i) => i * 0.37 - 1.7);
    const steps = [0, 23, 46, 69, 92, 115, 139, 162, 185, 208, 231, 255];
    assert.deepEqual(colors(arrayToImage(array(ramp, [1, 2, 2, 3])).data), steps);
    const { data } = arrayToImage(array([0, 1, 2, 4], [1, 1, 1, 4]));
    assert.deepEqual([...data], [0, 63, 127, 255], 'a fourth channel is alpha');
  });

  test('undoes imageToArray', async () => {
    const image = await loadImage(readFileSync(DOG_PICTURE), { targetSize: [160, 160] });
    assert.deepEqual(arrayToImage(imageToArray(image), { scale: false }), image);
  });

  test('refuses what is no picture', async () => {
    /** @type {[array: any, message: RegExp][]} */
    const wrong = [
      [undefined, /shape undefined; needed: \[1, any, any, any\]/],
      [array([1, 2], [1, 1, 1, 2]), /2 channels; allowed: 1, 3, 4/],
      [array([1, 2], [1, 1, 1, 3]), /2 values; needed: a Float32Array of 3/],
      [array([1, 2, 3], [1, 1, 3]), /shape \[1, 1, 3\]/],
      [array([], [1, 0, 0, 3]), /shape \[1, 0, 0, 3\]/],
    ];
    for (const [tensor, message] of wrong) {
      await assertFails(() => arrayToImage(tensor), 'INVALID_IMAGE', message);
    }
  });
});

describe('the steps by hand', () => {
  /** @type {import('gradcam-wasm').Model} */
  let model;
  before(async () => {
    model = await loadModel(readFileSync(DEFAULT_MODEL));
  });
  after(() => model.dispose());

  for (const interpolation of /** @type {const} */ (['nearest', 'bilinear'])) {
    test(`give what model.run() gives, ${interpolation}`, async () => {
      const image = await loadImage(readFileSync(DOG_PICTURE), {
        targetSize: [160, 160],
        interpolation,
      });
      const array = imageToArray(image, { preprocessing: model.preprocessing });
      const [ours, theirs] = [
        await model.run(array),
        await model.run(readFileSync(DOG_PICTURE), { interpolation }),
      ];
      assert.deepEqual(ours.input, theirs.input);
      assert.deepEqual(ours.predictions, theirs.predictions);
      assert.deepEqual(theirs.picture, image);
      // Without a picture the tensor is drawn. The values of this tensor are -1 to 1.
      assert.deepEqual(ours.picture, arrayToImage(array));
    });
  }

  test('a transparent picture counts as its colours, and is drawn on as it is', async () => {
    const data = translucent(Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 29) % 256));
    const opaque = data.map((value, i) => (i % 4 === 3 ? 255 : value));
    const size = { width: 8, height: 8 };
    const interpolation = /** @type {const} */ ('bicubic');
    const expected = await model.run({ data: opaque, ...size }, { interpolation });
    const png = encode({ data, ...size, channels: 4 });
    for (const image of [{ data, ...size }, png]) {
      const run = await model.run(image, { interpolation, image });
      assert.deepEqual(run.input, expected.input);
      assert.deepEqual([...run.picture.data], [...data]);
    }
  });
});
