/**
 * The same calls as in 'gradcam-wasm', worked out in a worker so that the page stays responsive. All of
 * them return promises; an aborted call ends at once.
 * @module gradcam-wasm/worker
 */

import { cellColors } from '../pictures/format.js';
import { drawOverlay } from '../model/predict.js';
import { resolveUrl } from '../base/url.js';
import { Client } from './client.js';
import { RemoteModel, toSendable } from './remote.js';

export { GradCamError } from '../base/errors.js';

/** @typedef {RemoteModel} Model */
/** @typedef {import('./remote.js').RemoteRun} Run */
/** @typedef {import('../model/explanation.js').Explanation} Explanation */
/** @typedef {import('../model/explanation.js').HeatMap} HeatMap */
/** @typedef {import('../pictures/format.js').FormatOptions} FormatOptions */
/** @typedef {import('../pictures/image.js').Filter} Filter */
/** @typedef {import('../pictures/image.js').Picture} Picture */
/** @typedef {import('../model/model.js').RunOptions} RunOptions */
/** @typedef {import('../pictures/steps.js').LoadImageOptions} LoadImageOptions */
/** @typedef {import('../pictures/tensor.js').Tensor} Tensor */
/** @typedef {import('../model/run.js').ExplainOptions} ExplainOptions */
/** @typedef {import('../engine/wasm.js').WasmOptions} WasmOptions */

/**
 * A worker of one's own with the calls of 'gradcam-wasm'; the functions beside it share one.
 * @example
 * const session = new WorkerSession();
 * const model = await session.loadModel('model.keras');
 * await session.showPrediction(model, file, { canvas });
 * session.terminate();
 */
export class WorkerSession {
  #client;
  /** @type {WasmOptions} */
  #wasm = {};

  /**
   * @param {() => import('./client.js').WorkerLike} [createWorker] for a worker of one's own, that
   *   runs the file worker.js beside this one
   */
  constructor(createWorker = startWorker) {
    this.#client = new Client(createWorker);
  }

  /**
   * Loads a model into the worker. The source is kept, to load it again after an abort.
   * @param {import('../base/source.js').ModelSource} source
   * @param {import('../model/load.js').LoadOptions & WasmOptions} [options]
   * @returns {Promise<RemoteModel>}
   */
  async loadModel(source, { signal, onProgress, ...options } = {}) {
    const { wasmBinary, wasmModule, wasmUrl, wasmVariant, threads } = options;
    const address = wasmUrl && resolveUrl(wasmUrl).href;
    this.#wasm = { wasmBinary, wasmModule, wasmUrl: address, wasmVariant, threads };
    const isAddress = typeof source === 'string' || source instanceof URL;
    const key = this.#client.newKey();
    const load = {
      key,
      source: isAddress ? resolveUrl(source).href : source,
      options: { ...options, ...this.#wasm },
    };
    const lease = { key, load, isDisposed: false };
    const call = { method: 'load', args: load, lease, onProgress, signal };
    const description = await this.#client.call(call);
    return new RemoteModel(this.#client, lease, description);
  }

  /**
   * Runs the model on a picture and explains its prediction.
   * @param {RemoteModel} model
   * @param {Picture | Tensor} image
   * @param {RunOptions & ExplainOptions} [options]
   * @returns {Promise<Explanation>}
   */
  async explainPrediction(model, image, options) {
    const run = await model.run(image, options);
    return run.explain(options);
  }

  /**
   * Explains a prediction and lays the heat map over the picture.
   * @param {RemoteModel} model
   * @param {Picture | Tensor} image
   * @param {RunOptions & ExplainOptions & FormatOptions
   *   & { canvas?: HTMLCanvasElement | OffscreenCanvas }} [options]
   * @returns {Promise<ImageData>} the overlay
   */
  async showPrediction(model, image, options = {}) {
    const explanation = await this.explainPrediction(model, image, options);
    const overlay = await this.formatAsImage(explanation, options);
    if (options.canvas) drawOverlay(options.canvas, overlay);
    return overlay;
  }

  /**
   * Lays a heat map over the explanation's picture.
   * @param {Explanation} explanation
   * @param {FormatOptions & { signal?: AbortSignal }} [options]
   * @returns {Promise<ImageData>}
   */
  formatAsImage({ image, targets }, options = {}) {
    const { index = 0, alphaLimit, colormap, resamplingFilter, signal } = options;
    const heatmap = targets[index]?.heatmap;
    // A function cannot be sent; its colours can.
    const isFunction = typeof colormap === 'function';
    const colors = isFunction && heatmap ? cellColors(heatmap, colormap) : colormap;
    const sent = { index, alphaLimit, colormap: colors, resamplingFilter };
    return this.#paint('formatAsImage', [{ image, targets }, sent], signal);
  }

  /**
   * A heat map as a grey picture of its own size.
   * @param {HeatMap} heatmap
   * @returns {Promise<ImageData>}
   */
  heatmapToImage(heatmap) {
    return this.#paint('heatmapToImage', [heatmap]);
  }

  /**
   * A heat map as a grey picture of another picture's size.
   * @param {HeatMap} heatmap
   * @param {{ width: number, height: number }} image
   * @param {{ resamplingFilter?: Filter }} [options]
   * @returns {Promise<ImageData>}
   */
  expandHeatmap(heatmap, { width, height }, { resamplingFilter } = {}) {
    return this.#paint('expandHeatmap', [heatmap, { width, height }, { resamplingFilter }]);
  }

  /**
   * Reads a picture and resizes it: Keras' load_img.
   * @param {Picture | string | URL} source
   * @param {LoadImageOptions} [options]
   * @returns {Promise<ImageData>} opaque
   */
  async loadImage(source, { targetSize, interpolation, signal } = {}) {
    const isAddress = typeof source === 'string' || source instanceof URL;
    const sent = isAddress ? resolveUrl(source).href : await toSendable(source);
    return this.#paint('loadImage', [sent, { targetSize, interpolation }], signal);
  }

  /**
   * A picture as a batch of one for a network: Keras' img_to_array, then its preprocess_input.
   * @param {{ data: Uint8Array | Uint8ClampedArray, width: number, height: number }} image
   * @param {Parameters<typeof import('../pictures/steps.js').imageToArray>[1]} [options]
   * @returns {Promise<Tensor>}
   */
  imageToArray({ data, width, height }, { preprocessing, channels } = {}) {
    return this.#paint('imageToArray', [
      { data, width, height },
      { preprocessing, channels },
    ]);
  }

