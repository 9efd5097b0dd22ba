/** Crops pictures to the shape of a network's input. */

import { choose } from '../base/errors.js';

/** @import { Pixels } from './image.js' */

/**
 * What happens to a picture whose sides have another ratio than the input's:
 * - `stretch`: it is stretched, as Keras' load_img does
 * - `center`: its largest part around the centre with the input's ratio is taken, as Teachable
 *   Machine does
 */
const CROPS = { stretch: false, center: true };

/** @typedef {keyof typeof CROPS} Crop */

/**
 * @param {Pixels} pixels
 * @param {{ width: number, height: number }} size of the input
 * @param {unknown} crop a Crop
 * @returns {Pixels}
 */
export function cropPicture(pixels, size, crop) {
  choose(CROPS, crop, 'crop');
  if (crop === 'stretch') return pixels;
  const scale = Math.min(pixels.width / size.width, pixels.height / size.height);
  const width = Math.max(1, Math.round(size.width * scale));
  const height = Math.max(1, Math.round(size.height * scale));
  const left = Math.floor((pixels.width - width) / 2);
  const top = Math.floor((pixels.height - height) / 2);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    const from = 4 * ((top + y) * pixels.width + left);
    data.set(pixels.data.subarray(from, from + 4 * width), 4 * y * width);
  }
  return { data, width, height };
}
