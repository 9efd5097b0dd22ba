/**
 * The threads of an engine: workers that run its module in its memory. They help in the engine's loops;
 * the results are the same without them.
 */

import { GradCamError, show } from '../base/errors.js';
import { importNode, isNode } from '../base/node.js';

/** More threads than these need larger networks. */
const DEFAULT_LIMIT = 4;

const LIMIT = 64;

/** Pages of 64 KB that the modules begin with (INITIAL_MEMORY in the Makefile). */
const INITIAL_PAGES = 256;

/** How far a memory may grow, in pages: what 32 bits can address, or less where that cannot be had. */
const MAXIMUM_PAGES = [65536, 32768, 16384];

/**
 * What a thread needs to begin.
 * @typedef {object} ThreadStart
 * @property {WebAssembly.Module} module
 * @property {WebAssembly.Memory} memory
 * @property {number} stack pointer to the end of the thread's own
 */

/** @typedef {{ terminate: () => unknown }} Thread */

/** Whether workers may share memory: a browser lets only pages that are cross-origin isolated. */
export function canShareMemory() {
  return globalThis.crossOriginIsolated ?? typeof SharedArrayBuffer === 'function';
}

/**
 * How many threads to have.
 * @param {number} [threads] as the caller wants it
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

/** Whether a module is one for threads: it takes its memory from outside. @param {WebAssembly.Module} module */
export function takesMemory(module) {
  return WebAssembly.Module.imports(module).some(({ kind }) => kind === 'memory');
}

/** A memory for the module and its threads. */
export function createSharedMemory() {
  if (!canShareMemory()) {
    throw new Error('it has threads, which need a page that is cross-origin isolated');
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
 * What starts a thread here. A worker that cannot be had, or fails, leaves its work to the others.
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
  // Bundlers look for this very form of an address.
  const worker = new Worker(new URL('./thread.js', import.meta.url), { type: 'module' });
  worker.addEventListener('error', (event) => event.preventDefault());
  worker.postMessage(start);
  return worker;
}

async function nodeCreator() {
  const { Worker: NodeWorker } = await importNode('worker_threads');
  // Not in that form, since a bundler for the browser has no use for it.
  const here = import.meta.url;
  return (/** @type {ThreadStart} */ workerData) => {
    // Without the program's own arguments, which may be for its main file alone.
    const worker = new NodeWorker(new URL('./thread.js', here), { workerData, execArgv: [] });
    worker.on('error', () => {});
    // The process may end while its threads wait for work.
    worker.unref();
    return worker;
  };
}
