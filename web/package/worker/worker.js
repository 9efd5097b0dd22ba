/**
 * The worker's side. It does the work, and keeps what the page needs more than once. The same
 * script is a twin's, so that there is one script to serve and to bundle.
 */

import { importNode, isNode } from '../base/node.js';
import { init, startedEngine } from '../engine/start.js';
import { twin } from '../engine/twin.js';
import * as main from '../index.js';
import { packError } from './protocol.js';

/** @import { Progress } from '../base/source.js' */
/** @import { Request } from './protocol.js' */

/** @type {Map<number, any>} options of engines, models, runs and pictures, by their places */
const kept = new Map();

/** @type {Record<string, (args: any, onProgress: (progress: Progress) => void) => Promise<any>>} */
const methods = {
  ...twin,

  async start({ place, options }) {
    kept.set(place, options);
    // The engine starts while model files are fetched. The call that needs it reports a failure.
    init(options).catch(() => {});
  },

  async init({ engine }) {
    await init(kept.get(engine));
  },

  async load({ place, engine, source, options }, onProgress) {
    const model = await main.loadModel(source, { ...options, ...kept.get(engine), onProgress });
    kept.set(place, model);
    return model.description;
  },

  convert: ({ engine, source, options }, onProgress) =>
    main.convertModel(source, { ...options, ...kept.get(engine), onProgress }),

  async run({ place, model, image, options }) {
    const run = await kept.get(model).run(image, options);
    kept.set(place, run);
    const { input, picture, predictions, scores, logits, notFinite } = run;
    return { input, picture, predictions, scores, logits, notFinite };
  },

  async explain({ run, options }, onProgress) {
    const { image, ...explanation } = await kept.get(run).explain({ ...options, onProgress });
    return explanation;
  },

  async attribute({ run, options: { isWatched, ...options } }, onProgress) {
    const watch = (/** @type {any} */ state) =>
      onProgress({ ...state, attribution: { ...state.attribution } });
    const given = { ...options, onProgress: isWatched ? watch : undefined };
    return { ...(await kept.get(run).attribute(given)) };
  },

  measure({ run, name, heatmap, options, isWatched }, onProgress) {
    const given = isWatched ? { ...options, onProgress } : options;
    const args = heatmap === undefined ? [given] : [heatmap, given];
    return kept.get(run)[name](...args);
  },

  async randomization({ model, image, options, isWatched }, onProgress) {
    const given = isWatched ? { ...options, onProgress } : options;
    return kept.get(model).randomization(image, given);
  },

  profile: ({ model }) => kept.get(model).profile(),

  async keep({ place, picture }) {
    kept.set(place, picture);
  },

  async call({ name, args, engine, picture }) {
    await (engine === undefined ? startedEngine() : init(kept.get(engine)));
    if (picture !== undefined) args[0].image = kept.get(picture);
    const call = /** @type {Record<string, any>} */ (main)[name];
    return call(...args);
  },

  async drop({ place }) {
    kept.get(place)?.dispose?.();
    kept.delete(place);
  },
};

/**
 * @param {Request} request
 * @param {(message: object) => void} post
 */
async function answer({ id, method, args }, post) {
  try {
    const result = await methods[method](args, (progress) => post({ id, progress }));
    post({ id, result });
  } catch (error) {
    post({ id, error: packError(error) });
  }
}

async function listen() {
  if (!isNode) return addEventListener('message', ({ data }) => answer(data, postMessage));
  const { parentPort } = await importNode('worker_threads');
  parentPort.on('message', (/** @type {Request} */ request) =>
    answer(request, (message) => parentPort.postMessage(message)),
  );
}

listen();
