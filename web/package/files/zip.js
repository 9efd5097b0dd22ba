/**
 * Reads zip files. The format is in https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT.
 * The end of the file tells where the directory is, and the directory tells where each entry is:
 *   entry:      local header, name, extra field, packed bytes
 *   directory:  for each entry sizes, checksum, place, name
 *   end:        place of the directory, count of its entries
 *
 * Readers differ in which of several contradicting statements they believe. This one refuses a file
 * whose parts contradict, overlap or lie outside of it.
 */

import { GradCamError, show } from '../base/errors.js';
import { crc32 } from './crc32.js';

/** @import { Pause } from '../base/pauses.js' */

/** The first four bytes of the parts of a zip file. */
const ENTRY = 0x04034b50;
const DIRECTORY = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;

/** Bytes of the parts, without names and extra fields. */
const ENTRY_BYTES = 30;
const DIRECTORY_BYTES = 46;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_64_BYTES = 20;
/** The longest comment, which may follow the end. */
const MAX_COMMENT = 0xffff;

/** Sizes that do not fit are these, and stand elsewhere with 64 bits. */
const IN_ZIP64 = 0xffffffff;
const ZIP64_FIELD = 1;

/** The bit of the flags that says that an entry is encrypted. */
const ENCRYPTED = 1;
/** Ways of packing. */
const STORED = 0;
const DEFLATED = 8;

/** Deflate packs at most this much. */
const MAX_RATIO = 1032;
/** Weights do not pack better than this. A large entry that does is refused as a zip bomb. */
const MAX_LARGE_RATIO = 64;
const LARGE_BYTES = 64 * 2 ** 20;

/** Bytes whose checksum takes a few milliseconds. */
const BYTES_AT_ONCE = 2 ** 22;

/**
 * An entry of the directory.
 * @typedef {object} ZipEntry
 * @property {string} name path in the archive
 * @property {number} flags
 * @property {number} method
 * @property {number} crc
 * @property {number} packed bytes in the archive
 * @property {number} size bytes after unpacking
 * @property {number} offset of the local header
 * @property {number} start offset of the packed bytes
 */

/** @param {string} reason */
function invalid(reason) {
  return new GradCamError('INVALID_MODEL', `the zip file cannot be read: ${reason}`);
}

/**
 * The entries of an archive by their names. Nothing is unpacked.
 * @param {Uint8Array} bytes
 * @returns {Map<string, ZipEntry>}
 */
export function listZip(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { start, end, count } = findDirectory(view);
  /** @type {Map<string, ZipEntry>} */
  const entries = new Map();
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY_BYTES > end || view.getUint32(at, true) !== DIRECTORY) {
      throw invalid(`its directory has ${i} entries, not ${count}`);
    }
    const { next, ...entry } = readDirectoryEntry(bytes, view, at);
    if (next > end) throw invalid('an entry of its directory is cut off');
    if (entries.has(entry.name)) throw invalid(`it has ${show(entry.name)} twice`);
    checkName(entry.name);
    entries.set(entry.name, entry);
    at = next;
  }
  if (at !== end) throw invalid('its directory does not end where its entries end');
  placeEntries(bytes, view, [...entries.values()], start);
  return entries;
}

/**
 * @param {DataView} view
 * @returns {{ start: number, end: number, count: number }}
 */
function findDirectory(view) {
  const last = view.byteLength - END_BYTES;
  for (let at = last; at >= 0 && at >= last - MAX_COMMENT; at--) {
    if (view.getUint32(at, true) !== END) continue;
    const disks = view.getUint16(at + 4, true) | view.getUint16(at + 6, true);
    const counts = [8, 10].map((offset) => view.getUint16(at + offset, true));
    const [length, start] = [12, 16].map((offset) => view.getUint32(at + offset, true));
    const hasZip64 = at >= LOCATOR_64_BYTES && view.getUint32(at - 20, true) === LOCATOR_64;
    if (hasZip64) return findDirectory64(view, at - LOCATOR_64_BYTES);
    if (disks !== 0 || counts[0] !== counts[1]) throw invalid('it is one part of several');
    if (start + length !== at) throw invalid('its directory is not before its end');
    return { start, end: at, count: counts[0] };
  }
  throw invalid('it is cut off; its directory is missing');
}

/**
 * @param {DataView} view
 * @param {number} locator offset of what tells where the end with 64 bits is
 */
function findDirectory64(view, locator) {
  const at = number64(view, locator + 8);
  const isInside = at + END_64_BYTES <= locator && view.getUint32(at, true) === END_64;
  if (!isInside) throw invalid('its directory of zip64 is missing');
  const [count, length, start] = [32, 40, 48].map((offset) => number64(view, at + offset));
  if (start + length !== at) throw invalid('its directory is not before its end');
  return { start, end: at, count };
}

/**
 * @param {DataView} view
 * @param {number} at
 */
function number64(view, at) {
  return Number(view.getBigUint64(at, true));
}

/**
 * @param {Uint8Array} bytes
 * @param {DataView} view
 * @param {number} at offset of the entry in the directory
 * @returns {ZipEntry & { next: number }} `next` is the offset of what follows
 */
