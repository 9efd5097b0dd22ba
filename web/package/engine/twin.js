/** What a worker does as a twin. It has a network, and runs it on changed inputs. */

import { Engine } from './engine.js';
import { Network } from './network.js';

/** @import { Change, Study, StudyRecipe } from './study.js' */

/** @type {Network} */
let network;
/** @type {Map<number, Study>} studies that have begun, by the caller's number */
const studies = new Map();

/** By the names of the worker's methods. */
export const twin = {
  /** @param {{ module: WebAssembly.Module, config: string, head: number }} recipe */
  async twinStart({ module, config, head }) {
    const alone = { module, threads: 1, startThread: () => undefined };
    const engine = new Engine(undefined, () => {}, alone);
    await engine.wake();
    network = new Network(engine, config);
    network.selectHead(head);
  },

  /** @param {{ index: number, first: number, values: Float32Array }} part of a weight */
  async twinSetWeight({ index, first, values }) {
    network.writePart(index, first, values);
  },

  /**
   * @param {{ study: number } & StudyRecipe} recipe
   */
  async twinBegin({ study: id, input, output, seed, baseline }) {
    const study = network.study(input, output, seed);
    if (baseline) study.setBaseline(baseline);
    studies.set(id, study);
  },

  /** @param {{ study: number, change: Change }} step */
  async twinScore({ study: id, change }) {
    const study = /** @type {Study} */ (studies.get(id));
    study.change(change);
    return study.run().score;
  },

  /** @param {{ study: number }} args */
  async twinEnd({ study: id }) {
    studies.get(id)?.dispose();
    studies.delete(id);
  },
};
