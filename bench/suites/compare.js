/** The suite of `npm run bench`: ours and the peers on the same network and pictures. */

import { init, loadModel } from '../../web/package/index.js';
import { onnxRuntime, ours, startTfjs, tfjsFused, tfjsLayers } from '../contestants.js';
import { limitLoops, limitOfTwo, memoryLoop } from '../limit.js';
import { measure } from '../measure.js';
import { bytesMoved, multiplyAdds, readNetwork, toSteps } from '../network.js';
import { readModules } from './modules.js';
import { measureStart } from './start.js';

/** @typedef {import('../hosts.js').Host} Host */
/** @typedef {import('../contestants.js').Contestant} Contestant */
/** @typedef {import('../measure.js').Task} Task */
/** @typedef {import('gradcam-wasm').Model} Model */

/**
 * @typedef {object} CompareOptions
 * @property {string} model path of a model file
 * @property {string[]} pictures paths
 * @property {Record<string, string>} modules paths of the builds that are compared. The first is
 *   the one whose explanations are timed
 * @property {Record<string, string>} threaded paths of builds with threads, under the same names
 * @property {number} rounds
 * @property {Record<string, string>} starts paths of model files by their kind
 * @property {number} runs how many runs the memory is watched for
 */

/** Scores of one network on different engines are as near as float32 rounding leaves them. */
const TOLERANCE = 1e-3;

/** Rounds until the largest of the modules was optimised, also where other processes run. */
const WARM_UP = 40;

/** The last parts of the names of MobileNetV2's first layer, an early one and one in its middle. */
const FIRST = 'Conv1';
const EARLY = 'block_2_expand';
const MIDDLE = 'block_9_expand';

/** @param {string} path of a layer */
const lastPart = (path) => path.split('/').at(-1);

/**
 * @param {Host} host
 * @param {CompareOptions} options
 */
export async function suite(host, options) {
  const file = await host.read(options.model);
  const source = await readNetwork(file);
  const steps = toSteps(source);
  const modules = await readModules(host, options.modules);
  const models = await loadAll(file, modules);
  const [main] = Object.keys(models);
  const pictures = await readPictures(host, models[main], options.pictures);
  const tf = await startTfjs(host.peers);
  const contestants = [
    ...Object.entries(models).map(([name, model]) => ours(name, model, pictures)),
    ours('2 threads', await loadThreaded(file, await host.read(options.threaded[main])), pictures),
    await onnxRuntime(host.peers, steps, pictures),
    await tfjsLayers(tf, source, pictures),
    tfjsFused(tf, steps, pictures),
  ];
  const differences = await compareScores(contestants, pictures.length);
  const tasks = {
    ...(await limitTasks(steps)),
    'limit: maps': await newArrays(models[main], pictures[0]),
    ...forwardTasks(contestants, pictures.length),
    ...explainTasks(models[main], pictures),
  };
  const times = await measure(tasks, options.rounds, host.progress, WARM_UP);
  for (const model of Object.values(models)) model.dispose();
  const memory = await watchMemory(host, file, modules[main], options.runs, pictures);
  const start = await measureStart(host, modules[main], options.starts);
  const behind = steps.slice(1 + steps.findIndex(({ name }) => lastPart(name) === MIDDLE));
  const network = {
    name: models[main].name,
    multiplyAdds: multiplyAdds(steps),
    backMultiplyAdds: multiplyAdds(behind),
  };
  return { network, main, differences, times, memory, start };
}

/**
 * One model for each build.
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {import('./modules.js').Modules} modules
 */
async function loadAll(file, modules) {
  /** @type {Record<string, Model>} */
  const models = {};
  for (const [name, wasmBinary] of Object.entries(modules)) {
    models[name] = await loadModel(file, { wasmBinary });
  }
  return models;
}

/**
 * The model on two threads, when both run.
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {Uint8Array<ArrayBuffer>} wasmBinary
 */
async function loadThreaded(file, wasmBinary) {
  const options = { wasmBinary, threads: 2 };
  const engine = await init(options);
  while (engine.threads < 2) await new Promise((resolve) => setTimeout(resolve, 1));
  return loadModel(file, options);
}

/**
 * The pictures as the network takes them.
 * @param {Host} host
 * @param {Model} model
 * @param {string[]} paths
 */
async function readPictures(host, model, paths) {
  const pictures = [];
  for (const path of paths) {
    const { input } = await model.run(await host.read(path));
    const { data, height, width, channels } = input;
    pictures.push({ data, shape: [1, height, width, channels] });
  }
  return pictures;
}

/**
 * Fails unless all give the scores that the first gives: they would not run the same network.
 * @param {Contestant[]} contestants
 * @param {number} count of pictures
 */
async function compareScores(contestants, count) {
  /** @type {Record<string, number>} largest difference of a score */
  const differences = {};
  for (let i = 0; i < count; i++) {
    const expected = await contestants[0].forward(i);
    for (const { name, forward } of contestants) {
      const scores = await forward(i);
      if (scores.length !== expected.length) throw new Error(`${name} has other classes`);
      const off = scores.reduce((max, score, c) => Math.max(max, Math.abs(score - expected[c])), 0);
      differences[name] = Math.max(differences[name] ?? 0, off);
      if (!(off <= TOLERANCE)) throw new Error(`the scores of ${name} are off by ${off}`);
    }
  }
  return differences;
}

