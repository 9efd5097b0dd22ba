/**
 * Lays a heat map over a picture, byte for byte as formatAsImage does it. The page paints by
 * itself, so that a change of colours or of opacity waits for no worker.
 *
 * The map is coloured first, then resized by Lanczos' filter with colours times alpha, then laid
 * over the picture. All sums are sums of integers, as in Pillow.
 */

/** @import { HeatMap } from 'gradcam-wasm' */

/**
 * @typedef {object} Look
 * @property {Uint8Array} colors [256][3]
 * @property {number} alphaLimit highest opacity, 0 .. 1
 */

/** Weights are multiples of 2^-22. */
const WEIGHT_BITS = 22;
const ROUNDING = 1 << (WEIGHT_BITS - 1);
/** Beyond this distance the filter is zero. */
const SUPPORT = 3;

/**
 * @param {ImageData} out of the picture's size
 * @param {ImageData} picture
 * @param {HeatMap} heatmap
 * @param {Look} look
 */
export function paint(out, picture, heatmap, look) {
  const rows = painting(out, picture, heatmap, look);
  while (!rows.next().done);
}

/**
 * Paints, and lets the caller do other work after each row.
 * @param {ImageData} out of the picture's size
 * @param {ImageData} picture
 * @param {HeatMap} heatmap
 * @param {Look} look
 * @returns {Generator<void, void>}
 */
export function* painting(out, picture, heatmap, look) {
  const { width, height } = picture;
  const cells = colorize(heatmap, look);
  out.data.set(picture.data);
  const pixels = words(out.data);
  if (heatmap.width === width && heatmap.height === height) {
    return layRow(pixels, 0, words(cells));
  }
  premultiply(cells);
  const across = axis(heatmap.width, width);
  const down = axis(heatmap.height, height);
  const row = new Int32Array(width);
  if (heatmap.height > height && heatmap.height - height > 2 * (heatmap.width - width)) {
    const narrow = new Int32Array(heatmap.width);
    for (let y = 0; y < height; y++) {
      filterColumns(narrow, words(cells), down, y);
      filterRow(row, narrow, 0, across);
      unpremultiply(row);
      layRow(pixels, y * width, row);
      yield;
    }
    return;
  }
  const wide = new Int32Array(heatmap.height * width);
  for (let y = 0; y < heatmap.height; y++) {
    const to = wide.subarray(y * width, (y + 1) * width);
    filterRow(to, words(cells), y * heatmap.width, across);
    yield;
  }
  for (let y = 0; y < height; y++) {
    filterColumns(row, wide, down, y);
    unpremultiply(row);
    layRow(pixels, y * width, row);
    yield;
  }
}

/**
 * The same pixels, each as one number with red in its lowest byte. All machines that have a browser
 * keep the lowest byte first. Reading a pixel at once takes half the time of reading its bytes.
 * @param {Uint8ClampedArray} bytes
 */
function words({ buffer, byteOffset, length }) {
  return new Int32Array(buffer, byteOffset, length / 4);
}

/**
 * Colours the cells of a heat map. A map with colours of its own keeps them.
 * @param {HeatMap} heatmap
 * @param {Look} look
 * @returns {Uint8ClampedArray} [height][width][4]
 */
export function colorize({ data, colors: own }, { colors, alphaLimit }) {
  const cells = new Uint8ClampedArray(data.length * 4);
  const table = own ?? colors;
  for (let i = 0; i < data.length; i++) {
    // NaN becomes 0.
    const value = data[i] > 0 ? Math.min(data[i], 1) : 0;
    const index = value < 1 ? Math.trunc(value * 256) : 255;
    const at = own ? i * 3 : index * 3;
    cells[i * 4] = table[at];
    cells[i * 4 + 1] = table[at + 1];
    cells[i * 4 + 2] = table[at + 2];
    cells[i * 4 + 3] = Math.trunc(Math.min(value, alphaLimit) * 255);
  }
  return cells;
}

/**
 * @typedef {object} Axis
 * @property {number} size output positions
 * @property {number} taps the most inputs that a position has
 * @property {Int32Array} firsts [size]
 * @property {Int32Array} counts [size]
 * @property {Int32Array} weights [size][taps]
 */

/** @type {Map<string, Axis>} the last axes, because all maps of a layer have the same */
const axes = new Map();
const MOST_AXES = 24;

/**
 * The inputs of each output position, with weights that sum to 1.
 * @param {number} from inputs
 * @param {number} size
 * @returns {Axis}
 */
function axis(from, size) {
  const key = `${from} ${size}`;
  const known = axes.get(key);
  if (known) return known;
  if (axes.size >= MOST_AXES) axes.clear();
  const made = makeAxis(from, size);
  axes.set(key, made);
  return made;
}

