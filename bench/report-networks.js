/** The results of `npm run bench -- --networks` as Markdown. */

import { NETWORK_GOALS } from './goals.js';
import { OPERATIONS } from './limit.js';
import { ratio } from './measure.js';
import { circumstances, goalsTable, medians, steadySpread, table } from './report.js';

/**
 * What the suite found of a network.
 * @typedef {object} Measured
 * @property {number} multiplyAdds of a forward pass
 * @property {number} difference the largest one of a score, as a share of the largest score
 * @property {number} weights bytes
 * @property {number} memory bytes of the model when its default layer was explained
 * @property {Record<string, number[]>} times
 */

const HEAD = [
  ...['million multiply-adds', 'gradcam-wasm, ms', 'onnxruntime-web, ms', 'ratio'],
  ...['x limit', 'weights, MB', 'memory, MB', 'x weights'],
];

/**
 * @param {any[]} results one for each host
 * @param {import('./report.js').Conditions} conditions
 */
export function networkTables(results, conditions) {
  const all = results.flatMap(({ networks }) => Object.values(networks));
  const difference = Math.max(...all.map((one) => one.difference));
  const intro =
    `float32, 1 thread. ${circumstances(conditions)}. ${medians(all[0].times.limit)} ` +
    'The scores of both runtimes differ by at most ' +
    `${difference.toExponential(0)} of the largest score.`;
  const tables = results.map(({ host, build, networks }) =>
    table([`${build}, ${host}`, ...HEAD], Object.entries(networks).map(networkRow)),
  );
  return [intro, ...tables, goalsTable(results, NETWORK_GOALS)].join('\n\n') + '\n';
}

/** @param {[name: string, measured: Measured]} entry */
function networkRow([name, { multiplyAdds, weights, memory, times }]) {
  const ours = times['gradcam-wasm'];
  const limit = times.limit.map((time) => (time * 2 * multiplyAdds) / OPERATIONS);
  return [
    name,
    (multiplyAdds / 1e6).toFixed(0),
    steadySpread(ours),
    steadySpread(times['onnxruntime-web']),
    ratio(ours, times['onnxruntime-web']).toFixed(2),
    ratio(ours, limit).toFixed(2),
    (weights / 1e6).toFixed(1),
    (memory / 1e6).toFixed(1),
    (memory / weights).toFixed(2),
  ];
}
