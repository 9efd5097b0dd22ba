/** Attributions of the input, which say what its values do to a score. */

import { typed } from '../base/boundary.js';
import { GradCamError, choose, show } from '../base/errors.js';
import { setEngineOf } from '../engine/start.js';
import { ATTRIBUTIONS } from './methods.js';

/** @import { HeatMap } from '../model/explanation.js' */
/** @import { Target } from './targets.js' */
/** @import { AttributionMethod } from './methods.js' */

/**
 * @typedef {object} HeatmapOptions
 * @property {'absMax' | 'absSum' | 'sum'} [channels] what becomes of the channels of a pixel: the
 *   largest magnitude, the sum of the magnitudes, or the sum (default: as the method needs it)
 * @property {number} [percentile] the magnitude that becomes 1, as a percentile of all, 0 to 100
 *   (default 99). Larger values are cut
 * @property {boolean} [signed] whether what speaks against is drawn too, in blue, beside what
 *   speaks for, in red (default: if there are negative values and `channels` is "sum")
 */

/**
 * @typedef {object} AttributionFields
 * @property {AttributionMethod} method
 * @property {string} title
 * @property {Target} target
 * @property {string} label
 * @property {Float32Array} data
 * @property {number[]} shape
 * @property {number} score
 * @property {number | null} baselineScore
 * @property {number | null} delta
 * @property {Record<string, unknown>} settings
 * @property {string[]} notes
 */

/** The attribution of an input. It is plain data, apart from toHeatmap(). */
export class Attribution {
  /** @param {AttributionFields} fields */
  constructor(fields) {
    /** The name of the method. */
    this.method = fields.method;
    /** The usual name of the method, "Integrated Gradients". */
    this.title = fields.title;
    /** The class, or the weights of classes. */
    this.target = fields.target;
    /** The name of the class. */
    this.label = fields.label;
    /** The attribution of each value or pixel, row by row. */
    this.data = fields.data;
    /** [height, width, channels] or [height, width]. */
    this.shape = fields.shape;
    /** What is explained, of the input. */
    this.score = fields.score;
    /** The same of the baseline, for integrated gradients, else null. */
    this.baselineScore = fields.baselineScore;
    /**
     * How far the sum of the attributions is from score - baselineScore, for integrated gradients,
     * else null.
     */
    this.delta = fields.delta;
    /** Options of run.attribute() that make this attribution again. */
    this.settings = fields.settings;
    /** Sentences on what to know of this attribution. */
    this.notes = fields.notes;
  }

  /**
   * Makes a heat map. formatAsImage draws it on the picture.
   * @param {HeatmapOptions} [options]
   * @returns {HeatMap}
   * @example
   * const attribution = await run.attribute({ method: 'integratedGradients' });
   * formatAsImage({ heatmap: attribution.toHeatmap(), image: run.picture });
   */
  toHeatmap(options) {
    return typed('attribution.toHeatmap', options, (given) =>
      setEngineOf(toHeatmap(this, given), this),
    );
  }
}

/** @type {Record<string, (values: Float32Array) => number>} the value of a pixel's channels */
const CHANNELS = {
  absMax: (values) => values.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
  absSum: (values) => values.reduce((sum, value) => sum + Math.abs(value), 0),
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
};

/**
 * @param {Attribution} attribution
 * @param {HeatmapOptions} options
 * @returns {HeatMap}
 */
function toHeatmap({ method, data, shape }, options) {
  /** @type {import('./methods.js').View} */
  const view = ATTRIBUTIONS[method].view;
  const { channels = view.channels, percentile = 99 } = options;
  const reduce = choose(CHANNELS, channels, 'channels');
  if (!(typeof percentile === 'number' && percentile >= 0 && percentile <= 100)) {
    const text = `percentile is ${show(percentile)}; allowed: 0 to 100`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const [height, width, depth = 1] = shape;
  const reduced = new Float32Array(height * width).map((_, i) =>
    reduce(data.subarray(i * depth, (i + 1) * depth)),
  );
  const least = view.stretched ? reduced.reduce((a, b) => Math.min(a, b)) : 0;
  const values = reduced.map((value) => value - least);
  const hasNegative = values.some((value) => value < 0);
  const { signed = hasNegative && channels === 'sum' } = options;
  const magnitudes = values.map((value) => magnitudeOf(value, signed || channels !== 'sum'));
  const full = percentileOf(magnitudes, percentile);
  const heat = magnitudes.map((value) =>
    full > 0 ? Math.min(value / full, 1) : value > 0 ? 1 : 0,
  );
  const map = { data: heat, width, height };
  return signed ? { ...map, colors: diverging(heat, values) } : map;
}

/**
 * @param {number} value
 * @param {boolean} both whether negative values count
 */
function magnitudeOf(value, both) {
  return both ? Math.abs(value) : Math.max(value, 0);
}

/**
 * A percentile, linear between values, as NumPy has it.
 * @param {Float32Array} values
 * @param {number} percentile
 */
function percentileOf(values, percentile) {
  const sorted = values.slice().sort();
  const place = ((sorted.length - 1) * percentile) / 100;
  const below = sorted[Math.floor(place)];
  const above = sorted[Math.ceil(place)];
  return below + (place - Math.floor(place)) * (above - below);
}

/** Colours of the strongest values, which speak for and against. @type {[number[], number[]]} */
const COLORS = [
  [215, 25, 28],
  [33, 102, 216],
];

/**
 * Red where a value is positive, blue where it is negative, white at 0.
 * @param {Float32Array} heat magnitudes, 0 .. 1
 * @param {Float32Array} values
 * @returns {Uint8Array} R, G, B for each value
 */
function diverging(heat, values) {
  const colors = new Uint8Array(heat.length * 3);
  heat.forEach((share, i) => {
    const color = COLORS[values[i] < 0 ? 1 : 0];
    for (let c = 0; c < 3; c++) colors[3 * i + c] = Math.round(255 + share * (color[c] - 255));
  });
  return colors;
}
