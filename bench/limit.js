/**
 * The machine's limits. The first is a WebAssembly loop of nothing but multiply-adds in registers.
 * It shows how many float32 operations a second the machine does, and a multiply-add counts as two.
 * The second is the same loop shared by two threads. The third reads and writes memory.
 */

import { canShareMemory } from '../web/package/engine/threads.js';

/** Sums that do not wait for each other: more than latency times units of today's processors. */
const CHAINS = 12;
const ITERATIONS = 4096;
const LANES = 4;
/** Calls that are timed at once. They take as long as a forward pass and are interrupted alike. */
const CALLS = 1600;

export const OPERATIONS = 2 * LANES * CHAINS * ITERATIONS * CALLS;

const V128 = 0x7b;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const SIMD = 0xfd;
const F32X4_ADD = [SIMD, 0xe4, 0x01];
const F32X4_MUL = [SIMD, 0xe6, 0x01];
const F32X4_RELAXED_MADD = [SIMD, 0x85, 0x02];

/** Locals: the counter, then two factors, then the chains. */
const COUNTER = 0;
const FACTOR = 1;
const TERM = 2;
const FIRST_CHAIN = 3;

/** chain = chain * factor + term: bounded for a factor below 1. @param {number} chain */
const multiplyThenAdd = (chain) => [
  ...[LOCAL_GET, chain, LOCAL_GET, FACTOR, ...F32X4_MUL],
  ...[LOCAL_GET, TERM, ...F32X4_ADD, LOCAL_SET, chain],
];

/** chain = factor * term + chain, in one instruction. @param {number} chain */
const fused = (chain) => [
  ...[LOCAL_GET, FACTOR, LOCAL_GET, TERM, LOCAL_GET, chain],
  ...[...F32X4_RELAXED_MADD, LOCAL_SET, chain],
];

/** @typedef {(calls?: number) => void} Loop calls the loop so often; default CALLS */

/**
 * The loops, or null where the host lacks the instructions.
 * @returns {Promise<{ simd128: Loop, relaxed: Loop | null }>}
 */
export async function limitLoops() {
  const simd128 = await loop(multiplyThenAdd);
  const relaxed = WebAssembly.validate(assemble(fused)) ? await loop(fused) : null;
  return { simd128, relaxed };
}

/** @param {(chain: number) => number[]} operation */
async function loop(operation) {
  const { instance } = await WebAssembly.instantiate(assemble(operation));
  const body = /** @type {(iterations: number) => number} */ (instance.exports.loop);
  return (calls = CALLS) => {
    for (let i = 0; i < calls; i++) body(ITERATIONS);
  };
}

/**
 * A module with one function, "loop": (iterations: i32) => f32, the sum's first lane.
 * @param {(chain: number) => number[]} operation
 */
function assemble(operation) {
  const chains = Array.from({ length: CHAINS }, (_, i) => FIRST_CHAIN + i);
  const code = [
    ...[1, 2 + CHAINS, V128], // locals
    ...[...splat(0.5), LOCAL_SET, FACTOR, ...splat(0.25), LOCAL_SET, TERM],
    ...[0x03, 0x40], // loop
    ...chains.flatMap(operation),
    ...[LOCAL_GET, COUNTER, 0x41, 1, 0x6b, 0x22, COUNTER, 0x0d, 0, 0x0b], // count down, branch, end
    ...[LOCAL_GET, FIRST_CHAIN],
    ...chains.slice(1).flatMap((chain) => [LOCAL_GET, chain, ...F32X4_ADD]),
    ...[SIMD, 0x1f, 0, 0x0b], // extract lane 0, end
  ];
  return moduleOf({ loop: code }, [1, I32, 1, F32]);
}

const F32 = 0x7d;
const I32 = 0x7f;

/**
 * A module of functions that all have one type.
 * @param {Record<string, number[]>} functions their locals and code by their names
 * @param {number[]} type parameters and results
 * @param {number} [pages] of memory
 */
function moduleOf(functions, type, pages = 0) {
  const codes = Object.values(functions);
  const exported = Object.keys(functions).flatMap((name, i) => {
    const text = [...new TextEncoder().encode(name)];
    return [text.length, ...text, 0x00, i];
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, ...type]),
    ...section(3, [codes.length, ...codes.map(() => 0)]),
    ...section(5, [1, 0, ...length(Array(pages))]),
    ...section(7, [codes.length, ...exported]),
    ...section(10, [codes.length, ...codes.flatMap((code) => [...length(code), ...code])]),
  ]);
}

// ---- Two threads ----

/** @typedef {{ run: () => void }} Pair */

/** Shared by the two threads: how many rounds began, and how many the second thread ended. */
export const BEGUN = 0;
export const ENDED = 1;

/**
 * The same loop shared by two threads, as fast as any work on two can be.
 * @returns {Promise<Pair | null>} null where threads cannot share memory
 */