/**
 * @param {import('../network.js').Step[]} steps
 * @returns {Promise<Record<string, Task>>}
 */
async function limitTasks(steps) {
  const { simd128, relaxed } = await limitLoops();
  const pair = await limitOfTwo();
  return {
    'limit: SIMD128': { run: () => simd128() },
    ...(relaxed && { 'limit: relaxed SIMD': { run: () => relaxed() } }),
    ...(pair && { 'limit: 2 threads': pair }),
    'limit: memory': { run: await memoryLoop(bytesMoved(steps)) },
  };
}

/**
 * What the answer with the maps of all layers takes by itself: arrays of their sizes, filled.
 * @param {Model} model
 * @param {import('../contestants.js').Tensor} picture
 * @returns {Promise<Task>}
 */
async function newArrays(model, picture) {
  const { targets } = await (await model.run(picture)).explain({ layer: 'all' });
  const maps = targets.map(({ heatmap }) => heatmap.data);
  return { run: () => void maps.map((map) => map.slice()) };
}

/**
 * Each task runs once before it is timed. A run of ours keeps what was asked of the run before, and
 * all others find their values in the cache.
 * @param {Contestant[]} contestants
 * @param {number} count of pictures
 * @returns {Record<string, Task>}
 */
function forwardTasks(contestants, count) {
  return Object.fromEntries(
    contestants.map(({ name, forward }) => {
      const run = (/** @type {number} */ round) => forward(round % count);
      return [`forward: ${name}`, { before: run, run }];
    }),
  );
}

/**
 * The questions that a model is asked. Each was asked of the picture before, too, but for one.
 * @param {Model} model
 * @param {import('../contestants.js').Tensor[]} pictures
 * @returns {Record<string, Task>}
 */
function explainTasks(model, pictures) {
  /** @typedef {Omit<import('gradcam-wasm').ExplainOptions, 'targets'>} Question */
  const layer = (/** @type {string} */ end) => {
    const found = model.layers.find(({ name }) => lastPart(name) === end);
    if (!found) throw new Error(`the network has no layer ${end}`);
    return { layer: found.name };
  };
  const [first, early, middle] = [layer(FIRST), layer(EARLY), layer(MIDDLE)];
  const run = (/** @type {number} */ round) => model.run(pictures[round % pictures.length]);
  /** @param {Question} [question] @returns {Task} */
  const runAndMap = (question) => {
    const ask = async (/** @type {number} */ round) => (await run(round)).explain(question);
    return { before: ask, run: ask };
  };
  /**
   * A run that has answered the question for another class.
   * @param {Question | undefined} question
   * @param {(run: import('gradcam-wasm').Run) => Promise<unknown>} more
   * @returns {Task}
   */
  const further = (question, more) => {
    /** @type {import('gradcam-wasm').Run} */
    let kept;
    const before = async (/** @type {number} */ round) => {
      kept = await run(round);
      await kept.explain({ targets: 9, ...question });
    };
    return { before, run: () => more(kept) };
  };
  const classes = [0, 1, 2, 3, 4];
  return {
    'run and map: default layer': runAndMap(),
    [`run and map: ${EARLY}`]: runAndMap(early),
    [`run and map: ${EARLY}, for the first time`]: { ...runAndMap(early), before: run },
    [`run and map: ${FIRST}`]: runAndMap(first),
    'run and maps: all layers': runAndMap({ layer: 'all' }),
    'further class: default layer': further(undefined, (kept) => kept.explain({ targets: 1 })),
    [`further class: ${EARLY}`]: further(early, (kept) => kept.explain({ targets: 1, ...early })),
    [`five classes, one call: ${MIDDLE}`]: further(middle, (kept) =>
      kept.explain({ targets: classes, ...middle }),
    ),
    [`five classes, five calls: ${MIDDLE}`]: further(middle, async (kept) => {
      for (const target of classes) await kept.explain({ targets: target, ...middle });
    }),
  };
}

/**
 * What an engine of its own holds after it has explained the default layer, then every layer, and
 * after many runs.
 * @param {Host} host
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {Uint8Array<ArrayBuffer>} module
 * @param {number} runs
 * @param {import('../contestants.js').Tensor[]} pictures
 */
async function watchMemory(host, file, module, runs, pictures) {
  const wasmModule = await WebAssembly.compile(module);
  const model = await loadModel(file, { wasmModule });
  const engine = await init({ wasmModule });
  await (await model.run(pictures[0])).explain();
  const first = { model: model.memory, engine: engine.memorySize };
  await (await model.run(pictures[0])).explain({ layer: 'all' });
  const before = { model: model.memory, engine: engine.memorySize };
  for (let i = 0; i < runs; i++) {
    await (await model.run(pictures[i % pictures.length])).explain();
    if ((i + 1) % 1000 === 0) host.progress(`memory: run ${i + 1} of ${runs}`);
  }
  const after = { model: model.memory, engine: engine.memorySize };
  model.dispose();
  return { runs, first, before, after };
}
