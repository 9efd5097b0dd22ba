/** Heat maps as pictures. The colours come first, then the resizing, as ELI5 does with Pillow. */

import { GradCamError, choose, show } from '../base/errors.js';
import { checkPixels, resize, toImageData } from './image.js';
import { defaultEngine, engineOf } from '../engine/start.js';

/** @typedef {import('../engine/engine.js').Engine} Engine */
/** @typedef {import('./image.js').Filter} Filter */
/** @typedef {import('./image.js').Pixels} Pixels */
/** @typedef {import('../model/explanation.js').HeatMap} HeatMap */
/** @typedef {import('../model/explanation.js').Explanation} Explanation */

/**
 * The colour of a value: a function from 0 .. 1 to red, green and blue, 0 .. 1 each.
 * @typedef {(value: number) => number[]} ColormapFunction
 */

/**
 * @typedef {object} FormatOptions
 * @property {number} [index] which entry of `explanation.targets`; default 0, the first
 * @property {number | null} [alphaLimit] the overlay's highest opacity, 0 .. 1; default 0.65, null: no
 *   limit
 * @property {string | ColormapFunction | Uint8Array} [colormap] matplotlib's name of a colour map, a
 *   function, or R, G, B for each cell of the heat map; default "viridis"
 * @property {Filter} [resamplingFilter] how the coloured map is brought to the picture's size; default
 *   "lanczos"
 */

const ALPHA_LIMIT = 0.65;
const COLORMAP = 'viridis';
const FILTER = 'lanczos';

/**
 * Lays a heat map over the explanation's picture.
 * @param {Explanation} explanation
 * @param {FormatOptions} [options]
 * @returns {ImageData} of the picture's size
 * @example
 * const overlay = formatAsImage(explanation, { colormap: 'magma', alphaLimit: 0.4 });
 * canvas.getContext('2d')?.putImageData(overlay, 0, 0);
 */
export function formatAsImage(explanation, options = {}) {
  const { resamplingFilter = FILTER } = options;
  const heatmap = chooseHeatmap(explanation, options);
  const engine = engineOf(heatmap);
  const picture = checkPixels(explanation.image);
  const colored = colorize(engine, heatmap, options);
  return composite(engine, picture, resize(engine, colored, sizeOf(picture), resamplingFilter));
}

/**
 * The heat map that the option `index` means.
 * @param {Pick<Explanation, 'targets'>} explanation
 * @param {FormatOptions} options
 * @returns {HeatMap}
 */
