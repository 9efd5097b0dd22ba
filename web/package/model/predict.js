/** Functions that do everything at once, named as in ELI5. */

import { typed } from '../base/boundary.js';
import { optionsFor } from '../base/option-names.js';
import { GradCamError, show } from '../base/errors.js';
import { formatAsImage } from '../pictures/format.js';
import { isTensor } from './model.js';

/** @import { FormatOptions } from '../pictures/format.js' */
/** @import { PictureSource } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { Explanation } from './explanation.js' */
/** @import { Model, RunOptions } from './model.js' */
/** @import { ExplainOptions } from './run.js' */

/**
 * Runs the model on a picture and explains its prediction. To explain more classes or layers
 * without another forward pass, use model.run() and run.explain().
 * @param {Model} model
 * @param {PictureSource | Tensor} image
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
 * Explains a prediction and lays the heat map over the picture in its own size. With
 * `image: 'input'` it draws on the picture as the network sees it, as ELI5 does. So it does with a
 * tensor.
 * @param {Model} model
 * @param {PictureSource | Tensor} image
 * @param {RunOptions & ExplainOptions
 *   & FormatOptions & { canvas?: HTMLCanvasElement | OffscreenCanvas }} [options]
 *   `canvas` gets the overlay's size, and the overlay is drawn on it
 * @returns {Promise<ImageData>} the overlay
 * @example
 * await showPrediction(model, file, { canvas }); // on the picture in its own size
 */
export async function showPrediction(model, image, options) {
  return typed('showPrediction', options, async (given) => {
    const explanation = await explainPrediction(model, image, explainedOptions(image, given));
    const overlay = formatAsImage(explanation, optionsFor('formatAsImage', given));
    if (given.canvas) drawOverlay(given.canvas, overlay);
    return overlay;
  });
}

/**
 * What showPrediction asks of explainPrediction.
 * @param {PictureSource | Tensor} image
 * @param {RunOptions & ExplainOptions} options
 */
export function explainedOptions(image, options) {
  const own = isTensor(image) ? 'input' : image;
  return { ...optionsFor('explainPrediction', options), image: options.image ?? own };
}

/**
 * @param {HTMLCanvasElement | OffscreenCanvas} canvas
 * @param {ImageData} overlay
 */
export function drawOverlay(canvas, overlay) {
  const isCanvas = typeof canvas.getContext === 'function';
  const context = isCanvas
    ? /** @type {CanvasRenderingContext2D | null} */ (canvas.getContext('2d'))
    : null;
  if (!context) {
    const reason = isCanvas ? ', which has a context of another kind, as of WebGL' : '';
    const text = `canvas is ${show(canvas)}${reason}; needed: a canvas that can be drawn on in 2D`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  canvas.width = overlay.width;
  canvas.height = overlay.height;
  context.putImageData(overlay, 0, 0);
}
