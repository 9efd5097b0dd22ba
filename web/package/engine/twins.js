/**
 * Twins of a network. Each is the same network with the same weights, in a worker of its own. They
 * run changed inputs side by side. All instances are of one module, so that a twin's scores are
 * those of the network to the bit.
 */

import { importNode, isNode } from '../base/node.js';
import { startOwnWorker } from '../base/own-worker.js';

/** @import { Network } from './network.js' */
/** @import { Change, Study } from './study.js' */

/**
 * What twins need of a worker.
 * @typedef {object} Port
 * @property {(message: object, transfer: Transferable[]) => void} postMessage
 * @property {() => unknown} terminate
 * @property {(isNeeded: boolean) => void} hold whether the process must live as long as the worker
 */

/**
 * Called with a message of the worker, and without one if the worker has failed.
 * @typedef {(message?: { id: number, result?: any, error?: object }) => void} Listener
 */

/** How many steps each twin is given before it has answered, so that it never waits for one. */
const AHEAD = 3;

/** A network in a worker. */
class Twin {
  /** @type {Port | undefined} undefined once it has failed or was stopped */
  #port;
  /** @type {Map<number, (result: any) => void>} what waits for an answer */
  #waiting = new Map();
  #lastId = 0;

  /** @param {(listener: Listener) => Port} start starts a worker */
  constructor(start) {
    try {
      this.#port = start((message) => this.#receive(message));
    } catch {
      // No worker starts here. The network itself does the work.
    }
  }

  get isAlive() {
    return this.#port !== undefined;
  }

  /** How many answers it owes. */
  get load() {
    return this.#waiting.size;
  }

  /**
   * Asks the worker. A twin that fails at anything is stopped, because the network itself can do
   * the work and tells the reason.
   * @param {string} method
   * @param {object} args
   * @param {Transferable[]} [transfer]
   * @returns {Promise<any>} undefined if there is no answer
   */
  ask(method, args, transfer = []) {
    return new Promise((resolve) => {
      if (!this.#port) return resolve(undefined);
      const id = ++this.#lastId;
      this.#waiting.set(id, resolve);
      this.#port.hold(true);
      try {
        this.#port.postMessage({ id, method, args }, transfer);
      } catch {
        this.stop();
      }
    });
  }

  /** @type {Listener} */
  #receive(message) {
    if (!message || message.error) return this.stop();
    this.#waiting.get(message.id)?.(message.result);
    this.#waiting.delete(message.id);
    if (this.load === 0) this.#port?.hold(false);
  }

  /** Ends the worker. What waits for an answer gets none. */
  stop() {
    this.#port?.terminate();
    this.#port = undefined;
    for (const resolve of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }
}

/** The twins of a network, which live as long as it does. */
class Twins {
  #network;
  /** @type {Promise<Twin>[]} */
  #twins = [];

