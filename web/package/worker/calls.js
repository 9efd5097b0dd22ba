/**
 * The functions of 'gradcam-wasm', done by a worker. A new function that takes and returns plain
 * data needs one line in the table `senders`.
 */

import { attributionInfo, attributionMethods } from '../attribution/methods.js';
import { typed } from '../base/boundary.js';
import { OPTION_NAMES, optionsFor } from '../base/option-names.js';
import { resolveUrl } from '../base/url.js';
import { methodInfo, methods } from '../model/methods.js';
import { drawOverlay, explainedOptions } from '../model/predict.js';
import { explanationToJson } from '../model/stored.js';
import { cellColors, chooseHeatmap, colormaps } from '../pictures/format.js';
import { checkPixels, isAddress } from '../pictures/image.js';
import { Keeper } from './kept.js';
import { RemoteModel, toSendable } from './remote.js';

/** @import { Optioned } from '../base/option-names.js' */
/** @import { ModelSource } from '../base/source.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { WasmOptions } from '../engine/wasm.js' */
/** @import { LoadOptions } from '../model/load.js' */
/** @import { Model } from '../model/model.js' */
/** @import { Picture, Pixels } from '../pictures/image.js' */
/** @import { Client } from './client.js' */

/**
 * The modules whose functions 'gradcam-wasm' exports. TypeScript finds documentation in these
 * modules, and not in the module that exports from them.
 * @typedef {typeof import('../attribution/methods.js')
 *   & typeof import('../engine/start.js')
 *   & typeof import('../model/convert.js')
 *   & typeof import('../model/load.js')
 *   & typeof import('../model/methods.js')
 *   & typeof import('../metrics/compare.js')
 *   & typeof import('../metrics/fuse.js')
 *   & typeof import('../model/predict.js')
 *   & typeof import('../model/stored.js')
 *   & typeof import('../pictures/encode.js')
 *   & typeof import('../pictures/format.js')
 *   & typeof import('../pictures/steps.js')} Modules
 */

/** @typedef {Pick<Modules, keyof Modules & keyof typeof import('../index.js')>} Functions */

/**
 * The type that stands for one of 'gradcam-wasm'. Models and engines stay in the worker.
 * @template T
 * @typedef {[T] extends [Model] ? RemoteModel : [T] extends [Engine] ? void : T} Remote
 */

/**
 * Parameters of a function in a worker. Options, which are optional parameters, also take a signal.
 * @template {unknown[]} Args
 * @typedef {{ [I in keyof Args]: undefined extends Args[I]
 *   ? Args[I] & { signal?: AbortSignal } : Remote<Args[I]> }} RemoteParameters
 */

/**
 * A function of 'gradcam-wasm' as it is called in a worker.
 * @template {(...args: any) => any} F
 * @typedef {(...args: RemoteParameters<Parameters<F>>) =>
 *   Promise<Remote<Awaited<ReturnType<F>>>>} InWorker
 */

/**
 * All functions of 'gradcam-wasm' as they are called in a worker.
 * @typedef {{ [Name in keyof Functions]: InWorker<Functions[Name]> }} Calls
 */

/**
 * What is sent for a call.
 * @typedef {object} Sent
 * @property {unknown[]} args
 * @property {Pixels} [picture] a picture that the worker keeps, `image` of the first argument
 */

/**
 * How the arguments of a call are sent.
 * @template {(...args: any) => any} F
 * @typedef {(...args: Parameters<F>) => Sent | Promise<Sent>} Sender
 */

/** @param {unknown[]} args that can be sent as they are */
const asGiven = (...args) => ({ args });

/** @satisfies {Partial<{ [Name in keyof Functions]: Sender<Functions[Name]> }>} */
const senders = {
  arrayToImage: asGiven,
  compareMaps: asGiven,
  encodePng: (picture, { text } = {}) => ({ args: [checkPixels(picture), { text }] }),
  expandHeatmap: (heatmap, { width, height }, options) => ({
    args: [heatmap, { width, height }, options],
  }),
  formatAsImage(explanation, given) {
    const { index, alphaLimit, colormap, resamplingFilter } = given ?? {};
    const heatmap = chooseHeatmap(explanation, { index });
    // A function cannot be sent, but its colours can.
    const colors = typeof colormap === 'function' ? cellColors(heatmap, colormap) : colormap;
    const options = { alphaLimit, colormap: colors, resamplingFilter };
    return { args: [{ targets: [{ heatmap }] }, options], picture: explanation.image };
  },
  explanationFromJson: asGiven,
  fuseMaps({ targets, image }, options) {
    // The picture's size is enough.
    const size = image && { height: image.height, width: image.width };
    return { args: [{ targets, image: size }, options] };
  },
  heatmapToImage: asGiven,
  imageToArray: (image, options) => ({ args: [checkPixels(image), options] }),
  loadImage: async (source, options) => ({ args: [await toSendable(source), options] }),
};

