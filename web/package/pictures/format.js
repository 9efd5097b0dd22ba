/** Makes pictures of heat maps: overlays and grey pictures, as ELI5 makes them with Pillow. */

import { typed } from '../base/boundary.js';
import { GradCamError, show } from '../base/errors.js';
import { checkPixels, copyPixels, filterNumber, resize, toImageData } from './image.js';
import { engineOf } from '../engine/start.js';

/** @typedef {import('../engine/engine.js').Engine} Engine */
/** @typedef {import('./image.js').Filter} Filter */
/** @typedef {import('./image.js').Pixels} Pixels */
/** @typedef {import('../model/explanation.js').HeatMap} HeatMap */
/** @typedef {import('../model/explanation.js').Explanation} Explanation */

/**
 * A colour map of the caller. It takes a value, 0 .. 1, and gives red, green and blue, 0 .. 1 each.
 * @typedef {(value: number) => number[]} ColormapFunction
 */

/**
 * @typedef {object} FormatOptions
 * @property {number} [index] which entry of `explanation.targets` is drawn; default 0, the first
 * @property {number | null} [alphaLimit] the overlay's highest opacity, 0 .. 1; default 0.65. null
 *   sets no limit
 * @property {string | ColormapFunction | Uint8Array} [colormap] matplotlib's name of a colour map,
 *   a function, or R, G, B for each value of the heat map; default the heat map's own colours, or
 *   "viridis"
 * @property {Filter} [resamplingFilter] the filter that resizes the coloured map to the picture;
 *   default "lanczos"
 */

const ALPHA_LIMIT = 0.65;
const COLORMAP = 'viridis';
const FILTER = 'lanczos';

/**
 * A heat map and the picture to draw it on.
 * @typedef {object} Drawing
 * @property {HeatMap} heatmap
 * @property {ImageData} image
 */

/**
 * Lays a heat map over the explanation's picture.
 * @param {Explanation | Drawing} explanation
 * @param {FormatOptions} [options]
 * @returns {ImageData} of the picture's size
 * @example
 * const overlay = formatAsImage(explanation, { colormap: 'magma', alphaLimit: 0.4 });
 * canvas.getContext('2d')?.putImageData(overlay, 0, 0);
 */
export function formatAsImage(explanation, options) {
  return typed('formatAsImage', options, (given) => {
    const heatmap = chooseHeatmap(explanation, given);
    return layOver(engineOf(heatmap), checkPixels(explanation.image), heatmap, given);
  });
}

/**
 * The heat map that the option `index` means.
 * @param {Pick<Explanation, 'targets'> | Drawing} explanation
 * @param {FormatOptions} options
 * @returns {HeatMap}
 */
