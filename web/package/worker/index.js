/**
 * The functions of 'gradcam-wasm', done in a worker so that the page stays responsive. All of them
 * return promises. An abort ends a call at once. Results are copies, so the worker's default engine
 * draws all overlays.
 * @module gradcam-wasm/worker
 */

import { GradCamError } from '../base/errors.js';
import { startBeside } from '../base/worker-start.js';
import { Own } from '../base/own.js';
import { callsOf } from './calls.js';
import { Client } from './client.js';

export { GradCamError };

/** @import { Calls } from './calls.js' */
/** @import { WorkerLike } from './client.js' */

/**
 * @typedef {import('./remote.js').RemoteModel} Model
 * @typedef {import('./remote.js').RemoteRun} Run
 * @typedef {import('../attribution/attribute.js').AttributeOptions} AttributeOptions
 * @typedef {import('../attribution/attribution.js').Attribution} Attribution
 * @typedef {import('../model/run.js').ExplainOptions} ExplainOptions
 * @typedef {import('../model/explanation.js').Explanation} Explanation
 * @typedef {import('../pictures/image.js').Filter} Filter
 * @typedef {import('../pictures/format.js').FormatOptions} FormatOptions
 * @typedef {import('../model/explanation.js').HeatMap} HeatMap
 * @typedef {import('../pictures/steps.js').LoadImageOptions} LoadImageOptions
 * @typedef {import('../pictures/image.js').Picture} Picture
 * @typedef {import('../pictures/image.js').PictureSource} PictureSource
 * @typedef {import('../model/model.js').RunOptions} RunOptions
 * @typedef {import('../pictures/tensor.js').Tensor} Tensor
 * @typedef {import('../engine/wasm.js').WasmOptions} WasmOptions
 */

/** An object with all functions of 'gradcam-wasm' as methods. */
const CallsOfClient = /** @type {new (client: Client) => Calls} */ (
  /** @type {unknown} */ (
    class extends Own {
      /** @param {Client} client */
      constructor(client) {
        super();
        Object.assign(this, callsOf(client));
      }
    }
  )
);

/**
 * A worker with all functions of 'gradcam-wasm' as methods. The functions of this module share one.
 * @example
 * const session = new WorkerSession();
 * const model = await session.loadModel('model.keras');
 * await session.showPrediction(model, file, { canvas });
 * session.terminate();
 */
export class WorkerSession extends CallsOfClient {
  #client;

  /**
   * @param {() => WorkerLike} [createWorker] starts a worker with the script worker.js (default:
   *   the script beside this file)
   */
  constructor(createWorker = startOrSay) {
    const client = new Client(createWorker);
    super(client);
    this.#client = client;
  }

  /**
   * Stops the worker and frees its memory. The next call starts it again.
   * @example
   * terminate();
   */
  terminate() {
    this.#client.terminate();
  }
}

/** Starts the worker where there are workers. */
function startOrSay() {
  if (!('Worker' in globalThis)) {
    const text = "there are no web workers here, as in Node; import 'gradcam-wasm' instead";
    throw new GradCamError('WORKER_FAILED', text);
  }
  return startBeside();
}

/** @type {WorkerSession | undefined} */
let session;

/** The methods of a session, which is made when the first of them is called. */
const shared = /** @type {WorkerSession} */ (new Proxy({}, { get: (_, name) => byName(name) }));

/** @param {string | symbol} name of a method of the shared session */
function byName(name) {
  return (/** @type {any[]} */ ...args) => {
    session ??= new WorkerSession();
    return /** @type {any} */ (session)[name](...args);
  };
}

export const {
  arrayToImage,
  attributionInfo,
  attributionMethods,
  colormaps,
  compareMaps,
  convertModel,
  encodePng,
  expandHeatmap,
  explainPrediction,
  explanationFromJson,
  explanationToJson,
  formatAsImage,
  fuseMaps,
  heatmapToImage,
  imageToArray,
  init,
  loadImage,
  loadModel,
  methodInfo,
  methods,
  showPrediction,
  terminate,
} = shared;
