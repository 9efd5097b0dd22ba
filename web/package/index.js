/**
 * Where did this image classifier look? Grad-CAM for Keras image classifiers, in browsers and Node.
 *
 * Names that mirror Keras or ELI5 say "image", as they do there. Other names and all texts say
 * "picture".
 * @module gradcam-wasm
 */

export { attributionInfo, attributionMethods } from './attribution/methods.js';
export { convertModel } from './model/convert.js';
export { encodePng } from './pictures/encode.js';
export { GradCamError } from './base/errors.js';
export { compareMaps } from './metrics/compare.js';
export { fuseMaps } from './metrics/fuse.js';
export { colormaps, expandHeatmap, formatAsImage, heatmapToImage } from './pictures/format.js';
export { loadModel } from './model/load.js';
export { methodInfo, methods } from './model/methods.js';
export { explainPrediction, showPrediction } from './model/predict.js';
export { explanationFromJson, explanationToJson } from './model/stored.js';
export { arrayToImage, imageToArray, loadImage } from './pictures/steps.js';
export { init } from './engine/start.js';

/**
 * @typedef {import('./pictures/preprocessing.js').Affine} Affine
 * @typedef {import('./attribution/attribute.js').AttributeOptions} AttributeOptions
 * @typedef {import('./attribution/attribution.js').Attribution} Attribution
 * @typedef {import('./attribution/methods.js').AttributionInfo} AttributionInfo
 * @typedef {import('./attribution/methods.js').AttributionMethod} AttributionMethod
 * @typedef {import('./attribution/attribute.js').AttributionProgress} AttributionProgress
 * @typedef {import('./attribution/attribute.js').Baseline} Baseline
 * @typedef {import('./metrics/drop.js').AverageDrop} AverageDrop
 * @typedef {import('./attribution/baselines.js').BaselineName} BaselineName
 * @typedef {import('./metrics/hide.js').ChangedPicture} ChangedPicture
 * @typedef {import('./metrics/stability.js').Changes} Changes
 * @typedef {import('./pictures/preprocessing.js').ChannelNumbers} ChannelNumbers
 * @typedef {import('./metrics/drop.js').CoherencyOptions} CoherencyOptions
 * @typedef {import('./pictures/format.js').ColormapFunction} ColormapFunction
 * @typedef {import('./model/channels.js').Channel} Channel
 * @typedef {import('./model/channels.js').Channels} Channels
 * @typedef {import('./model/channels.js').ChannelsOptions} ChannelsOptions
 * @typedef {import('./attribution/targets.js').ClassWeights} ClassWeights
 * @typedef {import('./model/contrast.js').Contrast} Contrast
 * @typedef {import('./metrics/compare.js').Comparable} Comparable
 * @typedef {import('./model/convert.js').ConvertOptions} ConvertOptions
 * @typedef {import('./pictures/crop.js').Crop} Crop
 * @typedef {import('./metrics/deletion.js').DeletionInsertion} DeletionInsertion
 * @typedef {import('./metrics/deletion.js').DeletionOptions} DeletionOptions
 * @typedef {import('./model/diagnosis.js').Diagnosis} Diagnosis
 * @typedef {import('./model/diagnosis.js').DiagnosisCode} DiagnosisCode
 * @typedef {import('./metrics/drop.js').DropOptions} DropOptions
 * @typedef {import('./pictures/encode.js').EncodePngOptions} EncodePngOptions
 * @typedef {import('./model/run.js').ExplainOptions} ExplainOptions
 * @typedef {import('./pictures/format.js').Drawing} Drawing
 * @typedef {import('./model/explanation.js').ExplainSettings} ExplainSettings
 * @typedef {import('./model/explanation.js').Explanation} Explanation
 * @typedef {import('./model/stored.js').ExplanationJson} ExplanationJson
 * @typedef {import('./metrics/trust.js').Figure} Figure
 * @typedef {import('./metrics/trust.js').FigureName} FigureName
 * @typedef {import('./base/source.js').FileSource} FileSource
 * @typedef {import('./pictures/image.js').Filter} Filter
 * @typedef {import('./pictures/format.js').FormatOptions} FormatOptions
 * @typedef {import('./metrics/fuse.js').FuseMethod} FuseMethod
 * @typedef {import('./metrics/fuse.js').FuseOptions} FuseOptions
 * @typedef {import('./metrics/heatmaps.js').GivenMap} GivenMap
 * @typedef {import('./base/errors.js').GradCamErrorCode} GradCamErrorCode
 * @typedef {import('./model/model-info.js').Head} Head
 * @typedef {import('./model/explanation.js').HeatMap} HeatMap
 * @typedef {import('./attribution/attribution.js').HeatmapOptions} HeatmapOptions
 * @typedef {import('./metrics/hide.js').HideAndLook} HideAndLook
 * @typedef {import('./metrics/hide.js').HideOptions} HideOptions
 * @typedef {import('./engine/network.js').Input} Input
 * @typedef {import('./model/further-inputs.js').InputValues} InputValues
 * @typedef {import('./files/class-names.js').LabelsReason} LabelsReason
 * @typedef {import('./model/model-info.js').Layer} Layer
 * @typedef {import('./model/layers.js').LayerChoice} LayerChoice
 * @typedef {import('./metrics/profile.js').LayerProfile} LayerProfile
 * @typedef {import('./metrics/compare.js').Likeness} Likeness
 * @typedef {import('./pictures/steps.js').LoadImageOptions} LoadImageOptions
 * @typedef {import('./model/load.js').LoadOptions} LoadOptions
 * @typedef {import('./model/methods.js').Method} Method
 * @typedef {import('./model/methods.js').MethodInfo} MethodInfo
 * @typedef {import('./model/model.js').Model} Model
 * @typedef {import('./model/model-info.js').ModelEnd} ModelEnd
 * @typedef {import('./files/index.js').ModelFile} ModelFile
 * @typedef {import('./base/source.js').ModelSource} ModelSource
 * @typedef {import('./pictures/image.js').Picture} Picture
 * @typedef {import('./pictures/image.js').PictureSource} PictureSource
 * @typedef {import('./pictures/image.js').Pixels} Pixels
 * @typedef {import('./model/run.js').Prediction} Prediction
 * @typedef {import('./pictures/preprocessing.js').Preprocessing} Preprocessing
 * @typedef {import('./model/find-preprocessing.js').PreprocessingReason} PreprocessingReason
 * @typedef {import('./metrics/profile.js').Profile} Profile
 * @typedef {import('./base/source.js').Progress} Progress
 * @typedef {import('./metrics/randomization.js').Randomization} Randomization
 * @typedef {import('./metrics/randomization.js').RandomizationOptions} RandomizationOptions
 * @typedef {import('./model/run.js').Run} Run
 * @typedef {import('./model/model.js').RunOptions} RunOptions
 * @typedef {import('./metrics/stability.js').Stability} Stability
 * @typedef {import('./metrics/stability.js').StabilityOptions} StabilityOptions
 * @typedef {import('./metrics/stability.js').StabilitySettings} StabilitySettings
 * @typedef {import('./pictures/preprocessing.js').Standardization} Standardization
 * @typedef {import('./metrics/deletion.js').StepProgress} StepProgress
 * @typedef {import('./model/summary.js').SummaryOptions} SummaryOptions
 * @typedef {import('./attribution/targets.js').Target} Target
 * @typedef {import('./attribution/targets.js').TargetChoice} TargetChoice
 * @typedef {import('./model/explanation.js').TargetExplanation} TargetExplanation
 * @typedef {import('./pictures/tensor.js').Tensor} Tensor
 * @typedef {import('./model/stored.js').ToJsonOptions} ToJsonOptions
 * @typedef {import('./metrics/trust.js').Trust} Trust
 * @typedef {import('./metrics/trust.js').TrustOptions} TrustOptions
 * @typedef {import('./engine/wasm.js').WasmOptions} WasmOptions
 * @typedef {import('./engine/wasm.js').WasmVariant} WasmVariant
 */
