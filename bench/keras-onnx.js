/**
 * A Keras network as an ONNX file, layer by layer, as a converter writes it before any runtime
 * optimises it. A layer that ONNX has becomes one node. Any other becomes the few nodes of its
 * formula. keras-onnx-layers.js has the layers.
 */

import { LAYERS } from './keras-onnx-layers.js';
import { inputsOf, layerConfigs } from './network.js';
import { integers, onnxFile, tensor } from './onnx-file.js';

/** @typedef {import('./network.js').Source} Source */
/** @typedef {import('./network.js').Array4} Array4 */
/** @typedef {import('./onnx-file.js').OnnxNode} OnnxNode */
/** @typedef {import('./keras-onnx-layers.js').Layer} Layer */

/**
 * @param {Source} source
 * @returns {Uint8Array} a file, as onnxFile() writes it
 */
export function kerasToOnnx({ config, layers, weights }) {
  const graph = new Graph(weights);
  const configs = layerConfigs(config);
  /** @type {string[]} names of the layers' outputs */
  const values = [];
  for (const [i, info] of layers.entries()) {
    const write = LAYERS[info.type];
    if (!write) throw new Error(`no ONNX operators for a ${info.type} layer, ${info.path}`);
    const from = inputsOf(info, layers);
    const shapes = from.map((input) => /** @type {number[]} */ (layers[input].shape));
    const layer = { path: info.path, config: configs.get(info.path) ?? {}, shapes };
    const shape = /** @type {number[]} */ (info.shape);
    const inputs = from.map((input) => values[input]);
    values[i] = write(graph, { ...layer, shape, inputs, previous: values[i - 1] });
  }
  return graph.file(layers);
}

/** Collects nodes and arrays, and names values. */
export class Graph {
  /** @type {OnnxNode[]} */
  #nodes = [];
  /** @type {Uint8Array[]} */
  #arrays = [];
  #weights;

  /** @param {Map<string, Array4>} weights */
  constructor(weights) {
    this.#weights = weights;
  }

  /**
   * @param {string} type of the operator
   * @param {string[]} inputs
   * @param {Uint8Array[]} [attributes]
   * @returns {string} name of the output
   */
  node(type, inputs, attributes) {
    const output = `value_${this.#nodes.length}`;
    this.#nodes.push({ type, inputs, output, attributes });
    return output;
  }

  /**
   * @param {number[]} dims
   * @param {ArrayLike<number>} data
   * @returns {string} name of the array
   */
  array(dims, data) {
    const name = `array_${this.#arrays.length}`;
    this.#arrays.push(tensor(name, { dims, data: Float32Array.from(data) }));
    return name;
  }

  /** @param {number[]} values */
  integers(values) {
    const name = `array_${this.#arrays.length}`;
    this.#arrays.push(integers(name, values));
    return name;
  }

  /** @param {number} value */
  scalar(value) {
    return this.array([], [value]);
  }

  /**
   * @param {Layer} layer
   * @param {string} name of the weight in its layer
   */
  findWeight({ path }, name) {
    return this.#weights.get(`${path}/${name}`);
  }

  /**
   * @param {Layer} layer
   * @param {string} name of the weight in its layer
   */
  weight(layer, name) {
    const weight = this.findWeight(layer, name);
    if (weight) return weight;
    throw new Error(`no weight ${layer.path}/${name}`);
  }

  /** @param {Source['layers']} layers */
  file(layers) {
    const [first, last] = [layers[0], layers[layers.length - 1]].map(
      ({ shape }) => /** @type {number[]} */ (shape),
    );
    const nodes = this.#nodes.map((node, i) =>
      i === this.#nodes.length - 1 ? { ...node, output: 'output' } : node,
    );
    return onnxFile({ nodes, arrays: this.#arrays, input: first, output: last });
  }
}
