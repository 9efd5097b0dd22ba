/**
 * Reads the HDF5 files of Keras. They are whole models, weights alone, and the store in a .keras
 * file.
 */

import { GradCamError } from '../base/errors.js';
import { Hdf5 } from '../engine/hdf5-file.js';
import { dtypeOf } from './numbers.js';
import { noteVersion } from './version.js';

/** @import { Engine } from '../engine/engine.js' */
/** @import { Links } from '../engine/hdf5-file.js' */
/** @import { Container, Means, Place, Weight } from './index.js' */

/** What TensorFlow 2.12 and 2.13 call the group "layers" of Keras 3's store. */
const OLD_LAYERS = '_layer_checkpoint_dependencies';
/** What the group "layers" of the store may be called. */
const LAYERS = /^(layers|_layer_checkpoint_dependencies)(\\|$)/;

/** The group of the optimizer's state in Keras 3's store, and in other files. */
const STATE = 'optimizer';
const OLD_STATE = 'optimizer_weights';

/** The deepest nesting of groups that is read. Keras nests one or two levels for each submodel. */
const MAX_DEPTH = 64;

/** Bytes of a float32. */
const WORD = 4;

/**
 * An array of values in the file.
 * @typedef {object} Dataset
 * @property {string} name of the weight
 * @property {number} address
 * @property {number[]} shape
 * @property {string} type of the values
 * @property {string} [layer]
 */

/**
 * Opens a file that model.save('model.h5') or model.save_weights() of Keras 2 or 3 has written. A
 * whole model has its configuration in an attribute, and its weights in one group for each
 * top-level layer. Weights alone are in the same groups, or in Keras 3's store. The state of the
 * optimizer is not read.
 * @param {Uint8Array} bytes
 * @param {Means} means
 * @returns {Promise<Container>}
 */
export async function openModelH5(bytes, means) {
  return withFile(bytes, means, async (file, engine) => {
    const { datasets, ...about } = findWeights(file);
    return { ...about, weights: await listAll(datasets, engine, bytes, means) };
  });
}

/**
 * The weights of Keras 3's store, model.weights.h5. Their names are their paths in the file, such
 * as "layers/conv2d/vars/0".
 * @param {Uint8Array} bytes
 * @param {Means} means
 * @returns {Promise<{ weights: Weight[], hasOptimizer: boolean }>}
 */
export async function openWeightStore(bytes, means) {
  return withFile(bytes, means, async (file, engine) => {
    file.visit();
    const hasOptimizer = file.links.has(STATE);
    return { weights: await listAll(storeWeights(file), engine, bytes, means), hasOptimizer };
  });
}

/**
 * @template T
 * @param {Uint8Array} bytes
 * @param {Means} means
 * @param {(file: Hdf5, engine: Engine) => Promise<T>} body
 */
async function withFile(bytes, { engine: start }, body) {
  const engine = await start();
  const file = new Hdf5(engine, bytes);
  try {
    return await body(file, engine);
  } finally {
    file.close();
  }
}

/** @param {Hdf5} file */
function findWeights(file) {
  file.visit();
  const config = only(file.attribute('model_config'));
  const { links } = file;
  const version = only(file.attribute('keras_version'));
  const hasOptimizer = [STATE, OLD_STATE].some((name) => links.has(name));
  const about = { file: { kerasVersion: version ?? null, hasOptimizer } };
  if (config !== undefined) {
    checkVersion(config, version);
    visitGroup(file, links, 'model_weights');
    return { ...about, config: noteVersion(config, version), datasets: layerWeights(file) };
  }
  const hasLayers = ['layer_names', 'layer_names0'].some((name) => file.attribute(name));
  if (hasLayers) return { ...about, datasets: layerWeights(file), isOrdered: true };
  if ([...links.keys()].some((key) => LAYERS.test(key))) {
    return { ...about, datasets: storeWeights(file) };
  }
  const text = 'this HDF5 file is not a Keras model; it has no attribute model_config';
  throw new GradCamError('INVALID_MODEL', text);
}

/** @param {string[] | undefined} texts */
function only(texts) {
  return texts?.length === 1 ? texts[0] : undefined;
}

/**
 * Refuses models of Keras 1, whose layers have other options.
 * @param {string} config
 * @param {string} [version]
 */
function checkVersion(config, version) {
  if (!/^1\./.test(version ?? '') && !/"nb_(filter|row)"/.test(config)) return;
  const text = 'the model was saved by Keras 1; load it in Keras 2.0 to 2.2 and save it again';
  throw new GradCamError('INVALID_MODEL', text);
}

/**
 * @param {Generator<Dataset>} datasets
 * @param {Engine} engine
 * @param {Uint8Array} bytes of the file
 * @param {Means} means
 */
async function listAll(datasets, engine, bytes, { pause }) {
  const weights = [];
  for (const dataset of datasets) {
    weights.push(weight(dataset, engine, bytes));
    await pause();
  }
  return weights;
}

/**
 * The data sets of all layers, in the group that is visited. Their names are
 * "<layer's group>/<weight's name>".
 * @param {Hdf5} file
 * @returns {Generator<Dataset>}
 */
