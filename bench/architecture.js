/** Networks of keras.applications whose weights are a formula. */

import { ARCHITECTURES } from '../web/package/architectures/index.js';
import { Network } from '../web/package/engine/network.js';
import { setFormulaWeights } from '../tests/golden/formula.js';

/**
 * @typedef {object} Architecture
 * @property {string} architecture its name in keras.applications
 * @property {number} side of the input, in pixels
 * @property {object} parameters of the architecture's own
 * @property {{ gain: number, head_gain: number }} [gains] of the formula (default 1)
 */

/**
 * @param {import('../web/package/engine/engine.js').Engine} engine
 * @param {Architecture} architecture
 * @returns {Promise<{ network: Network, config: string }>} a network to be disposed of, which is
 *   not planned yet, and its configuration
 */
export async function buildNetwork(engine, { architecture, side, parameters: own, gains }) {
  const parameters = { inputSize: [side, side], includeTop: true, classes: 1000, ...own };
  const config = await ARCHITECTURES[architecture].build(parameters);
  const network = new Network(engine, config);
  setFormulaWeights(network, { seed: 1, gain: 1, head_gain: 1, ...gains });
  return { network, config };
}

/**
 * The network as the peers' converters take it. Planning may end the arrays of weights, so the
 * network must not be planned yet.
 * @param {{ network: Network, config: string }} built
 * @returns {import('./network.js').Source}
 */
export function sourceOf({ network, config }) {
  const indices = Array.from({ length: network.weightCount }, (_, index) => index);
  const weights = new Map(
    indices.map((index) => {
      const dims = network.weightShape(index);
      const data = new Float32Array(sizeOf(dims));
      for (const { first, values } of network.readWeight(index)) data.set(values, first);
      return [network.weightPath(index), { dims, data }];
    }),
  );
  return { config: JSON.parse(config), layers: network.layers, weights };
}

/**
 * Bytes of all weights of a network.
 * @param {Network} network
 */
export function weightBytes(network) {
  let bytes = 0;
  for (let i = 0; i < network.weightCount; i++) bytes += 4 * sizeOf(network.weightShape(i));
  return bytes;
}

/**
 * Multiply-adds of one forward pass. Every value of a kernel meets every position of its output.
 * @param {Network} network
 */
export function multiplyAdds(network) {
  const shapes = new Map(network.layers.map(({ path, shape }) => [path, shape]));
  let sum = 0;
  for (let i = 0; i < network.weightCount; i++) {
    const kernel = network.weightShape(i);
    if (kernel.length < 2) continue;
    const path = network.weightPath(i);
    const [rows, columns, channels] = shapes.get(path.slice(0, path.lastIndexOf('/'))) ?? [];
    const positions = channels === undefined ? 1 : Number(rows) * Number(columns);
    sum += positions * sizeOf(kernel);
  }
  return sum;
}

/** @param {number[]} shape */
const sizeOf = (shape) => shape.reduce((product, axis) => product * axis, 1);
