/** Puts an answer into rows and sentences. */

import { SATURATED, cures } from '../texts.js';

/** @import { HideAndLook } from 'gradcam-wasm' */
/** @import { Answer } from '../explainer.js' */
/** @import { Place } from '../../package/pictures/places.js' */

/**
 * A class in the list.
 * @typedef {object} ClassRow
 * @property {number} index
 * @property {string} name
 * @property {string} score
 * @property {number} share length of the bar, 0 to 1
 */

/**
 * A layer that can have a heat map.
 * @typedef {object} LayerRow
 * @property {string} path
 * @property {string} name the last part of the path
 * @property {string} size "7 × 7"
 */

/** @typedef {'logits' | 'layer' | 'target' | 'pixels'} Cure */

/**
 * All classes, ordered by score.
 * @param {Answer} answer
 * @returns {ClassRow[]}
 */
export function classRows({ model, run: { scores } }) {
  const likely = areProbabilities(scores);
  const keys = scores.map((score) => (Number.isNaN(score) ? -Infinity : score));
  const order = Array.from(keys.keys()).sort((a, b) => keys[b] - keys[a] || a - b);
  const [most, least] = [keys[order[0]], keys[order[order.length - 1]]];
  return order.map((index) => ({
    index,
    name: className(model, index),
    score: scoreText(scores[index], likely),
    share: likely ? scores[index] : (scores[index] - least) / (most - least || 1),
  }));
}

/**
 * The layers with rows and columns, first to last.
 * @param {Answer['model']} model
 * @returns {LayerRow[]}
 */
export function layerRows({ layers }) {
  return layers
    .filter((layer) => layer.outputShape.length === 4 && positions(layer) > 1)
    .map(({ name, outputShape, dataFormat }) => ({
      path: name,
      name: lastPart(name),
      size: sides(outputShape, dataFormat).join(' × '),
    }));
}

/**
 * The explained class. The page explains single classes, and no sums of them.
 * @param {Answer['explanation']} explanation
 */
export function targetOf({ targets }) {
  return Number(targets[0].target);
}

/**
 * The explained class with its score, and its logit if that is explained.
 * @param {Answer} answer
 */
export function headline({ model, run, explanation, question }) {
  const target = targetOf(explanation);
  const name = className(model, target);
  const score = scoreText(run.scores[target], areProbabilities(run.scores));
  if (!question.logits || run.logits[target] === run.scores[target]) return `${name} ${score}`;
  return `${name} ${score}, logit ${run.logits[target].toFixed(2)}`;
}

/**
 * Where the network looked, in one sentence.
 * @param {Answer} answer
 * @param {Place | undefined} place
 */
export function whereSentence({ model, explanation }, place) {
  const name = className(model, targetOf(explanation));
  if (!place) return `Nothing here speaks for ${name}.`;
  const percent = Math.max(1, Math.round(100 * place.share));
  if (percent >= 38) return `What speaks for ${name} is spread over the whole picture.`;
  const half = `half of what speaks for ${name} lies in ${percent}% of the picture`;
  return `Strongest ${placeName(place)}; ${half}.`;
}

const ROWS = ['at the top', '', 'at the bottom'];
const COLUMNS = ['left', '', 'right'];

/** @param {Place} place */
export function placeName({ x, y }) {
  const row = ROWS[third(y)];
  const column = COLUMNS[third(x)];
  if (row && column) return `${row} ${column}`;
  if (row) return row;
  if (column) return `${column} of the middle`;
  return 'in the middle';
}

/** @param {number} share */
function third(share) {
  return share < 0.36 ? 0 : share > 0.64 ? 2 : 1;
}

/**
 * @param {Answer} answer
 * @param {number} index of a class
 */
export function scoreOf({ run: { scores } }, index) {
  return scoreText(scores[index], areProbabilities(scores));
}

/**
 * What becomes of a score.
 * @param {Answer} answer
 * @param {number} before
 * @param {number} after
 */
export function scorePair({ run }, before, after) {
  const likely = areProbabilities(run.scores);
  return `${scoreText(before, likely)} → ${scoreText(after, likely)}`;
}

/** A score below this is noise. */
const LITTLE = 0.005;

/**
 * What hiding the hottest part, and all else, means for the map.
 * @param {Answer} answer
 * @param {HideAndLook} found
 */
export function proofSentence({ model, explanation, run }, { score, hidden, kept }) {
  const name = className(model, targetOf(explanation));
  const likely = areProbabilities(run.scores);
  const [without, alone] = [scoreText(hidden.score, likely), scoreText(kept.score, likely)];
  if (!likely) return `The score of ${name} is ${without} without the hot part, ${alone} with it.`;
  if (score < LITTLE) return `${name} has so little here that hiding parts hardly says anything.`;
  const falls = hidden.score < score / 2;
  const keeps = kept.score > score / 2;
  if (falls && keeps) return `Yes. The hot part decides: without it ${name} falls to ${without}.`;
  if (falls) return `In part. The hot part is needed, but alone it gives ${name} only ${alone}.`;
  if (keeps) return `In part. The hot part is enough, but the rest alone gives ${name} ${without}.`;
  return `Hardly. Without the hot part ${name} still has ${without}, and alone it gives ${alone}.`;
}

/**
 * Where the heat map was made, and how long it took.
 * @param {Answer} answer
 */
export function caption({ explanation, runTime, heatmapTime, saved }) {
  const { layer, heatmap } = explanation.targets[0];
  const size = `${heatmap.height} × ${heatmap.width}`;
  const what = `${lastPart(layer)}, ${size} · ${explanation.method}`;
  if (saved) return what;
  return `${what} · run ${milliseconds(runTime)}, heat map ${milliseconds(heatmapTime)}`;
}

