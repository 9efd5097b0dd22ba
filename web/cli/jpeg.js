/**
 * Writes small JPEG files, as ITU-T T.81 defines them: baseline, with colours at half the
 * resolution. All components share one table of each kind.
 */

/** @import { Pixels } from 'gradcam-wasm' */

/** The order of frequencies, from low to high, along the diagonals of a block. */
const ZIGZAG = Array.from({ length: 64 }, (_, i) => ({ x: i % 8, y: i >> 3 }))
  .sort((a, b) => a.x + a.y - b.x - b.y || ((a.x + a.y) % 2 ? a.y - b.y : a.x - b.x))
  .map(({ x, y }) => 8 * y + x);

/** The standard's example of steps for brightness, at quality 50, row by row. */
const STEPS = [
  ...[16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55],
  ...[14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62],
  ...[18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92],
  ...[49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99],
];
/** A third of these steps is quality 83. */
const SCALE = 0.34;
const QUANTIZERS = STEPS.map((step) => Math.max(1, Math.round(step * SCALE)));

/** How many codes have 1 to 16 bits. */
const DC_COUNTS = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
const AC_COUNTS = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125];
const DC_SYMBOLS = Array.from({ length: 12 }, (_, i) => i);
const AC_SYMBOLS = acSymbols();

/**
 * A symbol has the number of zeros before a value in its upper half, and the bits of the value in
 * its lower one. Some come often. The others follow in their order.
 */
function acSymbols() {
  const often = [
    ...[0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61],
    ...[0x07, 0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xa1, 0x08, 0x23, 0x42, 0xb1, 0xc1, 0x15, 0x52],
    ...[0xd1, 0xf0, 0x24, 0x33, 0x62, 0x72, 0x82],
  ];
  const all = Array.from({ length: 160 }, (_, i) => (Math.floor(i / 10) << 4) | ((i % 10) + 1));
  return [...often, ...all.filter((symbol) => !often.includes(symbol))];
}

/**
 * @param {number[]} counts
 * @param {number[]} symbols
 * @returns {{ code: number, length: number }[]} by symbol
 */
function codesOf(counts, symbols) {
  const codes = [];
  let [code, at] = [0, 0];
  for (const [i, count] of counts.entries()) {
    for (let k = 0; k < count; k++) codes[symbols[at++]] = { code: code++, length: i + 1 };
    code <<= 1;
  }
  return codes;
}

const DC_CODES = codesOf(DC_COUNTS, DC_SYMBOLS);
const AC_CODES = codesOf(AC_COUNTS, AC_SYMBOLS);

/** The cosines of the transform, [frequency][position]. */
const COSINES = Float64Array.from({ length: 64 }, (_, i) => {
  const [u, x] = [i >> 3, i % 8];
  return Math.cos(((2 * x + 1) * u * Math.PI) / 16) * (u === 0 ? Math.SQRT1_2 : 1) * 0.5;
});

/**
 * @param {Pixels} picture whose alpha is dropped
 * @returns {Buffer}
 */
export function jpegFile(picture) {
  const { width, height } = picture;
  const scan = encodeScan(picture);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...ZIGZAG.map((i) => QUANTIZERS[i])]),
    segment(0xc0, [8, ...short(height), ...short(width), 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0]),
    segment(0xc4, [0x00, ...DC_COUNTS, ...DC_SYMBOLS]),
    segment(0xc4, [0x10, ...AC_COUNTS, ...AC_SYMBOLS]),
    segment(0xda, [3, 1, 0, 2, 0, 3, 0, 0, 63, 0]),
    scan,
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** @param {number} value */
const short = (value) => [value >> 8, value & 255];

/**
 * @param {number} marker
 * @param {number[]} bytes
 */
function segment(marker, bytes) {
  return Buffer.from([0xff, marker, ...short(bytes.length + 2), ...bytes]);
}

/**
 * The blocks of 16 x 16 pixels, each with four blocks of brightness and two of colour.
 * @param {Pixels} picture
 */
