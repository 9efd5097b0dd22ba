/**
 * The machine's limit: how many float32 operations a second a WebAssembly loop does that has nothing
 * but multiplications and additions, in registers. A multiply-add counts as two operations.
 */

/** Sums that do not wait for each other: more than latency times units of today's processors. */
const CHAINS = 12;
const ITERATIONS = 4096;
const LANES = 4;
/** Calls of the loop that are timed at once: as long as a forward pass, so that both are interrupted alike. */
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

/**
 * Functions that do CALLS loops, or null where the host lacks the instructions.
 * @returns {Promise<{ simd128: () => void, relaxed: (() => void) | null }>}
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
  return () => {
    for (let i = 0; i < CALLS; i++) body(ITERATIONS);
  };
}

/**
 * A module with one function, "loop": (iterations: i32) => f32, the sum's first lane.
 * @param {(chain: number) => number[]} operation
 */
function assemble(operation) {
  const chains = Array.from({ length: CHAINS }, (_, i) => FIRST_CHAIN + i);
  const F32 = 0x7d;
  const I32 = 0x7f;
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
  const name = [...new TextEncoder().encode('loop')];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 1, F32]),
    ...section(3, [1, 0]),
    ...section(7, [1, name.length, ...name, 0x00, 0]),
    ...section(10, [1, ...length(code), ...code]),
  ]);
}

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
