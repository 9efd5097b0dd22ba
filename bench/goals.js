/** The goals, as ratios within one run on one machine, and what a run of the bench shows. */

import { OPERATIONS } from './limit.js';
import { median, quantile, ratio } from './measure.js';

/**
 * What a run of the bench found on one host.
 * @typedef {{ host: string, main: string, times: Record<string, number[]>, [key: string]: any }}
 *   Result
 */

/**
 * @typedef {object} Goal
 * @property {string} what
 * @property {number} limit the largest value that meets it
 * @property {string} unit "x", "ms", "KB", "MB"
 * @property {(result: Result) => number | undefined} value undefined where the host lacks it
 */

/**
 * @param {string} task
 * @param {string} [other] default: the forward pass
 * @returns {Goal['value']}
 */
const times = (task, other) => (result) => {
  const ours = result.times[task];
  const others = result.times[other ?? forwardOf(result)];
  return ours && others && ratio(ours, others);
};

/**
 * @param {string} other
 * @returns {Goal['value']}
 */
const forwardTo = (other) => (result) => times(forwardOf(result), `forward: ${other}`)(result);

/** The task that all others are compared with. @param {{ main: string }} result */
export const forwardOf = ({ main }) => `forward: ${main}`;

/**
 * Times of the fastest loop of multiply-adds that the host runs.
 * @param {Result} result
 */
const limitLoop = ({ times }) => times['limit: relaxed SIMD'] ?? times['limit: SIMD128'];

/** Float32 operations a second, in billions. @param {Result} result */
export const machineLimit = (result) => OPERATIONS / median(limitLoop(result)) / 1e6;

/**
 * The time that the network's multiply-adds alone take in that loop, round by round.
 * @param {Result} result
 * @param {number[]} [times] of another loop of as many operations
 */
export const limitTimes = (result, times = limitLoop(result)) =>
  times.map((time) => (time * 2 * result.network.multiplyAdds) / OPERATIONS);

/** @type {Goal[]} */
export const GOALS = [
  {
    what: 'forward to onnxruntime-web',
    limit: 0.38,
    unit: 'x',
    value: forwardTo('onnxruntime-web'),
  },
  {
    what: 'forward to tfjs-wasm, layers model',
    limit: 0.3,
    unit: 'x',
    value: forwardTo('tfjs-wasm, layers model'),
  },
  {
    what: 'forward to stock XNNPACK',
    limit: 0.72,
    unit: 'x',
    value: forwardTo('stock XNNPACK, relaxed SIMD'),
  },
  {
    what: 'forward to the multiply-add limit',
    limit: 1.3,
    unit: 'x',
    value: (result) => ratio(result.times[forwardOf(result)], limitTimes(result)),
  },
  {
    what: 'forward on 2 threads to 1',
    limit: 0.58,
    unit: 'x',
    value: times('forward: 2 threads'),
  },
  {
    what: 'run and map, default layer, to forward',
    limit: 1.05,
    unit: 'x',
    value: times('run and map: default layer'),
  },
  {
    what: 'run and map, block_2_expand, to forward',
    limit: 1.75,
    unit: 'x',
    value: times('run and map: block_2_expand'),
  },
  {
    what: 'run and maps of all layers to forward',
    limit: 2.6,
    unit: 'x',
    value: times('run and maps: all layers'),
  },
  {
    what: 'further class, block_2_expand, to forward',
    limit: 1,
    unit: 'x',
    value: times('further class: block_2_expand'),
  },
  {
    what: 'further class, default layer',
    limit: 1,
    unit: 'ms',
    value: ({ times }) => median(times['further class: default layer']),
  },
  {
    what: 'five classes in one call to five calls, block_9_expand',
    limit: 0.9,
    unit: 'x',
    value: times(
      'five classes, one call: block_9_expand',
      'five classes, five calls: block_9_expand',
    ),
  },
  {
    what: 'module ready',
    limit: 50,
    unit: 'ms',
    value: ({ start }) => median(start['ready: module']),
  },
  {
    what: 'model ready from .safetensors',
    limit: 100,
    unit: 'ms',
    value: ({ start }) => median(start['ready: .safetensors']),
  },
  {
    what: 'longest block while a model loads, 9 of 10 times',
    limit: 50,
    unit: 'ms',
    value: ({ start }) => quantile(start['longest block while a model loads'], 0.9),
  },
  {
    what: 'memory of the engine, default layer explained',
    limit: 38,
    unit: 'MB',
    value: ({ memory }) => memory.first.engine / 1e6,
  },
  {
    what: 'memory of the engine, all layers explained',
    limit: 71,
    unit: 'MB',
    value: ({ memory }) => memory.before.engine / 1e6,
  },
  {
    what: 'growth of the memory after many runs',
    limit: 0,
    unit: 'MB',
    value: ({ memory }) => (memory.after.engine - memory.before.engine) / 1e6,
  },
  {
    what: 'wasm and JavaScript of a page, brotli',
    limit: 200,
    unit: 'KB',
    value: ({ pageBytes }) => pageBytes && pageBytes / 1e3,
  },
];

/**
 * The goals of `npm run bench -- --methods`.
 * @type {Goal[]}
 */
export const METHOD_GOALS = [
  {
    what: 'all gradient methods, default layer, less 1 ms, to Grad-CAM',
    limit: 1.1,
    unit: 'x',
    value: ({ times }) =>
      ratio(
        times['gradient methods, default layer'].map((time) => time - 1),
        times['gradCam, default layer'],
      ),
  },
  ...[
    { task: 'gradient methods, all layers', limit: 4 },
    { task: 'saliency', limit: 2.1 },
    { task: 'integratedGradients, 32 steps', limit: 66 },
    { task: 'scoreCam, 64 channels', limit: 66 },
    { task: 'occlusion, 49 windows', limit: 50 },
  ].map(({ task, limit }) => ({
    ...{ what: `${task}, to forward`, limit, unit: 'x' },
    value: (/** @type {Result} */ { times }) => ratio(times[task], times.forward),
  })),
  {
    what: 'occlusion, 49 windows, 2 workers to none',
    limit: 0.6,
    unit: 'x',
    value: times('occlusion, 49 windows, 2 workers', 'occlusion, 49 windows'),
  },
  {
    what: 'ablationCam, default layer, logits, to Grad-CAM',
    limit: 1.05,
    unit: 'x',
    value: ({ times }) =>
      ratio(times['ablationCam, default layer, logits'], times['gradCam, default layer']),
  },
  {
    what: 'memory of the engine, every method of every layer',
    limit: 90,
    unit: 'MB',
    value: ({ memory }) => memory / 1e6,
  },
];

/**
 * The goals of `npm run bench -- --networks`.
 * @type {Goal[]}
 */
export const NETWORK_GOALS = [
  ...['EfficientNetB0', 'ResNet50', 'NASNetMobile', 'ConvNeXtTiny'].map((name) => ({
    ...{ what: `${name}, forward to onnxruntime-web`, limit: 0.6, unit: 'x' },
    value: (
      /** @type {Result} */ {
        networks: {
          [name]: { times },
        },
      },
    ) => ratio(times['gradcam-wasm'], times['onnxruntime-web']),
  })),
  ...['EfficientNetB0', 'ResNet50'].map((name) => ({
    ...{ what: `${name}, memory with the default layer explained, to the weights`, limit: 1.25 },
    unit: 'x',
    value: (
      /** @type {Result} */ {
        networks: {
          [name]: { memory, weights },
        },
      },
    ) => memory / weights,
  })),
];
