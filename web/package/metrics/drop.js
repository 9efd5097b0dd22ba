/** What a heat map keeps of the score when it multiplies the input, and how simple it is. */

import { checkMask, enlarged } from './heatmaps.js';
import { mean, minmax, moments, positive, resizeMap } from './maps.js';
import { Subject, chooseMap } from './subject.js';

/** @import { Target, TargetChoice } from '../attribution/targets.js' */
/** @import { GivenMap } from './heatmaps.js' */
/** @import { Facts } from '../attribution/explained.js' */

/**
 * @typedef {object} DropOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {boolean} [logits] whether the logit is measured instead of the score (default false)
 */

/**
 * How the score changes when the heat map multiplies the input.
 * @typedef {object} AverageDrop
 * @property {number} score of the input
 * @property {number} maskedScore of the input times the heat map
 * @property {number | null} averageDrop the share of the score that is lost, 0 if it rises. null
 *   for a value of 0 or less, which has no shares
 * @property {number} increase 1 if the score rises, else 0
 * @property {number} dropAbsolute how much of the score is lost, 0 if it rises
 * @property {number} increaseAbsolute 1 if the score rises, else 0
 * @property {{ target: Target, logits: boolean }} settings
 */

/** Beside a score and beside deviations, which may be 0. */
const EPSILON = { score: 1e-7, deviation: 1e-8 };

/**
 * @param {Facts} facts
 * @param {GivenMap} heatmap
 * @param {DropOptions} options
 * @returns {AverageDrop}
 */
export function averageDrop(facts, heatmap, { target, logits = false }) {
  checkMask(heatmap);
  const subject = new Subject(facts, { target, logits });
  const study = subject.study();
  try {
    const { score } = subject.run(study);
    study.mask(heatmap.data, heatmap);
    const { score: maskedScore } = subject.run(study);
    const dropAbsolute = Math.max(score - maskedScore, 0);
    const increase = maskedScore > score ? 1 : 0;
    return {
      score,
      maskedScore,
      averageDrop: score > 0 ? dropAbsolute / (score + EPSILON.score) : null,
      increase,
      dropAbsolute,
      increaseAbsolute: increase,
      settings: { target: subject.target, logits },
    };
  } finally {
    study.dispose();
  }
}

/**
 * The mean of a heat map at the input's size, 0 for a map that shows nothing, 1 for one that shows
 * everything.
 * @param {Facts} facts
 * @param {GivenMap} heatmap
 */
export function complexity({ input }, heatmap) {
  return mean(enlarged(heatmap, input));
}

/**
 * @typedef {object} CoherencyOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {import('../model/layers.js').LayerChoice} [layer] the layer that the heat map is of
 *   (default: the default layer)
 */

/**
 * How alike a heat map and Grad-CAM's map of the input times the heat map are, 1 for equal ones,
 * 0.5 for unrelated ones, 0 for opposite ones.
 * @param {Facts} facts
 * @param {GivenMap} heatmap
 * @param {CoherencyOptions} options
 * @returns {number}
 */
export function coherency(facts, heatmap, { target, layer }) {
  const mask = enlarged(checkMask(heatmap), facts.input);
  const subject = new Subject(facts, { target, logits: true });
  const choice = chooseMap(facts, { method: 'gradCam', layer });
  const study = subject.study();
  try {
    study.mask(heatmap.data, heatmap);
    const map = subject.map(study, choice);
    const scaled = minmax(positive(map.raw), 1e-7);
    return (likeness(mask, minmax(resizeMap(scaled, map, facts.input), 1e-7)) + 1) / 2;
  } finally {
    study.dispose();
  }
}

/**
 * Pearson's correlation, 0 if one of the two is constant.
 * @param {ArrayLike<number>} a
 * @param {ArrayLike<number>} b
 */
function likeness(a, b) {
  const { aa, bb, ab } = moments(a, b);
  const freedom = Math.max(a.length - 1, 1);
  return ab / freedom / (Math.sqrt((aa / freedom) * (bb / freedom)) + EPSILON.deviation);
}
