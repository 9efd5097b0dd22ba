/** Converts a model to one compact .safetensors file. */

import { typed } from '../base/boundary.js';
import { GradCamError, show } from '../base/errors.js';
import { part } from '../base/parts.js';
import { buildModel, openModel } from './load.js';
import { Network } from '../engine/network.js';

/** @import { ModelSource } from '../base/source.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { WasmOptions } from '../engine/wasm.js' */
/** @import { Weight } from '../files/index.js' */
/** @import { Bits } from '../files/safetensors-writer.js' */
/** @import { LoadOptions } from './load.js' */
/** @import { Topology } from './topology.js' */

/**
 * @typedef {object} OwnConvertOptions
 * @property {12 | 16 | 32} [bits] of the numbers of kernels (default 32). 16 is half precision,
 *   which halves the file and costs some accuracy. 12 takes another quarter away. Kernels of Dense
 *   layers and of convolutions with one position become integers then, with one scale an output.
 *   Other kernels have half precision. What is rounded away does not come back when the file is
 *   converted again
 * @property {boolean} [float16] the same as 16 bits
 * @typedef {OwnConvertOptions & LoadOptions} ConvertOptions
 */

/** @type {readonly unknown[]} */
const BITS = [12, 16, 32];
/** Layers whose kernels, [...][inputs][outputs], take each position by itself if they have one. */
const POINTWISE = /^(Dense|(Separable)?Conv[12]D)$/;

/**
 * Converts a model to .safetensors. It takes every kind of model that loadModel reads. The metadata
 * of the file have the configuration, the labels and the preprocessing, so that loadModel needs no
 * other file and no library.
 * @param {ModelSource} source
 * @param {ConvertOptions & WasmOptions} [options] as for loadModel
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the file
 * @example
 * const bytes = await convertModel(file, { bits: 12 });
 * const small = await loadModel(bytes);
 */
export async function convertModel(source, options) {
  return typed('convertModel', options, (given) => convert(source, given));
}

/**
 * @param {ModelSource} source
 * @param {ConvertOptions & WasmOptions} options
 */
async function convert(source, options) {
  const bits = chooseBits(options);
  const { engine, topology } = await openModel(source, options);
  const model = await buildModel(engine, topology, options);
  const { labelsReason, preprocessingReason } = model.description;
  // A guess must not look like a fact in the new file.
  const labels = labelsReason === 'imagenet' ? undefined : model.description.labels;
  const preprocessing = preprocessingReason === 'guess' ? undefined : model.preprocessing;
  model.dispose();
  const weights = nameWeights(engine, topology);
  const { config, crop, file } = topology;
  const { writeSafetensors } = await part(
    'the writer of models',
    () => import('../files/safetensors-writer.js'),
  );
  try {
    return writeSafetensors({ config, labels, preprocessing, crop, weights, file }, bits);
  } finally {
    // The weights are read from the file while they are written.
    engine.rest();
  }
}

/**
 * @param {ConvertOptions} options
 * @returns {Bits}
 */
function chooseBits({ bits, float16 }) {
  if (bits === undefined) return float16 ? 16 : 32;
  if (float16 && bits !== 16) {
    const text = `bits is ${show(bits)} and float16 true; give one of them`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (BITS.includes(bits)) return bits;
  throw new GradCamError('INVALID_ARGUMENT', `bits is ${show(bits)}; allowed: ${BITS.join(', ')}`);
}

/**
 * The weights that the network needs, in its order and by its names.
 * @param {Engine} engine
 * @param {Topology} topology
 * @returns {Weight[]}
 */
function nameWeights(engine, { config, weights }) {
  const network = new Network(engine, config);
  try {
    const types = new Map(network.layers.map(({ path, type }) => [path, type]));
    const found = new Map(weights.map((weight) => [network.findWeight(weight.name), weight]));
    return Array.from(found.keys())
      .filter((index) => index >= 0)
      .sort((a, b) => a - b)
      .map((index) => ({
        .../** @type {Weight} */ (found.get(index)),
        name: network.weightPath(index),
        shape: network.weightShape(index),
      }))
      .map((weight) => ({ ...weight, isPointwise: isPointwise(weight, types) }));
  } finally {
    network.dispose();
  }
}

/**
 * @param {Weight} weight of the network, by its path
 * @param {Map<string, string>} types of layers by their paths
 */
function isPointwise({ name, shape }, types) {
  const end = name.lastIndexOf('/');
  const isKernel = /^(pointwise_)?kernel$/.test(name.slice(end + 1));
  if (!isKernel || !POINTWISE.test(types.get(name.slice(0, end)) ?? '')) return false;
  return shape.slice(0, -2).every((axis) => axis === 1);
}