function encodeScan(picture) {
  const planes = toPlanes(picture);
  const writer = new BitWriter();
  const before = [0, 0, 0];
  for (let y = 0; y < planes[0].height; y += 16) {
    for (let x = 0; x < planes[0].width; x += 16) {
      for (const [i, plane] of planes.entries()) {
        const step = i === 0 ? 1 : 2;
        for (let block = 0; block < (i === 0 ? 4 : 1); block++) {
          const left = x / step + 8 * (block % 2);
          const values = transform(plane, left, y / step + 8 * (block >> 1));
          writeBlock(writer, values, before[i]);
          before[i] = values[0];
        }
      }
    }
  }
  return writer.finish();
}

/** @typedef {{ data: Float64Array, width: number, height: number }} Plane */

/**
 * Brightness and two colours, -128 to 127, filled up to whole blocks with the last pixels.
 * @param {Pixels} picture
 * @returns {Plane[]}
 */
function toPlanes({ data, width, height }) {
  const [columns, rows] = [width, height].map((side) => 16 * Math.ceil(side / 16));
  const planes = [1, 2, 2].map((step) => ({
    data: new Float64Array((columns / step) * (rows / step)),
    width: columns / step,
    height: rows / step,
  }));
  const [luma, blue, red] = planes;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      const at = 4 * (Math.min(y, height - 1) * width + Math.min(x, width - 1));
      const [r, g, b] = [data[at], data[at + 1], data[at + 2]];
      const light = 0.299 * r + 0.587 * g + 0.114 * b;
      luma.data[y * columns + x] = light - 128;
      const small = (y >> 1) * blue.width + (x >> 1);
      blue.data[small] += (b - light) / (4 * 1.772);
      red.data[small] += (r - light) / (4 * 1.402);
    }
  }
  return planes;
}

/**
 * The quantized frequencies of a block, from low to high.
 * @param {Plane} plane
 * @param {number} left
 * @param {number} top
 */
function transform({ data, width }, left, top) {
  const rows = new Float64Array(64);
  for (let y = 0; y < 8; y++) {
    const from = (top + y) * width + left;
    for (let u = 0; u < 8; u++) {
      let sum = 0;
      for (let x = 0; x < 8; x++) sum += COSINES[8 * u + x] * data[from + x];
      rows[8 * y + u] = sum;
    }
  }
  return ZIGZAG.map((i) => {
    const [v, u] = [i >> 3, i % 8];
    let sum = 0;
    for (let y = 0; y < 8; y++) sum += COSINES[8 * v + y] * rows[8 * y + u];
    return Math.round(sum / QUANTIZERS[i]);
  });
}

/**
 * @param {BitWriter} writer
 * @param {number[]} values
 * @param {number} before the first value of the block before
 */
function writeBlock(writer, values, before) {
  writer.value(DC_CODES, 0, values[0] - before);
  let zeros = 0;
  for (const value of values.slice(1)) {
    if (value === 0) zeros++;
    else {
      for (; zeros > 15; zeros -= 16) writer.code(AC_CODES[0xf0]);
      writer.value(AC_CODES, zeros, value);
      zeros = 0;
    }
  }
  if (zeros > 0) writer.code(AC_CODES[0]);
}

class BitWriter {
  /** @type {number[]} */
  #bytes = [];
  #bits = 0;
  #count = 0;

  /**
   * The bits of a value are those of itself or, below 0, of its complement.
   * @param {{ code: number, length: number }[]} codes
   * @param {number} zeros before the value
   * @param {number} value
   */
  value(codes, zeros, value) {
    const length = value === 0 ? 0 : 32 - Math.clz32(Math.abs(value));
    this.code(codes[(zeros << 4) | length]);
    this.#add(value < 0 ? value + (1 << length) - 1 : value, length);
  }

  /** @param {{ code: number, length: number }} code */
  code({ code, length }) {
    this.#add(code, length);
  }

  /**
   * @param {number} bits
   * @param {number} length
   */
  #add(bits, length) {
    this.#bits = (this.#bits << length) | bits;
    this.#count += length;
    for (; this.#count >= 8; this.#count -= 8) {
      const byte = (this.#bits >> (this.#count - 8)) & 255;
      this.#bytes.push(byte);
      // A byte of ones would begin a marker, but for a zero after it.
      if (byte === 255) this.#bytes.push(0);
    }
    this.#bits &= (1 << this.#count) - 1;
  }

  finish() {
    if (this.#count > 0) this.#add((1 << (8 - this.#count)) - 1, 8 - this.#count);
    return Buffer.from(this.#bytes);
  }
}