export async function limitOfTwo() {
  if (!canShareMemory()) return null;
  const rounds = new Int32Array(new SharedArrayBuffer(8));
  const { simd128, relaxed } = await limitLoops();
  const loop = relaxed ?? simd128;
  await startSecond(rounds);
  const run = () => {
    const round = Atomics.add(rounds, BEGUN, 1) + 1;
    Atomics.notify(rounds, BEGUN);
    loop(CALLS / 2);
    while (Atomics.load(rounds, ENDED) < round);
  };
  return { run };
}

/** @param {Int32Array} rounds */
async function startSecond(rounds) {
  const url = new URL('./limit-thread.js', import.meta.url);
  if (typeof process === 'undefined') {
    const worker = new Worker(url, { type: 'module' });
    worker.postMessage(rounds);
    return new Promise((resolve) => worker.addEventListener('message', resolve, { once: true }));
  }
  const name = 'node:worker_threads';
  const { Worker: NodeWorker } = await import(name);
  const worker = new NodeWorker(url, { workerData: rounds, execArgv: [] });
  worker.unref();
  return new Promise((resolve) => worker.once('message', resolve));
}

/**
 * The second thread: half of every round.
 * @param {Int32Array} rounds
 */
export async function serveRounds(rounds) {
  const { simd128, relaxed } = await limitLoops();
  const loop = relaxed ?? simd128;
  for (let round = 1; ; round++) {
    Atomics.wait(rounds, BEGUN, round - 1);
    loop(CALLS / 2);
    Atomics.store(rounds, ENDED, round);
  }
}

// ---- Memory ----

/** More than the caches hold, so that nothing that a pass meets is in them from the pass before. */
const MEMORY_PAGES = 2048;
const PAGE = 65536;
/** Bytes of a step of the loops: a line of the cache. */
const LINE = 64;

const V128_LOAD = [SIMD, 0x00, 4];
const V128_STORE = [SIMD, 0x0b, 4];

/**
 * Reads and writes so many bytes, each once and in the order in which they lie.
 * @param {{ read: number, written: number }} bytes
 * @returns {Promise<() => void>}
 */
export async function memoryLoop({ read, written }) {
  const { instance } = await WebAssembly.instantiate(assembleMemory());
  const functions = /** @type {Record<string, (start: number, end: number) => number>} */ (
    instance.exports
  );
  const end = MEMORY_PAGES * PAGE;
  functions.write(0, end);
  let at = 0;
  const go = (/** @type {string} */ name, /** @type {number} */ bytes) => {
    const count = Math.ceil(bytes / LINE) * LINE;
    if (count > end) throw new Error(`${bytes} bytes are more than the loop's memory has`);
    if (at + count > end) at = 0;
    functions[name](at, at + count);
    at += count;
  };
  return () => (go('read', read), go('write', written));
}

/** A module with "read" and "write": (start: i32, end: i32) => f32. */
function assembleMemory() {
  const [START, END, SUMS] = [0, 1, 2];
  const quarters = [0, 1, 2, 3];
  const read = quarters.flatMap((i) => [
    ...[LOCAL_GET, START, ...V128_LOAD, 16 * i, LOCAL_GET, SUMS + i, ...F32X4_ADD],
    ...[LOCAL_SET, SUMS + i],
  ]);
  const write = quarters.flatMap((i) => [
    ...[LOCAL_GET, START, LOCAL_GET, SUMS + i, ...V128_STORE, 16 * i],
  ]);
  const over = (/** @type {number[]} */ body) => [
    ...[1, quarters.length, V128], // locals
    ...[0x03, 0x40, ...body], // loop
    ...[LOCAL_GET, START, 0x41, ...LINE_LEB, 0x6a, 0x22, START], // start += LINE
    ...[LOCAL_GET, END, 0x49, 0x0d, 0, 0x0b], // branch while start < end
    ...[LOCAL_GET, SUMS],
    ...quarters.slice(1).flatMap((i) => [LOCAL_GET, SUMS + i, ...F32X4_ADD]),
    ...[SIMD, 0x1f, 0, 0x0b], // extract lane 0, end
  ];
  const functions = { read: over(read), write: over(write) };
  return moduleOf(functions, [2, I32, I32, 1, F32], MEMORY_PAGES);
}

/** 64 as a signed LEB128. */
const LINE_LEB = [0xc0, 0x00];

/** v128 of four times a value. @param {number} value */
function splat(value) {
  const bytes = new Uint8Array(Float32Array.of(value).buffer);
  return [0x43, ...bytes, SIMD, 0x13];
}

/**
 * @param {number} id
 * @param {number[]} bytes
 */
function section(id, bytes) {
  return [id, ...length(bytes), ...bytes];
}

/** The length in LEB128, two bytes long. @param {number[]} bytes */
function length(bytes) {
  return [(bytes.length & 0x7f) | 0x80, bytes.length >> 7];
}
