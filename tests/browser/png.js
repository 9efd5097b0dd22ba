/** Writes small PNG files of every colour type, as https://www.w3.org/TR/png/ defines them. */

import { deflateSync } from 'node:zlib';

/** Colour types. */
export const GREY = 0;
export const RGB = 2;
export const PALETTE = 3;
export const RGBA = 6;

/**
 * @param {object} picture
 * @param {number} picture.width
 * @param {number} picture.height
 * @param {number} picture.type colour type
 * @param {number} [picture.depth] bits a value, default 8
 * @param {(y: number) => Uint8Array} picture.row the bytes of a row
 * @param {number[]} [picture.palette] R, G, B of every entry
 * @param {number[]} [picture.transparency] alpha of the palette's first entries
 * @returns {Buffer}
 */
export function writePng({ width, height, type, depth = 8, row, palette, transparency }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, type], 8);
  const rows = Array.from({ length: height }, (_, y) => [Buffer.of(0), row(y)]).flat();
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(palette ? [chunk('PLTE', Buffer.from(palette))] : []),
    ...(transparency ? [chunk('tRNS', Buffer.from(transparency))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(rows), { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/**
 * A part of a PNG file.
 * @param {string} type
 * @param {Buffer} data
 */
export function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
