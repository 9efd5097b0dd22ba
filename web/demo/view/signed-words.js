/** Sentences on maps with signs, which show what speaks for and what speaks against. */

import { findPlace } from '../../package/pictures/places.js';
import { sideOf } from '../signed.js';
import { isAttribution } from '../ways.js';
import * as words from './words.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Answer } from '../explainer.js' */

/**
 * The class that the explained one is set against.
 * @param {Answer} answer
 * @returns {number | undefined}
 */
export function versusOf({ question: { versus }, explanation }) {
  return versus === words.targetOf(explanation) ? undefined : versus;
}

/**
 * The explained class with its score, or two classes with theirs.
 * @param {Answer} answer
 */
export function headline(answer) {
  const versus = versusOf(answer);
  if (versus === undefined) return words.headline(answer);
  const { model, explanation } = answer;
  return [words.targetOf(explanation), versus]
    .map((index) => `${words.className(model, index)} ${words.scoreOf(answer, index)}`)
    .join(' | ');
}

/**
 * Where the network looked.
 * @param {Answer} answer
 */
export function whereSentence(answer) {
  const { targets, remark } = answer.explanation;
  const { heatmap } = targets[0];
  if (heatmap.colors) return [signedSentence(answer), remark].filter(Boolean).join(' ');
  const place = findPlace(pooled(heatmap));
  if (!place || !isAttribution(answer.question.method)) {
    return words.whereSentence(answer, findPlace(heatmap));
  }
  const percent = Math.max(1, Math.round(100 * place.share));
  const half = `half of the map lies in ${percent}% of the picture`;
  return [`Strongest ${words.placeName(place)}; ${half}.`, remark].filter(Boolean).join(' ');
}

/**
 * A description for users who do not see the picture.
 * @param {Answer} answer
 * @param {string} where
 */
export function description(answer, where) {
  const { explanation, picture } = answer;
  if (versusOf(answer) === undefined) return words.description(answer, where);
  const layer = words.lastPart(explanation.targets[0].layer);
  const maps = `difference of the ${explanation.method} maps of two classes at layer ${layer}`;
  return `${picture.name}, with the ${maps}, ${headline(answer)}. ${where}`;
}

/** The most rows or columns of which the strongest one means a place. */
const MOST_CELLS = 112;
/** The sides of the cells into which single pixels are gathered. */
const CELLS = 8;

/**
 * A map of pixels as a map of few cells. The strongest pixel alone would say little.
 * @param {HeatMap} heatmap
 * @returns {HeatMap}
 */
function pooled(heatmap) {
  const { data, width, height } = heatmap;
  if (Math.max(width, height) <= MOST_CELLS) return heatmap;
  const sums = new Float32Array(CELLS * CELLS);
  data.forEach((value, i) => {
    const row = Math.floor((Math.floor(i / width) * CELLS) / height);
    const column = Math.floor(((i % width) * CELLS) / width);
    sums[row * CELLS + column] += value;
  });
  return { data: sums, width: CELLS, height: CELLS };
}

/**
 * What the two colours mean, and where each is strongest.
 * @param {Answer} answer
 */
function signedSentence(answer) {
  const { model, explanation } = answer;
  const { heatmap } = explanation.targets[0];
  const versus = versusOf(answer);
  const name = words.className(model, words.targetOf(explanation));
  const other = versus === undefined ? undefined : words.className(model, versus);
  const sides = [sideOf(heatmap), sideOf(heatmap, true)];
  const [ours, theirs] = sides.map((side) => findPlace(pooled(side)));
  if (!ours && !theirs) {
    return other
      ? `The map is the same for ${name} and ${other}.`
      : `Nothing here counts for ${name}.`;
  }
  const red = ours
    ? `Red speaks for ${name}, most ${words.placeName(ours)}.`
    : `Nothing speaks for ${name}.`;
  const against = other ? `for ${other}` : 'against it';
  const blue = theirs
    ? `Blue speaks ${against}, most ${words.placeName(theirs)}.`
    : `Nothing speaks ${against}.`;
  return `${red} ${blue}`;
}

/**
 * The words at both ends of the legend.
 * @param {boolean} isSigned whether the map has signs
 * @param {Answer} [answer] undefined while a map grows
 * @returns {[low: string, high: string]}
 */
export function legendWords(isSigned, answer) {
  const isOfPixels = answer ? isAttribution(answer.question.method) : false;
  if (!isSigned) return ['little', isOfPixels ? 'much' : 'much evidence'];
  const versus = answer && versusOf(answer);
  if (!answer || versus === undefined) return ['speaks against', 'speaks for'];
  const { model, explanation } = answer;
  const names = [versus, words.targetOf(explanation)].map((index) => words.className(model, index));
  return [`speaks for ${names[0]}`, `speaks for ${names[1]}`];
}
