/**
 * Where did this image classifier look? Grad-CAM for Keras image classifiers, in the browser and Node.
 * @module gradcam-wasm
 */

export { convertModel } from './convert.js';
export { GradCamError } from './errors.js';
export { colormaps, expandHeatmap, formatAsImage, heatmapToImage } from './format.js';
export { loadModel } from './load.js';
export { explainPrediction, showPrediction } from './predict.js';
export { arrayToImage, imageToArray, loadImage } from './steps.js';
export { init } from './wasm.js';

/**
 * @typedef {import('./errors.js').GradCamErrorCode} GradCamErrorCode
 * @typedef {import('./convert.js').ConvertOptions} ConvertOptions
 * @typedef {import('./diagnosis.js').Diagnosis} Diagnosis
 * @typedef {import('./explanation.js').Explanation} Explanation
 * @typedef {import('./explanation.js').HeatMap} HeatMap
 * @typedef {import('./explanation.js').TargetExplanation} TargetExplanation
 * @typedef {import('./format.js').FormatOptions} FormatOptions
 * @typedef {import('./image.js').Filter} Filter
 * @typedef {import('./image.js').Picture} Picture
 * @typedef {import('./layers.js').LayerChoice} LayerChoice
 * @typedef {import('./load.js').LoadOptions} LoadOptions
 * @typedef {import('./model-info.js').Layer} Layer
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./model.js').RunOptions} RunOptions
 * @typedef {import('./tensor.js').Tensor} Tensor
 * @typedef {import('./preprocessing.js').Preprocessing} Preprocessing
 * @typedef {import('./run.js').ExplainOptions} ExplainOptions
 * @typedef {import('./run.js').Prediction} Prediction
 * @typedef {import('./run.js').Run} Run
 * @typedef {import('./source.js').ModelSource} ModelSource
 * @typedef {import('./steps.js').LoadImageOptions} LoadImageOptions
 * @typedef {import('./source.js').Progress} Progress
 */
