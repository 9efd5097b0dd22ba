/**
 * The functions of 'gradcam-wasm', done in a worker so that the page stays responsive. All of them
 * return promises. An abort ends a call at once. Results are copies, so the worker's default engine
 * draws all overlays.
 * @module gradcam-wasm/worker
 */

import { callsOf } from './calls.js';
import { Client } from './client.js';

export { GradCamError } from '../base/errors.js';

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
 * @typedef {import('../model/model.js').RunOptions} RunOptions
 * @typedef {import('../pictures/tensor.js').Tensor} Tensor
 * @typedef {import('../engine/wasm.js').WasmOptions} WasmOptions
 */

/** An object with all functions of 'gradcam-wasm' as methods. */
const CallsOfClient = /** @type {new (client: Client) => Calls} */ (
  /** @type {unknown} */ (
    class {
      /** @param {Client} client */
      constructor(client) {
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
  constructor(createWorker = startWorker) {
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

/** Starts the script beside this file. */
function startWorker() {
  try {
    // Bundlers look for an address in exactly this form.
    return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'SecurityError') throw error;
    return startForeignWorker();
  }
}

/**
 * Starts the script of another origin, as of a server for packages. A page may start scripts of its
 * own origin only, so a script of one line is made that imports the other.
 */
function startForeignWorker() {
  // The address has another form than above because bundlers must not find it twice.
  const here = import.meta.url;
  const line = `import ${JSON.stringify(new URL('./worker.js', here).href)};`;
  const address = URL.createObjectURL(new Blob([line], { type: 'text/javascript' }));
  const worker = new Worker(address, { type: 'module' });
  worker.addEventListener('message', () => URL.revokeObjectURL(address), { once: true });
  return worker;
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
