/** A thread of an engine. It runs the same module in the same memory, with its own stack. */

/** @import { ThreadStart } from './threads.js' */

/** @returns {Promise<ThreadStart>} */
function received() {
  if ('postMessage' in globalThis) {
    return new Promise((resolve) =>
      addEventListener('message', ({ data }) => resolve(data), { once: true }),
    );
  }
  // This is Node. The name is put together because bundlers look for literal names.
  const name = ['node', 'worker_threads'].join(':');
  return import(/* webpackIgnore: true */ /* @vite-ignore */ name).then(
    ({ workerData }) => workerData,
  );
}

/** @param {ThreadStart} start */
async function run({ module, memory, stack }) {
  const unused = () => {};
  const env = { memory, emscripten_notify_memory_growth: unused, gc_host_read: unused };
  const { exports } = await WebAssembly.instantiate(module, { env });
  const { __stack_pointer, gc_thread_run, gc_thread_fail } = /** @type {any} */ (exports);
  __stack_pointer.value = stack;
  try {
    gc_thread_run();
  } catch {
    gc_thread_fail();
  }
}

received().then(run);
