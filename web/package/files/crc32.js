/** The checksum of zip files. */

/** The bits of the polynomial x^32 + x^26 + x^23 + ... + x + 1, the lowest power first. */
const POLYNOMIAL = 0xedb88320;
/** Bytes that are taken at once. */
const STRIDE = 8;

/**
 * Entry 256 k + b is what a byte b adds to the checksum when k bytes follow it.
 * @type {Int32Array | undefined}
 */
let tables;

function makeTables() {
  const made = new Int32Array(256 * STRIDE);
  for (let byte = 0; byte < 256; byte++) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? POLYNOMIAL : 0);
    made[byte] = sum;
  }
  for (let i = 256; i < made.length; i++) {
    const before = made[i - 256];
    made[i] = (before >>> 8) ^ made[before & 255];
  }
  return made;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} [before] checksum of the bytes before these
 * @returns {number} 0 .. 2^32 - 1
 */
export function crc32(bytes, before = 0) {
  const t = (tables ??= makeTables());
  let sum = ~before;
  let i = 0;
  for (; i + STRIDE <= bytes.length; i += STRIDE) {
    sum ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    sum =
      t[1792 + (sum & 255)] ^
      t[1536 + ((sum >>> 8) & 255)] ^
      t[1280 + ((sum >>> 16) & 255)] ^
      t[1024 + (sum >>> 24)] ^
      t[768 + bytes[i + 4]] ^
      t[512 + bytes[i + 5]] ^
      t[256 + bytes[i + 6]] ^
      t[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) sum = (sum >>> 8) ^ t[(sum ^ bytes[i]) & 255];
  return ~sum >>> 0;
}
