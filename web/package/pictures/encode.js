/** Makes picture files. The writer is loaded when it is first used. */

import { typed } from '../base/boundary.js';
import { part } from '../base/parts.js';
import { checkPixels } from './image.js';

/** @import { Pixels } from './image.js' */
/** @import { StepProgress } from '../metrics/deletion.js' */

/**
 * @typedef {object} EncodePngOptions
 * @property {Record<string, string>} [text] texts in the file by their names. PNG knows Title,
 *   Author, Description, Copyright, Software, Source and Comment, and others may be used
 * @property {(progress: StepProgress) => void} [onProgress] is given how many rows are written
 * @property {AbortSignal} [signal]
 */

/**
 * Makes a PNG file of a picture. A picture that is opaque everywhere is written without alpha.
 * @param {Pixels} picture
 * @param {EncodePngOptions} [options]
 * @returns {Promise<Uint8Array>}
 * @example
 * const overlay = formatAsImage(explanation);
 * const file = await encodePng(overlay, { text: { Title: 'zebra 34.2%' } });
 */
export async function encodePng(picture, options) {
  return typed('encodePng', options, async (given) => {
    const pixels = checkPixels(picture);
    const { encode } = await part('the writer of PNG files', () => import('./png.js'));
    return encode(pixels, given);
  });
}
