/** Opens model files. Their first bytes tell their kind. */

import { GradCamError } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { startedEngine } from '../engine/start.js';
import { part } from '../base/parts.js';
import { isSafetensors, openSafetensors } from './safetensors.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { ModelFiles, NamedFile } from '../base/source.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { Crop } from '../pictures/crop.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */

/**
 * A weight array as a file has it.
 * @typedef {object} Weight
 * @property {string} name the path in the file, with parts joined by "/", as gc_model_find_weight
 *   takes it
 * @property {number[]} shape
 * @property {number} size number of values, the product of the axes
 * @property {(first?: number, end?: number, place?: Place) => Float32Array} read decodes the values
 *   from `first` to before `end`, or all, in row-major order. The array may be a view of the file's
 *   bytes. If it can be written to `place` at once, it is a view of that
 * @property {() => number} [part] how many values are best read at once
 * @property {string} [layer] name of the layer that has the weight, if the name does not tell
 * @property {() => boolean} [isInteger] whether the values are whole numbers of one byte
 * @property {boolean} [isPointwise] whether it is the kernel of a layer that takes each position by
 *   itself. The outputs are its last axis
 * @property {string} [dtype] type of its numbers in the file, "float16"
 */

/**
 * Where the values of a weight are needed.
 * @typedef {object} Place
 * @property {Engine} engine
 * @property {number} pointer into its memory
 */

/**
 * What a model's file is, besides the model.
 * @typedef {object} ModelFile
 * @property {'keras' | 'hdf5' | 'safetensors' | 'tfjs'} format "keras" is the zip file of Keras 3
 * @property {number} bytes of the file, with its shards
 * @property {string | null} kerasVersion the version of Keras that wrote it, null where the file
 *   does not say
 * @property {boolean} hasOptimizer whether it has the state of an optimizer, which is not read
 * @property {Record<string, number>} dtypes how many values of each type of numbers its weights
 *   have, as { float32: 3538984 }. "int12" are packed kernels
 */

/**
 * What opening a file takes.
 * @typedef {object} Means
 * @property {Pause} pause
 * @property {() => Promise<Engine>} engine gives the engine that reads the file
 */

/**
 * An opened model file.
 * @typedef {object} Container
 * @property {string} [fileName] name of the file among several that has the weights
 * @property {string} [config] Keras' JSON of the model's architecture, which weights alone lack
 * @property {boolean} [isOrdered] whether the order of the weights tells what they are. Else their
 *   names tell. Keras' files of weights alone are ordered
 * @property {Weight[]} weights the caller reads one after another, so that memory holds only one
 *   twice
 * @property {string[]} [labels] names of the classes, if the files have them
 * @property {string} [labelsName] the file that has them, for errors
 * @property {Preprocessing} [preprocessing] if the file has it
 * @property {Crop} [crop] if the model's own program crops pictures
 * @property {Partial<ModelFile>} [file]
 */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {ModelFile['format']} format
 * @property {(bytes: Uint8Array) => boolean} is
 * @property {(files: ModelFiles, means: Means, isPacked: boolean) => Container |
 *   Promise<Container>} open `isPacked` says that the file came out of a zip file
 */

/** @type {Kind[]} the kinds of files that can be read */
export const kinds = [
  {
    name: 'Keras 3 (.keras), or a zip file with one model',
    format: 'keras',
    is: begins(0x50, 0x4b, 0x03, 0x04),
    open: async ({ bytes }, means, isPacked) => {
      const { openZip } = await part('the reader of zip files', () => import('./keras.js'));
      return openZip(
        bytes,
        means,
        isPacked ? undefined : (files) => openSeveral(files, means, true),
      );
    },
  },
  {
    name: 'HDF5 (.h5)',
    format: 'hdf5',
    is: begins(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
    open: async ({ bytes }, means) => {
      const { openModelH5 } = await part('the reader of HDF5', () => import('./hdf5.js'));
      return openModelH5(bytes, means);
    },
  },
  {
    name: '.safetensors',
    format: 'safetensors',
    is: isSafetensors,
    open: ({ bytes }) => openSafetensors(bytes),
  },
  {
    name: 'TensorFlow.js (model.json with its shards)',
    format: 'tfjs',
    is: (bytes) => /^\s*\{/.test(textStart(bytes)),
    open: async (files) => {
      const { openTfjs } = await part('the reader of model.json', () => import('./tfjs.js'));
      return openTfjs(files);
    },
  },
];

/** @param {number[]} magic */
function begins(...magic) {
  return (/** @type {Uint8Array} */ bytes) => magic.every((byte, i) => bytes[i] === byte);
}

/** @param {Uint8Array} bytes */
function textStart(bytes) {
  return new TextDecoder('latin1').decode(bytes.subarray(0, 64));
}

/**
 * @param {ModelFiles | NamedFile[]} files one file, or several
 * @param {{ pause?: Pause, engine?: Engine }} [options] `engine` reads the file, and is the default
 *   engine without it
 * @returns {Promise<Container>}
 */
export async function openContainer(files, { pause = pauses(), engine } = {}) {
  const means = { pause, engine: async () => engine ?? startedEngine() };
  const opened = Array.isArray(files) ? openSeveral(files, means) : openOne(files, means);
  return withWholeKernels(await opened);
}

/**
 * Restores the kernels that Keras has quantised, or keeps apart from their low-rank adapters. Few
 * files have such kernels, so the code is loaded for them only.
 * @param {Container} container
 */
async function withWholeKernels(container) {
  const { config, weights } = container;
  let whole = container;
  if (config !== undefined && /"int[48]/.test(config)) {
    const { dequantize } = await part(
      'the reader of quantised kernels',
      () => import('./quantized.js'),
    );
    whole = dequantize(whole);
  }
  if (weights.some(({ name }) => name.includes('/lora_'))) {
    whole = (await part('the reader of adapters', () => import('./lora.js'))).mergeLora(whole);
  }
  return whole;
}

/**
 * @param {NamedFile[]} files
 * @param {Means} means
 * @param {boolean} [isPacked] whether they came out of a zip file
 */
async function openSeveral(files, means, isPacked = false) {
  const { openBundle } = await part('the reader of several files', () => import('./bundle.js'));
  return openBundle(files, (main) => openOne(main, means, isPacked));
}

/**
 * @param {ModelFiles} files
 * @param {Means} means
 * @param {boolean} [isPacked] whether the file came out of a zip file
 * @returns {Promise<Container>}
 */
async function openOne(files, means, isPacked = false) {
  const kind = kinds.find(({ is }) => is(files.bytes));
  if (kind) {
    const container = await kind.open(files, means, isPacked);
    return { ...container, file: aboutFile(kind.format, files.bytes.length, container) };
  }
  const { describe } = await part('the list of other files', () => import('./others.js'));
  const allowed = kinds.map(({ name }) => name).join(', ');
  const text = `the file is not a model; ${describe(files.bytes)}; allowed: ${allowed}`;
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * @param {ModelFile['format']} format
 * @param {number} bytes
 * @param {Container} container in which a model of a zip file has its own facts
 * @returns {ModelFile}
 */
function aboutFile(format, bytes, { file, weights }) {
  /** @type {Record<string, number>} */
  const dtypes = {};
  for (const { dtype, size } of weights) {
    if (dtype !== undefined) dtypes[dtype] = (dtypes[dtype] ?? 0) + size;
  }
  return { format, bytes, kerasVersion: null, hasOptimizer: false, dtypes, ...file };
}
