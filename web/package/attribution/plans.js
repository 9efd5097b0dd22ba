/**
 * The steps of each attribution. A plan is made once, its steps run one by one, and its result may
 * be read after any of them.
 */

import { uniform } from '../base/hash.js';
import { RULES } from './rules.js';
import { range } from '../base/range.js';
import { BELL } from '../engine/study.js';

/** @import { Input, Network } from '../engine/network.js' */
/** @import { Change, Study } from '../engine/study.js' */
/** @import { AttributionMethod } from './methods.js' */
/** @import { Explained } from './explained.js' */

/**
 * What the steps of a plan work on.
 * @typedef {object} Work
 * @property {Network} network
 * @property {Study} study
 * @property {Input} input
 * @property {Explained} explained
 * @property {number} sum what Explained.value takes, of the input itself
 * @property {number} score
 * @property {Record<string, any>} options checked
 * @property {Float32Array | undefined} baseline
 * @property {number} layer index of the layer of guided Grad-CAM
 */

/**
 * What the steps so far give.
 * @typedef {object} Found
 * @property {Float32Array} data
 * @property {number[]} shape
 * @property {number | null} [baselineScore]
 * @property {number | null} [delta]
 */

/**
 * @typedef {object} PlanBase
 * @property {number} steps
 * @property {(done: number) => Found} found what the first `done` steps give
 */

/**
 * A plan whose steps do all themselves.
 * @typedef {PlanBase & { step: (i: number) => void }} StepPlan
 */

/**
 * A plan whose steps need the score of a changed input alone, which a worker may compute. The study
 * has the change when `add` gets what Explained.value takes.
 * @typedef {PlanBase & { change: (i: number) => Change, add: (sum: number) => void }} ScorePlan
 */

/** @typedef {StepPlan | ScorePlan} Plan */

/** @type {Record<AttributionMethod, (work: Work) => Plan>} */
export const PLANS = {
  gradient: (work) => oneGradient(work, (gradient) => values(work, gradient)),
  saliency: (work) => oneGradient(work, (gradient) => pixels(work, largest(work.input, gradient))),
  gradientTimesInput: (work) =>
    oneGradient(work, (gradient) =>
      values(
        work,
        gradient.map((value, i) => value * work.input.data[i]),
      ),
    ),
  guidedBackprop: (work) => oneGradient(work, (gradient) => values(work, gradient), true),
  guidedGradCam,
  integratedGradients,
  smoothGrad: (work) => noisyGradients(work, ({ study }, done) => mean(study.gradient(), done)),
  smoothGradSquared: (work) =>
    noisyGradients(work, ({ study }, done) => mean(study.squares(), done)),
  varGrad: (work) => noisyGradients(work, ({ study }) => study.variances()),
  occlusion,
  rise,
};

/** The attributions that take the gradient of the run itself. */
export const OF_RUN = new Set([
  ...['gradient', 'saliency', 'gradientTimesInput', 'guidedBackprop', 'guidedGradCam'],
]);

/* ---- Results ---- */

/**
 * @param {Work} work
 * @param {Float32Array} data
 * @returns {Found}
 */
function values({ input: { height, width, channels } }, data) {
  return { data, shape: [height, width, channels] };
}

/**
 * @param {Work} work
 * @param {Float32Array} data
 * @returns {Found}
 */
function pixels({ input: { height, width } }, data) {
  return { data, shape: [height, width] };
}

/**
 * The largest magnitude among the channels of each pixel.
 * @param {Input} input
 * @param {Float32Array} gradient
 */
function largest({ height, width, channels }, gradient) {
  return new Float32Array(height * width).map((_, pixel) => {
    let most = 0;
    for (let c = 0; c < channels; c++) {
      most = Math.max(most, Math.abs(gradient[pixel * channels + c]));
    }
    return most;
  });
}

/**
 * @param {Float32Array} sums
 * @param {number} count
 */
function mean(sums, count) {
  return sums.map((sum) => sum / count);
}

/* ---- Gradients of the input ---- */

/**
 * @param {Work} work
 * @param {(gradient: Float32Array) => Found} found
 * @param {boolean} [guided]
 * @returns {StepPlan}
 */
function oneGradient({ study, explained, sum }, found, guided = false) {
  return {
    steps: 1,
    step() {
      study.unchanged();
      study.addGradient(1, { guided, scale: explained.slope(sum) });
    },
    found: () => found(study.gradient()),
  };
}

/**
 * Guided backpropagation, times the enlarged map. The map is not scaled.
 * @param {Work} work
 * @returns {Plan}
 */
