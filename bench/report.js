/** The bench's results as Markdown, and their places in docs/performance.md and README.md. */

import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { root } from '../wasm-build/tools.js';
import { OPERATIONS } from './limit.js';
import { GOALS, METHOD_GOALS, forwardOf, limitTimes, machineLimit } from './goals.js';
import { isSteady, median, quantile, ratio } from './measure.js';

/** @typedef {import('./goals.js').Result} Result */

/**
 * The marks around the text that a command of the bench writes.
 * @param {string} option of the command
 */
const marks = (option) => [`<!-- npm run bench -- ${option} -->`, '<!-- end of the bench -->'];

/**
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function table(head, rows) {
  const lines = [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * @param {Result[]} results one for each host
 * @param {Conditions} conditions
 */
export function comparison(results, conditions) {
  const [{ network, times, main }] = results;
  const work = (network.multiplyAdds / 1e6).toFixed(0);
  const intro =
    `${network.name}, ${work} million multiply-adds, float32, 1 thread. ` +
    `${circumstances(conditions)}. ${medians(times[forwardOf({ main })])} ` +
    '`npm run bench` made the tables.';
  return [intro, ...results.map(timesTable), goalsTable(results)].join('\n\n') + '\n';
}

/**
 * When it was measured, and how many processes wanted to run before and after. One of these is the
 * bench. If there were more than there are processors, every time is too long.
 * @typedef {{ when: string, load: number[] }} Conditions
 */

/** @param {Conditions} conditions */
export const circumstances = ({ when, load }) =>
  `${cpus()[0].model}, ${cpus().length} processors, ${when}, load ` +
  `${load.map((one) => one.toFixed(1)).join(' before, ')} after`;

/** What the figures of the tables are. @param {number[]} times */
export const medians = ({ length }) =>
  `Medians of ${length} interleaved rounds, in brackets the 10% and 90% quantiles.`;

/** @param {Result} result */
function timesTable(result) {
  const forward = result.times[forwardOf(result)];
  const rows = Object.entries(result.times)
    .filter(([task]) => !task.startsWith('limit'))
    .map(([task, times]) => [
      task === forwardOf(result) ? `**${task}**` : task,
      steadySpread(times),
      ratio(times, forward).toFixed(2),
    ]);
  const starts = Object.entries(result.start).map(([what, times]) => [what, spread(times), '']);
  const limits = Object.entries(limitsOf(result)).map(([what, times]) => [
    what,
    spread(times),
    ratio(times, forward).toFixed(2),
  ]);
  return table([result.host, 'ms', 'x forward'], [...rows, ...limits, ...starts]);
}

/**
 * What the machine needs at least, round by round.
 * @param {Result} result
 * @returns {Record<string, number[]>}
 */
function limitsOf(result) {
  const arithmetic = limitTimes(result);
  const memory = result.times['limit: memory'];
  const pair = result.times['limit: 2 threads'];
  return {
    [`multiply-adds at the limit, ${machineLimit(result).toFixed(1)} GFLOP/s`]: arithmetic,
    ...(pair && { 'the same shared by 2 threads': limitTimes(result, pair) }),
    'every value and weight moved once, nothing computed': memory,
    'both, one after the other': arithmetic.map((time, round) => time + memory[round]),
    'multiply-adds of five backward passes to block_9_expand': arithmetic.map(
      (time) => (5 * time * result.network.backMultiplyAdds) / result.network.multiplyAdds,
    ),
    'new arrays for the maps of all layers, filled': result.times['limit: maps'],
  };
}

/** @param {number} value */
const digits = (value) => value.toFixed(value < 10 ? 2 : 1);

/** Says if the times are not of one kind. @param {number[]} times in the order of the rounds */
export const steadySpread = (times) =>
  isSteady(times) ? spread(times) : `${spread(times)}, unsteady`;

/** @param {number[]} times */
function spread(times) {
  const [low, high] = [quantile(times, 0.1), quantile(times, 0.9)];
  return `${digits(median(times))} (${digits(low)} .. ${digits(high)})`;
}

/**
 * @param {any[]} results one for each host
 * @param {Conditions} conditions
 * @param {import('./torch.js').TorchResult} [peer]
 */
export function methodTables(results, conditions, peer) {
  const intro =
    `${results[0].network.name}, float32, 1 thread, ${results[0].build}. ` +
    `${circumstances(conditions)}. ${medians(results[0].times.forward)} ` +
    'Each explanation is the first of its run.';
  const tables = results.map(({ host, times }) =>
    table(
      [host, 'ms', 'x forward'],
      Object.entries(times).map(([task, list]) => [
        task,
        spread(/** @type {number[]} */ (list)),
        ratio(/** @type {number[]} */ (list), times.forward).toFixed(2),
      ]),
    ),
  );
  const torch = peer ? [torchTable(results[0], peer)] : [];
  return [intro, ...tables, goalsTable(results, METHOD_GOALS), ...torch].join('\n\n') + '\n';
}

/**
 * @param {{ host: string, times: Record<string, number[]> }} ours
 * @param {import('./torch.js').TorchResult} peer
 */
