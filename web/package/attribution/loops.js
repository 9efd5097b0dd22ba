/**
 * Maps of layers that take many runs. Score-CAM shows the network the picture through each channel,
 * and Ablation-CAM takes each channel away.
 */

import { scoreSource } from './scores.js';

export { explainedOf } from './explained.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { Input, LayerMap, Network } from '../engine/network.js' */
/** @import { Change } from '../engine/study.js' */
/** @import { Explained } from './explained.js' */
/** @import { ScoreSource } from './scores.js' */

/** @typedef {ReturnType<Network['planes']>} Planes */

/**
 * What a loop works on.
 * @typedef {object} LoopWork
 * @property {Network} network
 * @property {Input} input
 * @property {Explained} explained
 * @property {number} layer index
 * @property {number} [channels] how many channels count, the most varying ones (default all)
 * @property {number} [workers] how many compute the scores of Score-CAM (default 0)
 * @property {Pause} pause awaited between the steps
 * @property {(step: number, steps: number) => void} [onStep]
 */

/**
 * Weights of channels.
 * @typedef {{ channel: number, weight: number }[]} ChannelWeights
 */

/** @satisfies {Record<string, (work: LoopWork, planes: Planes) => Promise<ChannelWeights>>} */
const LOOPS = { scoreCam: scoreWeights, ablationCam: ablationWeights };

/** @typedef {keyof typeof LOOPS} LoopMethod */

/**
 * The map of what is explained at one layer.
 * @param {LoopWork} work
 * @param {LoopMethod} method
 * @returns {Promise<LayerMap & { raw: Float32Array, weights: ChannelWeights }>}
 */
export async function loopMap(work, method) {
  const planes = work.network.planes(work.input, work.layer);
  const weights = await LOOPS[method](work, planes);
  const raw = weighPlanes(planes, weights);
  const norm = Math.hypot(...weights.map(({ weight }) => weight));
  return { ...work.network.toMap(raw, planes, norm), raw, weights };
}

/**
 * The weighted sum of channels.
 * @param {Planes} planes
 * @param {ChannelWeights} weights
 */
function weighPlanes({ height, width, plane }, weights) {
  const sums = new Float64Array(height * width);
  for (const { channel, weight } of weights) {
    const values = plane(channel);
    for (let i = 0; i < sums.length; i++) sums[i] += weight * values[i];
  }
  return Float32Array.from(sums);
}

/* ---- Score-CAM ---- */

/** So that a channel of equal values is not divided by zero. */
const SMALL = 1e-8;

/**
 * The softmax of the scores that the network gives behind the channels as masks.
 * @param {LoopWork} work
 * @param {Planes} planes
 * @returns {Promise<ChannelWeights>}
 */
async function scoreWeights(work, planes) {
  const chosen = mostVarying(planes, work.channels);
  const { network, input, explained, workers = 0, pause, onStep } = work;
  const { height, width, plane } = planes;
  const study = network.study(input, explained.output, explained.seed);
  /** @type {(step: number) => Change} */
  const change = (step) => ['mask', scaled(plane(chosen[step])), { height, width }];
  /** @type {number[]} */
  const scores = [];
  /** @type {ScoreSource | undefined} */
  let source;
  try {
    source = await scoreSource(study, { steps: chosen.length, change, workers });
    while (scores.length < chosen.length) {
      await pause();
      scores.push(explained.value(await source.next()));
      onStep?.(scores.length, chosen.length);
    }
  } finally {
    source?.end();
    study.dispose();
  }
  const largest = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - largest));
  const sum = powers.reduce((a, b) => a + b);
  return chosen.map((channel, i) => ({ channel, weight: powers[i] / sum }));
}

/**
 * A channel from 0 to 1.
 * @param {Float32Array} values
 */
function scaled(values) {
  const min = values.reduce((a, b) => Math.min(a, b));
  const max = values.reduce((a, b) => Math.max(a, b));
  return values.map((value) => (value - min) / (max - min + SMALL));
}

/**
 * The channels with the largest variances over positions, in their order.
 * @param {Planes} planes
 * @param {number} [wanted] default all
 */
function mostVarying({ count, plane }, wanted = count) {
  const all = Array.from({ length: count }, (_, channel) => channel);
  if (wanted >= count) return all;
  const variances = all.map((channel) => variance(plane(channel)));
  const sorted = all.toSorted((a, b) => variances[b] - variances[a] || a - b);
  return sorted.slice(0, wanted).sort((a, b) => a - b);
}

/** @param {Float32Array} values */
function variance(values) {
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) ** 2;
  return squares / values.length;
}

/* ---- Ablation-CAM ---- */

/** Milliseconds that one call of the engine should take, so that the page stays responsive. */
const CALL = 8;
/** The most channels of a call. */
const AT_ONCE = 64;

/**
 * The share of the score that is lost without a channel.
 * @param {LoopWork} work
 * @param {Planes} planes
 * @returns {Promise<ChannelWeights>}
 */
async function ablationWeights(work, { count }) {
  const { network, input, explained, layer, pause, onStep } = work;
  const { output, seed, value } = explained;
  const ablate = (/** @type {number[]} */ channels) =>
    network.ablate(input, output, seed, layer, channels).map(value);
  const isLinear = network.isLinearAfter(input, output, layer);
  /** @type {number[]} */
  const scores = [];
  // A layer that was fused runs apart here, and the whole score must do the same.
  const [whole] = ablate([-1]);
  for (let size = isLinear ? count : 1; scores.length < count;) {
    await pause();
    const start = performance.now();
    const next = Math.min(size, count - scores.length);
    scores.push(...ablate(Array.from({ length: next }, (_, i) => scores.length + i)));
    const time = (performance.now() - start) / next;
    size = Math.max(1, Math.min(AT_ONCE, Math.round(CALL / time)));
    onStep?.(scores.length, count);
  }
  return scores.map((score, channel) => ({ channel, weight: (whole - score) / whole }));
}
