/**
 * Writes PNG files, as https://www.w3.org/TR/png/ defines them. The rows are filtered here. The
 * browser or Node compresses them.
 */

import { joinBytes } from '../base/bytes.js';
import { GradCamError, show } from '../base/errors.js';
import { crc32 } from '../files/crc32.js';

/** @import { Pixels } from './image.js' */
/** @import { EncodePngOptions } from './encode.js' */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Colour types. */
const RGB = 2;
const RGBA = 6;
/** Bytes of rows that are filtered between two steps of the progress. */
const BLOCK = 1 << 20;
const LONGEST_KEYWORD = 79;

/**
 * @param {Pixels} picture
 * @param {EncodePngOptions} options
 * @returns {Promise<Uint8Array>}
 */
export async function encode(picture, { text = {}, signal, onProgress }) {
  const { width, height } = picture;
  const texts = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value));
  const channels = isOpaque(picture.data) ? 3 : 4;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, channels === 3 ? RGB : RGBA], 8);
  const pixels = [];
  for await (const bytes of compress(filterRows(picture, channels, { signal, onProgress }))) {
    pixels.push(chunk('IDAT', bytes));
  }
  const end = chunk('IEND', new Uint8Array(0));
  return joinBytes([Uint8Array.from(SIGNATURE), chunk('IHDR', header), ...texts, ...pixels, end]);
}

/**
 * A part of a PNG file.
 * @param {string} type four letters
 * @param {Uint8Array} data
 */
function chunk(type, data) {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, crc32(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/* ---- Texts ---- */

/**
 * A text. One of Latin letters is written so that every program reads it.
 * @param {string} keyword
 * @param {unknown} value
 */
function textChunk(keyword, value) {
  const isKeyword = /^[\x20-\x7e\xa1-\xff]+$/.test(keyword) && !/^ | $| {2}/.test(keyword);
  if (!isKeyword || keyword.length > LONGEST_KEYWORD) {
    const allowed = `1 to ${LONGEST_KEYWORD} Latin letters, without spaces at the ends`;
    throw new GradCamError(
      'INVALID_ARGUMENT',
      `text has the name ${show(keyword)}; allowed: ${allowed}`,
    );
  }
  if (typeof value !== 'string' || value.includes('\0')) {
    const what = `text.${keyword} is ${show(value)}`;
    throw new GradCamError('INVALID_ARGUMENT', `${what}; allowed: a text without zero characters`);
  }
  const name = latin(`${keyword}\0`);
  if (/^[\n\x20-\x7e\xa1-\xff]*$/.test(value))
    return chunk('tEXt', joinBytes([name, latin(value)]));
  // Not compressed, of no language, with no other keyword.
  return chunk('iTXt', joinBytes([name, new Uint8Array(4), new TextEncoder().encode(value)]));
}

/** @param {string} text */
function latin(text) {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/* ---- Pixels ---- */

/** @param {Uint8Array | Uint8ClampedArray} data */
function isOpaque(data) {
  for (let i = 3; i < data.length; i += 4) if (data[i] < 255) return false;
  return true;
}

/**
 * Blocks of filtered rows.
 * @param {Pixels} picture
 * @param {number} channels
 * @param {Pick<EncodePngOptions, 'signal' | 'onProgress'>} options
 * @returns {Generator<Uint8Array<ArrayBuffer>>}
 */
function* filterRows({ data, width, height }, channels, { signal, onProgress }) {
  const length = width * channels;
  const rows = Math.max(1, Math.floor(BLOCK / length));
  const filter = rowFilter(length, channels);
  for (let y = 0; y < height; y += rows) {
    signal?.throwIfAborted();
    const count = Math.min(rows, height - y);
    const block = new Uint8Array(count * (length + 1));
    for (let i = 0; i < count; i++) {
      const from = (y + i) * width * 4;
      const to = block.subarray(i * (length + 1), (i + 1) * (length + 1));
      filter(data.subarray(from, from + width * 4), to);
    }
    yield block;
    onProgress?.({ step: y + count, steps: height });
  }
}

/**
 * A function that filters one row after another. Of three filters it takes for each row the one
 * with the smallest differences, which compress best.
 * @param {number} length bytes of a row
 * @param {number} channels
 */
function rowFilter(length, channels) {
  // A row begins with a pixel of zeros, which is left of the first.
  let above = new Uint8Array(length + channels);
  let row = new Uint8Array(length + channels);
  const filtered = [1, 2, 4].map((type) => ({ type, bytes: new Uint8Array(length) }));
  const [sub, up, paeth] = filtered.map(({ bytes }) => bytes);
  /**
   * @param {Uint8Array | Uint8ClampedArray} pixels RGBA
   * @param {Uint8Array} to the filter's number and the filtered bytes
   */
  return (pixels, to) => {
    takeChannels(pixels, channels, row);
    const sums = [0, 0, 0];
    for (let i = 0; i < length; i++) {
      const a = row[i];
      const b = above[i + channels];
      const c = above[i];
      const value = row[i + channels];
      sums[0] += size((sub[i] = value - a));
      sums[1] += size((up[i] = value - b));
      sums[2] += size((paeth[i] = value - nearest(a, b, c)));
    }
    const { type, bytes } = filtered[sums.indexOf(Math.min(...sums))];
    to[0] = type;
    to.set(bytes, 1);
    [above, row] = [row, above];
  };
}

/**
 * @param {Uint8Array | Uint8ClampedArray} pixels RGBA
 * @param {number} channels 3 leaves alpha out
 * @param {Uint8Array} to after its first pixel
 */
function takeChannels(pixels, channels, to) {
  if (channels === 4) return to.set(pixels, channels);
  for (let i = 0, at = 3; i < pixels.length; i += 4, at += 3) {
    to[at] = pixels[i];
    to[at + 1] = pixels[i + 1];
    to[at + 2] = pixels[i + 2];
  }
}

/** @param {number} difference of two bytes */
function size(difference) {
  const byte = difference & 255;
  return byte < 128 ? byte : 256 - byte;
}

/**
 * Paeth's predictor.
 * @param {number} a left
 * @param {number} b above
 * @param {number} c above and left
 */
function nearest(a, b, c) {
  const fromA = Math.abs(b - c);
  const fromB = Math.abs(a - c);
  const fromC = Math.abs(a + b - c - c);
  if (fromA <= fromB && fromA <= fromC) return a;
  return fromB <= fromC ? b : c;
}

/**
 * @param {Iterable<Uint8Array<ArrayBuffer>>} blocks
 * @returns {AsyncGenerator<Uint8Array>}
 */
async function* compress(blocks) {
  const stream = new CompressionStream('deflate');
  const written = write(stream.writable.getWriter(), blocks);
  // The reader fails too, and its error would not say the reason.
  written.catch(() => {});
  const reader = stream.readable.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (error) {
    await written;
    throw error;
  }
}

/**
 * @param {WritableStreamDefaultWriter<BufferSource>} writer
 * @param {Iterable<Uint8Array<ArrayBuffer>>} blocks
 */
async function write(writer, blocks) {
  try {
    for (const block of blocks) {
      await writer.ready;
      await writer.write(block);
    }
    await writer.close();
  } catch (error) {
    await writer.abort(error).catch(() => {});
    throw error;
  }
}
