/** The suite of `npm run bench -- --networks`: other networks, beside onnxruntime-web. */

import { SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { buildNetwork, multiplyAdds, sourceOf, weightBytes } from '../architecture.js';
import { onnxRuntimeOf } from '../contestants.js';
import { kerasToOnnx } from '../keras-onnx.js';
import { limitLoops } from '../limit.js';
import { measure } from '../measure.js';
import { readModules } from './modules.js';

/** @typedef {import('../hosts.js').Host} Host */
/** @typedef {import('../contestants.js').Contestant} Contestant */
/** @typedef {import('../contestants.js').Tensor} Tensor */
/** @typedef {import('../../web/package/engine/network.js').Network} Network */

/**
 * A network to measure.
 * @typedef {import('../architecture.js').Architecture & { name: string, range: number[] }} Case
 *   `range` is that of the pictures' values
 */

/**
 * How far two scores may be apart, as a share of the largest score. Rounding leaves 1e-5. A
 * wrong padding and a wrong epsilon gave more than 1e-3.
 */
const TOLERANCE = 1e-4;

/** A larger score says that a formula's weights leave one class only, and compare nothing. */
const LARGEST_SCORE = 0.9;

/** Rounds until both modules are optimised. */
const WARM_UP = 10;

/** Pictures that take turns. */
const PICTURES = 2;

/**
 * @param {Host} host
 * @param {object} options
 * @param {Record<string, string>} options.modules
 * @param {number} options.rounds
 * @param {Case[]} options.networks
 */
export async function suite(host, { modules, rounds, networks }) {
  const [[build, wasmBinary]] = Object.entries(await readModules(host, modules));
  /** @type {Record<string, object>} */
  const results = {};
  for (const one of networks) {
    host.progress(one.name);
    // An engine for each network, because the memory of an engine never shrinks.
    const engine = await init({ wasmModule: await WebAssembly.compile(wasmBinary) });
    results[one.name] = await measureNetwork(host, engine, one, rounds);
  }
  return { build, networks: results };
}

/**
 * @param {Host} host
 * @param {import('../../web/package/engine/engine.js').Engine} engine
 * @param {Case} one
 * @param {number} rounds
 */
async function measureNetwork(host, engine, one, rounds) {
  const built = await buildNetwork(engine, one);
  const { network } = built;
  try {
    const pictures = Array.from({ length: PICTURES }, (_, i) => picture(one, i));
    const file = kerasToOnnx(sourceOf(built));
    const memory = explainDefault(network, pictures[0]);
    const ours = {
      name: 'gradcam-wasm',
      forward: async (/** @type {number} */ i) => network.outputs(inputOf(pictures[i]), SCORE),
    };
    const peer = await onnxRuntimeOf(host.peers, file, pictures);
    const difference = await compareScores(ours, peer);
    const times = await timeForward([ours, peer], rounds, host.progress);
    await peer.dispose();
    const sizes = { memory, engine: engine.memorySize, weights: weightBytes(network) };
    return { multiplyAdds: multiplyAdds(network), difference, ...sizes, times };
  } finally {
    network.dispose();
  }
}

/**
 * A picture of waves, whose values are all over the range.
 * @param {Case} one
 * @param {number} number
 * @returns {Tensor}
 */
function picture({ side, range: [low, high] }, number) {
  const wave = (/** @type {number} */ i) => (1 + Math.sin(i * (12.9898 + number))) / 2;
  const data = Float32Array.from(
    { length: side * side * 3 },
    (_, i) => low + (high - low) * wave(i),
  );
  return { data, shape: [1, side, side, 3] };
}

/**
 * The picture as a new input, for which the engine runs again.
 * @param {Tensor} picture
 */
function inputOf({ data, shape: [, height, width, channels] }) {
  return { data, height, width, channels };
}

/**
 * Bytes that the model holds after a run and the map of its default layer.
 * @param {Network} network
 * @param {Tensor} picture
 */
function explainDefault(network, picture) {
  const seed = Float32Array.from({ length: network.classCount }, (_, i) => Number(i === 0));
  network.explain(['gradCam'], inputOf(picture), [seed], SCORE, [network.defaultLayer]);
  return network.memory;
}

/**
 * Fails unless both give the same scores, which proves that both run the same network.
 * @param {Contestant} ours
 * @param {Contestant} peer
 * @returns {Promise<number>} the largest difference of a score, as a share of the largest score
 */
async function compareScores(ours, peer) {
  let difference = 0;
  for (let i = 0; i < PICTURES; i++) {
    const [expected, scores] = [await ours.forward(i), await peer.forward(i)];
    const largest = expected.reduce((max, score) => Math.max(max, score), 0);
    if (!(largest <= LARGEST_SCORE)) throw new Error(`the largest score is ${largest}`);
    if (scores.length !== expected.length) throw new Error(`${peer.name} has other classes`);
    const off = scores.reduce((max, score, c) => Math.max(max, Math.abs(score - expected[c])), 0);
    difference = Math.max(difference, off / largest);
  }
  if (difference <= TOLERANCE) return difference;
  throw new Error(`the scores of ${peer.name} are off by ${difference} of the largest score`);
}

/**
 * @param {Contestant[]} contestants
 * @param {number} rounds
 * @param {(text: string) => void} progress
 */
async function timeForward(contestants, rounds, progress) {
  const { simd128, relaxed } = await limitLoops();
  const loop = relaxed ?? simd128;
  const forward = contestants.map(({ name, forward }) => [
    name,
    { run: (/** @type {number} */ round) => forward(round % PICTURES) },
  ]);
  const tasks = { limit: { run: () => loop() }, ...Object.fromEntries(forward) };
  return measure(tasks, rounds, progress, WARM_UP);
}
