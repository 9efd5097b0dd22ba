/** The suite of `npm run bench -- --scaling`: the same engine on networks of many sizes. */

import { SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { buildNetwork, multiplyAdds } from '../architecture.js';
import { limitLoops } from '../limit.js';
import { measure } from '../measure.js';
import { readModules } from './modules.js';

/** @typedef {import('../hosts.js').Host} Host */

/** @typedef {import('../architecture.js').Architecture & { name: string }} Case to measure */

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
async function measureCase(engine, one, limit, rounds) {
  const { network } = await buildNetwork(engine, one);
  const { side } = one;
  try {
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