  /** @param {Network} network */
  constructor(network) {
    this.#network = network;
    network.onDispose(async () => {
      for (const twin of this.#twins) (await twin).stop();
    });
  }

  /**
   * The first twins that are alive. Those that lack are started.
   * @param {number} count
   * @returns {Promise<Twin[]>} fewer if not all start
   */
  async first(count) {
    const known = await Promise.all(this.#twins);
    this.#twins = this.#twins.filter((_, i) => known[i]?.isAlive !== false);
    const start = await workerStarter();
    while (this.#twins.length < count) this.#twins.push(startTwin(this.#network, start));
    const twins = await Promise.all(this.#twins.slice(0, count));
    return twins.filter(({ isAlive }) => isAlive);
  }
}

/** @type {WeakMap<Network, Twins>} */
const all = new WeakMap();

/** @param {Network} network */
function twinsOf(network) {
  const known = all.get(network);
  if (known) return known;
  const twins = new Twins(network);
  all.set(network, twins);
  return twins;
}

/**
 * Starts a worker and gives it the network. Weights are sent in parts, each when the one before it
 * has arrived, so that large weights are not in memory three times.
 * @param {Network} network
 * @param {(listener: Listener) => Port} start
 */
async function startTwin(network, start) {
  const twin = new Twin(start);
  try {
    await twin.ask('twinStart', network.recipe);
    for (let index = 0; index < network.weightCount; index++) {
      for (const { first, values } of network.readWeight(index)) {
        if (!twin.isAlive) return twin;
        await twin.ask('twinSetWeight', { index, first, values }, [values.buffer]);
      }
    }
  } catch {
    // The network was disposed of meanwhile.
    twin.stop();
  }
  return twin;
}

/* ---- Scores ---- */

let lastStudy = 0;

/**
 * Scores of the changed inputs of a study, which twins compute ahead of the caller.
 */
export class Scores {
  #twins;
  #study;
  #steps;
  #change;
  /** @type {Promise<number | undefined>[]} of the next steps */
  #ahead = [];
  #next = 0;

  /**
   * @param {Twin[]} twins
   * @param {number} study that each of them has begun
   * @param {number} steps
   * @param {(step: number) => Change} change
   */
  constructor(twins, study, steps, change) {
    this.#twins = twins;
    this.#study = study;
    this.#steps = steps;
    this.#change = change;
  }

  /**
   * Begins a study in twins.
   * @param {Study} study
   * @param {number} count of twins
   * @param {number} steps
   * @param {(step: number) => Change} change
   */
  static async start(study, count, steps, change) {
    const twins = await twinsOf(study.network).first(Math.min(count, steps));
    const id = ++lastStudy;
    const { recipe } = study;
    await Promise.all(twins.map((twin) => twin.ask('twinBegin', { study: id, ...recipe })));
    return new Scores(twins, id, steps, change);
  }

  /**
   * The score of the next step.
   * @returns {Promise<number | undefined>} undefined if the twin that had the step has failed
   */
  async next() {
    const most = AHEAD * this.#twins.length;
    while (this.#next < this.#steps && this.#ahead.length < most) this.#send(this.#next++);
    return this.#ahead.shift();
  }

  /** @param {number} step */
  #send(step) {
    const change = this.#change(step);
    const free = this.#twins.reduce((least, twin) => (isFreer(twin, least) ? twin : least));
    this.#ahead.push(free.ask('twinScore', { study: this.#study, change }));
  }

  /** Lets the twins forget the study. */
  end() {
    for (const twin of this.#twins) twin.ask('twinEnd', { study: this.#study });
  }
}

/**
 * @param {Twin} twin
 * @param {Twin} other
 */
function isFreer(twin, other) {
  if (twin.isAlive !== other.isAlive) return twin.isAlive;
  return twin.load < other.load;
}

/* ---- Workers ---- */

/** @returns {Promise<(listener: Listener) => Port>} a function that starts a worker */
async function workerStarter() {
  return isNode ? nodeStarter() : startInBrowser;
}

/**
 * @param {Listener} listener
 * @returns {Port}
 */
function startInBrowser(listener) {
  const worker = startOwnWorker();
  worker.addEventListener('message', ({ data }) => listener(data));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    listener();
  });
  return {
    postMessage: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => worker.terminate(),
    hold() {},
  };
}

async function nodeStarter() {
  const { Worker: NodeWorker } = await importNode('worker_threads');
  // The address has another form than above because bundlers for the browser must not find it.
  const here = import.meta.url;
  return (/** @type {Listener} */ listener) => {
    // The program's arguments are left out because they may be for its main file only.
    const worker = new NodeWorker(new URL('../worker/worker.js', here), { execArgv: [] });
    worker.on('message', listener);
    for (const end of ['error', 'messageerror', 'exit']) worker.on(end, () => listener());
    return {
      postMessage: worker.postMessage.bind(worker),
      terminate: () => worker.terminate(),
      hold: (/** @type {boolean} */ isNeeded) => (isNeeded ? worker.ref() : worker.unref()),
    };
  };
}
