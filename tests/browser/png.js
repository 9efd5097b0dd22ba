/** Writes PNG files, so that tests have pictures that every decoder reads alike. */

import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const RGBA = 6;

/**
 * @param {{ data: ArrayLike<number>, width: number, height: number }} pixels RGBA
 * @returns {Buffer}
 */
export function encodePng({ data, width, height }) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, RGBA], 8);
  const stride = width * 4;
  const rows = Buffer.alloc((stride + 1) * height);
  const bytes = Buffer.from(data);
  // Every row begins with the number of its filter: 0, none.
  for (let y = 0; y < height; y++) bytes.copy(rows, y * (stride + 1) + 1, y * stride, (y + 1) * stride);
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
  return Buffer.concat([SIGNATURE, ...parts]);
}

/**
 * @param {string} type
 * @param {Buffer} data
 */
function chunk(type, data) {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([ends.subarray(0, 4), typed, ends.subarray(4)]);
}
