/** Puts an answer into rows and sentences. */

/** @import { Answer } from '../explainer.js' */
/** @import { Choice } from './choices.js' */

/** The package advises an option of its functions. On the page the option is a switch. */
const SATURATED =
  'The score is saturated, so its heat map says little. Switch on “Explain the logit”.';

/**
 * All classes, ordered by score.
 * @param {Answer} answer
 * @returns {Choice[]}
 */
export function classRows({ model, run }) {
  const rows = run.decodePredictions({ top: run.scores.length });
  const likely = areProbabilities(run.scores);
  const [top, bottom] = [rows[0].score, rows[rows.length - 1].score];
  return rows.map(({ index, label, score }) => ({
    value: String(index),
    label: className(model, label),
    detail: scoreText(score, likely),
    share: likely ? score : (score - bottom) / (top - bottom || 1),
  }));
}

/**
 * The layers that can have a heat map, which are the layers with rows and columns. The tooltip
 * shows the whole path, the row shows its last part.
 * @param {Answer} answer
 * @returns {Choice[]}
 */
export function layerRows({ model }) {
  return model.layers
    .filter((layer) => layer.outputShape.length === 4 && positions(layer) > 1)
    .map(({ name, outputShape, dataFormat }) => ({
      value: name,
      label: lastPart(name),
      detail: sides(outputShape, dataFormat).join(' × '),
      title: name,
    }));
}

/**
 * The explained class with its score.
 * @param {Answer} answer
 */
export function headline({ model, run, explanation }) {
  const { label, target } = explanation.targets[0];
  const score = scoreText(run.scores[Number(target)], areProbabilities(run.scores));
  return `${className(model, label)} ${score}`;
}

/**
 * Where the heat map was made, and how long it took.
 * @param {Answer} answer
 */
export function caption({ explanation, runTime, heatmapTime }) {
  const { layer, heatmap } = explanation.targets[0];
  const size = `${heatmap.height} × ${heatmap.width}`;
  const times = `run ${milliseconds(runTime)}, heat map ${milliseconds(heatmapTime)}`;
  return `${lastPart(layer)}, ${size} · ${explanation.method} · ${times}`;
}

/**
 * A description for users who do not see the picture.
 * @param {Answer} answer
 */
export function description(answer) {
  const { layer } = answer.explanation.targets[0];
  const heat = `heat map for ${headline(answer)} at layer ${lastPart(layer)}`;
  return `${answer.picture.name}, with the ${answer.explanation.method} ${heat}`;
}

/** What a network gets of pixels from 0 to 255. */
const PIXELS = {
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

/** @param {Answer} answer */
export function modelFacts({ model, run, sizeReason }) {
  const { layers, classCount, preprocessing, preprocessingReason } = model;
  const isName = typeof preprocessing === 'string';
  const pixels = isName ? PIXELS[/** @type {'unit'} */ (preprocessing)] : 'own numbers';
  const names = model.labelsReason === 'imagenet' ? " (named as ImageNet's, a guess)" : '';
  const size = `${run.input.height} × ${run.input.width} input${SIZES[sizeReason]}`;
  const facts = `${size}, ${short(countParams(layers))} parameters, ${classCount} classes${names}`;
  return `${facts}, pixels ${pixels} (${REASONS[preprocessingReason]})`;
}

/**
 * The number of parameters. A nested model is left out because its layers are counted.
 * @param {Answer['model']['layers']} layers
 */
function countParams(layers) {
  return layers
    .filter(({ name }) => !layers.some((inner) => inner.name.startsWith(`${name}/`)))
    .reduce((sum, { params }) => sum + params, 0);
}

/**
 * Why the predictions may be wrong, or why the heat map is blank or poor. Else the text is empty.
 * @param {Answer} answer
 */
export function diagnosis({ explanation, run }) {
  const found = explanation.targets[0].diagnosis;
  if (run.inputWarning) return sentence(run.inputWarning);
  if (!found) return '';
  return found.code === 'SATURATED_SCORE' ? SATURATED : sentence(found.message);
}

/**
 * A message of the package with a capital letter and a full stop.
 * @param {string} message
 */
export function sentence(message) {
  if (message === '') return '';
  const stop = /[.!?]$/.test(message) ? '' : '.';
  return `${message[0].toUpperCase()}${message.slice(1)}${stop}`;
}

/**
 * @param {Answer['model']} model
 * @param {string} label name of the class, or its index if the model has no names
 */
function className(model, label) {
  return model.labels ? label : `Class ${label}`;
}

/** @param {string} path */
function lastPart(path) {
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