  /**
   * A tensor as a picture: Keras' array_to_img.
   * @param {Tensor} array
   * @param {{ scale?: boolean }} [options]
   * @returns {Promise<ImageData>}
   */
  arrayToImage({ data, shape }, { scale } = {}) {
    return this.#paint('arrayToImage', [{ data, shape }, { scale }]);
  }

  /**
   * Stops the worker and gives back its memory. The next call starts it again.
   * @example
   * terminate();
   */
  terminate() {
    this.#client.terminate();
  }

  /**
   * @param {string} painter
   * @param {unknown[]} args
   * @param {AbortSignal} [signal]
   */
  #paint(painter, args, signal) {
    return this.#client.call({
      method: 'paint',
      args: { painter, args, wasm: this.#wasm },
      signal,
    });
  }
}

function startWorker() {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

/** @type {WorkerSession | undefined} the worker of the functions below, started on first use */
let session;

function shared() {
  return (session ??= new WorkerSession());
}

/** @type {WorkerSession['loadModel']} */
export const loadModel = (...args) => shared().loadModel(...args);

/** @type {WorkerSession['explainPrediction']} */
export const explainPrediction = (...args) => shared().explainPrediction(...args);

/** @type {WorkerSession['showPrediction']} */
export const showPrediction = (...args) => shared().showPrediction(...args);

/** @type {WorkerSession['formatAsImage']} */
export const formatAsImage = (...args) => shared().formatAsImage(...args);

/** @type {WorkerSession['heatmapToImage']} */
export const heatmapToImage = (...args) => shared().heatmapToImage(...args);

/** @type {WorkerSession['expandHeatmap']} */
export const expandHeatmap = (...args) => shared().expandHeatmap(...args);

/** @type {WorkerSession['loadImage']} */
export const loadImage = (...args) => shared().loadImage(...args);

/** @type {WorkerSession['imageToArray']} */
export const imageToArray = (...args) => shared().imageToArray(...args);

/** @type {WorkerSession['arrayToImage']} */
export const arrayToImage = (...args) => shared().arrayToImage(...args);

/** @type {WorkerSession['terminate']} */
export const terminate = () => shared().terminate();
