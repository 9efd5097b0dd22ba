/** Converts a model to one compact .safetensors file. */

import { typed } from '../base/boundary.js';
import { writeSafetensors } from '../files/safetensors.js';
import { buildModel, openModel } from './load.js';
import { Network } from '../engine/network.js';

/** @import { ModelSource } from '../base/source.js' */
/** @import { Engine } from '../engine/engine.js' */
/** @import { WasmOptions } from '../engine/wasm.js' */
/** @import { Weight } from '../files/index.js' */
/** @import { LoadOptions } from './load.js' */
/** @import { Topology } from './topology.js' */

/**
 * @typedef {object} OwnConvertOptions
 * @property {boolean} [float16] whether kernels are stored in half precision, which halves the file
 *   and costs some accuracy (default false)
 * @typedef {OwnConvertOptions & LoadOptions} ConvertOptions
 */

/**
 * Converts a model to .safetensors. It takes every kind of model that loadModel reads. The metadata
 * of the file have the configuration, the labels and the preprocessing, so that loadModel needs no
 * other file and no library.
 * @param {ModelSource} source
 * @param {ConvertOptions & WasmOptions} [options] as for loadModel
 * @returns {Promise<Uint8Array<ArrayBuffer>>} the file
 * @example
 * const bytes = await convertModel(file, { float16: true });
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
  const { engine, topology } = await openModel(source, options);
  const model = await buildModel(engine, topology, options);
  const { labelsReason, preprocessingReason } = model.description;
  // A guess must not look like a fact in the new file.
  const labels = labelsReason === 'imagenet' ? undefined : model.description.labels;
  const preprocessing = preprocessingReason === 'guess' ? undefined : model.preprocessing;
  model.dispose();
  const weights = nameWeights(engine, topology);
  const { config, crop } = topology;
  try {
    return writeSafetensors({ config, labels, preprocessing, crop, weights }, options);
  } finally {
    // The weights are read from the file while they are written.
    engine.rest();
  }
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
    const found = new Map(weights.map((weight) => [network.findWeight(weight.name), weight]));
    return Array.from(found.keys())
      .filter((index) => index >= 0)
      .sort((a, b) => a - b)
      .map((index) => ({
        .../** @type {Weight} */ (found.get(index)),
        name: network.weightPath(index),
        shape: network.weightShape(index),
      }));
  } finally {
    network.dispose();
  }
}
