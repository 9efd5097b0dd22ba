/** How a run explains. It reads the options, goes through the targets, and gathers the entries. */

import { GradCamError, choose, show } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { LOGIT, MAX_TARGETS, SCORE } from '../engine/network.js';
import { toEntries, toExplanation } from './explanation.js';
import { resolveLayers } from './layers.js';
import { METHODS } from './methods.js';
import { readTargets, seedOfWeights, valueOfWeights, weightsOf } from './targets.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { Input, LayerMap } from '../engine/network.js' */
/** @import { ResolvedContrast } from './contrast.js' */
/** @import { Explanation, TargetExplanation } from './explanation.js' */
/** @import { Method } from './methods.js' */
/** @import { ExplainOptions } from './run.js' */
/** @import { Explained, Target } from './targets.js' */

/**
 * What is asked, without the targets.
 * @typedef {object} Question
 * @property {Method[]} methods
 * @property {number[]} layers indices
 * @property {boolean} logits
 * @property {boolean} raw whether entries have their raw maps
 * @property {boolean} counterfactual
 * @property {boolean} eigenSmooth
 * @property {boolean} augSmooth
 */

/**
 * A target as the engine gets it.
 * @typedef {object} Seeded
 * @property {Target} target
 * @property {number} score the value that is explained
 * @property {Float32Array} seed
 * @property {ResolvedContrast} [contrast]
 */

/**
 * @param {Explained} explained
 * @param {ExplainOptions} options
 * @returns {Promise<Explanation>}
 */
export async function explainRun(explained, options) {
  options.signal?.throwIfAborted();
  const question = readQuestion(explained, options);
  const targets = readTargets(explained, options.targets);
  const seeded = await seedTargets(explained, targets, options, question);
  const entries = question.augSmooth
    ? await smoothEntries(explained, seeded, question, options)
    : await plainEntries(explained, seeded, question, options);
  const { model, run } = explained;
  return toExplanation(model, run, question.methods, entries.flat());
}

/**
 * @param {Explained} explained
 * @param {ExplainOptions} options
 * @returns {Question}
 */
function readQuestion({ model, network }, options) {
  const { layer, contrast, logits = Boolean(contrast) } = options;
  return {
    methods: readMethods(options.method),
    layers: resolveLayers(network, model.layers, layer),
    logits,
    raw: readFlag(options, 'raw'),
    counterfactual: readFlag(options, 'counterfactual'),
    eigenSmooth: readFlag(options, 'eigenSmooth'),
    augSmooth: readFlag(options, 'augSmooth'),
  };
}

/**
 * @param {unknown} method
 * @returns {Method[]}
 */
function readMethods(method) {
  const names = Array.isArray(method) ? method : [method ?? 'gradCam'];
  const isList = names.length > 0 && names.length <= Object.keys(METHODS).length;
  if (isList) for (const name of names) choose(METHODS, name, 'method');
  if (isList && new Set(names).size === names.length) return [...names];
  const allowed = 'a name of methods(), or a list with each name once';
  throw new GradCamError('INVALID_ARGUMENT', `method is ${show(method)}; allowed: ${allowed}`);
}

/**
 * @param {ExplainOptions} options
 * @param {'raw' | 'counterfactual' | 'eigenSmooth' | 'augSmooth'} name
 * @returns {boolean}
 */
function readFlag(options, name) {
  const value = options[name] ?? false;
  if (typeof value === 'boolean') return value;
  throw new GradCamError('INVALID_ARGUMENT', `${name} is ${show(value)}; allowed: true and false`);
}

/**
 * @param {Explained} explained
 * @param {Target[]} targets
 * @param {ExplainOptions} options
 * @param {Question} question
 * @returns {Promise<Seeded[]>}
 */
