/** Opens model files. Their first bytes tell their kind. */

import { GradCamError } from '../base/errors.js';
import { pauses } from '../base/pauses.js';
import { isHtml } from '../base/url.js';
import { isSafetensors, openSafetensors } from './safetensors.js';

/** @import { Pause } from '../base/pauses.js' */
/** @import { ModelFiles } from '../base/source.js' */
/** @import { Preprocessing } from '../pictures/preprocessing.js' */

/**
 * A weight array as a file has it.
 * @typedef {object} Weight
 * @property {string} name the path in the file, with parts joined by "/", as gc_model_find_weight
 *   takes it
 * @property {number[]} shape
 * @property {number} size number of values, the product of the axes
 * @property {(first?: number, end?: number) => Float32Array} read decodes the values from `first`
 *   to before `end`, or all, in row-major order. The array may be a view of the file's bytes
 */

/**
 * An opened model file.
 * @typedef {object} Container
 * @property {string} [config] Keras' JSON of the model's architecture, which weights alone lack
 * @property {boolean} [isOrdered] whether the order of the weights tells what they are. Else their
 *   names tell. Keras' files of weights alone are ordered
 * @property {Weight[]} weights the caller reads one after another, so that memory holds only one
 *   twice
 * @property {string[]} [labels] names of the classes, if the file has them
 * @property {Preprocessing} [preprocessing] if the file has it
 */

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {(bytes: Uint8Array) => boolean} is
 * @property {(files: ModelFiles, pause: Pause) => Container | Promise<Container>} open
 */

/** @type {Kind[]} the kinds of files that can be read */
export const kinds = [
  {
    name: 'Keras 3 (.keras)',
    is: begins(0x50, 0x4b, 0x03, 0x04),
    open: async ({ bytes }, pause) => (await import('./keras.js')).openKeras(bytes, pause),
  },
  {
    name: 'HDF5 (.h5)',
    is: begins(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
    open: async ({ bytes }, pause) => (await import('./hdf5.js')).openModelH5(bytes, pause),
  },
  { name: '.safetensors', is: isSafetensors, open: ({ bytes }) => openSafetensors(bytes) },
  {
    name: 'TensorFlow.js (model.json with its shards)',
    is: (bytes) => /^\s*\{/.test(textStart(bytes)),
    open: async (files) => (await import('./tfjs.js')).openTfjs(files),
  },
];

const SAVE_AGAIN = 'load it in Keras and save it with model.save("model.keras")';

/**
 * Files that are not Keras models although users try them, and what to do instead.
 * @type {{ is: (bytes: Uint8Array) => boolean, what: string, instead: string }[]}
 */
const others = [
  { is: isHtml, what: 'it is an HTML page', instead: 'is the address right?' },
  {
    // Field 1 of a SavedModel is its version, field 2 its graphs.
    is: begins(0x08, 0x01, 0x12),
    what: 'it is a saved_model.pb of TensorFlow, whose graph has no Keras layers',
    instead: SAVE_AGAIN,
  },
  {
    is: (bytes) => textStart(bytes).slice(4, 8) === 'TFL3',
    what: 'it is a TensorFlow Lite model, whose layers are fused for inference',
    instead: 'use the Keras model that it was made from',
  },
  {
    is: begins(0x80, 0x02, 0x8a, 0x0a),
    what: 'it is a file of PyTorch',
    instead: 'only Keras models can be read',
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
 * @param {ModelFiles} files
 * @param {Pause} [pause]
 * @returns {Promise<Container>}
 */
export async function openContainer(files, pause = pauses()) {
  const kind = kinds.find(({ is }) => is(files.bytes));
  if (kind) return kind.open(files, pause);
  const allowed = kinds.map(({ name }) => name).join(', ');
  const text = `the file is not a model; ${describe(files.bytes)}; allowed: ${allowed}`;
  throw new GradCamError('INVALID_MODEL', text);
}

/** @param {Uint8Array} bytes */
function describe(bytes) {
  if (bytes.length === 0) return 'it is empty';
  const other = others.find(({ is }) => is(bytes));
  if (other) return `${other.what} (${other.instead})`;
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `it begins with the bytes ${start.join(' ')}`;
}