/**
 * @param {number} from
 * @param {number} size
 * @returns {Axis}
 */
function makeAxis(from, size) {
  // At equal size every filter is the identity.
  const isSame = from === size;
  const scale = from / size;
  const stretch = Math.max(1, scale);
  const support = (isSame ? 0.5 : SUPPORT) * stretch;
  const taps = Math.min(from, 2 * Math.ceil(support) + 1);
  const firsts = new Int32Array(size);
  const counts = new Int32Array(size);
  const weights = new Int32Array(size * taps);
  for (let i = 0; i < size; i++) {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(from, Math.trunc(centre + support + 0.5));
    const exact = [];
    for (let k = first; k < end; k++) {
      exact.push(isSame ? 1 : lanczos((k - centre + 0.5) * (1 / stretch)));
    }
    const sum = exact.reduce((total, weight) => total + weight, 0);
    exact.forEach((weight, k) => (weights[i * taps + k] = toFixed(sum ? weight / sum : weight)));
    firsts[i] = first;
    counts[i] = end - first;
  }
  return { size, taps, firsts, counts, weights };
}

/** @param {number} weight */
function toFixed(weight) {
  const scaled = weight * (1 << WEIGHT_BITS);
  return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
}

/** @param {number} x */
function lanczos(x) {
  return x >= -SUPPORT && x < SUPPORT ? sinc(x) * sinc(x / SUPPORT) : 0;
}

/** @param {number} x */
function sinc(x) {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
}

/**
 * A pixel of the weighted sums of its bytes.
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 * @param {number} alpha
 */
function toPixel(red, green, blue, alpha) {
  return toByte(red) | (toByte(green) << 8) | (toByte(blue) << 16) | (toByte(alpha) << 24);
}

/** @param {number} sum */
function toByte(sum) {
  const value = (sum + ROUNDING) >> WEIGHT_BITS;
  return (value & ~255) === 0 ? value : value < 0 ? 0 : 255;
}

/**
 * Filters a row along x.
 * @param {Int32Array} out [size]
 * @param {Int32Array} cells
 * @param {number} start of the row in cells
 * @param {Axis} axis
 */
function filterRow(out, cells, start, { size, taps, firsts, counts, weights }) {
  for (let x = 0; x < size; x++) {
    let at = start + firsts[x];
    let [red, green, blue, alpha] = [0, 0, 0, 0];
    for (let k = x * taps, end = k + counts[x]; k < end; k++, at++) {
      const cell = cells[at];
      const weight = weights[k];
      red = (red + Math.imul(cell & 255, weight)) | 0;
      green = (green + Math.imul((cell >>> 8) & 255, weight)) | 0;
      blue = (blue + Math.imul((cell >>> 16) & 255, weight)) | 0;
      alpha = (alpha + Math.imul(cell >>> 24, weight)) | 0;
    }
    out[x] = toPixel(red, green, blue, alpha);
  }
}

/**
 * Makes an output row of the rows of its window.
 * @param {Int32Array} out [width]
 * @param {Int32Array} rows [..][width]
 * @param {Axis} axis
 * @param {number} y
 */
function filterColumns(out, rows, axis, y) {
  const [first, count] = [axis.firsts[y], axis.counts[y]];
  const weights = axis.weights.subarray(y * axis.taps, y * axis.taps + count);
  if (count <= 6) return filterSix(out, rows, first, weights);
  const { length } = out;
  for (let x = 0; x < length; x++) {
    let [red, green, blue, alpha] = [0, 0, 0, 0];
    for (let k = 0, at = first * length + x; k < count; k++, at += length) {
      const pixel = rows[at];
      const weight = weights[k];
      red = (red + Math.imul(pixel & 255, weight)) | 0;
      green = (green + Math.imul((pixel >>> 8) & 255, weight)) | 0;
      blue = (blue + Math.imul((pixel >>> 16) & 255, weight)) | 0;
      alpha = (alpha + Math.imul(pixel >>> 24, weight)) | 0;
    }
    out[x] = toPixel(red, green, blue, alpha);
  }
}

/**
 * Makes a row of at most six others, as every enlarged map has them. Most of the time of painting
 * goes here. Therefore the sums of the four bytes are written out. A loop or a function for them
 * would double the time.
 * @param {Int32Array} out [width]
 * @param {Int32Array} rows [..][width]
 * @param {number} first row
 * @param {Int32Array} weights of the rows
 */