/**
 * A description for users who do not see the picture.
 * @param {Answer} answer
 * @param {string} where
 */
export function description(answer, where) {
  const { layer } = answer.explanation.targets[0];
  const heat = `heat map for ${headline(answer)} at layer ${lastPart(layer)}`;
  return `${answer.picture.name}, with the ${answer.explanation.method} ${heat}. ${where}`;
}

/**
 * What a network gets of pixels from 0 to 255.
 * @type {Record<string, string>}
 */
export const PIXELS = {
  none: '0 to 255',
  unit: '0 to 1',
  tf: '−1 to 1',
  torch: 'ImageNet mean and deviation',
  caffe: 'BGR minus ImageNet mean',
};

/** Where the page knows from how pixels go in. */
const REASONS = {
  option: 'as chosen',
  file: 'as the file says',
  layers: 'scaled by the model',
  statistics: 'as its weights show',
  architecture: 'as its architecture takes them',
  guess: 'a guess, choose another if the classes are wrong',
};

/** What is said of the size of the input. */
const SIZES = {
  fixed: '',
  chosen: ' (as chosen)',
  guess: ' (a guess: the model takes any size)',
};

/** @param {Answer['model']} model */
export function pixelsText({ preprocessing }) {
  return typeof preprocessing === 'string'
    ? (PIXELS[preprocessing] ?? preprocessing)
    : 'own numbers';
}

/** @param {Answer} answer */
export function modelFacts({ model, run, sizeReason }) {
  const { layers, classCount, preprocessingReason } = model;
  const names = model.labelsReason === 'imagenet' ? " (named as ImageNet's, a guess)" : '';
  const size = `${run.input.height} × ${run.input.width} input${SIZES[sizeReason]}`;
  const facts = `${size}, ${short(countParams(layers))} parameters, ${classCount} classes${names}`;
  return `${facts}, pixels ${pixelsText(model)} (${REASONS[preprocessingReason]})`;
}

/**
 * The number of parameters. A nested model is left out because its layers are counted.
 * @param {Answer['model']['layers']} layers
 */
function countParams(layers) {
  const outer = new Set(layers.flatMap(({ name }) => outerNames(name)));
  return layers.filter(({ name }) => !outer.has(name)).reduce((sum, { params }) => sum + params, 0);
}

/**
 * The names of the models that a layer is in: those of "a/b/c" are "a" and "a/b".
 * @param {string} name
 */
function outerNames(name) {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}

/**
 * Why the predictions may be wrong, or why the heat map is blank or poor, with what helps.
 * @param {Answer} answer
 * @returns {{ text: string, cure?: { kind: Cure, text: string } }} an empty text if all is well
 */
export function diagnosis(answer) {
  const found = answer.explanation.targets[0].diagnosis;
  const { inputWarning } = answer.run;
  if (inputWarning) return { text: sentence(inputWarning), cure: cureOf('pixels') };
  if (!found) return { text: '' };
  const text = found.code === 'SATURATED_SCORE' ? SATURATED : sentence(found.message);
  return { text, cure: cureFor(answer, found.code) };
}

/**
 * @param {Answer} answer
 * @param {string} code of a diagnosis
 */
function cureFor({ question, explanation, run }, code) {
  const target = targetOf(explanation);
  if (code === 'SATURATED_SCORE') return cureOf('logits');
  if (code === 'NOT_FINITE') return undefined;
  if (question.layer !== undefined) return cureOf('layer');
  const isTop = run.scores.every((score) => score <= run.scores[target]);
  return code === 'NO_POSITIVE_EVIDENCE' && !isTop ? cureOf('target') : undefined;
}

/** @param {Cure} kind */
function cureOf(kind) {
  return { kind, text: cures[kind] };
}

/**
 * A message of the package with a capital letter and a full stop. A file's name stays as it is.
 * @param {string} message
 */
export function sentence(message) {
  if (message === '') return '';
  const stop = /[.!?]$/.test(message) ? '' : '.';
  if (/^\S+\.\w+\b/.test(message)) return `${message}${stop}`;
  return `${message[0].toUpperCase()}${message.slice(1)}${stop}`;
}

/**
 * @param {Pick<Answer['model'], 'labels'>} model
 * @param {number} index
 */
export function className({ labels }, index) {
  return labels?.[index] ?? `Class ${index}`;
}

/** @param {string} path */
export function lastPart(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * Height and width in a shape with a batch.
 * @param {(number | null)[]} shape
 * @param {string} dataFormat
 */
function sides(shape, dataFormat) {
  return dataFormat === 'channels_first' ? shape.slice(2) : shape.slice(1, 3);
}

/**
 * The number of a layer's positions. An open size counts as many.
 * @param {Answer['model']['layers'][number]} layer
 */
function positions({ outputShape, dataFormat }) {
  const [height, width] = sides(outputShape, dataFormat);
  return (height ?? Infinity) * (width ?? Infinity);
}

/**
 * Whether scores can be shown as percentages. A model without a softmax gives other numbers.
 * @param {Float32Array} scores
 */
function areProbabilities(scores) {
  return scores.every((score) => score >= 0 && score <= 1);
}

/**
 * @param {number} score
 * @param {boolean} likely whether it is a probability
 */
function scoreText(score, likely) {
  if (!likely) return score.toFixed(2);
  return score < 0.0005 ? '< 0.1%' : `${(100 * score).toFixed(1)}%`;
}

/** @param {number} count */
function short(count) {
  return count < 1e5 ? count.toLocaleString('en') : `${(count / 1e6).toFixed(1)} M`;
}

/** @param {number} time */
function milliseconds(time) {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`;
}