function readDirectoryEntry(bytes, view, at) {
  const short = (/** @type {number} */ offset) => view.getUint16(at + offset, true);
  const long = (/** @type {number} */ offset) => view.getUint32(at + offset, true);
  const extra = at + DIRECTORY_BYTES + short(28);
  const comment = extra + short(30);
  const next = comment + short(32);
  if (next > bytes.length) throw invalid('an entry of its directory is cut off');
  const sizes = readSizes(view, [long(24), long(20), long(42)], extra, comment);
  const [size, packed, offset] = sizes;
  const name = new TextDecoder().decode(bytes.subarray(at + DIRECTORY_BYTES, extra));
  return {
    name,
    flags: short(8),
    method: short(10),
    crc: long(16),
    packed,
    size,
    offset,
    start: 0,
    next,
  };
}

/**
 * @param {DataView} view
 * @param {number[]} sizes in the order in which zip64 has them
 * @param {number} at offset of the extra fields
 * @param {number} end
 * @returns {number[]}
 */
function readSizes(view, sizes, at, end) {
  if (!sizes.includes(IN_ZIP64)) return sizes;
  while (at + 4 <= end && view.getUint16(at, true) !== ZIP64_FIELD) {
    at += 4 + view.getUint16(at + 2, true);
  }
  let next = at + 4;
  return sizes.map((size) => {
    if (size !== IN_ZIP64) return size;
    if (next + 8 > end) throw invalid('its sizes of zip64 are missing');
    next += 8;
    return number64(view, next - 8);
  });
}

/** @param {string} name */
function checkName(name) {
  const isOutside = /^[/\\]|^[a-z]:|(^|[/\\])\.\.([/\\]|$)|\0/i.test(name);
  if (isOutside) throw invalid(`${show(name)} is the name of a file outside of it`);
}

/**
 * Finds the packed bytes of every entry, and checks that the entries do not overlap.
 * @param {Uint8Array} bytes
 * @param {DataView} view
 * @param {ZipEntry[]} entries
 * @param {number} directory offset of the directory, before which all entries are
 */
function placeEntries(bytes, view, entries, directory) {
  let end = 0;
  for (const entry of entries.sort((a, b) => a.offset - b.offset)) {
    const { name, offset, packed } = entry;
    if (offset < end) throw invalid(`${show(name)} overlaps the entry before it`);
    const header = offset + ENTRY_BYTES;
    if (header > directory || view.getUint32(offset, true) !== ENTRY) {
      throw invalid(`${show(name)} is not where its directory says`);
    }
    const nameEnd = header + view.getUint16(offset + 26, true);
    const own = new TextDecoder().decode(bytes.subarray(header, nameEnd));
    if (own !== name) throw invalid(`${show(name)} is called ${show(own)} elsewhere`);
    entry.start = nameEnd + view.getUint16(offset + 28, true);
    end = entry.start + packed;
    if (end > directory) throw invalid(`${show(name)} is cut off`);
  }
}

/**
 * Unpacks an entry and compares its size and its checksum with the directory.
 * @param {Uint8Array} bytes of the archive
 * @param {ZipEntry} entry
 * @param {number} limit the largest size
 * @param {Pause} pause
 * @returns {Promise<Uint8Array>}
 */
export async function readZipEntry(bytes, entry, limit, pause) {
  const { name, flags, method, start, packed, size } = entry;
  if (flags & ENCRYPTED) throw invalid(`${show(name)} is encrypted`);
  checkSize(entry, limit);
  const stored = bytes.subarray(start, start + packed);
  if (method === DEFLATED) return inflate(stored, entry);
  if (method !== STORED) {
    throw invalid(`${show(name)} is packed in way ${method}; allowed: 0 (stored), 8 (deflate)`);
  }
  if (packed !== size) throw damaged(name);
  let sum = 0;
  for (let i = 0; i < size; i += BYTES_AT_ONCE) {
    sum = crc32(stored.subarray(i, i + BYTES_AT_ONCE), sum);
    await pause();
  }
  if (sum !== entry.crc) throw damaged(name);
  return stored;
}

/** @param {string} name */
function damaged(name) {
  return invalid(`${show(name)} is damaged; its checksum or its size differs`);
}

/**
 * Refuses what the packed bytes cannot give, before memory is taken for it.
 * @param {ZipEntry} entry
 * @param {number} limit
 */
function checkSize({ name, packed, size }, limit) {
  const isBomb = size > LARGE_BYTES && size > MAX_LARGE_RATIO * packed;
  if (size <= limit && size <= MAX_RATIO * packed && !isBomb) return;
  const sizes = `${packed} bytes that unpack to ${size}`;
  throw new GradCamError('TOO_LARGE', `${name} in the zip file has ${sizes}`);
}

/**
 * Unpacks with the platform's reader of gzip files. A gzip file is a header, the bytes as zip files
 * have them, the checksum and the size. The reader compares both.
 * @param {Uint8Array} packed
 * @param {ZipEntry} entry
 * @returns {Promise<Uint8Array>}
 */
async function inflate(packed, { name, crc, size }) {
  const header = Uint8Array.of(0x1f, 0x8b, DEFLATED, 0, 0, 0, 0, 0, 0, 0xff);
  const trailer = new DataView(new ArrayBuffer(8));
  trailer.setUint32(0, crc, true);
  trailer.setUint32(4, size, true);
  const parts = /** @type {BlobPart[]} */ ([header, packed, trailer]);
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(size);
  let length = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes.set(value, length);
      length += value.length;
    }
  } catch (cause) {
    // The stream fails if the bytes are damaged, and set() if they are more than the size.
    reader.cancel().catch(() => {});
    throw damaged(name);
  }
  if (length !== size) throw damaged(name);
  return bytes;
}
