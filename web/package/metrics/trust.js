/** Figures that say how far a heat map can be trusted, each with a sentence. */

import { GradCamError, choose, show } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { deletionInsertion } from './deletion.js';
import { averageDrop, complexity } from './drop.js';
import { checkMap } from './heatmaps.js';
import { hideAndLook } from './hide.js';
import { wholeNumber } from './options.js';
import { randomization } from './randomization.js';
import { stability } from './stability.js';

/** @import { Target } from '../attribution/targets.js' */
/** @import { TargetExplanation } from '../model/explanation.js' */
/** @import { AverageDrop } from './drop.js' */
/** @import { DeletionInsertion, StepProgress } from './deletion.js' */
/** @import { HideAndLook } from './hide.js' */
/** @import { Randomization } from './randomization.js' */
/** @import { Stability } from './stability.js' */
/** @import { Facts } from '../attribution/explained.js' */

/**
 * @typedef {object} TrustOptions
 * @property {number} [index] which entry of `explanation.targets` is measured (default 0)
 * @property {readonly FigureName[]} [figures] which figures are made (default: all)
 * @property {number} [steps] of deletion and insertion (default 20)
 * @property {number} [samples] of stability (default 4)
 * @property {(progress: StepProgress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * A figure about a heat map.
 * @template {FigureName} [N=FigureName]
 * @typedef {object} Figure
 * @property {N} name
 * @property {string} title
 * @property {number | null} value the number that the sentence is about, null if there is none
 * @property {string} sentence what was measured, with the numbers, and what it means for this map
 * @property {object | null} details what the method of this name returns, null if the map has
 *   nothing that could be measured
 */

/**
 * What is known about a heat map. It has no grade.
 * @typedef {{ target: Target, layer: string, method: string, figures: Figure[] }} Trust
 */

/**
 * A map and how it was made.
 * @typedef {object} Measured
 * @property {Facts} facts
 * @property {TargetExplanation['heatmap']} heatmap
 * @property {string} label of the class
 * @property {{ target: Target, layer: string, method: any, logits: boolean }} how
 * @property {number} steps
 * @property {number} samples
 * @property {AbortSignal} [signal]
 */

/** @type {Record<string, (measured: Measured) => Promise<Omit<Figure, 'name'>>>} */
const FIGURES = {
  async hideAndLook({ facts, heatmap, label, signal, how: { target } }) {
    const details = await hideAndLook(facts, heatmap, { target, signal });
    const { score, hidden, kept } = details;
    const meaning =
      kept.score > hidden.score
        ? 'The hottest part alone keeps more of the score than all the rest.'
        : 'All the rest keeps more of the score than the hottest part.';
    const sentence =
      `The score of ${label} is ${number(score)}. With the hottest ${percent(details.share)} of ` +
      `the picture blurred it is ${number(hidden.score)}, and with all the rest blurred it is ` +
      `${number(kept.score)}. ${meaning}`;
    return { title: 'Hide and look', value: kept.score - hidden.score, sentence, details };
  },
  async deletionInsertion({ facts, heatmap, steps, signal, how: { target } }) {
    const details = await deletionInsertion(facts, heatmap, { target, steps, signal });
    const { deletionAuc, insertionAuc } = details;
    const value = insertionAuc - deletionAuc;
    const meaning =
      value > 0
        ? 'The map finds positions that matter earlier than chance.'
        : 'The map finds positions that matter no earlier than chance.';
    const sentence =
      `The mean score is ${number(insertionAuc)} while the picture comes, the hottest positions ` +
      `first, and ${number(deletionAuc)} while it goes in the same order. The difference is ` +
      `${number(value)}; an order by chance has a difference of 0 on average. ${meaning}`;
    return { title: 'Deletion and insertion', value, sentence, details };
  },
  async averageDrop({ facts, heatmap, label, how: { target } }) {
    const details = averageDrop(facts, heatmap, { target });
    const { score, maskedScore, increase } = details;
    const value = details.averageDrop ?? 0;
    const change = increase ? 'rises' : 'falls';
    const meaning = increase
      ? 'What the map leaves out lowers the score.'
      : `${percent(value)} of the score is lost with what the map leaves out.`;
    const sentence =
      `Multiplied by the heat map, the picture's score of ${label} ${change} from ` +
      `${number(score)} to ${number(maskedScore)}. ${meaning}`;
    return { title: 'Average drop', value, sentence, details };
  },
  async complexity({ facts, heatmap }) {
    const value = complexity(facts, heatmap);
    const sentence =
      `The mean of the heat map is ${number(value)}, where 0 is a blank map and 1 is a map that ` +
      `marks everything. The map marks as much as ${percent(value)} of the picture at full heat.`;
    return { title: 'Complexity', value, sentence, details: { complexity: value } };
  },
  async stability({ facts, samples, signal, how }) {
    const details = await stability(facts, { ...how, samples, signal });
    const { max, mean, rounding, settings } = details;
    if (!Number.isFinite(max + rounding.max)) {
      const sentence = 'The map is blank without noise and not with it, so a change has no share.';
      return { title: 'Stability', value: null, sentence, details };
    }
    const sentence =
      `Noise of at most ${number(settings.radius)} in the input changes the raw map by ` +
      `${percent(mean)} on average and ${percent(max)} at most. Weights that move by a relative ` +
      `${rounding.amount}, which is as much as float32 rounds away, change it by ` +
      `${percent(rounding.max)}. Differences between maps below that say nothing.`;
    return { title: 'Stability', value: max, sentence, details };
  },
  async randomization({ facts, signal, how }) {
    const details = await randomization(facts, { ...how, counts: [1], signal });
    const [{ layer, spearman, ssim }] = details;
    const sentence =
      `With numbers without meaning in place of the weights of ${layer}, the order of the ` +
      `positions agrees with the map's by ${number(spearman)} (rank correlation) and the picture ` +
      `by ${number(ssim)} (SSIM). A map that does not depend on these weights has 1 for both.`;
    return { title: 'Randomized weights', value: spearman, sentence, details: { stages: details } };
  },
};