function filterSix(out, rows, first, weights) {
  const { length } = out;
  // Where there are fewer rows, the first one counts again, times 0.
  const at = (/** @type {number} */ k) => (first + (k < weights.length ? k : 0)) * length;
  const weight = (/** @type {number} */ k) => (k < weights.length ? weights[k] : 0);
  const [row0, row1, row2, row3, row4, row5] = [at(0), at(1), at(2), at(3), at(4), at(5)];
  const [a, b, c] = [weight(0), weight(1), weight(2)];
  const [d, e, f] = [weight(3), weight(4), weight(5)];
  for (let x = 0; x < length; x++) {
    const p = rows[row0 + x];
    const q = rows[row1 + x];
    const r = rows[row2 + x];
    const s = rows[row3 + x];
    const t = rows[row4 + x];
    const u = rows[row5 + x];
    // A transparent pixel is 0, because its colours are times alpha.
    if ((p | q | r | s | t | u) === 0) {
      out[x] = 0;
      continue;
    }
    const red =
      Math.imul(p & 255, a) +
      Math.imul(q & 255, b) +
      Math.imul(r & 255, c) +
      Math.imul(s & 255, d) +
      Math.imul(t & 255, e) +
      Math.imul(u & 255, f);
    const green =
      Math.imul((p >>> 8) & 255, a) +
      Math.imul((q >>> 8) & 255, b) +
      Math.imul((r >>> 8) & 255, c) +
      Math.imul((s >>> 8) & 255, d) +
      Math.imul((t >>> 8) & 255, e) +
      Math.imul((u >>> 8) & 255, f);
    const blue =
      Math.imul((p >>> 16) & 255, a) +
      Math.imul((q >>> 16) & 255, b) +
      Math.imul((r >>> 16) & 255, c) +
      Math.imul((s >>> 16) & 255, d) +
      Math.imul((t >>> 16) & 255, e) +
      Math.imul((u >>> 16) & 255, f);
    const alpha =
      Math.imul(p >>> 24, a) +
      Math.imul(q >>> 24, b) +
      Math.imul(r >>> 24, c) +
      Math.imul(s >>> 24, d) +
      Math.imul(t >>> 24, e) +
      Math.imul(u >>> 24, f);
    out[x] = toPixel(red, green, blue, alpha);
  }
}

/**
 * Colours times alpha / 255, rounded.
 * @param {Uint8ClampedArray} cells
 */
function premultiply(cells) {
  for (let i = 0; i < cells.length; i += 4) {
    for (let c = i; c < i + 3; c++) cells[c] = divideBy255(cells[c] * cells[i + 3]);
  }
}

/** @type {Uint8ClampedArray | undefined} colours times 255 / alpha, by alpha and colour */
let straight;

function makeStraight() {
  const table = new Uint8ClampedArray(256 * 256);
  for (let alpha = 1; alpha < 256; alpha++) {
    for (let color = 0; color < 256; color++) {
      table[alpha * 256 + color] = ((255 * color) / alpha) | 0;
    }
  }
  return table;
}

/**
 * Colours times 255 / alpha, truncated. Where alpha is 0 they stay.
 * @param {Int32Array} row
 */
function unpremultiply(row) {
  straight ??= makeStraight();
  for (let i = 0; i < row.length; i++) {
    const pixel = row[i];
    const alpha = pixel >>> 24;
    if (alpha === 0) continue;
    const red = straight[(alpha << 8) | (pixel & 255)];
    const green = straight[(alpha << 8) | ((pixel >>> 8) & 255)];
    const blue = straight[(alpha << 8) | ((pixel >>> 16) & 255)];
    row[i] = red | (green << 8) | (blue << 16) | (alpha << 24);
  }
}

/** @param {number} value at most 255 * 255 */
function divideBy255(value) {
  const rounded = value + 128;
  return ((rounded >> 8) + rounded) >> 8;
}

/**
 * Lays pixels over those of the picture. Where they are transparent, the picture stays.
 * @param {Int32Array} out has the picture
 * @param {number} start of the row in `out`
 * @param {Int32Array} over
 */
function layRow(out, start, over) {
  for (let i = 0; i < over.length; i++) {
    const pixel = over[i];
    const above = pixel >>> 24;
    if (above === 0) continue;
    const under = out[start + i];
    const below = under >>> 24;
    // Over an opaque pixel, the usual one, nothing is divided.
    const alpha = below === 255 ? 255 * 255 : above * 255 + below * (255 - above);
    const share = below === 255 ? above * 128 : Math.trunc((above * (255 * 255 * 128)) / alpha);
    out[start + i] =
      mix(pixel & 255, under & 255, share) |
      (mix((pixel >>> 8) & 255, (under >>> 8) & 255, share) << 8) |
      (mix((pixel >>> 16) & 255, (under >>> 16) & 255, share) << 16) |
      (divideBy255(alpha) << 24);
  }
}

/**
 * @param {number} over
 * @param {number} under
 * @param {number} share of `over`, where 255 * 128 is all
 */
function mix(over, under, share) {
  const color = over * share + under * (255 * 128 - share) + (128 << 7);
  return (color + (color >> 8)) >> 15;
}