export function chooseHeatmap({ targets }, { index = 0 }) {
  const entry = targets[index];
  if (entry) return entry.heatmap;
  const text = `index is ${show(index)}; allowed: 0 to ${targets.length - 1}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * A heat map as a grey picture of its own size.
 * @param {HeatMap} heatmap
 * @returns {ImageData}
 * @example
 * const grey = heatmapToImage(explanation.targets[0].heatmap); // 7 x 7 pixels, say
 */
export function heatmapToImage(heatmap) {
  return greyToImage(toGrey(engineOf(heatmap), heatmap));
}

/**
 * A heat map as a grey picture of another picture's size.
 * @param {HeatMap} heatmap
 * @param {{ width: number, height: number }} image
 * @param {{ resamplingFilter?: Filter }} [options]
 * @returns {ImageData}
 * @example
 * const { image, targets } = explanation;
 * const grey = expandHeatmap(targets[0].heatmap, image, { resamplingFilter: 'box' });
 */
export function expandHeatmap(heatmap, image, { resamplingFilter = FILTER } = {}) {
  const engine = engineOf(heatmap);
  return greyToImage(resize(engine, toGrey(engine, heatmap), sizeOf(image), resamplingFilter, 1));
}

/**
 * Names of the colour maps.
 * @example
 * colormaps().includes('viridis'); // true
 */
export function colormaps() {
  return colormapNames(defaultEngine());
}

/** @param {Engine} engine */
function colormapNames(engine) {
  const names = [];
  for (let i = 0; ; i++) {
    const name = engine.call('gc_colormap_name', i);
    if (name === 0) return names;
    names.push(engine.text(name));
  }
}

/**
 * @param {{ width: number, height: number }} image
 */
function sizeOf({ width, height }) {
  if (Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0) {
    return { width, height };
  }
  const text = `the picture has width ${show(width)}, height ${show(height)}`;
  throw new GradCamError('INVALID_IMAGE', text);
}

/**
 * @param {HeatMap} heatmap
 * @returns {HeatMap}
 */
function checkHeatmap(heatmap) {
  const { data, width, height } = heatmap ?? {};
  if (data instanceof Float32Array && data.length > 0 && data.length === width * height) {
    return heatmap;
  }
  const text = `the heat map is ${show(heatmap)} of ${show(width)} x ${show(height)} values`;
  throw new GradCamError(
    'INVALID_ARGUMENT',
    `${text}; needed: { data: Float32Array, width, height }`,
  );
}

/**
 * One byte a cell.
 * @param {Engine} engine
 * @param {HeatMap} heatmap
 * @returns {Pixels}
 */
function toGrey(engine, heatmap) {
  const { data, width, height } = checkHeatmap(heatmap);
  return engine.scratch((scratch) => {
    const out = scratch.alloc(data.length);
    engine.call('gc_heatmap_to_image', out, scratch.copy(data), data.length);
    return { data: new Uint8ClampedArray(engine.view(out, data.length)), width, height };
  });
}

/** @param {Pixels} grey one byte a pixel */
function greyToImage({ data, width, height }) {
  const pixels = new Uint8ClampedArray(data.length * 4);
  data.forEach((value, i) => pixels.set([value, value, value, 255], i * 4));
  return toImageData({ data: pixels, width, height });
}

/**
 * @param {Engine} engine
 * @param {HeatMap} heatmap
 * @param {FormatOptions} options
 * @returns {Pixels} of the heat map's size
 */
function colorize(engine, heatmap, { alphaLimit = ALPHA_LIMIT, colormap = COLORMAP }) {
  const { data, width, height } = checkHeatmap(heatmap);
  const limit = checkAlphaLimit(alphaLimit);
  const colors = typeof colormap === 'function' ? cellColors(heatmap, colormap) : colormap;
  const isPerCell = colors instanceof Uint8Array && colors.length === data.length * 3;
  const table = findColormap(engine, isPerCell ? COLORMAP : colors);
  const pixels = engine.scratch((scratch) => {
    const out = scratch.alloc(data.length * 4);
    const values = scratch.copy(data);
    engine.call('gc_heatmap_colorize', out, values, data.length, table, limit);
    return new Uint8ClampedArray(engine.view(out, data.length * 4));
  });
  if (isPerCell) recolor(pixels, colors);
  return { data: pixels, width, height };
}

/** @param {unknown} limit */
function checkAlphaLimit(limit) {
  if (limit === null) return 1;
  if (typeof limit === 'number' && limit >= 0 && limit <= 1) return limit;
  const text = `alphaLimit is ${show(limit)}; allowed: 0 to 1, or null for no limit`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {Engine} engine
 * @param {unknown} name
 * @returns {number} pointer to the colour map's table
 */
function findColormap(engine, name) {
  const table = engine.scratch((scratch) =>
    engine.call('gc_colormap', scratch.copy(typeof name === 'string' ? name : '')),
  );
  if (table !== 0) return table;
  const choices = Object.fromEntries(colormapNames(engine).map((known) => [known, 0]));
  return choose(choices, name, 'colormap');
}

/**
 * The colours that a function gives a heat map.
 * @param {HeatMap} heatmap
 * @param {ColormapFunction} colormap
 * @returns {Uint8Array} R, G, B for each cell
 */
export function cellColors(heatmap, colormap) {
  const { data } = checkHeatmap(heatmap);
  const colors = new Uint8Array(data.length * 3);
  data.forEach((value, i) => {
    const color = colormap(value);
    if (color?.length !== 3 || ![...color].every((part) => part >= 0 && part <= 1)) {
      const text = `colormap(${value}) gives ${show(color)}; needed: [r, g, b], 0 to 1 each`;
      throw new GradCamError('INVALID_ARGUMENT', text);
    }
    // Rounded to float32 before and after, as NumPy does with a float32 map.
    const bytes = [...color].map((part) => Math.trunc(Math.fround(Math.fround(part) * 255)));
    colors.set(bytes, i * 3);
  });
  return colors;
}

/**
 * Sets the colours, not the alpha.
 * @param {Uint8ClampedArray} pixels RGBA
 * @param {Uint8Array} colors R, G, B
 */
function recolor(pixels, colors) {
  for (let i = 0; i < pixels.length / 4; i++) {
    pixels.set(colors.subarray(i * 3, i * 3 + 3), i * 4);
  }
}

/**
 * @param {Engine} engine
 * @param {Pixels} under
 * @param {Pixels} over of the same size
 * @returns {ImageData}
 */
function composite(engine, { data, width, height }, over) {
  return engine.scratch((scratch) => {
    const out = scratch.copy(data);
    engine.call('gc_image_composite', out, out, scratch.copy(over.data), width * height);
    return toImageData({ data: engine.view(out, data.length).slice(), width, height });
  });
}
