/** From a model and a picture to what the element shows. */

import { toDraw } from './pictures.js';

/** @import { ExplainOptions, Explanation, HeatMap, Method } from '../index.js' */
/** @import { Picture, Prediction } from '../index.js' */
/** @import { Run } from '../worker/index.js' */
/** @import { Front, Opened } from './models.js' */

/**
 * How an element explains.
 * @typedef {object} Question
 * @property {string | number | undefined} target a class's index or label
 * @property {string | undefined} layer a layer's name or index
 * @property {string | undefined} method
 * @property {boolean} logits
 */

/**
 * How an element draws.
 * @typedef {object} Look
 * @property {string | undefined} colormap
 * @property {number | undefined} alphaLimit
 */

const WHOLE_NUMBER = /^-?\d+$/;

/**
 * @param {Opened} opened
 * @param {Picture} picture
 * @returns {Promise<Run>}
 */
export async function runOn({ model }, picture) {
  const image = await toDraw(picture);
  try {
    return await model.run(picture, { image });
  } finally {
    if (image !== picture && 'close' in image) image.close();
  }
}

/**
 * @param {Opened} opened
 * @param {Run} run
 * @param {Question} question
 * @returns {Promise<Explanation>}
 */
export async function explain({ model }, run, { target, layer, method, logits }) {
  const options = {
    targets: target === undefined ? undefined : findClass(model.labels, target),
    layer: layer !== undefined && WHOLE_NUMBER.test(layer) ? Number(layer) : layer,
    method: /** @type {Method | undefined} */ (method),
    logits,
  };
  return run.explain(/** @type {ExplainOptions} */ (options));
}

/**
 * @param {readonly string[] | undefined} labels
 * @param {string | number} target
 * @returns {string | number} a number is an index, unless a class has it as its label
 */
function findClass(labels, target) {
  const text = String(target);
  return WHOLE_NUMBER.test(text) && !labels?.includes(text) ? Number(text) : text;
}

/**
 * The first classes, and the explained one if it is not among them.
 * @param {Run} run
 * @param {Explanation} explanation
 * @param {number} top
 * @returns {Prediction[]}
 */
export function firstClasses(run, { targets: [{ target, label }] }, top) {
  const classes = run.decodePredictions({ top });
  const index = Number(target);
  if (classes.some((one) => one.index === index)) return classes;
  return [...classes, { index, label, score: run.scores[index] }];
}

/**
 * Whether scores can be shown as percentages. A model without a softmax gives other numbers.
 * @param {Run} run
 */
export function areProbabilities({ scores }) {
  return scores.every((score) => score >= 0 && score <= 1);
}

const RAMP = 256;

/**
 * The colours from little to much.
 * @param {Front} front
 * @param {Look['colormap']} colormap
 * @returns {Promise<ImageData>} 256 x 1 pixels
 */
export async function drawRamp({ formatAsImage }, colormap) {
  // Over transparent pixels a colour stays as it is. The map must be nowhere transparent itself.
  const data = Float32Array.from({ length: RAMP }, (_, i) => Math.max((i + 0.5) / RAMP, 0.005));
  const heatmap = { data, width: RAMP, height: 1 };
  const image = new ImageData(RAMP, 1);
  const ramp = await formatAsImage({ heatmap, image }, { colormap, alphaLimit: null });
  for (let i = 3; i < ramp.data.length; i += 4) ramp.data[i] = 255;
  return ramp;
}
