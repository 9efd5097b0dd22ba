/** Sentences on maps with signs, which show what speaks for and what speaks against. */

import { findPlace } from '../places.js';
import { sideOf } from '../signed.js';
import * as words from './words.js';

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
  const { heatmap } = answer.explanation.targets[0];
  return heatmap.colors ? signedSentence(answer) : words.whereSentence(answer, findPlace(heatmap));
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
  const [ours, theirs] = [findPlace(sideOf(heatmap)), findPlace(sideOf(heatmap, true))];
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
 * @param {Answer} answer
 * @returns {[low: string, high: string]}
 */
export function legendWords(answer) {
  const { model, explanation } = answer;
  if (!explanation.targets[0].heatmap.colors) return ['little', 'much evidence'];
  const versus = versusOf(answer);
  if (versus === undefined) return ['speaks against', 'speaks for'];
  const names = [versus, words.targetOf(explanation)].map((index) => words.className(model, index));
  return [`speaks for ${names[0]}`, `speaks for ${names[1]}`];
}
