/** Attributes a score to the values of the input. */

import { GradCamError, choose, show } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { readWorkers } from '../base/workers.js';
import { setEngine } from '../engine/start.js';
import { Attribution } from './attribution.js';
import { BASELINE_NAMES, baselineValues } from './baselines.js';
import { labelOf } from './targets.js';
import { explainedOf, sumOf } from './explained.js';
import { ATTRIBUTIONS } from './methods.js';
import { methodOptions } from './options.js';
import { OF_RUN, PLANS } from './plans.js';
import { scoreSource } from './scores.js';

/** @import { Input } from '../engine/network.js' */
/** @import { Study } from '../engine/study.js' */
/** @import { Facts } from './explained.js' */
/** @import { LayerChoice } from '../model/layers.js' */
/** @import { Picture } from '../pictures/image.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { BaselineName } from './baselines.js' */
/** @import { TargetChoice } from './targets.js' */
/** @import { AttributionMethod } from './methods.js' */
/** @import { Found, Plan, Work } from './plans.js' */

/**
 * What is known after a step.
 * @typedef {object} AttributionProgress
 * @property {number} step how many steps are done
 * @property {number} steps
 * @property {Attribution} attribution what the steps so far give
 */

/** An input without content. @typedef {BaselineName | Picture | Tensor} Baseline */

/**
 * @typedef {object} AttributeOptions
 * @property {AttributionMethod} [method] a name of attributionMethods() (default "gradient")
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {boolean} [logits] whether the logit is explained (default true) or the score
 * @property {LayerChoice} [layer] of guided Grad-CAM (default as in run.explain())
 * @property {Baseline} [baseline] of integrated gradients (default "zero")
 * @property {'riemannMiddle' | 'riemannTrapezoid' | 'gaussLegendre'} [rule] how integrated
 *   gradients choose their steps (default "riemannMiddle")
 * @property {number} [steps] of integrated gradients (default 32)
 * @property {number} [samples] noisy copies of SmoothGrad and VarGrad (default 16), masks of RISE
 *   (default 500)
 * @property {number} [noise] deviation of the noise, as a share of the range of the input's values
 *   (default 0.15)
 * @property {number} [seed] of noise and masks, which are the same everywhere (default 0)
 * @property {number | readonly [number, number]} [window] height and width of occlusion's window
 *   (default: a quarter of the picture's)
 * @property {number | readonly [number, number]} [stride] how far the window moves (default: half
 *   of it)
 * @property {Baseline} [fill] what the window is filled with (default "zero")
 * @property {number} [grid] rows and columns of RISE's masks (default 7)
 * @property {number} [p] the share of a mask that shows the picture (default 0.5)
 * @property {'expected' | 'masks'} [denominator] whether RISE divides by the expected sum of the
 *   masks, samples times p, or by the sum of the masks at each pixel (default "expected")
 * @property {number} [workers] of occlusion and RISE, 0 to 64. So many workers compute the steps,
 *   each with a copy of the model that it keeps until model.dispose(). The result is the same to
 *   the bit (default 0: the model itself computes them)
 * @property {(progress: AttributionProgress) => void} [onProgress] called after each step
 * @property {AbortSignal} [signal] checked before each step
 */

/**
 * @param {Facts} facts
 * @param {AttributeOptions} options
 * @returns {Promise<Attribution>}
 */
export async function attribute(facts, { onProgress, signal, workers, ...given }) {
  signal?.throwIfAborted();
  const count = readWorkers(workers);
  const { plan, work, toAttribution } = await prepare(facts, given);
  const pause = pauses(signal);
  /** @type {Runner | undefined} */
  let runner;
  try {
    runner = await runnerOf(plan, work.study, count);
    for (let i = 0; i < plan.steps; i++) {
      await pause();
      await runner.step(i);
      const step = i + 1;
      if (!onProgress) continue;
      onProgress({ step, steps: plan.steps, attribution: toAttribution(plan.found(step)) });
    }
    return toAttribution(plan.found(plan.steps));
  } finally {
    runner?.end();
    work.study.dispose();
  }
}

/** @typedef {{ step: (i: number) => Promise<void>, end: () => void }} Runner */

/**
 * Runs the steps of a plan, one after the other.
 * @param {Plan} plan
 * @param {Study} study
 * @param {number} workers
 * @returns {Promise<Runner>}
 */
