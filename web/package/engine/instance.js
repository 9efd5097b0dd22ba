/** Instances of the module, each with a memory and threads of its own. */

import { createSharedMemory, takesMemory } from './threads.js';

/** @import { Thread, ThreadStart } from './threads.js' */

/**
 * What every instance of an engine is made of.
 * @typedef {object} Recipe
 * @property {WebAssembly.Module} module
 * @property {number} threads how many compute, the calling one included, if the module has threads
 * @property {(start: ThreadStart) => Thread | undefined} startThread
 */

/** @typedef {Record<string, (...args: number[]) => number>} Functions of gradcam.h */

/**
 * Who copies bytes of a file into the memory when the module asks for them.
 * @typedef {{ readFile: (offset: number, pointer: number, count: number) => void }} Reader
 */

export class Instance {
  #recipe;
  /** @type {(Thread | undefined)[] | undefined} undefined until they are started */
  #threads;

  /**
   * @param {WebAssembly.Instance} instance
   * @param {WebAssembly.Memory} [memory] that the instance imports, if it exports none
   * @param {Recipe} [recipe] how threads are started; there are none without it
   */
  constructor({ exports }, memory, recipe) {
    this.functions = /** @type {Functions} */ (/** @type {unknown} */ (exports));
    this.memory = memory ?? /** @type {WebAssembly.Memory} */ (exports.memory);
    this.#recipe = recipe;
    this.functions._initialize?.();
  }

  /**
   * Starts an instance while the page does other work.
   * @param {Recipe} recipe
   * @param {Reader} reader
   */
  static async start(recipe, reader) {
    const { memory, imports } = surroundings(recipe.module, reader);
    const instance = await WebAssembly.instantiate(recipe.module, imports);
    return new Instance(instance, memory, recipe);
  }

  /**
   * Starts an instance at once, which takes about a millisecond.
   * @param {Recipe} recipe
   * @param {Reader} [reader] without it the instance reads no files
   */
  static startNow(recipe, reader) {
    const { memory, imports } = surroundings(recipe.module, reader);
    return new Instance(new WebAssembly.Instance(recipe.module, imports), memory, recipe);
  }

  /** Starts the threads, unless they were started before. */
  startThreads() {
    if (this.#threads || !this.#recipe || !('gc_thread_create' in this.functions)) return;
    const { module, threads, startThread } = this.#recipe;
    this.#threads = [];
    while (this.#threads.length < threads - 1) {
      const stack = this.functions.gc_thread_create() >>> 0;
      if (stack === 0) break;
      this.#threads.push(startThread({ module, memory: this.memory, stack }));
    }
  }

  /** Ends the threads. They hold the memory as long as they live. */
  stop() {
    this.#threads?.forEach((thread) => thread?.terminate());
  }
}

/**
 * A module's imports. It reads files with gc_host_read, and with threads it needs its memory. Its C
 * library also imports functions for files, for the clock and for memory growth, which the engine
 * does not use. They answer "not supported".
 * @param {WebAssembly.Module} module
 * @param {Reader} [reader]
 */
function surroundings(module, reader) {
  const WASI_ENOSYS = 52;
  const memory = takesMemory(module) ? createSharedMemory() : undefined;
  /** @type {WebAssembly.Imports} */
  const imports = memory ? { env: { memory } } : {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    if (kind === 'function') (imports[from] ??= {})[name] = () => WASI_ENOSYS;
  }
  const read = (/** @type {number[]} */ ...[offset, pointer, count]) =>
    reader?.readFile(offset, pointer, count);
  if (reader) imports.env = { ...imports.env, gc_host_read: read };
  return { memory, imports };
}
