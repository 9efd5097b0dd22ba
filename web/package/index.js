/**
 * Where did this image classifier look? Grad-CAM for Keras image classifiers, in the browser and Node.
 * @module gradcam-wasm
 */

export { convertModel } from './convert.js';
export { GradCamError } from './base/errors.js';
export { colormaps, expandHeatmap, formatAsImage, heatmapToImage } from './pictures/format.js';
export { loadModel } from './load.js';
export { explainPrediction, showPrediction } from './predict.js';
export { arrayToImage, imageToArray, loadImage } from './pictures/steps.js';
export { init } from './engine/wasm.js';

/**
 * @typedef {import('./pictures/preprocessing.js').Affine} Affine
 * @typedef {import('./pictures/preprocessing.js').ChannelNumbers} ChannelNumbers
 * @typedef {import('./pictures/format.js').ColormapFunction} ColormapFunction
 * @typedef {import('./convert.js').ConvertOptions} ConvertOptions
 * @typedef {import('./diagnosis.js').Diagnosis} Diagnosis
 * @typedef {import('./diagnosis.js').DiagnosisCode} DiagnosisCode
 * @typedef {import('./run.js').ExplainOptions} ExplainOptions
 * @typedef {import('./explanation.js').Explanation} Explanation
 * @typedef {import('./base/source.js').FileSource} FileSource
 * @typedef {import('./pictures/image.js').Filter} Filter
 * @typedef {import('./pictures/format.js').FormatOptions} FormatOptions
 * @typedef {import('./base/errors.js').GradCamErrorCode} GradCamErrorCode
 * @typedef {import('./explanation.js').HeatMap} HeatMap
 * @typedef {import('./engine/network.js').Input} Input
 * @typedef {import('./model-info.js').Layer} Layer
 * @typedef {import('./layers.js').LayerChoice} LayerChoice
 * @typedef {import('./pictures/steps.js').LoadImageOptions} LoadImageOptions
 * @typedef {import('./load.js').LoadOptions} LoadOptions
 * @typedef {import('./model.js').Model} Model
 * @typedef {import('./base/source.js').ModelSource} ModelSource
 * @typedef {import('./pictures/image.js').Picture} Picture
 * @typedef {import('./pictures/image.js').Pixels} Pixels
 * @typedef {import('./run.js').Prediction} Prediction
 * @typedef {import('./pictures/preprocessing.js').Preprocessing} Preprocessing
 * @typedef {import('./base/source.js').Progress} Progress
 * @typedef {import('./run.js').Run} Run
 * @typedef {import('./model.js').RunOptions} RunOptions
 * @typedef {import('./pictures/preprocessing.js').Standardization} Standardization
 * @typedef {import('./summary.js').SummaryOptions} SummaryOptions
 * @typedef {import('./explanation.js').TargetExplanation} TargetExplanation
 * @typedef {import('./pictures/tensor.js').Tensor} Tensor
 * @typedef {import('./engine/wasm.js').WasmOptions} WasmOptions
 * @typedef {import('./engine/wasm.js').WasmVariant} WasmVariant
 */