/**
 * @typedef {'hideAndLook' | 'deletionInsertion' | 'averageDrop' | 'complexity' | 'stability'
 *   | 'randomization'} FigureName
 */

/** Figures that say nothing of a map whose values are all equal. */
const NEEDS_ORDER = ['hideAndLook', 'deletionInsertion'];
const FLAT = {
  title: 'Blank map',
  value: null,
  sentence: 'All values of the map are equal, so that no part of it is the hottest.',
  details: null,
};

/** @param {Float32Array} values */
function isConstant(values) {
  return values.every((value) => value === values[0]);
}

/**
 * What makes a map that the figures about the model cannot make again.
 */
const SPECIAL = ['contrast', 'counterfactual', 'eigenSmooth', 'augSmooth', 'weights'];

/**
 * @param {Facts} facts
 * @param {TargetExplanation & { method: string, logits: boolean, settings?: object }} entry
 * @param {TrustOptions} options
 * @returns {Promise<Trust>}
 */
export async function trust(facts, entry, options) {
  const { steps = 20, samples = 4, onProgress, signal } = options;
  wholeNumber('steps', steps, { least: 1 });
  wholeNumber('samples', samples, { least: 1 });
  const { target, layer, method, label, logits } = entry;
  const heatmap = checkMap(entry.heatmap);
  const names = checkNames(options.figures ?? defaultNames(entry));
  const pause = pauses(signal);
  /** @type {Figure[]} */
  const figures = [];
  for (const name of names) {
    await pause();
    const how = { target, layer, method, logits };
    const measured = { facts, heatmap, label, how, steps, samples, signal };
    const isFlat = NEEDS_ORDER.includes(name) && isConstant(heatmap.data);
    figures.push({ name, ...(isFlat ? FLAT : await FIGURES[name](measured)) });
    onProgress?.({ step: figures.length, steps: names.length });
  }
  return { target, layer, method, figures };
}

/**
 * All figures. Two of them make the map again, which they can do of a plain method alone.
 * @param {{ method: string, settings?: object }} entry
 */
function defaultNames({ settings = {} }) {
  const isSpecial = Object.entries(settings).some(
    ([name, value]) => SPECIAL.includes(name) && value,
  );
  const names = Object.keys(FIGURES);
  return isSpecial ? names.filter((name) => !['stability', 'randomization'].includes(name)) : names;
}

/**
 * @param {unknown} names
 * @returns {FigureName[]}
 */
function checkNames(names) {
  if (!Array.isArray(names) || names.length === 0) {
    const text = `figures is ${show(names)}; allowed: a list of ${Object.keys(FIGURES).join(', ')}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  names.forEach((name) => choose(FIGURES, name, 'figures'));
  return names;
}

/** @param {number} value */
function number(value) {
  return String(Number(value.toPrecision(3)));
}

/** @param {number} share */
function percent(share) {
  return `${Number((100 * share).toPrecision(2))}%`;
}
