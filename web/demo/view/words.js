/** An answer as rows and sentences. */

/** @import { Answer } from '../explainer.js' */
/** @import { Choice } from './choices.js' */

/** The package's advice is an option of its calls; on the page it is a switch. */
const SATURATED =
  'The score hardly changes any more, so its heat map says little: switch on “Explain the logit”.';

/**
 * All classes, the likeliest first.
 * @param {Answer} answer
 * @returns {Choice[]}
 */
export function classRows({ model, run }) {
  const rows = run.decodePredictions({ top: run.predictions.length });
  const likely = areProbabilities(run.predictions);
  const [top, bottom] = [rows[0].score, rows[rows.length - 1].score];
  return rows.map(({ index, label, score }) => ({
    value: String(index),
    label: className(model, label),
    detail: scoreText(score, likely),
    share: likely ? score : (score - bottom) / (top - bottom || 1),
  }));
}

/**
 * The layers that a heat map can be made at: those with rows and columns. A nested model's name
 * before a layer's is left out; it is in the tooltip.
 * @param {Answer} answer
 * @returns {Choice[]}
 */
export function layerRows({ model }) {
  return model.layers
    .filter(({ outputShape }) => outputShape.length === 4 && positions(outputShape) > 1)
    .map(({ name, outputShape }) => ({
      value: name,
      label: lastPart(name),
      detail: `${outputShape[1]} × ${outputShape[2]}`,
      title: name,
    }));
}

/**
 * The class that is explained, with its score.
 * @param {Answer} answer
 */
export function headline({ model, run, explanation }) {
  const { label, target } = explanation.targets[0];
  const score = scoreText(run.predictions[target], areProbabilities(run.predictions));
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
  return `${lastPart(layer)}, ${size} · ${times}`;
}

/**
 * The picture for those who do not see it.
 * @param {Answer} answer
 */
export function description(answer) {
  const { layer } = answer.explanation.targets[0];
  const heat = `heat map for ${headline(answer)} at layer ${lastPart(layer)}`;
  return `${answer.picture.name}, with the ${heat}`;
}

/** @param {Answer} answer */
export function modelFacts({ model: { inputShape, layers, classCount } }) {
  const [, height, width] = inputShape;
  const size = `${height ?? 'any'} × ${width ?? 'any'} input`;
  return `${size}, ${short(countParams(layers))} parameters, ${classCount} classes`;
}

/**
 * A nested model is a layer too, and its parameters are those of its layers.
 * @param {Answer['model']['layers']} layers
 */
function countParams(layers) {
  return layers
    .filter(({ name }) => !layers.some((inner) => inner.name.startsWith(`${name}/`)))
    .reduce((sum, { params }) => sum + params, 0);
}

/**
 * Why the predictions may be wrong, or the heat map is blank or poor; nothing if it is neither.
 * @param {Answer} answer
 */
export function diagnosis({ explanation, run }) {
  const found = explanation.targets[0].diagnosis;
  if (run.inputWarning) return sentence(run.inputWarning);
  if (!found) return '';
  return found.code === 'SATURATED_SCORE' ? SATURATED : sentence(found.message);
}

/**
 * A message of the package with a capital and a full stop.
 * @param {string} message
 */
export function sentence(message) {
  if (message === '') return '';
  const stop = /[.!?]$/.test(message) ? '' : '.';
  return `${message[0].toUpperCase()}${message.slice(1)}${stop}`;
}

/**
 * @param {Answer['model']} model
 * @param {string} label its name, or its number as text if the model has no names
 */
function className(model, label) {
  return model.labels ? label : `Class ${label}`;
}

/** @param {string} path */
function lastPart(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** @param {(number | null)[]} shape with an open size counted as many */
function positions([, height, width]) {
  return (height ?? Infinity) * (width ?? Infinity);
}

/**
 * A model may end in logits: those are no percentages.
 * @param {Float32Array} predictions
 */
function areProbabilities(predictions) {
  return predictions.every((score) => score >= 0 && score <= 1);
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
