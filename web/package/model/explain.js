/** How a run explains. It reads the options, goes through the targets, and gathers the entries. */

import { GradCamError, choose, show } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { readWorkers } from '../base/workers.js';
import { part } from '../base/parts.js';
import { LOGIT, MAX_TARGETS, SCORE } from '../engine/network.js';
import { toEntries, toExplanation } from './explanation.js';
import { resolveLayers } from './layers.js';
import { METHODS, isLoop } from './methods.js';
import { weightsOf } from '../attribution/targets.js';
import { readTargets, seedOfWeights, valueOfWeights } from './targets.js';

/** @import { LoopMethod } from '../attribution/loops.js' */
/** @import { Pause } from '../base/pauses.js' */
/** @import { Input, LayerMap } from '../engine/network.js' */
/** @import { ResolvedContrast } from './contrast.js' */
/** @import { Explanation, TargetExplanation } from './explanation.js' */
/** @import { Method } from './methods.js' */
/** @import { ExplainOptions } from './run.js' */
/** @import { Target } from '../attribution/targets.js' */
/** @import { Explained } from './targets.js' */

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
 * @property {number} [channels] of Score-CAM
 */

/**
 * A target as the engine gets it.
 * @typedef {object} Seeded
 * @property {Target} target
 * @property {number} score the value that is explained
 * @property {Float32Array} seed
 * @property {[index: number, weight: number][]} weights of classes, of which the seed is made
 * @property {ResolvedContrast} [contrast]
 */

/**
 * @param {Explained} explained
 * @param {ExplainOptions} options
 * @returns {Promise<Explanation>}
 */
export async function explainRun(explained, options) {
  options.signal?.throwIfAborted();
  readWorkers(options.workers);
  const question = readQuestion(explained, options);
  const targets = readTargets(explained, options.targets);
  const seeded = await seedTargets(explained, targets, options, question);
  const make = question.augSmooth ? smoothEntries : plainEntries;
  const atOnce = ablatesAtOnce(explained, question);
  const takesRuns = (/** @type {Method} */ name) =>
    isLoop(name) && !(name === 'ablationCam' && atOnce);
  const byRuns = { ...question, methods: question.methods.filter(takesRuns) };
  const ofGradient = { ...question, methods: question.methods.filter((name) => !takesRuns(name)) };
  const made = await make(explained, seeded, ofGradient, options);
  const watched = { ...options, onProgress: ofAll(explained, seeded, byRuns, options) };
  const entries = [];
  for (const method of question.methods) {
    const own = { ...question, methods: [method] };
    const loop = takesRuns(method) && (await loopEntries(explained, seeded, own, watched));
    entries.push(loop || made[ofGradient.methods.indexOf(method)]);
  }
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
  const methods = readMethods(options.method);
  refuseSmoothLoops(methods, options);
  return {
    methods,
    layers: resolveLayers(network, model.layers, layer),
    logits,
    raw: readFlag(options, 'raw'),
    counterfactual: readFlag(options, 'counterfactual'),
    eigenSmooth: readFlag(options, 'eigenSmooth'),
    augSmooth: readFlag(options, 'augSmooth'),
    channels: readChannels(options.channels),
  };
}

/**
 * Whether one backward pass gives Ablation-CAM of all layers. What is explained must be linear in
 * the output of the network, which a sigmoid that the network lacks is not.
 * @param {Explained} explained
 * @param {Question} question
 */
function ablatesAtOnce({ network, run }, { methods, layers, logits }) {
  if (!methods.includes('ablationCam')) return false;
  if (!logits && run.scores.length !== network.classCount) return false;
  const output = logits ? LOGIT : SCORE;
  return layers.every((layer) => network.ablatesAtOnce(run.input, output, layer));
}

/**
 * @param {Method[]} methods
 * @param {ExplainOptions} options
 */
