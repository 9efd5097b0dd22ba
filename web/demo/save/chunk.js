/** The parts of a PNG file that hold what the page is restored from. */

/** The name of the text with the settings. */
export const SETTINGS = 'gradcam-wasm';
/**
 * The type of the part with the user's own picture file. Its letters say that readers may pass it
 * over, that no standard defines it, and that it does not depend on the pixels.
 */
export const CARRIED = 'gcPi';
/** The signature and the header, behind which parts may be put in. */
const HEAD = 33;
/** Bytes before the data of a part: its length and its type. */
const FRAME = 8;
/** More parts than this before the pixels are not read. */
const MOST_PARTS = 64;
const MOST_TEXT = 1 << 20;

/**
 * Puts a file into a PNG file.
 * @param {Uint8Array<ArrayBuffer>} png
 * @param {Blob} file
 */
export async function carry(png, file) {
  const data = new Uint8Array(await file.arrayBuffer());
  const start = new Uint8Array(FRAME);
  new DataView(start.buffer).setUint32(0, data.length);
  for (let i = 0; i < 4; i++) start[4 + i] = CARRIED.charCodeAt(i);
  const end = new Uint8Array(4);
  new DataView(end.buffer).setUint32(0, crc32([start.subarray(4), data]));
  return new Blob([png.subarray(0, HEAD), start, data, end, png.subarray(HEAD)]);
}

/**
 * The text with the settings and the carried file of a PNG file.
 * @param {Blob} png
 * @returns {Promise<{ settings: string, carried: Blob | undefined } | undefined>} undefined if it
 *   has no settings
 */
export async function readParts(png) {
  let carried;
  let at = 8;
  for (let i = 0; i < MOST_PARTS && at + FRAME <= png.size; i++) {
    const start = new DataView(await png.slice(at, at + FRAME).arrayBuffer());
    const length = start.getUint32(0);
    const type = String.fromCharCode(...new Uint8Array(start.buffer, 4, 4));
    if (type === 'IDAT') return undefined;
    const data = png.slice(at + FRAME, at + FRAME + length);
    if (type === CARRIED) carried = data;
    if ((type === 'tEXt' || type === 'iTXt') && length < MOST_TEXT) {
      const settings = readText(type, new Uint8Array(await data.arrayBuffer()));
      if (settings !== undefined) return { settings, carried };
    }
    at += FRAME + length + 4;
  }
  return undefined;
}

/**
 * @param {string} type
 * @param {Uint8Array} bytes
 */
function readText(type, bytes) {
  const name = `${SETTINGS}\0${type === 'iTXt' ? '\0\0\0\0' : ''}`;
  const isOurs = Array.from(name).every((letter, i) => bytes[i] === letter.charCodeAt(0));
  if (!isOurs) return undefined;
  const coding = type === 'iTXt' ? 'utf-8' : 'latin1';
  return new TextDecoder(coding).decode(bytes.subarray(name.length));
}

/** @param {Uint8Array[]} parts */
function crc32(parts) {
  const table = Int32Array.from({ length: 256 }, (_, i) => {
    for (let bit = 0; bit < 8; bit++) i = (i >>> 1) ^ (i & 1 ? 0xedb88320 : 0);
    return i;
  });
  let sum = -1;
  for (const bytes of parts) {
    for (let i = 0; i < bytes.length; i++) sum = (sum >>> 8) ^ table[(sum ^ bytes[i]) & 255];
  }
  return ~sum >>> 0;
}
