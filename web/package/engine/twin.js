/** The worker of a twin. It has a network, and runs it on changed inputs. */

import { Engine } from './engine.js';
import { Network } from './network.js';

/** @import { Change, Study, StudyRecipe } from './study.js' */

/**
 * A message to the worker.
 * @typedef {{ id: number, method: keyof typeof methods, args: any }} Request
 */

/** @type {Network} */
let network;
/** @type {Map<number, Study>} studies that have begun, by the caller's number */
const studies = new Map();

const methods = {
  /** @param {{ module: WebAssembly.Module, config: string, head: number }} recipe */
  async start({ module, config, head }) {
    const alone = { module, threads: 1, startThread: () => undefined };
    const engine = new Engine(undefined, () => {}, alone);
    await engine.wake();
    network = new Network(engine, config);
    network.selectHead(head);
  },

  /** @param {{ index: number, first: number, values: Float32Array }} part of a weight */
  setWeight({ index, first, values }) {
    network.writePart(index, first, values);
  },

  /**
   * @param {{ study: number } & StudyRecipe} recipe
   */
  begin({ study: id, input, output, seed, baseline }) {
    const study = network.study(input, output, seed);
    if (baseline) study.setBaseline(baseline);
    studies.set(id, study);
  },

  /** @param {{ study: number, change: Change }} step */
  score({ study: id, change }) {
    const study = /** @type {Study} */ (studies.get(id));
    study.change(change);
    return study.run().score;
  },

  /** @param {{ study: number }} args */
  end({ study: id }) {
    studies.get(id)?.dispose();
    studies.delete(id);
  },
};

/**
 * @param {Request} request
 * @param {(message: object) => void} post
 */
async function answer({ id, method, args }, post) {
  try {
    post({ id, result: await methods[method](args) });
  } catch {
    post({ id, isFailed: true });
  }
}

async function listen() {
  if ('postMessage' in globalThis) {
    return addEventListener('message', ({ data }) => answer(data, postMessage));
  }
  // This is Node. The name is put together because bundlers look for literal names.
  const name = ['node', 'worker_threads'].join(':');
  const { parentPort } = await import(/* webpackIgnore: true */ /* @vite-ignore */ name);
  parentPort.on('message', (/** @type {Request} */ request) =>
    answer(request, (message) => parentPort.postMessage(message)),
  );
}

listen();