async function seedTargets(explained, targets, options, { logits, counterfactual }) {
  const { run } = explained;
  const sign = counterfactual ? -1 : 1;
  const { contrast } = options;
  /** @param {[index: number, weight: number][]} weights */
  const seedFor = (weights) =>
    seedOfWeights(explained, weights, logits).map((value) => (value === 0 ? 0 : sign * value));
  if (contrast === undefined || contrast === null) {
    return targets.map((target) => {
      const weights = weightsOf(target);
      return { target, score: valueOfWeights(run, weights, logits), seed: seedFor(weights) };
    });
  }
  const { contrastOf, resolveContrast } = await import('./contrast.js');
  return targets.map((target) => {
    const asked = { target, logits: run.logits, wantsLogits: options.logits };
    const resolved = resolveContrast(contrast, asked);
    const { score, weights } = contrastOf(run, Number(target), resolved);
    return { target, score, seed: seedFor(weights), contrast: resolved };
  });
}

/**
 * @param {Explained} explained
 * @param {Seeded[]} seeded
 * @param {Question} question
 * @param {ExplainOptions} options
 * @returns {Promise<TargetExplanation[][]>} the entries of each method
 */
async function plainEntries(explained, seeded, question, { signal }) {
  const { network, run } = explained;
  const pause = signal && pausesBetween(signal);
  const atOnce = signal ? network.sharedTargets(run.input, question.layers) : MAX_TARGETS;
  /** @type {TargetExplanation[][]} */
  const entries = question.methods.map(() => []);
  for (let i = 0; i < seeded.length; i += atOnce) {
    if (i > 0) await pause?.();
    const some = seeded.slice(i, i + atOnce);
    const maps = explainInput(explained, some, question, run.input, question.raw);
    toEntries(explained, some, question, maps).forEach((more, m) => entries[m].push(...more));
  }
  return entries;
}

/**
 * A caller that may abort gets a turn after each backward pass.
 * @param {AbortSignal} signal
 * @returns {Pause}
 */
function pausesBetween(signal) {
  return async () => {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
  };
}

/**
 * @param {Explained} explained
 * @param {Seeded[]} seeded MAX_TARGETS at most
 * @param {Question} question
 * @param {Input} input
 * @param {boolean} raw whether the raw maps are wanted
 * @returns {LayerMap[][][]} of each method, target and layer
 */
function explainInput({ network }, seeded, question, input, raw) {
  const { methods, layers, logits, eigenSmooth } = question;
  const seeds = seeded.map(({ seed }) => seed);
  const flags = { eigenSmooth, raw };
  return network.explain(methods, input, seeds, logits ? LOGIT : SCORE, layers, flags);
}

/**
 * The same with the mean of several changed inputs.
 * @param {Explained} explained
 * @param {Seeded[]} seeded
 * @param {Question} question
 * @param {ExplainOptions} options
 * @returns {Promise<TargetExplanation[][]>}
 */
async function smoothEntries(explained, seeded, question, { signal, onProgress }) {
  const { TURNS, smoothMaps } = await import('./aug-smooth.js');
  const pause = pauses(signal);
  const batches = Math.ceil(seeded.length / MAX_TARGETS);
  let done = 0;
  const onStep = () => onProgress?.({ done: ++done, total: batches * TURNS });
  /** @type {TargetExplanation[][]} */
  const entries = question.methods.map(() => []);
  for (let i = 0; i < seeded.length; i += MAX_TARGETS) {
    const some = seeded.slice(i, i + MAX_TARGETS);
    const explain = (/** @type {Input} */ input) =>
      explainInput(explained, some, question, input, true).flat(2);
    const maps = await smoothMaps(explained.run.input, explain, { pause, onStep });
    const next = maps[Symbol.iterator]();
    const nested = question.methods.map(() =>
      some.map(() => question.layers.map(() => /** @type {LayerMap} */ (next.next().value))),
    );
    toEntries(explained, some, question, nested).forEach((more, m) => entries[m].push(...more));
  }
  return entries;
}