function guidedGradCam(work) {
  const { network, study, input, explained, sum, layer } = work;
  const guided = oneGradient(work, (gradient) => values(work, gradient), true);
  return {
    steps: 1,
    step(i) {
      guided.step(i);
      const slope = explained.slope(sum);
      const seed = explained.seed.map((weight) => weight * slope);
      const flags = { raw: true };
      const seeds = [seed];
      const map = network.explain(
        ['gradCam'],
        input,
        seeds,
        explained.output,
        [layer],
        flags,
      )[0][0][0];
      const raw = /** @type {Float32Array} */ (map.raw);
      study.mask(
        raw.map((value) => Math.max(value, 0)),
        map,
      );
      study.addMask(1, 0);
    },
    found() {
      const map = study.maskSums();
      const gradient = study.gradient();
      return values(
        work,
        gradient.map((value, i) => value * map[Math.floor(i / input.channels)]),
      );
    },
  };
}

/* ---- Gradients along a line, or in noise ---- */

/**
 * @param {Work} work
 * @returns {Plan}
 */
function integratedGradients(work) {
  const { study, input, explained, score, options } = work;
  const baseline = work.baseline ?? new Float32Array(input.data.length);
  const rule = RULES[/** @type {keyof typeof RULES} */ (options.rule)];
  const { points, weights } = rule(options.steps);
  let baselineScore = NaN;
  return {
    steps: points.length,
    step(i) {
      if (i === 0) {
        study.mix(0);
        baselineScore = explained.value(study.run().score);
      }
      study.mix(points[i]);
      const slope = explained.slope(study.run({ addsGradient: true }).score);
      study.addGradient(weights[i], { scale: slope });
    },
    found() {
      const data = study.gradient();
      let total = 0;
      for (let i = 0; i < data.length; i++) {
        const share = data[i] * (input.data[i] - baseline[i]);
        total += share;
        data[i] = share;
      }
      const delta = total - (score - baselineScore);
      return { ...values(work, data), baselineScore, delta };
    },
  };
}

/**
 * @param {Work} work
 * @param {(work: Work, done: number) => Float32Array} data
 * @returns {Plan}
 */
function noisyGradients(work, data) {
  const { study, input, explained, options } = work;
  const { min, max } = range(input.data);
  const deviation = Math.fround(options.noise * (max - min));
  return {
    steps: options.samples,
    step(i) {
      study.noise(BELL, deviation, options.seed, i);
      const slope = explained.slope(study.run({ addsGradient: true }).score);
      study.addGradient(1, { scale: slope });
    },
    found: (done) => values(work, data(work, done)),
  };
}

/* ---- Scores of masked inputs ---- */

/**
 * @param {Work} work
 * @returns {Plan}
 */
function occlusion(work) {
  const { study, explained, score, options, input } = work;
  const rows = windowsOf(input.height, options.window[0], options.stride[0]);
  const columns = windowsOf(input.width, options.window[1], options.stride[1]);
  return {
    steps: rows.length * columns.length,
    change(i) {
      const [top, height] = rows[Math.floor(i / columns.length)];
      const [left, width] = columns[i % columns.length];
      return ['cover', { top, left, height, width }];
    },
    add: (sum) => study.addMask(0, score - explained.value(sum)),
    found(done) {
      const totals = study.maskTotals();
      const data = study.maskSums().map((sum, i) => {
        const covering = done - totals[i];
        return covering > 0 ? sum / covering : 0;
      });
      return pixels(work, data);
    },
  };
}

/**
 * Starts and sizes of windows along an axis. The last one ends at the border.
 * @param {number} length
 * @param {number} size
 * @param {number} stride
 * @returns {[start: number, size: number][]}
 */
function windowsOf(length, size, stride) {
  const count = Math.ceil((length - size) / stride) + 1;
  return Array.from({ length: count }, (_, i) => {
    return [i * stride, Math.min(size, length - i * stride)];
  });
}

/**
 * @param {Work} work
 * @returns {Plan}
 */
function rise(work) {
  const { study, explained, options, input } = work;
  const { grid, p, samples, seed, denominator } = options;
  const cell = { height: Math.ceil(input.height / grid), width: Math.ceil(input.width / grid) };
  const size = { fullHeight: (grid + 1) * cell.height, fullWidth: (grid + 1) * cell.width };
  return {
    steps: samples,
    change(i) {
      const cells = new Float32Array(grid * grid).map((_, j) => (uniform(seed, i, j) < p ? 1 : 0));
      const top = Math.floor(uniform(seed, i, grid * grid) * cell.height);
      const left = Math.floor(uniform(seed, i, grid * grid + 1) * cell.width);
      return ['mask', cells, { height: grid, width: grid, ...size, top, left }];
    },
    add: (sum) => study.addMask(explained.value(sum), 0),
    found(done) {
      const sums = study.maskSums();
      if (denominator === 'expected') return pixels(work, mean(sums, done * p));
      const totals = study.maskTotals();
      const data = sums.map((sum, i) => (totals[i] > 0 ? sum / totals[i] : 0));
      return pixels(work, data);
    },
  };
}
