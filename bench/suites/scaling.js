/** The suite of `npm run bench -- --scaling`: the same engine on networks of many sizes. */

import { ARCHITECTURES } from '../../web/package/architectures/index.js';
import { Network, SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { setFormulaWeights } from '../../tests/golden/formula.js';
import { limitLoops } from '../limit.js';
import { measure } from '../measure.js';
import { readModules } from './modules.js';

/** @typedef {import('../hosts.js').Host} Host */

/**
 * A network to measure.
 * @typedef {object} Case
 * @property {string} name
 * @property {string} architecture of keras.applications
 * @property {number} side of the input, in pixels
 * @property {object} parameters of the architecture's own
 */

/**
 * @param {Host} host
 * @param {object} options
 * @param {Record<string, string>} options.modules
 * @param {number} options.rounds
 * @param {Record<string, Case[]>} options.groups
 */
export async function suite(host, { modules, rounds, groups }) {
  const { simd128, relaxed } = await limitLoops();
  const loop = relaxed ?? simd128;
  const limit = { run: () => loop() };
  const [[build, wasmBinary]] = Object.entries(await readModules(host, modules));
  const engine = await init({ wasmBinary });
  /** @type {Record<string, object[]>} */
  const results = {};
  for (const [group, cases] of Object.entries(groups)) {
    results[group] = [];
    for (const one of cases) {
      host.progress(`${group}: ${one.name}`);
      results[group].push({ name: one.name, ...(await measureCase(engine, one, limit, rounds)) });
    }
  }
  return { build, results };
}

/**
 * Forward, and the backward pass to the first layer.
 * @param {import('../../web/package/engine/engine.js').Engine} engine
 * @param {Case} one
 * @param {import('../measure.js').Task} limit the loop that shows the machine's limit
 * @param {number} rounds
 */
async function measureCase(engine, { architecture, side, parameters: own }, limit, rounds) {
  const parameters = { inputSize: [side, side], includeTop: true, classes: 1000, ...own };
  const config = await ARCHITECTURES[architecture].build(parameters);
  const network = new Network(engine, config);
  try {
    setFormulaWeights(network, { seed: 1, gain: 1, head_gain: 1 });
    network.plan(side, side);
    const data = Float32Array.from({ length: side * side * 3 }, (_, i) => Math.sin(i * 12.9898));
    const input = () => ({ data, height: side, width: side, channels: 3 });
    const layer = network.layers.findIndex(({ type }) => type.includes('Conv2D'));
    let last = input();
    const seed = Float32Array.from({ length: network.classCount }, (_, i) => Number(i === 0));
    const times = await measure(
      {
        limit,
        forward: { run: () => network.outputs((last = input()), SCORE) },
        backward: {
          before: () => network.forward(last),
          run: () => network.explain(['gradCam'], last, [seed], SCORE, [layer]),
        },
      },
      rounds,
      () => {},
    );
    return { multiplyAdds: multiplyAdds(network), memory: network.memory, ...times };
  } finally {
    network.dispose();
  }
}

/**
 * Multiply-adds of one forward pass: every value of a kernel meets every position of its output.
 * @param {Network} network
 */
function multiplyAdds(network) {
  const shapes = new Map(network.layers.map(({ path, shape }) => [path, shape]));
  let sum = 0;
  for (let i = 0; i < network.weightCount; i++) {
    const kernel = network.weightShape(i);
    if (kernel.length < 2) continue;
    const path = network.weightPath(i);
    const [rows, columns, channels] = shapes.get(path.slice(0, path.lastIndexOf('/'))) ?? [];
    const positions = channels === undefined ? 1 : Number(rows) * Number(columns);
    sum += positions * kernel.reduce((product, axis) => product * axis, 1);
  }
  return sum;
}