function refuseSmoothLoops(methods, { eigenSmooth, augSmooth }) {
  const loop = methods.find(isLoop);
  if (loop === undefined || !(eigenSmooth || augSmooth)) return;
  const option = eigenSmooth ? 'eigenSmooth' : 'augSmooth';
  const text = `${option} smooths maps of gradients; leave it out for ${loop}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {unknown} channels
 * @returns {number | undefined}
 */
function readChannels(channels) {
  if (channels === undefined || channels === null) return undefined;
  if (Number.isInteger(channels) && Number(channels) >= 1) return Number(channels);
  const text = `channels is ${show(channels)}; allowed: 1, 2, 3, ...`;
  throw new GradCamError('INVALID_ARGUMENT', text);
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
  /** @typedef {[index: number, weight: number]} Weight */
  /** @param {Weight[]} given */
  const seedFor = (given) => {
    /** @type {Weight[]} */
    const weights = given.map(([index, weight]) => [index, sign * weight]);
    return { weights, seed: seedOfWeights(explained, weights, logits) };
  };
  if (contrast === undefined || contrast === null) {
    return targets.map((target) => {
      const weights = weightsOf(target);
      const score = valueOfWeights(run, weights, logits);
      return { target, score, ...seedFor(weights) };
    });
  }
  const { contrastOf, resolveContrast } = await part('the contrast', () => import('./contrast.js'));
  return targets.map((target) => {
    const { labels } = explained.model;
    const asked = { target, logits: run.logits, wantsLogits: options.logits, labels };
    const resolved = resolveContrast(contrast, asked);
    const { score, weights } = contrastOf(run, Number(target), resolved);
    return { target, score, ...seedFor(weights), contrast: resolved };
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
  if (question.methods.length === 0) return [];
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
  if (question.methods.length === 0) return [];
  const { TURNS, smoothMaps } = await part('the smoothing', () => import('./aug-smooth.js'));
  const pause = pauses(signal);
  const batches = Math.ceil(seeded.length / MAX_TARGETS);
  let done = 0;
  const onStep = () => onProgress?.({ step: ++done, steps: batches * TURNS });
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

/**
 * Joins the progress of the methods that take many runs. They take a step for each channel, of each
 * target and layer.
 * @param {Explained} explained
 * @param {Seeded[]} seeded
 * @param {Question} question
 * @param {ExplainOptions} options
 * @returns {ExplainOptions['onProgress']} to be called after each map's step, with the map's own
 *   progress
 */
function ofAll({ model }, seeded, { methods, layers, channels = Infinity }, { onProgress }) {
  if (!onProgress) return undefined;
  const count = (/** @type {number} */ layer) => {
    const { shape, channelsFirst } = model.description.layers[layer];
    return shape.at(channelsFirst ? 0 : -1) ?? 1;
  };
  const stepsOf = (/** @type {Method} */ method) =>
    layers.reduce(
      (sum, layer) => sum + Math.min(count(layer), method === 'scoreCam' ? channels : Infinity),
      0,
    );
  const steps = methods.reduce((sum, method) => sum + seeded.length * stepsOf(method), 0);
  let before = 0;
  return ({ step, steps: ofMap }) => {
    onProgress({ step: before + step, steps });
    if (step === ofMap) before += ofMap;
  };
}

/**
 * The entries of a method that takes many runs.
 * @param {Explained} explained
 * @param {Seeded[]} seeded
 * @param {Question} question of this method alone
 * @param {ExplainOptions} options
 * @returns {Promise<TargetExplanation[]>}
 */
async function loopEntries(explained, seeded, question, { signal, onProgress, workers }) {
  const { network, run, endsWithLogit } = explained;
  const facts = { network, scores: run.scores, endsWithLogit };
  const { loopMap, explainedOf } = await part(
    'the method',
    () => import('../attribution/loops.js'),
  );
  const [method] = /** @type {LoopMethod[]} */ (question.methods);
  const pause = pauses(signal);
  const entries = [];
  for (const target of seeded) {
    const weights = Object.fromEntries(target.weights);
    const what = explainedOf(facts, weights, question.logits);
    const maps = [];
    for (const layer of question.layers) {
      const onStep = (/** @type {number} */ step, /** @type {number} */ steps) =>
        onProgress?.({ step, steps });
      const { channels } = question;
      const own = { explained: what, layer, channels, workers: readWorkers(workers) };
      const work = { network, input: run.input, ...own, pause, onStep };
      maps.push(await loopMap(work, method));
    }
    entries.push(...toEntries(explained, [target], question, [[maps]])[0]);
  }
  return entries;
}
