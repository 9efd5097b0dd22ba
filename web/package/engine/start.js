/** Starts engines, one for each choice of wasm, and knows which engine does what. */

import { typed } from '../base/boundary.js';
import { GradCamError } from '../base/errors.js';
import { Engine } from './engine.js';
import { chooseThreads, threadStarter } from './threads.js';
import { WasmMap } from './wasm-map.js';
import { chooseFiles, compileGiven, compileUrl } from './wasm.js';

/** @import { FindFile, WasmOptions } from './wasm.js' */

/** @type {WasmMap<Promise<Engine>>} */
const engines = new WasmMap();

/** @type {Engine | undefined} the default engine, which was started first and has not failed */
let first;

/** @type {WeakMap<object, Engine>} the engine of each heat map */
const owners = new WeakMap();

/**
 * Compiles and starts an engine. loadModel does this by itself. Call it to be ready sooner, or to
 * use functions on pictures without a model. Calls with the same options share one engine. After a
 * failure the next call tries again.
 *
 * A model and its explanations use the engine that the model was loaded with. Calls on plain data
 * use the default engine, which is the one that init or loadModel started first. Plain data are
 * pictures, tensors and copies of explanations.
 * @param {WasmOptions} [options]
 * @returns {Promise<Engine>} for the package itself
 * @example
 * await init({ wasmUrl: '/assets/gradcam.wasm' });
 */
export async function init(options) {
  return typed('init', options, startEngine);
}

/** @param {WasmOptions} options */
export async function startEngine(options) {
  const forget = () => engines.delete(options);
  const starting = engines.get(options, () => start(options, forget));
  starting.catch(forget);
  const engine = await starting;
  await engine.wake();
  if (!first?.isUsable) first = engine;
  return engine;
}

/** The default engine, for functions on plain data that are not asynchronous. */
export function defaultEngine() {
  if (first?.isUsable) return first;
  throw new GradCamError(
    'NOT_READY',
    'no engine is started; await init() or loadModel() before this call',
  );
}

/** The default engine. If there is none, an engine is started without options. */
export async function startedEngine() {
  return first?.isUsable ? first : startEngine({});
}

/**
 * Says which engine made a heat map.
 * @template {object} T
 * @param {T} heatmap
 * @param {Engine} engine
 * @returns {T} the heat map
 */
export function setEngine(heatmap, engine) {
  owners.set(heatmap, engine);
  return heatmap;
}

/**
 * Says that the engine that made one thing, if it is known, made another one too.
 * @template {object} T
 * @param {T} made
 * @param {object} from
 * @returns {T} the other one
 */
export function setEngineOf(made, from) {
  const owner = owners.get(from);
  return owner ? setEngine(made, owner) : made;
}

/**
 * The engine that made a heat map. The default engine stands in for an engine that has failed, and
 * serves copies of heat maps, which are plain data.
 * @param {object} heatmap
 */
export function engineOf(heatmap) {
  const owner = owners.get(heatmap);
  return owner?.isUsable ? owner : defaultEngine();
}

/**
 * @param {WasmOptions} options
 * @param {() => void} onFailure called if the engine fails for good
 */
async function start(options, onFailure) {
  const threads = await chooseThreads(options.threads);
  const given = await compileGiven(options);
  if (given) return instantiate(given, threads, onFailure);
  const files = chooseFiles(options.wasmVariant, threads);
  // If the server lacks a file, or there is no memory for threads, the next file is tried.
  const startFile = async (/** @type {FindFile} */ find) =>
    instantiate(await compileUrl(await find()), threads, onFailure);
  return files
    .slice(1)
    .reduce((engine, find) => engine.catch(() => startFile(find)), startFile(files[0]));
}

/**
 * @param {WebAssembly.Module} module
 * @param {number} threads to start, if the module has threads
 * @param {() => void} onFailure called if the engine fails for good
 */
async function instantiate(module, threads, onFailure) {
  const recipe = { module, threads, startThread: await threadStarter() };
  const engine = new Engine(undefined, onFailure, recipe);
  await engine.wake();
  return engine;
}
