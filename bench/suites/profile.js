/** The suite of `npm run profile`: the time of every call of an operator, forward and backward. */

import { openContainer } from '../../web/package/files/index.js';
import { buildModel } from '../../web/package/model/load.js';
import { openSource } from '../../web/package/base/source.js';
import { Engine } from '../../web/package/engine/engine.js';
import { Instance } from '../../web/package/engine/instance.js';
import { OPERATIONS, limitLoops } from '../limit.js';
import { median } from '../measure.js';

/** @typedef {import('../hosts.js').Host} Host */

/**
 * A call of an operator, or all its calls for the bands of one output.
 * @typedef {object} Call
 * @property {number} step which step of the plan, an address
 * @property {string} operator
 * @property {boolean} isBackward
 * @property {number[]} in shape of the first input
 * @property {number[]} out
 * @property {number[]} kernel empty for an operator without weights
 * @property {number} time in milliseconds
 */

const WARM_UP = 5;

/**
 * @param {Host} host
 * @param {{ model: string, module: string, rounds: number, layer: string }} options layer: 'first',
 *   'default' or a name
 */
export async function suite(host, { model: path, module, rounds, layer: chosen }) {
  const recorder = new Recorder();
  const engine = await recorder.start(await host.read(module));
  const source = await openSource(await host.read(path), {});
  const { config, weights } = await openContainer(source, { engine });
  if (config === undefined) throw new Error('the model file has no configuration');
  const model = await buildModel(engine, { config, weights }, {});
  const picture = randomPicture(model);
  const layer = backwardTo(model, chosen);
  const { simd128, relaxed } = await limitLoops();
  const loop = relaxed ?? simd128;
  /** @type {Round[][]} */
  const [forward, backward, limit] = [[], [], []];
  /** @type {import('gradcam-wasm').Run} */
  let run;
  for (let round = -WARM_UP; round < rounds; round++) {
    const first = await recorder.record(async () => void (run = await model.run(picture)));
    const second = await recorder.record(() => run.explain({ layer, targets: 0 }));
    const third = await recorder.record(async () => loop());
    if (round < 0) continue;
    forward.push(first);
    backward.push(second);
    limit.push(third);
  }
  const name = model.name;
  model.dispose();
  const gigaflops = OPERATIONS / median(limit.map(({ time }) => time)) / 1e6;
  return {
    name,
    layer: layer ?? 'the default layer',
    gigaflops,
    forward: medians(forward),
    backward: medians(backward),
  };
}

/** @typedef {{ time: number, calls: Call[] }} Round */

/** The host of an engine that was built with GC_PROFILE. */
class Recorder {
  /** @type {Call[]} */
  #calls = [];
  #began = 0;
  /** Milliseconds that the recording itself has taken in this round. */
  #overhead = 0;
  /** @type {Engine | undefined} */
  #engine;

  /** @param {Uint8Array<ArrayBuffer>} bytes */
  async start(bytes) {
    const env = {
      gc_profile_begin: () => void (this.#began = performance.now()),
      gc_profile_end: this.#end.bind(this),
      emscripten_notify_memory_growth: () => {},
      gc_host_read: (/** @type {number[]} */ ...[offset, pointer, count]) =>
        this.#engine?.readFile(offset, pointer, count),
    };
    const { instance } = await WebAssembly.instantiate(bytes, { env });
    this.#engine = new Engine(new Instance(instance), () => {});
    return this.#engine;
  }

  /**
   * @param {number} step
   * @param {number} name
   * @param {number} isBackward
   * @param {number} input gc_shape, as the two that follow
   * @param {number} output
   * @param {number} kernel
   */
  #end(step, name, isBackward, input, output, kernel) {
    const time = performance.now() - this.#began;
    const engine = /** @type {Engine} */ (this.#engine);
    const shape = (/** @type {number} */ pointer) => {
      const [rank, ...dims] = engine.ints(pointer, 6);
      return dims.slice(0, rank);
    };
    const last = this.#calls.findLast((call) => call.step === step);
    if (last?.isBackward === (isBackward !== 0)) {
      last.time += time;
    } else {
      const [operator, kernelShape] = [engine.text(name), shape(kernel)];
      const shapes = { in: shape(input), out: shape(output), kernel: kernelShape };
      this.#calls.push({ step, operator, isBackward: isBackward !== 0, ...shapes, time });
    }
    this.#overhead += performance.now() - this.#began - time;
  }

  /**
   * @param {() => Promise<unknown>} work
   * @returns {Promise<Round>}
   */
  async record(work) {
    this.#calls = [];
    this.#overhead = 0;
    const start = performance.now();
    await work();
    return { time: performance.now() - start - this.#overhead, calls: this.#calls };
  }
}

/**
 * The median of each call, for every round makes the same ones.
 * @param {Round[]} rounds
 * @returns {Round}
 */
function medians(rounds) {
  const calls = rounds[0].calls.map((call, i) => ({
    ...call,
    time: median(rounds.map((round) => round.calls[i].time)),
  }));
  return { time: median(rounds.map(({ time }) => time)), calls };
}

/**
 * The layer that the backward pass goes to.
 * @param {import('gradcam-wasm').Model} model
 * @param {string} layer "first" is the first layer that takes the input
 * @returns {string | undefined} undefined for the default layer
 */
function backwardTo(model, layer) {
  if (layer === 'default') return undefined;
  const [first] = model.layers.filter(({ type }) => type !== 'InputLayer');
  return layer === 'first' ? first.name : layer;
}

/** @param {import('gradcam-wasm').Model} model */
function randomPicture(model) {
  const shape = model.inputShape.map((axis, i) => axis ?? (i === 0 ? 1 : 224));
  const count = shape.reduce((product, axis) => product * axis, 1);
  return { data: Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898)), shape };
}