/** Functions that need no engine. They are done on the page, so that no worker has to start. */
const local = {
  ...{ attributionInfo, attributionMethods, colormaps, methodInfo, methods },
  explanationToJson,
};

/**
 * Sends a call of the table.
 * @param {Keeper} keeper
 * @param {string} name
 * @param {any[]} given
 */
async function send(keeper, name, given) {
  const { signal, args: plain } = takeSignal(given);
  const sender = /** @type {Sender<any>} */ (senders[/** @type {keyof typeof senders} */ (name)]);
  const { args, picture } = await sender(...plain);
  const engine = keeper.defaultEngine;
  const kept = picture && keeper.picture(picture);
  const needs = [engine, kept].filter((need) => need !== undefined);
  const places = { engine: engine?.place, picture: kept?.place };
  return keeper.client.call({ method: 'call', args: { name, args, ...places }, needs, signal });
}

/**
 * Takes the signal, which cannot be sent, out of the options.
 * @param {any[]} args of which the last may be options
 * @returns {{ args: any[], signal?: AbortSignal }}
 */
function takeSignal(args) {
  const options = args.at(-1);
  if (!options?.signal) return { args };
  return {
    args: [...args.slice(0, -1), { ...options, signal: undefined }],
    signal: options.signal,
  };
}

/**
 * What the worker needs to open a model.
 * @param {Keeper} keeper
 * @param {ModelSource} source
 * @param {LoadOptions & WasmOptions} options
 */
function toOpen(keeper, source, options) {
  const { wasmBinary, wasmModule, wasmUrl, wasmVariant, threads, ...others } = options;
  const engine = keeper.engine({ wasmBinary, wasmModule, wasmUrl, wasmVariant, threads });
  const sent = isAddress(source) ? resolveUrl(source).href : source;
  return { engine, args: { engine: engine.place, source: sent, options: others } };
}

/**
 * The options of a call of the table, which are checked and may have a signal.
 * @param {string} name
 * @param {any[]} args
 * @returns {[name: Optioned | null, options: object]}
 */
function optionsOf(name, args) {
  if (!Object.hasOwn(OPTION_NAMES, name)) return [null, {}];
  return [/** @type {Optioned} */ (name), args[name === 'expandHeatmap' ? 2 : 1]];
}

/**
 * @param {Client} client
 * @returns {Calls}
 */
export function callsOf(client) {
  const keeper = new Keeper(client);
  const here = Object.entries(local).map(([name, call]) => [
    name,
    async (/** @type {any[]} */ ...args) => /** @type {Function} */ (call)(...args),
  ]);
  const sent = Object.keys(senders).map((name) => [
    name,
    async (/** @type {unknown[]} */ ...args) =>
      typed(...optionsOf(name, args), () => send(keeper, name, args)),
  ]);
  return {
    .../** @type {Pick<Calls, keyof typeof senders>} */ (Object.fromEntries(sent)),
    .../** @type {Pick<Calls, keyof typeof local>} */ (Object.fromEntries(here)),

    async init(given) {
      return typed('init', given, async ({ signal, ...options }) => {
        const engine = keeper.engine(options);
        const args = { engine: engine.place };
        await client.call({ method: 'init', args, needs: [engine], signal });
        keeper.defaultEngine ??= engine;
      });
    },

    async loadModel(source, given) {
      return typed('loadModel', given, async ({ signal, onProgress, ...options }) => {
        const { engine, args } = toOpen(keeper, source, options);
        const model = { place: client.newKey(), version: 0, method: 'load', args };
        const description = await client.call({ needs: [engine, model], onProgress, signal });
        keeper.defaultEngine ??= engine;
        return new RemoteModel(client, engine, model, description);
      });
    },

    async convertModel(source, given) {
      return typed('convertModel', given, ({ signal, onProgress, ...options }) => {
        const { engine, args } = toOpen(keeper, source, options);
        return client.call({ method: 'convert', args, needs: [engine], onProgress, signal });
      });
    },

    async explainPrediction(model, image, given) {
      return typed('explainPrediction', given, async (options) => {
        const run = await model.run(image, optionsFor('model.run', options));
        return run.explain(optionsFor('run.explain', options));
      });
    },

    async showPrediction(model, image, given) {
      return typed('showPrediction', given, async (options) => {
        const asked = explainedOptions(image, options);
        const explanation = await this.explainPrediction(model, image, asked);
        const overlay = await this.formatAsImage(explanation, optionsFor('formatAsImage', options));
        if (options.canvas) drawOverlay(options.canvas, overlay);
        return overlay;
      });
    },
  };
}