export function chooseHeatmap(explanation, { index = 0 }) {
  if ('heatmap' in explanation) return explanation.heatmap;
  const { targets } = explanation;
  const entry = targets[index];
  if (entry) return entry.heatmap;
  const text = `index is ${show(index)}; allowed: 0 to ${targets.length - 1}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * Makes a grey picture of a heat map, of the heat map's size.
 * @param {HeatMap} heatmap
 * @returns {ImageData}
 * @example
 * const grey = heatmapToImage(explanation.targets[0].heatmap); // 7 x 7 pixels, say
 */
export function heatmapToImage(heatmap) {
  return typed(null, {}, () => greyToImage(toGrey(engineOf(heatmap), heatmap)));
}

/**
 * Makes a grey picture of a heat map, of another picture's size.
 * @param {HeatMap} heatmap
 * @param {{ width: number, height: number }} image
 * @param {{ resamplingFilter?: Filter }} [options]
 * @returns {ImageData}
 * @example
 * const { image, targets } = explanation;
 * const grey = expandHeatmap(targets[0].heatmap, image, { resamplingFilter: 'box' });
 */
export function expandHeatmap(heatmap, image, options) {
  return typed('expandHeatmap', options, ({ resamplingFilter = FILTER }) => {
    const engine = engineOf(heatmap);
    const grey = toGrey(engine, heatmap);
    return greyToImage(resize(engine, grey, sizeOf(image), resamplingFilter, 1));
  });
}

/** The engine's colour maps, by which a page can make its controls before an engine is there. */
const COLORMAPS = [
  ...['viridis', 'cividis', 'magma', 'inferno', 'plasma', 'turbo', 'jet', 'gray', 'hot'],
  ...['coolwarm', 'binary', 'seismic', 'RdBu'],
];

/**
 * The names of the colour maps. It needs no engine.
 * @returns {string[]}
 * @example
 * colormaps().includes('viridis'); // true
 */
export function colormaps() {
  return [...COLORMAPS];
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
 * Makes a byte of each value.
 * @param {Engine} engine
 * @param {HeatMap} heatmap
 * @returns {Pixels}
 */
function toGrey(engine, heatmap) {
  const { data, width, height } = checkHeatmap(heatmap);
  return engine.scratch((scratch) => {
    const at = scratch.block({ out: data.length, data });
    engine.call('gc_heatmap_to_image', at.out, at.data, data.length);
    return { data: copyPixels(engine, at.out, data.length), width, height };
  });
}

/** @param {Pixels} grey one byte a pixel */
function greyToImage({ data, width, height }) {
  const pixels = new Uint8ClampedArray(data.length * 4);
  data.forEach((value, i) => pixels.set([value, value, value, 255], i * 4));
  return toImageData({ data: pixels, width, height });
}

/**
 * Lays a heat map over a picture, in one call of the engine.
 * @param {Engine} engine
 * @param {Pixels} picture
 * @param {HeatMap} heatmap
 * @param {FormatOptions} options
 * @returns {ImageData}
 */
function layOver(engine, picture, heatmap, options) {
  const { alphaLimit = ALPHA_LIMIT, resamplingFilter = FILTER } = options;
  const { width, height } = picture;
  const map = checkHeatmap(heatmap);
  const { colormap = map.colors ?? COLORMAP } = options;
  const limit = checkAlphaLimit(alphaLimit);
  const colors = typeof colormap === 'function' ? cellColors(map, colormap) : colormap;
  const isPerValue = colors instanceof Uint8Array && colors.length === map.data.length * 3;
  const filter = filterNumber(resamplingFilter);
  engine = engine.forBytes(2 * picture.data.length);
  return engine.scratch((scratch) => {
    const at = scratch.block({
      out: picture.data.length,
      pixels: picture.data,
      heatmap: map.data,
      colors: isPerValue ? colors : nameOf(colors),
    });
    const drawn = [at.out, at.pixels, width, height, at.heatmap, map.width, map.height];
    const colored = isPerValue ? [0, at.colors] : [at.colors, 0];
    engine.check('gc_heatmap_overlay', ...drawn, ...colored, limit, filter);
    return toImageData({ data: engine.view(at.out, picture.data.length), width, height });
  });
}

/**
 * The engine knows the names of the colour maps, and refuses all other texts.
 * @param {unknown} colormap
 */
function nameOf(colormap) {
  return typeof colormap === 'string' ? colormap : show(colormap);
}

/** @param {unknown} limit */
function checkAlphaLimit(limit) {
  if (limit === null) return 1;
  if (typeof limit === 'number' && limit >= 0 && limit <= 1) return limit;
  const text = `alphaLimit is ${show(limit)}; allowed: 0 to 1, or null for no limit`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * Calls a colour map of the caller for each value of a heat map.
 * @param {HeatMap} heatmap
 * @param {ColormapFunction} colormap
 * @returns {Uint8Array} R, G, B for each value
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
    // NumPy multiplies a float32 map in float32, so the part and the product are rounded to it.
    const bytes = [...color].map((part) => Math.trunc(Math.fround(Math.fround(part) * 255)));
    colors.set(bytes, i * 3);
  });
  return colors;
}