async function runnerOf(plan, study, workers) {
  if ('step' in plan) return { step: async (i) => plan.step(i), end() {} };
  const scores = await scoreSource(study, { ...plan, workers });
  return { step: async () => plan.add(await scores.next()), end: scores.end };
}

/**
 * @param {Facts} facts
 * @param {AttributeOptions} given
 */
async function prepare(facts, given) {
  const { network, input } = facts;
  const { method = 'gradient', target, logits = true } = given;
  const { title } = choose(ATTRIBUTIONS, method, 'method');
  const options = methodOptions(method, given, input);
  const explained = explainedOf(facts, target, Boolean(logits));
  const layer = 'layer' in options ? layerOf(facts, options) : -1;
  const baseline = await readBaseline(options, facts);
  if (OF_RUN.has(method)) network.expectGradients(input);
  const sum = sumOf(network, input, explained);
  const score = explained.value(sum);
  const study = network.study(input, explained.output, explained.seed);
  if (baseline) study.setBaseline(baseline);
  /** @type {Work} */
  const work = { network, study, input, explained, sum, score, options, baseline, layer };
  const fixed = {
    method,
    title,
    target: explained.target,
    label: labelOf(facts, explained.target),
    score,
    settings: { method, target: explained.target, logits: Boolean(logits), ...options },
  };
  const toAttribution = (/** @type {Found} */ { baselineScore = null, delta = null, ...found }) => {
    const notes = notesOf(work, method, { baselineScore, delta });
    const attribution = new Attribution({ ...fixed, ...found, baselineScore, delta, notes });
    return setEngine(attribution, network.engine);
  };
  return { plan: PLANS[method](work), work, toAttribution };
}

/**
 * The layer of guided Grad-CAM. Its path replaces the caller's choice in the options.
 * @param {Facts} facts
 * @param {Record<string, any>} options
 */
function layerOf({ network, findLayer }, options) {
  const index = findLayer(options.layer);
  options.layer = network.layerPath(index);
  return index;
}

/**
 * The values of the baseline. A picture becomes the tensor that stands for it in the settings.
 * @param {Record<string, any>} options
 * @param {Facts} facts
 */
async function readBaseline(options, { network, input, preprocessing, dataFormat, readInput }) {
  const option = ['baseline', 'fill'].find((name) => name in options);
  if (option === undefined) return undefined;
  const given = options[option];
  const maker = { engine: network.engine, preprocessing };
  if (BASELINE_NAMES.includes(given)) return baselineValues(given, input, maker);
  if (typeof given !== 'object') {
    const allowed = `${BASELINE_NAMES.join(', ')}, a picture or a tensor`;
    const text = `${option} is ${show(given)}; allowed: ${allowed}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const values = baselineValues(await readInput(given), input, maker);
  options[option] = toTensor(input, values, dataFormat);
  return values;
}

/**
 * Values as model.run() takes them.
 * @param {Input} input
 * @param {Float32Array} data [height][width][channels]
 * @param {Facts['dataFormat']} dataFormat
 * @returns {Tensor}
 */
function toTensor({ height, width, channels }, data, dataFormat) {
  if (dataFormat === 'channels_last') return { data, shape: [1, height, width, channels] };
  const pixels = height * width;
  const turned = data.map((_, i) => data[(i % pixels) * channels + Math.floor(i / pixels)]);
  return { data: turned, shape: [1, channels, height, width] };
}

/**
 * Sentences on what to know of an attribution.
 * @param {Work} work
 * @param {AttributionMethod} method
 * @param {{ baselineScore: number | null, delta: number | null }} found
 * @returns {string[]}
 */
function notesOf({ network, score }, method, { baselineScore, delta }) {
  if (method.startsWith('guided') && network.reluCount === 0) {
    return ['The model has no ReLU, so that guided backpropagation gives the plain gradient.'];
  }
  if (baselineScore === null || delta === null) return [];
  const [sum, difference] = [delta + score - baselineScore, score - baselineScore];
  const gap = Math.abs(delta).toPrecision(3);
  return [
    `The attributions add up to ${sum.toPrecision(3)}. The score of the input and that of the ` +
      `baseline differ by ${difference.toPrecision(3)}, so that ${gap} is unexplained.`,
  ];
}
