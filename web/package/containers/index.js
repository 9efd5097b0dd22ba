/** Model files: told apart by their first bytes, opened as a configuration and named weights. */

import { GradCamError } from '../errors.js';
import { isHtml } from '../url.js';

/**
 * A weight array as a file has it.
 * @typedef {object} Weight
 * @property {string} name the parts of its place in the file, joined by "/"; see gc_model_find_weight
 * @property {number[]} shape
 * @property {number} size number of values: the product of the axes
 * @property {() => Float32Array} read decodes the values, row-major
 */

/**
 * An opened model file.
 * @typedef {object} Container
 * @property {string} config JSON of the model's architecture, as Keras writes it
 * @property {Weight[]} weights read one after another, so that no more than one is held twice
 */

/** @type {{ name: string, magic: number[], open: (bytes: Uint8Array) => Promise<Container> }[]} */
const kinds = [
  {
    name: 'HDF5 (.h5)',
    magic: [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a],
    open: async (bytes) => (await import('./hdf5.js')).openModelH5(bytes),
  },
  {
    name: 'Keras 3 (.keras)',
    magic: [0x50, 0x4b, 0x03, 0x04],
    open: async (bytes) => (await import('./keras.js')).openKeras(bytes),
  },
];

/**
 * @param {Uint8Array} bytes of the file
 * @returns {Promise<Container>}
 */
export async function openContainer(bytes) {
  const kind = kinds.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte));
  if (kind) return kind.open(bytes);
  const allowed = kinds.map(({ name }) => name).join(', ');
  throw new GradCamError(
    'INVALID_MODEL',
    `not a model file: ${describe(bytes)}; allowed: ${allowed}`,
  );
}

/** @param {Uint8Array} bytes */
function describe(bytes) {
  if (bytes.length === 0) return 'it is empty';
  if (isHtml(bytes)) return 'it is an HTML page';
  const start = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `it begins with the bytes ${start.join(' ')}`;
}
