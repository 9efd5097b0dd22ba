/**
 * The bits of the maps: a hash of the raw maps and of the weights' norms of all layers, for five
 * classes of each shared model. A change of the code that should change no result must leave all of
 * them as they are.
 *
 *     node tests/golden/bits.js [--variant simd|relaxed] [--threads N] [--write]
 *
 * Prints the hashes; --write records them in bits.json.
 */

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { init } from '../../web/package/engine/start.js';
import { loadModel } from '../../web/package/index.js';
import { GOLDEN, watchMaps, wasmOptions } from './common.js';

/** @typedef {import('./common.js').Build} Build */
/** @typedef {import('gradcam-wasm').WasmVariant} WasmVariant */

const SHARED = join(GOLDEN, '..');
const PICTURE = join(SHARED, 'images/cat_dog_224.png');
const RECORD = fileURLToPath(new URL('./bits.json', import.meta.url));

export const MODELS = [
  'dog_breed_mobilenetv2.h5',
  'efficientnet_lite0_imagenet.keras',
  'keras2_small_cnn.h5',
  'keras2_tl_sequential.h5',
  'mobilenetv2_0.35_96_weights.h5',
  'mobilenetv2_imagenet.keras',
  'nsfwjs_mobilenetv2.keras',
];

/** Classes that are explained, as shares of their number. */
const CLASSES = [0, 0.2, 0.4, 0.6, 0.8];

/**
 * Hashes by model and variant. They are the same for any number of threads.
 * @typedef {Record<string, Partial<Record<WasmVariant, string>>>} Bits
 */

/** @returns {Bits} */
export function recordedBits() {
  return existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, 'utf8')) : {};
}

/**
 * Explains all layers of a model and hashes what the engine writes.
 * @param {string} name of a shared model
 * @param {Build} build
 * @returns {Promise<string>}
 */
export async function hashMaps(name, build) {
  const options = wasmOptions(build);
  const engine = await init(options);
  // The hashes were taken of pixels from -1 to 1, whatever the models take.
  const bytes = readFileSync(join(SHARED, 'models', name));
  const model = await loadModel(bytes, { preprocessing: 'tf', keep: build.keep, ...options });
  const hash = createHash('sha256');
  const restore = watchMaps(engine, (raw, norms) => hash.update(raw).update(norms));
  try {
    const run = await model.run(readFileSync(PICTURE));
    const targets = [...new Set(CLASSES.map((share) => Math.floor(share * model.classCount)))];
    for (const logits of [false, true]) await run.explain({ targets, layer: 'all', logits });
  } finally {
    restore();
    model.dispose();
  }
  return hash.digest('hex').slice(0, 32);
}

/**
 * Whether relaxed SIMD's multiply-add rounds once here. It does wherever the processor has such an
 * instruction, and only then are the recorded hashes of "relaxed" to be expected.
 */
export function fusesMultiplyAdd() {
  // A module of one function, (f32, f32, f32) -> f32: splats its arguments, f32x4.relaxed_madd,
  // lane 0. prettier-ignore
  const bytes = new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 8, 1, 0x60, 3, 0x7d, 0x7d, 0x7d, 1, 0x7d, 3, 2, 1, 0, 7,
    5, 1, 1, 0x66, 0, 0, 10, 22, 1, 20, 0, 0x20, 0, 0xfd, 0x13, 0x20, 1, 0xfd, 0x13, 0x20, 2, 0xfd,
    0x13, 0xfd, 0x85, 0x02, 0xfd, 0x1f, 0, 0x0b,
  ]);
  const { f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const step = 2 ** -23;
  const square = /** @type {(a: number, b: number, c: number) => number} */ (f);
  return square(1 + step, 1 + step, -(1 + 2 * step)) !== 0;
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      variant: { type: 'string', default: 'simd' },
      threads: { type: 'string', default: '1' },
      write: { type: 'boolean', default: false },
    },
  });
  const variant = /** @type {WasmVariant} */ (values.variant);
  if (variant === 'relaxed') await import('../../wasm-build/enable-relaxed-simd.js');
  const bits = recordedBits();
  for (const name of MODELS) {
    const hash = await hashMaps(name, {
      reference: false,
      variant,
      threads: Number(values.threads),
    });
    console.log(`${hash} ${variant} ${name}`);
    bits[name] = { ...bits[name], [variant]: hash };
  }
  if (values.write) writeFileSync(RECORD, `${JSON.stringify(bits, null, 2)}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));

/**
 * The logits and the map of the default layer, of a run that was asked for nothing else.
 * @param {string} name of a shared model
 * @param {Build} build
 */
export async function firstAnswer(name, build) {
  const bytes = readFileSync(join(SHARED, 'models', name));
  const options = { preprocessing: /** @type {const} */ ('tf'), keep: build.keep };
  const model = await loadModel(bytes, { ...options, ...wasmOptions(build) });
  try {
    const run = await model.run(readFileSync(PICTURE));
    const { targets } = await run.explain();
    return { logits: run.logits, map: targets[0].heatmap.data };
  } finally {
    model.dispose();
  }
}
