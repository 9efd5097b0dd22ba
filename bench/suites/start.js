/** The time from bytes to a model that is ready, each time with a module never seen before. */

import { init, loadModel } from '../../web/package/index.js';

/** @typedef {import('../hosts.js').Host} Host */

const ROUNDS = 11;

/** Milliseconds after a round, in which the host optimises its code. No page waits for this. */
const REST = 300;

/**
 * @param {Host} host
 * @param {Uint8Array<ArrayBuffer>} bytes of the module
 * @param {Record<string, string>} starts paths of model files by their kind
 */
export async function measureStart(host, bytes, starts) {
  const files = await Promise.all(
    Object.entries(starts).map(
      async ([kind, path]) => /** @type {const} */ ([kind, await host.read(path)]),
    ),
  );
  /** @type {unknown[]} so that nothing is thrown away while it is measured */
  const kept = [];
  /** @type {Record<string, number[]>} */
  const times = { 'ready: module': [], 'longest block while a model loads': [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, [kind, file]] of files.entries()) {
      const wasmBinary = unlike(bytes, round * files.length + i);
      kept.push(wasmBinary);
      await new Promise((resolve) => setTimeout(resolve, REST));
      times['ready: module'].push(await time(() => init({ wasmBinary })));
      /** @type {import('gradcam-wasm').Model | undefined} */
      let model;
      const ready = await time(async () => (model = await loadModel(file, { wasmBinary })));
      model?.dispose();
      (times[`ready: ${kind}`] ??= []).push(ready);
      await new Promise((resolve) => setTimeout(resolve, REST));
      times['longest block while a model loads'].push(await longestBlock(file, wasmBinary));
    }
  }
  return times;
}

/**
 * The longest time in which no event gets through while a model is loaded.
 * @param {Uint8Array<ArrayBuffer>} file
 * @param {Uint8Array<ArrayBuffer>} wasmBinary of an engine that is ready
 */
async function longestBlock(file, wasmBinary) {
  const { port1, port2 } = new MessageChannel();
  let [last, longest] = [performance.now(), 0];
  port1.onmessage = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    port2.postMessage(undefined);
  };
  port2.postMessage(undefined);
  (await loadModel(file, { wasmBinary })).dispose();
  port1.close();
  return Math.max(longest, performance.now() - last);
}

/** @param {() => Promise<unknown>} work */
async function time(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/**
 * The same module in other bytes, by a custom section at its end: engines keep the code of modules
 * that they know.
 * @param {Uint8Array} bytes
 * @param {number} number
 */
function unlike(bytes, number) {
  const name = [...new TextEncoder().encode(String(number).padStart(4, '0'))];
  const section = [0, name.length + 1, name.length, ...name];
  const longer = new Uint8Array(bytes.length + section.length);
  longer.set(bytes);
  longer.set(section, bytes.length);
  return longer;
}
