/**
 * npm run profile: where the time goes, operator by operator, beside the machine's limit.
 *
 *     npm run profile [-- --host chromium|node] [--rounds N] [--model FILE] [--calls] [--json FILE]
 *                           [--layer first|default|NAME]
 *
 * --calls lists every call; otherwise calls of one operator and kernel are added up. The backward
 * pass goes to --layer (default: first). A pass keeps what that layer needs, and runs the rest in
 * bands. The calls for the bands of one output count as one.
 */

import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { make } from '../wasm-build/make.js';
import { SetupError, runMain } from '../wasm-build/tools.js';
import { chooseHosts, chooseModel, positive } from './options.js';
import { table } from './report.js';

/** @typedef {import('./suites/profile.js').Call} Call */
/** @typedef {import('./suites/profile.js').Round} Round */

/** Multiply-adds: every value of the kernel meets every position. @param {Call} call */
function multiplyAdds({ operator, kernel, in: input, out }) {
  if (kernel.length < 2) return 0;
  const [rows, columns] = operator === 'conv2d_transpose' ? input : out;
  const positions = out.length === 3 ? rows * columns : 1;
  return positions * kernel.reduce((product, axis) => product * axis, 1);
}

/** Operator, kernel and stride. @param {Call} call */
function kind({ operator, kernel, in: input, out }) {
  if (kernel.length < 4) return operator;
  const stride = Math.round(input[0] / out[0]);
  return `${operator} ${kernel[0]} x ${kernel[1]}${stride > 1 ? `, stride ${stride}` : ''}`;
}

/** @param {Call} call */
const place = (call) => `${kind(call)}: ${call.in.join(' x ')} to ${call.out.join(' x ')}`;

/**
 * @param {string} what
 * @param {Round} round
 * @param {(call: Call) => string} label calls of one label are added up
 */
function profileTable(what, { time, calls }, label) {
  /** @type {Map<string, { count: number, time: number, work: number }>} */
  const sums = new Map();
  for (const [i, call] of calls.entries()) {
    const key = label === place ? `${i + 1}. ${place(call)}` : label(call);
    const sum = sums.get(key) ?? { count: 0, time: 0, work: 0 };
    sum.count += 1;
    sum.time += call.time;
    sum.work += multiplyAdds(call);
    sums.set(key, sum);
  }
  const rest = time - calls.reduce((sum, call) => sum + call.time, 0);
  const entries = label === place ? [...sums] : [...sums].sort(([, a], [, b]) => b.time - a.time);
  const rows = entries.map(([key, sum]) => row(key, sum, time));
  rows.push(row('everything else', { count: 0, time: rest, work: 0 }, time));
  const work = calls.reduce((sum, call) => sum + multiplyAdds(call), 0);
  rows.push(row('**all**', { count: calls.length, time, work }, time));
  return table([what, 'calls', 'ms', 'share', 'GFLOP/s'], rows);
}

/**
 * @param {string} label
 * @param {{ count: number, time: number, work: number }} sum
 * @param {number} total
 */
function row(label, { count, time, work }, total) {
  const speed = work === 0 ? '' : ((2 * work) / time / 1e6).toFixed(1);
  const share = `${((100 * time) / total).toFixed(1)}%`;
  return [label, count || '', time.toFixed(2), share, speed];
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      host: { type: 'string', default: 'chromium' },
      rounds: { type: 'string', default: '40' },
      model: { type: 'string' },
      calls: { type: 'boolean', default: false },
      layer: { type: 'string', default: 'first' },
      json: { type: 'string' },
    },
  });
  const [host] = chooseHosts(values.host);
  const rounds = positive('rounds', values.rounds);
  if (!fs.existsSync('build/toolchain')) throw new SetupError('run npm run build first');
  make(['profile']);
  if (values.host === 'node') await import('../wasm-build/enable-relaxed-simd.js');
  const module = 'build/wasm/gradcam-profile.wasm';
  const model = chooseModel(values.model);
  const result = await host('profile', { model, module, rounds, layer: values.layer });
  const limit = `${result.gigaflops.toFixed(1)} GFLOP/s`;
  console.log(`${result.name}, ${result.host}, medians of ${rounds} rounds; limit: ${limit}\n`);
  const label = values.calls ? place : kind;
  console.log(profileTable('forward', result.forward, label) + '\n');
  console.log(profileTable(`backward to ${result.layer}`, result.backward, label));
  if (values.json) fs.writeFileSync(values.json, JSON.stringify(result, null, 1) + '\n');
});
