/** Functions that do everything at once, named as in ELI5. */

import { typed } from '../base/boundary.js';
import { optionsFor } from '../base/option-names.js';
import { formatAsImage } from '../pictures/format.js';

/** @import { FormatOptions } from '../pictures/format.js' */
/** @import { Picture } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { Explanation } from './explanation.js' */
/** @import { Model, RunOptions } from './model.js' */
/** @import { ExplainOptions } from './run.js' */

/**
 * Runs the model on a picture and explains its prediction. To explain more classes or layers
 * without another forward pass, use model.run() and run.explain().
 * @param {Model} model
 * @param {Picture | Tensor} image
 * @param {RunOptions & ExplainOptions} [options]
 * @returns {Promise<Explanation>}
 * @example
 * const explanation = await explainPrediction(model, file, { targets: [282], layer: 'Conv_1' });
 * const { label, score, heatmap, diagnosis } = explanation.targets[0];
 */
export async function explainPrediction(model, image, options) {
  return typed('explainPrediction', options, async (given) => {
    const run = await model.run(image, optionsFor('model.run', given));
    return run.explain(optionsFor('run.explain', given));
  });
}

/**
 * Explains a prediction and lays the heat map over the picture.
 * @param {Model} model
 * @param {Picture | Tensor} image
 * @param {RunOptions & ExplainOptions
 *   & FormatOptions & { canvas?: HTMLCanvasElement | OffscreenCanvas }} [options]
 *   `canvas` gets the overlay's size, and the overlay is drawn on it
 * @returns {Promise<ImageData>} the overlay
 * @example
 * await showPrediction(model, file, { image: file, canvas }); // on the picture in its own size
 */
export async function showPrediction(model, image, options) {
  return typed('showPrediction', options, async (given) => {
    const asked = optionsFor('explainPrediction', given);
    const explanation = await explainPrediction(model, image, asked);
    const overlay = formatAsImage(explanation, optionsFor('formatAsImage', given));
    if (given.canvas) drawOverlay(given.canvas, overlay);
    return overlay;
  });
}

/**
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {ImageData} overlay
 */
export function drawOverlay(canvas, overlay) {
  canvas.width = overlay.width;
  canvas.height = overlay.height;
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.putImageData(overlay, 0, 0);
}