function torchTable({ host, times }, { torch, times: theirs }) {
  const forward = median(times.forward);
  const run = (/** @type {string} */ task) => forward + median(times[task]);
  const rows = /** @type {[string, number, number][]} */ ([
    ['forward', forward, theirs.forward],
    ['forward and gradCam, last layer', run('gradCam, default layer'), theirs.gradCam],
    ['forward and all gradient methods', run('gradient methods, default layer'), theirs.layerCam],
    ['scoreCam, 64 channels', median(times['scoreCam, 64 channels']), theirs.scoreCam],
  ]).map(([what, own, other]) => {
    return [what, digits(own), digits(other), (own / other).toFixed(2)];
  });
  const head = [`${host}, beside pytorch-grad-cam 1.5.7 on PyTorch ${torch}, CPU, 1 thread`];
  return table([...head, 'here, ms', 'there, ms', 'ratio'], rows);
}

/**
 * @param {Result[]} results
 * @param {import('./goals.js').Goal[]} [goals]
 */
export function goalsTable(results, goals = GOALS) {
  const rows = goals.map(({ what, limit, unit, value }) => [
    what,
    `<= ${limit} ${unit}`,
    ...results.map((result) => verdict(value(result), limit, unit)),
  ]);
  return table(['goal', 'at most', ...results.map(({ host }) => host)], rows);
}

/**
 * @param {number | undefined} value
 * @param {number} limit
 * @param {string} unit
 */
function verdict(value, limit, unit) {
  if (value === undefined || Number.isNaN(value)) return 'not here';
  const text = `${value.toFixed(unit === 'x' ? 2 : 1)} ${unit}`;
  return value <= limit ? text : `${text}, missed`;
}

/**
 * @param {any[]} results one for each host
 * @param {Conditions} conditions
 */
export function scaling(results, conditions) {
  const tables = results.flatMap(({ host, build, results: groups }) =>
    Object.entries(groups).map(([group, cases]) =>
      table([`${build}, ${host}: ${group}`, ...SCALING_HEAD], cases.map(scalingRow)),
    ),
  );
  return [`1 thread. ${circumstances(conditions)}.`, ...tables].join('\n\n') + '\n';
}

const SCALING_HEAD = [
  ...['million multiply-adds', 'forward, ms', 'GFLOP/s', 'of the limit'],
  ...['backward / forward', 'MB'],
];

/**
 * @param {{ name: string, multiplyAdds: number, memory: number, limit: number[], forward: number[],
 *   backward: number[] }} one
 */
function scalingRow({ name, multiplyAdds, memory, limit, forward, backward }) {
  const work = 2 * multiplyAdds;
  const share = (work / OPERATIONS) * ratio(limit, forward);
  return [
    name,
    (multiplyAdds / 1e6).toFixed(0),
    median(forward).toFixed(1),
    (work / median(forward) / 1e6).toFixed(1),
    `${(100 * share).toFixed(0)}%`,
    ratio(backward, forward).toFixed(2),
    (memory / 1e6).toFixed(0),
  ];
}

/** The other runtimes of the README's table: names of their tasks, by their names. */
const PEERS = { 'onnxruntime-web': 'onnxruntime-web', 'tfjs-wasm': 'tfjs-wasm, layers model' };

/** The README's rows on what only this engine does, and the tasks that time them. */
const EXPLANATIONS = {
  'forward pass and heat map': 'run and map: default layer',
  'forward pass and heat maps of all layers': 'run and maps: all layers',
  'heat map of a further class': 'further class: default layer',
};

/**
 * The README's table: five rows, this engine's own values and the other runtimes' ratios to them.
 * @param {Result} result of one host
 * @param {Record<string, number>} sizes bytes that a page loads with brotli, by runtime
 */
export function summary(result, sizes) {
  const forward = result.times[forwardOf(result)];
  const own = sizes['gradcam-wasm'];
  const times = Object.values(PEERS).map((task) =>
    ratio(result.times[`forward: ${task}`], forward),
  );
  return table(
    [`MobileNetV2, ${result.host}`, 'gradcam-wasm', ...Object.keys(PEERS)],
    [
      ['forward pass', milliseconds(forward), ...times.map(inTimes)],
      ...Object.entries(EXPLANATIONS).map(([what, task]) => [
        ...[what, milliseconds(result.times[task])],
        ...Object.keys(PEERS).map(() => '–'),
      ]),
      [
        ...['wasm and JavaScript, brotli', `${(own / 1e3).toFixed(0)} KB`],
        ...Object.keys(PEERS).map((name) => inTimes(sizes[name] / own)),
      ],
    ],
  );
}

/** @param {number} ratio */
const inTimes = (ratio) => `${digits(ratio)} x`;

/** @param {number[]} times */
const milliseconds = (times) => `${digits(median(times))} ms`;

/**
 * Puts a text in place of the one that the bench wrote last.
 * @param {string} name of the document, relative to the root
 * @param {string} text
 * @param {'methods' | 'networks'} [part] which part of the document, the bench's main one if it is
 *   left out
 */
export async function writeInto(name, text, part) {
  const file = join(root, name);
  const document = readFileSync(file, 'utf8');
  const [first, last] = marks(part ? `--${part} --readme` : '--readme');
  const begin = document.indexOf(first);
  const end = document.indexOf(last, begin);
  if (begin < 0 || end < begin) throw new Error(`${name} has no ${first} ... ${last}`);
  const whole = document.slice(0, begin + first.length) + `\n\n${text}\n\n` + document.slice(end);
  const { format, resolveConfig } = await import('prettier');
  const config = await resolveConfig(file);
  writeFileSync(file, await format(whole, { ...config, parser: 'markdown' }));
}
