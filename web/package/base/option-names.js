/**
 * The options of every public call. A test compares these lists with the types in the JSDoc, so
 * that a new option cannot be forgotten.
 */

import { GradCamError, show } from './errors.js';
import { nearestNames } from './nearest.js';

const WASM = ['wasmVariant', 'wasmUrl', 'wasmBinary', 'wasmModule', 'threads'];
const LOAD = [
  ...['onProgress', 'signal', 'labels', 'binary', 'head', 'defaultLabels', 'preprocessing'],
  ...['inputSize', 'customObjects', 'architecture', 'alpha', 'minimalistic', 'includeTop'],
  ...['classes', 'keep'],
  ...WASM,
];
const RUN = ['image', 'interpolation', 'crop', 'inputs', 'signal'];
const EXPLAIN = [
  ...['targets', 'layer', 'method', 'logits', 'raw', 'contrast', 'counterfactual', 'eigenSmooth'],
  ...['augSmooth', 'channels', 'workers', 'onProgress', 'signal'],
];
const FORMAT = ['index', 'alphaLimit', 'colormap', 'resamplingFilter'];
const LONG = ['onProgress', 'signal'];

/** The names by the call, or by the option whose value is an object. */
export const OPTION_NAMES = {
  init: WASM,
  loadModel: LOAD,
  convertModel: ['bits', 'float16', ...LOAD],
  loadImage: ['targetSize', 'interpolation', 'signal'],
  imageToArray: ['preprocessing', 'channels'],
  arrayToImage: ['scale'],
  encodePng: ['text', ...LONG],
  formatAsImage: FORMAT,
  expandHeatmap: ['resamplingFilter'],
  fuseMaps: ['how', 'size'],
  explanationToJson: ['image', 'signal'],
  explanationFromJson: ['signal'],
  explainPrediction: [...RUN, ...EXPLAIN],
  showPrediction: [...RUN, ...EXPLAIN, ...FORMAT, 'canvas'],
  'model.run': RUN,
  'model.summary': ['layerRange', 'lineLength'],
  'model.randomization': [
    ...['target', 'layer', 'method', 'counts', 'seed', 'gain', 'headGain', 'logits'],
    ...LONG,
    ...RUN,
  ],
  'run.decodePredictions': ['top'],
  'run.explain': EXPLAIN,
  'run.attribute': [
    ...['method', 'target', 'logits', 'layer', 'baseline', 'rule', 'steps', 'samples', 'noise'],
    ...['seed', 'window', 'stride', 'fill', 'grid', 'p', 'denominator', 'workers'],
    ...LONG,
  ],
  'run.channels': ['target', 'layer', 'top', 'logits'],
  'run.deletionInsertion': ['target', 'logits', 'baseline', 'steps', 'workers', ...LONG],
  'run.averageDrop': ['target', 'logits'],
  'run.coherency': ['target', 'layer'],
  'run.stability': [
    ...['target', 'layer', 'method', 'samples', 'radius', 'roundings', 'seed', 'logits'],
    ...LONG,
  ],
  'run.hideAndLook': ['target', 'share', 'logits', 'signal'],
  'run.trust': ['index', 'figures', 'steps', 'samples', ...LONG],
  'attribution.toHeatmap': ['channels', 'percentile', 'signed'],
  contrast: ['against', 'count', 'gamma', 'weighted'],
  preprocessing: ['scale', 'offset', 'mean', 'std', 'order'],
};

/** @typedef {keyof typeof OPTION_NAMES} Optioned */

/**
 * Refuses options that a call does not have. Every call takes a signal, so that a caller may give
 * the same one to all calls.
 * @param {Optioned} call
 * @param {object} options
 */
export function checkNames(call, options) {
  const names = OPTION_NAMES[call];
  for (const [name, value] of Object.entries(options)) {
    if (names.includes(name) || name === 'signal' || (value ?? undefined) === undefined) continue;
    const nearest = nearestNames(name, names);
    const [what, list] =
      nearest.length > 0 ? ['the nearest names are', nearest] : ['allowed:', names];
    const text = `${show(name)} is no option of ${call}; ${what} ${list.join(', ')}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
}

/**
 * Those of some options that a call has.
 * @template {object} O
 * @param {Optioned} call
 * @param {O} options
 * @returns {O}
 */
export function optionsFor(call, options) {
  const own = Object.entries(options).filter(([name]) => OPTION_NAMES[call].includes(name));
  return /** @type {O} */ (Object.fromEntries(own));
}
