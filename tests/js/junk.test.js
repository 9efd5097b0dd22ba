/**
 * Junk of every type in place of every argument and every option. A call may take it, or fails with
 * a GradCamError. It never fails with another error, and never hangs.
 */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import * as main from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { plainPicture } from './fixtures.js';
import { smallSafetensors } from './hostile-files.js';
import { startThread } from './node-worker.js';

/** The longest time of one call, in milliseconds. */
const LONGEST = 10_000;
const OPTIONS = { threads: 1, wasmVariant: /** @type {const} */ ('simd') };

/** @returns {never} */
function fail() {
  throw new Error('thrown by the caller');
}

function detachedBuffer() {
  const buffer = new ArrayBuffer(8);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

/** @param {object} target */
function revokedProxy(target) {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function detachedView() {
  const view = new Uint8Array(8);
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

function deepList() {
  /** @type {unknown[]} */
  let list = [];
  for (let i = 0; i < 50_000; i++) list = [list];
  return list;
}

function cyclicList() {
  /** @type {unknown[]} */
  const list = [];
  list.push(list);
  return list;
}

/** @type {Record<string, unknown>} */
const JUNK = {
  undefined,
  null: null,
  true: true,
  NaN: NaN,
  '-1': -1,
  0: 0,
  1.5: 1.5,
  '2^31': 2 ** 31,
  '2^32': 2 ** 32,
  '2^32 + 4': 2 ** 32 + 4,
  '2^53': 2 ** 53,
  Infinity: Infinity,
  'a bigint': 10n,
  'a symbol': Symbol('s'),
  'an empty text': '',
  'a text': 'x',
  'a text with NUL': 'l0\0x',
  __proto__text: '__proto__',
  'an object': {},
  'an object without prototype': Object.create(null),
  'an object without text': { toString: 1 },
  'an object with a length': { length: 2 ** 53 },
  'an empty list': [],
  'a list of junk': [NaN, {}, Symbol('s')],
  'a list of texts': ['a', 'b', 'c'],
  'a cyclic list': cyclicList(),
  'a deep list': deepList(),
  'a list of gaps': new Array(2 ** 32 - 1),
  'a function that throws': fail,
  'a proxy that throws': new Proxy(
    {},
    { get: fail, has: fail, ownKeys: fail, getPrototypeOf: fail },
  ),
  'a revoked proxy': revokedProxy({}),
  'a revoked list': revokedProxy([]),
  'a date': new Date(NaN),
  'a map': new Map(),
  'a pattern': /x/g,
  'a promise': Promise.resolve(1),
  'a blob': new Blob([]),
  'a file': new File(['x'], 'x'),
  'a shared buffer': new SharedArrayBuffer(8),
  'a shared view': new Uint8Array(new SharedArrayBuffer(8)),
  'a detached buffer': detachedBuffer(),
  'a detached view': detachedView(),
  'a data view': new DataView(new ArrayBuffer(4)),
  'a picture without data': { data: null, width: 4, height: 4 },
  'a picture of 2^32 + 1': { data: new Uint8ClampedArray(4), width: 2 ** 32 + 1, height: 1 },
  'a tensor of 2^32 + 4': { data: new Float32Array(4), shape: [1, 1, 1, 2 ** 32 + 4] },
};

/**
 * A call and good arguments for it.
 * @typedef {[call: (...args: any[]) => unknown, args: unknown[]]} Call
 */

/** @type {Record<string, Call>} */
let calls;
/** @type {Record<string, Call>} the same in a worker */
let callsInWorker;
const session = new WorkerSession(() => startThread());

before(async () => {
  calls = await listCalls(main);
  callsInWorker = await listCalls(session);
});
after(() => session.terminate());

/**
 * Every public call, in this thread or in a worker.
 * @param {any} api
 * @returns {Promise<Record<string, Call>>}
 */
async function listCalls(api) {
  const picture = plainPicture([200, 100, 50, 255], 8, 8);
  const bytes = smallSafetensors();
  const model = await api.loadModel(bytes, { ...OPTIONS, preprocessing: 'tf' });
  const run = await model.run(picture);
  const explanation = await run.explain();
  const attribution = await run.attribute();
  const [{ heatmap }] = explanation.targets;
  const { data, width, height } = heatmap;
  const array = await api.imageToArray(picture);
  const stored = await api.explanationToJson(explanation);
  const signal = undefined;
  const resamplingFilter = 'box';
  const toLoad = {
    labels: undefined,
    binary: undefined,
    preprocessing: 'tf',
    onProgress: undefined,
  };
  const size = { inputSize: [8, 8], customObjects: {}, architecture: undefined, alpha: undefined };
  const wasm = { ...OPTIONS, wasmUrl: undefined, wasmBinary: undefined, wasmModule: undefined };
  const toRun = { image: picture, interpolation: 'nearest', crop: 'stretch', signal };
  const toExplain = { targets: [0], layer: 'l0', method: 'gradCam', logits: false, signal };
  const toDraw = { index: 0, alphaLimit: 0.5, colormap: 'jet', resamplingFilter };
  return {
    loadModel: [
      api.loadModel,
      [bytes, { ...toLoad, ...size, ...wasm, imagenetLabels: [], signal }],
    ],
    convertModel: [
      api.convertModel,
      [bytes, { ...toLoad, ...OPTIONS, bits: 16, float16: true, signal }],
    ],
    init: [api.init, [wasm]],
    methodInfo: [api.methodInfo, ['gradCam']],
    'model.run': [model.run.bind(model), [picture, toRun]],
    'model.summary': [model.summary.bind(model), [{ layerRange: ['l0', 'l1'], lineLength: 88 }]],
    'run.explain': [run.explain.bind(run), [toExplain]],
    attributionInfo: [api.attributionInfo, ['gradient']],
    ...attributeCalls(run, picture),
    'attribution.toHeatmap': [
      attribution.toHeatmap.bind(attribution),
      [{ channels: 'sum', percentile: 99, signed: true }],
    ],
    compareMaps: [api.compareMaps, [heatmap, heatmap]],
    fuseMaps: [api.fuseMaps, [explanation, { how: 'mean', size: [4, 4] }]],
    'run.decodePredictions': [run.decodePredictions.bind(run), [{ top: 5 }]],
    explainPrediction: [api.explainPrediction, [model, picture, { ...toExplain, ...toRun }]],
    showPrediction: [api.showPrediction, [model, picture, { canvas: undefined, ...toDraw }]],
    formatAsImage: [api.formatAsImage, [explanation, toDraw]],
    'formatAsImage of parts': [
      api.formatAsImage,
      [{ image: explanation.image, targets: explanation.targets }],
    ],
    explanationToJson: [api.explanationToJson, [explanation, { image: 'png', signal }]],
    explanationFromJson: [api.explanationFromJson, [{ ...stored }, { signal }]],
    heatmapToImage: [api.heatmapToImage, [{ data, width, height }]],
    expandHeatmap: [api.expandHeatmap, [heatmap, { width: 4, height: 4 }, { resamplingFilter }]],
    encodePng: [api.encodePng, [picture, { text: { Title: 'x' }, signal }]],
    loadImage: [api.loadImage, [picture, { targetSize: [4, 4], interpolation: 'box', signal }]],
    imageToArray: [api.imageToArray, [picture, { preprocessing: 'tf', channels: 3 }]],
    'imageToArray with numbers': [
      (preprocessing) => api.imageToArray(picture, { preprocessing }),
      [{ scale: 1, offset: 0, order: 'rgb' }],
    ],
    'imageToArray with means': [
      (preprocessing) => api.imageToArray(picture, { preprocessing }),
      [{ mean: [1, 2, 3], std: 1 }],
    ],
    arrayToImage: [api.arrayToImage, [{ data: array.data, shape: array.shape }, { scale: true }]],
    GradCamError: [(message) => new main.GradCamError('INTERNAL', message), ['x']],
  };
}

/**
 * @param {import('gradcam-wasm').Run} run
 * @param {import('gradcam-wasm').Pixels} baseline
 * @returns {Record<string, Call>}
 */
function attributeCalls(run, baseline) {
  const shared = { target: 0, logits: true, onProgress: undefined, signal: undefined };
  const noise = { samples: 2, noise: 0.1, seed: 1 };
  const masks = { grid: 2, p: 0.5, samples: 2, seed: 1, denominator: 'masks' };
  /** @type {Record<string, object>} */
  const options = {
    gradient: {},
    guidedGradCam: { layer: 'l0' },
    integratedGradients: { baseline, rule: 'riemannMiddle', steps: 2 },
    varGrad: noise,
    occlusion: { window: [4, 4], stride: 4, fill: baseline },
    rise: masks,
  };
  const calls = Object.entries(options).map(([method, own]) => {
    const call = [run.attribute.bind(run), [{ method, ...shared, ...own }]];
    return [`run.attribute ${method}`, call];
  });
  return Object.fromEntries(calls);
}

/**
 * @param {string} what
 * @param {() => unknown} call
 */
async function attempt(what, call) {
  const start = performance.now();
  try {
    const result = /** @type {any} */ (await call());
    result?.dispose?.();
  } catch (/** @type {any} */ error) {
    assert.ok(error instanceof main.GradCamError, `${what}: ${error?.stack ?? String(error)}`);
    assert.equal(typeof error.message, 'string');
  }
  const time = performance.now() - start;
  assert.ok(time < LONGEST, `${what}: ${time} ms`);
}

/**
 * Calls with each argument, and with each property of each argument, replaced by junk.
 * @param {string} name
 * @param {Call} call
 */
async function attemptAll(name, [call, args]) {
  for (const [i, arg] of args.entries()) {
    for (const [kind, junk] of Object.entries(JUNK)) {
      await attempt(`${name}, argument ${i}: ${kind}`, () => call(...args.with(i, junk)));
    }
    if (Object.getPrototypeOf(arg) !== Object.prototype) continue;
    const options = /** @type {object} */ (arg);
    for (const key of Object.keys(options)) {
      for (const [kind, junk] of Object.entries(JUNK)) {
        const changed = { ...options, [key]: junk };
        await attempt(`${name}, ${key}: ${kind}`, () => call(...args.with(i, changed)));
      }
      const throwing = Object.defineProperty({ ...options }, key, { get: fail });
      await attempt(`${name}, ${key} throws`, () => call(...args.with(i, throwing)));
    }
  }
}

test('every call takes junk or fails with a GradCamError', { timeout: 120_000 }, async () => {
  for (const [name, call] of Object.entries(calls)) await attemptAll(name, call);
});

test('so does every call in a worker', { timeout: 120_000 }, async () => {
  for (const [name, call] of Object.entries(callsInWorker)) await attemptAll(name, call);
});

test('the list above has every public function', () => {
  const functions = Object.entries(main).filter(([, value]) => typeof value === 'function');
  const withoutArguments = ['attributionMethods', 'colormaps', 'methods'];
  const missing = functions
    .map(([name]) => name)
    .filter((name) => !Object.hasOwn(calls, name) && !withoutArguments.includes(name));
  assert.deepEqual(missing, []);
});

test('dispose() never throws, and calls after it are DISPOSED', async () => {
  const model = await main.loadModel(smallSafetensors(), OPTIONS);
  const run = await model.run(plainPicture([1, 2, 3, 255], 8, 8));
  for (let i = 0; i < 3; i++) model.dispose();
  model[Symbol.dispose]();
  await assert.rejects(() => run.explain(), { code: 'DISPOSED' });
  await assert.rejects(() => model.run(plainPicture([1, 2, 3, 255], 8, 8)), { code: 'DISPOSED' });
});

test('the reason of an abort stays what it is', async () => {
  const model = await main.loadModel(smallSafetensors(), OPTIONS);
  for (const reason of [new Error('enough'), 'enough', 1, null]) {
    const signal = AbortSignal.abort(reason);
    const picture = plainPicture([1, 2, 3, 255], 8, 8);
    await assert.rejects(
      () => model.run(picture, { signal }),
      (error) => error === reason,
    );
  }
  model.dispose();
});