function* layerWeights(file) {
  const { links } = file;
  for (const layer of names(file, 'layer_names')) {
    visitGroup(file, links, layer);
    const own = file.links;
    for (const name of names(file, 'weight_names')) {
      const dataset = visitDataset(file, own, name, `${layer}/${name}`);
      if (!dataset) {
        throw new GradCamError('INVALID_MODEL', `the file lacks the weight ${layer}/${name}`);
      }
      yield dataset;
    }
  }
}

/**
 * @param {Hdf5} file
 * @param {Links} links of the group in which the path begins
 * @param {string} path
 */
function visitGroup(file, links, path) {
  const address = file.find(links, path);
  if (address !== undefined) file.visit(address);
  if (address !== undefined && !file.shape) return;
  throw new GradCamError('INVALID_MODEL', `the file lacks the group ${path}`);
}

/**
 * @param {Hdf5} file
 * @param {Links} links of the group in which the path begins
 * @param {string} path
 * @param {string} name of the weight
 * @returns {Dataset | undefined} undefined if there is none
 */
function visitDataset(file, links, path, name) {
  const address = file.find(links, path);
  if (address === undefined) return undefined;
  file.visit(address);
  const { shape } = file;
  return shape && { name, address, shape, type: file.type };
}

/**
 * A list of names in the attributes of the group that is visited. Keras splits a list that is too
 * long for one attribute into layer_names0, layer_names1 and so on.
 * @param {Hdf5} file
 * @param {string} attribute
 * @returns {string[]}
 */
function names(file, attribute) {
  const list = file.attribute(attribute);
  const parts = list ? [list] : [];
  for (let i = 0; parts.length === i; i++) {
    const part = file.attribute(`${attribute}${i}`);
    if (part) parts.push(part);
  }
  if (parts.length === 0) throw new GradCamError('INVALID_MODEL', `the file lacks ${attribute}`);
  const all = parts.flat();
  const seen = new Set();
  const twice = all.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined)
    throw new GradCamError('INVALID_MODEL', `${attribute} has the name ${twice} twice`);
  return all;
}

/**
 * The data sets of a group and of its groups. Their names are their paths, as Keras writes them
 * today. Two older spellings have the same meaning:
 *   layers\\conv2d/vars/0                        of Keras under Windows
 *   _layer_checkpoint_dependencies/conv2d/vars/0  of TensorFlow 2.12 and 2.13
 * @param {Hdf5} file in which the group is visited
 * @param {string} [path] of the group, "" or ending in "/"
 * @param {Set<number>} [visited] addresses of the groups that were read
 * @returns {Generator<Dataset>}
 */
function* storeWeights(file, path = '', visited = new Set()) {
  // Keras writes the name of a layer beside its variables.
  const layer = only(file.attribute('name'));
  for (const [key, address] of file.links) {
    if (path === '' && key === STATE) continue;
    const name = path + key.replaceAll('\\', '/').replaceAll(OLD_LAYERS, 'layers');
    file.visit(address);
    const { shape } = file;
    if (shape) {
      yield { name, address, shape, type: file.type, layer };
      continue;
    }
    if (visited.has(address) || path.split('/').length > MAX_DEPTH) {
      const text = `the groups of the HDF5 file form a circle at ${name}`;
      throw new GradCamError('INVALID_MODEL', text);
    }
    visited.add(address);
    yield* storeWeights(file, `${name}/`, visited);
  }
}

/**
 * @param {Dataset} dataset
 * @param {Engine} engine
 * @param {Uint8Array} bytes of the file
 * @returns {Weight}
 */
function weight({ name, address, shape, type, layer }, engine, bytes) {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const open = (/** @type {(file: Hdf5) => any} */ body) => {
    const file = new Hdf5(engine, bytes);
    try {
      file.visit(address);
      return body(file);
    } catch (cause) {
      if (!(cause instanceof GradCamError)) throw cause;
      const text = `weight ${name} cannot be read: ${cause.message}`;
      throw new GradCamError(cause.code, text, { cause });
    } finally {
      file.close();
    }
  };
  return {
    name,
    shape,
    size,
    layer,
    dtype: dtypeOf(type),
    part: () => open((file) => file.part),
    isInteger: () => /^\|[iu]1$/.test(type),
    read(first = 0, end = size, place = undefined) {
      const read = place?.engine === engine ? readToPlace : readCopy;
      return open((file) => read(file, engine, first, end, place));
    },
  };
}

/**
 * Reads values to where they are needed.
 * @param {Hdf5} file
 * @param {Engine} engine
 * @param {number} first
 * @param {number} end
 * @param {Place} [place]
 */
function readToPlace(file, engine, first, end, place) {
  const { pointer } = /** @type {Place} */ (place);
  file.read(pointer, first, end - first);
  return engine.viewFloats(pointer, end - first);
}

/**
 * Copies values out of the engine, a part at a time.
 * @param {Hdf5} file
 * @param {Engine} engine
 * @param {number} first
 * @param {number} end
 */
function readCopy(file, engine, first, end) {
  const values = new Float32Array(end - first);
  const part = Math.min(file.part, values.length);
  engine.scratch((scratch) => {
    const pointer = scratch.alloc(part * WORD);
    for (let done = 0; done < values.length; done += part) {
      const count = Math.min(part, values.length - done);
      file.read(pointer, first + done, count);
      values.set(engine.viewFloats(pointer, count), done);
    }
  });
  return values;
}
