/** The worker's side: holds the models and does the work. */

import { expandHeatmap, formatAsImage, heatmapToImage } from '../pictures/format.js';
import { loadModel } from '../model/load.js';
import { arrayToImage, imageToArray, loadImage } from '../pictures/steps.js';
import { init } from '../engine/start.js';
import { packError } from './protocol.js';

/** @import { Progress } from '../base/source.js' */
/** @import { Model } from '../model/model.js' */
/** @import { Run } from '../model/run.js' */
/** @import { Request } from './protocol.js' */

/**
 * A model and its last run. Earlier runs are made again from their input, as the engine would have to
 * do in any case: it keeps the activations of one run.
 * @typedef {{ model: Model, run?: Run, runKey?: number }} Entry
 */

/** @type {Map<number, Entry>} */
const entries = new Map();

/** @param {number} key of a model that the page has loaded here */
function entryOf(key) {
  return /** @type {Entry} */ (entries.get(key));
}

/** Pictures are made here, so that the page need not start an engine of its own. */
const painters = {
  formatAsImage,
  heatmapToImage,
  expandHeatmap,
  loadImage,
  imageToArray,
  arrayToImage,
};

/** @type {Record<string, (args: any, onProgress: (progress: Progress) => void) => Promise<any>>} */
const methods = {
  async load({ key, source, options }, onProgress) {
    const model = await loadModel(source, { ...options, onProgress });
    entries.set(key, { model });
    return model.description;
  },

  async run({ key, runKey, image, options }) {
    const entry = entryOf(key);
    entry.run = await entry.model.run(image, options);
    entry.runKey = runKey;
    const { input, picture, predictions, logits } = entry.run;
    return { input, picture, predictions, logits };
  },

  async explain({ key, runKey, input, options }) {
    const entry = entryOf(key);
    if (!entry.run || entry.runKey !== runKey) {
      const { data, height, width, channels } = input;
      entry.run = await entry.model.run({ data, shape: [1, height, width, channels] });
      entry.runKey = runKey;
    }
    const { image, ...explanation } = await entry.run.explain(options);
    return explanation;
  },

  async paint({ painter, args, wasm }) {
    await init(wasm);
    const paint = /** @type {(...args: any[]) => any} */ (
      painters[/** @type {keyof typeof painters} */ (painter)]
    );
    return paint(...args);
  },

  async dispose({ key }) {
    entries.get(key)?.model.dispose();
    entries.delete(key);
  },
};

/** @param {MessageEvent<Request>} event */
async function answer({ data: { id, method, args } }) {
  try {
    const result = await methods[method](args, (progress) => postMessage({ id, progress }));
    postMessage({ id, result });
  } catch (error) {
    postMessage({ id, error: packError(error) });
  }
}

addEventListener('message', answer);
