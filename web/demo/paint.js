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
  const { width, height } = picture;
  const cells = colorize(heatmap, look);
  out.data.set(picture.data);
  if (heatmap.width === width && heatmap.height === height) {
    return layRow(out.data, 0, cells, 0, cells.length);
  }
  premultiply(cells);
  const across = axis(heatmap.width, width);
  const down = axis(heatmap.height, height);
  const columnsFirst =
    heatmap.height > height && heatmap.height - height > 2 * (heatmap.width - width);
  const row = new Uint8ClampedArray(width * 4);
  if (columnsFirst) {
    const narrow = new Uint8ClampedArray(heatmap.width * 4);
    for (let y = 0; y < height; y++) {
      filterColumns(narrow, cells, down, y, 0, narrow.length);
      filterRow(row, narrow, 0, across);
      unpremultiply(row, 0, row.length);
      layRow(out.data, y * row.length, row, 0, row.length);
    }
    return;
  }
  const wide = new Uint8ClampedArray(heatmap.height * row.length);
  for (let y = 0; y < heatmap.height; y++) {
    const to = wide.subarray(y * row.length, (y + 1) * row.length);
    filterRow(to, cells, y * heatmap.width * 4, across);
  }
  // Where the map is transparent in all rows, the picture stays.
  const [from, to] = opaqueColumns(wide, row.length);
  for (let y = 0; y < height; y++) {
    filterColumns(row, wide, down, y, from, to);
    unpremultiply(row, from, to);
    layRow(out.data, y * row.length, row, from, to);
  }
}

/**
 * The first byte and the end of the columns that are not transparent in all rows.
 * @param {Uint8ClampedArray} rows [..][length]
 * @param {number} length
 * @returns {[from: number, to: number]}
 */
function opaqueColumns(rows, length) {
  let [from, to] = [length, 0];
  for (let i = 3; i < rows.length; i += 4) {
    if (rows[i] === 0) continue;
    const column = (i % length) - 3;
    if (column < from) from = column;
    if (column >= to) to = column + 4;
  }
  return [Math.min(from, to), to];
}

/**
 * Colours the cells of a heat map. A map with colours of its own keeps them.
 * @param {HeatMap} heatmap
 * @param {Look} look
 * @returns {Uint8ClampedArray} [height][width][4]
 */
export function colorize({ data, colors: own }, { colors, alphaLimit }) {
  const cells = new Uint8ClampedArray(data.length * 4);
  for (let i = 0; i < data.length; i++) {
    // NaN becomes 0.
    const value = data[i] > 0 ? Math.min(data[i], 1) : 0;
    const index = value < 1 ? Math.trunc(value * 256) : 255;
    const [table, at] = own ? [own, i * 3] : [colors, index * 3];
    cells.set(table.subarray(at, at + 3), i * 4);
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
 * Filters a row along x. Bytes are clamped by the array.
 * @param {Uint8ClampedArray} out [size][4]
 * @param {Uint8ClampedArray} cells [..][4]
 * @param {number} start of the row in cells
 * @param {Axis} axis
 */
function filterRow(out, cells, start, { size, taps, firsts, counts, weights }) {
  for (let x = 0; x < size; x++) {
    let at = start + firsts[x] * 4;
    let [red, green, blue, alpha] = [ROUNDING, ROUNDING, ROUNDING, ROUNDING];
    for (let k = x * taps, end = k + counts[x]; k < end; k++, at += 4) {
      const weight = weights[k];
      red += cells[at] * weight;
      green += cells[at + 1] * weight;
      blue += cells[at + 2] * weight;
      alpha += cells[at + 3] * weight;
    }
    out[x * 4] = red >> WEIGHT_BITS;
    out[x * 4 + 1] = green >> WEIGHT_BITS;
    out[x * 4 + 2] = blue >> WEIGHT_BITS;
    out[x * 4 + 3] = alpha >> WEIGHT_BITS;
  }
}

/** @type {Int32Array} */
let sums = new Int32Array(0);

/**
 * Makes an output row of the rows of its window.
 * @param {Uint8ClampedArray} out [length]
 * @param {Uint8ClampedArray} rows [..][length]
 * @param {Axis} axis
 * @param {number} y
 * @param {number} from the first byte that is made
 * @param {number} to the end of what is made
 */
function filterColumns(out, rows, { taps, firsts, counts, weights }, y, from, to) {
  const { length } = out;
  if (sums.length < length) sums = new Int32Array(length);
  sums.fill(ROUNDING, from, to);
  let [k, at] = [y * taps, firsts[y] * length];
  const end = k + counts[y];
  // Four rows at once, because most of the time goes to the sums' memory.
  for (; k + 4 <= end; k += 4, at += 4 * length) {
    const [a, b, c, d] = [weights[k], weights[k + 1], weights[k + 2], weights[k + 3]];
    const [second, third, fourth] = [at + length, at + 2 * length, at + 3 * length];
    for (let i = from; i < to; i++) {
      const two = (Math.imul(rows[at + i], a) + Math.imul(rows[second + i], b)) | 0;
      const more = (Math.imul(rows[third + i], c) + Math.imul(rows[fourth + i], d)) | 0;
      sums[i] = (sums[i] + two + more) | 0;
    }
  }
  for (; k < end; k++, at += length) {
    const weight = weights[k];
    for (let i = from; i < to; i++) sums[i] = (sums[i] + Math.imul(rows[at + i], weight)) | 0;
  }
  for (let i = from; i < to; i++) out[i] = sums[i] >> WEIGHT_BITS;
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

/**
 * Colours times 255 / alpha, truncated. Where alpha is 0 they stay.
 * @param {Uint8ClampedArray} pixels
 * @param {number} from
 * @param {number} to
 */
function unpremultiply(pixels, from, to) {
  for (let i = from; i < to; i += 4) {
    const alpha = pixels[i + 3];
    if (alpha === 0 || alpha === 255) continue;
    pixels[i] = ((255 * pixels[i]) / alpha) | 0;
    pixels[i + 1] = ((255 * pixels[i + 1]) / alpha) | 0;
    pixels[i + 2] = ((255 * pixels[i + 2]) / alpha) | 0;
  }
}

/** @param {number} value at most 255 * 255 */
function divideBy255(value) {
  const rounded = value + 128;
  return ((rounded >> 8) + rounded) >> 8;
}

/**
 * Lays pixels over those of the picture. Where they are transparent, the picture stays.
 * @param {Uint8ClampedArray} out has the picture
 * @param {number} start of the row in `out`
 * @param {Uint8ClampedArray} over
 * @param {number} from
 * @param {number} to
 */
function layRow(out, start, over, from, to) {
  for (let i = from; i < to; i += 4) {
    const above = over[i + 3];
    if (above === 0) continue;
    const at = start + i;
    const below = out[at + 3];
    // Over an opaque pixel, the usual one, nothing is divided.
    const alpha = below === 255 ? 255 * 255 : above * 255 + below * (255 - above);
    const share = below === 255 ? above * 128 : Math.trunc((above * (255 * 255 * 128)) / alpha);
    for (let c = 0; c < 3; c++) {
      const color = over[i + c] * share + out[at + c] * (255 * 128 - share) + (128 << 7);
      out[at + c] = (color + (color >> 8)) >> 15;
    }
    out[at + 3] = divideBy255(alpha);
  }
}
