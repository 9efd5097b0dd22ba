/**
 * The threads of an engine. They are workers that run its module in its memory, and share the work
 * of its loops. The results are the same without them.
 */

import { GradCamError, show } from '../base/errors.js';
import { startWorker } from '../base/foreign.js';
import { importNode, isNode } from '../base/node.js';

/** How many threads there are by default. More of them speed up only larger networks. */
const DEFAULT_LIMIT = 4;

const LIMIT = 64;

/** Memory at the start, in pages of 64 KB. INITIAL_MEMORY in the Makefile says the same. */
const INITIAL_PAGES = 256;

/**
 * Limits for the growth of the memory, in pages. Not every system grants the first, which is 4 GB.
 */
const MAXIMUM_PAGES = [65536, 32768, 16384];

/**
 * What a thread needs to start.
 * @typedef {object} ThreadStart
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory
 * @property {number} stack pointer to the end of the thread's stack
 */

/** @typedef {{ terminate: () => unknown }} Thread */

/** Whether workers may share memory. In a browser the page must be cross-origin isolated. */
export function canShareMemory() {
  return globalThis.crossOriginIsolated ?? typeof SharedArrayBuffer === 'function';
}

/**
 * How many threads to start.
 * @param {number} [threads] the caller's wish
 */
export async function chooseThreads(threads) {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= LIMIT)) {
    const text = `threads is ${show(threads)}; allowed: a whole number from 1 to ${LIMIT}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (!canShareMemory()) return 1;
  return threads ?? Math.min(await countProcessors(), DEFAULT_LIMIT);
}

async function countProcessors() {
  if (isNode) return (await importNode('os')).availableParallelism();
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}

/**
 * Whether a module has threads. It imports its memory then.
 * @param {WebAssembly.Module} module
 */
export function takesMemory(module) {
  return WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
}

/** A memory for a module and its threads. */
export function createSharedMemory() {
  if (!canShareMemory()) {
    throw new Error('its threads need a page that is cross-origin isolated');
  }
  /** @type {unknown} */
  let failure;
  for (const maximum of MAXIMUM_PAGES) {
    try {
      return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/**
 * A function that starts a thread. If a worker does not start, or fails, the others do its work.
 * @returns {Promise<(start: ThreadStart) => Thread | undefined>}
 */
export async function threadStarter() {
  const create = isNode ? await nodeCreator() : createWorker;
  return (start) => {
    try {
      return create(start);
    } catch {
      return undefined;
    }
  };
}

/** @param {ThreadStart} start */
function createWorker(start) {
  const here = import.meta.url;
  // Bundlers look for an address in exactly this form.
  const own = () => new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  const worker = startWorker(own, new URL('./thread.js', here));
  worker.addEventListener('error', (event) => event.preventDefault());
  worker.postMessage(start);
  return worker;
}

async function nodeCreator() {
  const { Worker: NodeWorker } = await importNode('worker_threads');
  // The address has another form than above because bundlers for the browser must not find it.
  const here = import.meta.url;
  return (/** @type {ThreadStart} */ workerData) => {
    // The program's arguments are left out because they may be for its main file only.
    const worker = new NodeWorker(new URL('./thread.js', here), { workerData, execArgv: [] });
    worker.on('error', () => {});
    // The process may end while its threads wait for work.
    worker.unref();
    return worker;
  };
}
