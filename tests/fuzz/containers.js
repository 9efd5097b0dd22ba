/**
 * Damages small model files and opens them, in a process of its own. tests/fuzz/containers.test.js
 * starts it and watches it. Before each case it sends the number of the case, and behind it what
 * came of the case.
 * usage: node containers.js FIRST [LAST]
 */

import { GradCamError, loadModel } from '../../web/package/index.js';
import { packedModel, smallSafetensors, smallTfjs, smallZip, zip } from '../js/hostile-files.js';

/**
 * What the process sends after a case.
 * @typedef {object} Outcome
 * @property {number} done number of the case
 * @property {string} [code] of the error, if the file was refused
 * @property {string} [bad] what is wrong with the outcome
 */

/** The most processor time of a case, in milliseconds, and memory, in bytes. */
const MOST_TIME = 2000;
const MOST_MEMORY = 300 * 2 ** 20;
const OPTIONS = { threads: 1, wasmVariant: /** @type {const} */ ('simd') };

/** JSON values that are put in place of others. */
const WORDS = [
  ...['0', '-1', '1.5', '1e9', '1e400', '2147483648', '9007199254740993', 'NaN', '-Infinity'],
  ...['null', 'true', '[]', '{}', '[null]', '[1,2]', '[[[[[[]]]]]]', '"x"', '""', '"\\u0000"'],
  ...['"\\ud800"', '"__proto__"', '{"__proto__":{"x":1}}', '{"toString":1}', '"../../x"'],
  ...['{"constructor":{"name":{}}}', '"F16"', '"Conv2D"', '"Flatten"', '"softmax"', '"float16"'],
];
const BYTES = [0, 1, 2, 3, 4, 0x7f, 0x80, 0xff];
const LONGS = [0, 1, 2, 255, 65535, 65536, 0x7fffffff, 0x80000000, 0xffffffff];

let state = 1;
/** @param {number} limit */
function below(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}

/**
 * @template T
 * @param {T[]} list
 */
function any(list) {
  return list[below(list.length)];
}

/**
 * @param {Uint8Array} seed
 * @returns {Buffer<ArrayBuffer>}
 */
function damageBytes(seed) {
  let bytes = Buffer.from(seed);
  for (let i = 1 + below(4); i > 0 && bytes.length > 8; i--) {
    const [at, to] = [below(bytes.length - 4), below(bytes.length)];
    const piece = bytes.subarray(at, at + below(64));
    const kind = below(6);
    if (kind === 0) bytes[at] ^= 1 << below(8);
    else if (kind === 1) bytes[at] = any(BYTES);
    else if (kind === 2) bytes.writeUInt32LE(any(LONGS), at);
    else if (kind === 3) bytes = Buffer.from(bytes.subarray(0, at));
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
    else bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + piece.length)]);
  }
  return bytes;
}

/**
 * Replaces, repeats or deletes values of a JSON text.
 * @param {string} json
 */
function damageJson(json) {
  let text = json;
  for (let i = 1 + below(3); i > 0; i--) {
    const starts = [...text.matchAll(/[[{,:]/g)];
    if (starts.length === 0) return text;
    const start = any(starts).index + 1;
    const [value] = /^("(?:[^"\\]|\\.)*"|[^,\]}]*)/.exec(text.slice(start)) ?? [''];
    const kind = below(10);
    const other = kind < 7 ? any(WORDS) : kind < 9 ? `${value},${value}` : '';
    text = text.slice(0, start) + other + text.slice(start + value.length);
  }
  return text;
}

/** @param {Uint8Array} seed a .safetensors file */
function damageHeader(seed) {
  const bytes = Buffer.from(seed);
  const length = Number(bytes.readBigUInt64LE());
  const header = Buffer.from(damageJson(bytes.toString('utf8', 8, 8 + length)));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([prefix, header, bytes.subarray(8 + length)]);
}

/** @type {(() => Uint8Array | File[])[]} each makes a damaged file */
const makers = [
  () => damageBytes(smallSafetensors({ labels: '["a","b","c"]', preprocessing: '"tf"' })),
  () => damageHeader(smallSafetensors()),
  () => {
    const { json, shard } = smallTfjs();
    const bytes = below(4) === 0 ? damageBytes(shard) : Uint8Array.from(shard);
    const text = below(3) === 0 ? damageBytes(Buffer.from(json)) : damageJson(json);
    return [new File([text], 'model.json'), new File([bytes], 's.bin')];
  },
  () => damageBytes(smallZip()),
  () => damageBytes(smallZip({ method: 0 }, { method: 8 }, [{ name: 'labels.txt', data: 'a\nb' }])),
  () => smallZip({ data: damageJson(smallTfjs().json) }),
  () => zip([{ name: 'model.safetensors', data: damageBytes(smallSafetensors()) }]),
  () => damageBytes(packedModel()),
  () => damageHeader(packedModel()),
];

/** @param {Uint8Array | File[]} source */
async function open(source) {
  const model = await loadModel(source, OPTIONS);
  try {
    const shape = [1, ...model.inputShape.slice(1).map((axis) => axis ?? 8)];
    const size = shape.reduce((product, axis) => product * axis, 1);
    const run = await model.run({ data: new Float32Array(size).fill(0.3), shape });
    await run.explain();
    model.summary();
  } finally {
    model.dispose();
  }
}

/**
 * Whether a file was refused by accident. The caller gives good values here, so that no error may
 * come from them.
 * @param {any} error
 */
function isDefect(error) {
  const codes = ['INTERNAL', 'WASM_FAILED', 'FETCH_FAILED'];
  if (!(error instanceof GradCamError) || codes.includes(error.code)) return true;
  return error.message.startsWith('the call fails on a value');
}

/**
 * @param {number} number
 * @returns {Promise<Outcome>}
 */
async function attempt(number) {
  state = Math.imul(number, 2654435761) || 1;
  for (let i = 0; i < 5; i++) below(2);
  const source = makers[number % makers.length]();
  const before = process.cpuUsage();
  const peak = process.resourceUsage().maxRSS;
  /** @type {Outcome} */
  const outcome = { done: number };
  try {
    await open(source);
  } catch (/** @type {any} */ error) {
    outcome.code = error?.code;
    if (isDefect(error)) outcome.bad = `${error?.stack ?? error} ${error?.cause?.stack ?? ''}`;
  }
  const { user, system } = process.cpuUsage(before);
  const time = (user + system) / 1000;
  const memory = (process.resourceUsage().maxRSS - peak) * 1024;
  if (time > MOST_TIME) outcome.bad ??= `${time} ms of processor time`;
  if (memory > MOST_MEMORY) outcome.bad ??= `${memory} bytes of memory`;
  if (Object.keys(Object.prototype).length > 0) outcome.bad = 'it changed Object.prototype';
  return outcome;
}

const [first = '0', last = 'Infinity'] = process.argv.slice(2);
const send = (/** @type {object} */ message) => {
  if (process.send) process.send(message);
  else console.log(message);
};
for (let number = Number(first); number <= Number(last); number++) {
  send({ begun: number });
  send(await attempt(number));
  // Messages leave when the event loop turns.
  await new Promise((resolve) => setImmediate(resolve));
}
