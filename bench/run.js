/**
 * What an explanation costs, as ratios of one forward pass:
 *
 *     npm run bench [-- --model FILE] [--rounds N] [--layer NAME]... [--json FILE]
 *
 * Everything is measured in turn in every round, so that a machine whose speed drifts slows all alike;
 * medians are printed, and how far the rounds spread.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { loadModel } from '../web/package/index.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MODELS = [
  join(ROOT, '../shared/models/mobilenetv2_imagenet.keras'),
  join(ROOT, 'build/models/dog_breed_mobilenetv2.h5'),
];

/**
 * @param {number[]} values
 * @param {number} part 0 .. 1
 */
function quantile(values, part) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.round(part * (sorted.length - 1))];
}

/** @param {import('gradcam-wasm').Model} model */
function randomInput(model) {
  const shape = model.inputShape.map((axis, i) => axis ?? (i === 0 ? 1 : 224));
  const count = shape.reduce((product, axis) => product * axis, 1);
  const data = Float32Array.from({ length: count }, (_, i) => Math.sin(i * 12.9898));
  return { data, shape };
}

/**
 * @param {Record<string, () => Promise<unknown>>} tasks
 * @param {number} rounds
 */
async function measure(tasks, rounds) {
  const names = Object.keys(tasks);
  /** @type {Record<string, number[]>} */
  const times = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = -3; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      await tasks[name]();
      if (round >= 0) times[name].push(performance.now() - start); // the first three warm up
    }
  }
  return times;
}

/** @param {string[]} args */
async function main(args) {
  const { values } = parseArgs({
    args,
    options: {
      model: { type: 'string' },
      rounds: { type: 'string', default: '30' },
      layer: { type: 'string', multiple: true, default: ['block_2_expand'] },
      json: { type: 'string' },
    },
  });
  const path = values.model ?? MODELS.find(existsSync);
  if (path === undefined) throw new Error('no model: run npm run setup, or give --model FILE');
  const model = await loadModel(readFileSync(path));
  const input = randomInput(model);
  /** @type {Record<string, () => Promise<unknown>>} */
  const tasks = {
    forward: () => model.run(input),
    'explain the default layer': async () => (await model.run(input)).explain(),
  };
  for (const layer of values.layer) {
    tasks[`explain ${layer}`] = async () => (await model.run(input)).explain({ layer });
  }
  tasks['explain all layers'] = async () => (await model.run(input)).explain({ layer: 'all' });
  const times = await measure(tasks, Number(values.rounds));
  report(model, times, values.json);
  model.dispose();
}

/**
 * @param {import('gradcam-wasm').Model} model
 * @param {Record<string, number[]>} times milliseconds
 * @param {string} [file]
 */
function report(model, times, file) {
  const forward = quantile(times.forward, 0.5);
  const rows = Object.entries(times).map(([task, values]) => ({
    task,
    median: quantile(values, 0.5),
    low: quantile(values, 0.1),
    high: quantile(values, 0.9),
    ratio: quantile(values, 0.5) / forward,
  }));
  console.log(`${model.name}, Node ${process.version}, ${cpus()[0].model}, 1 thread`);
  console.log('task (a run of its own each)        x forward   median ms (10% .. 90%)');
  for (const { task, median, low, high, ratio } of rows) {
    const spread = `${median.toFixed(1)} (${low.toFixed(1)} .. ${high.toFixed(1)})`;
    console.log(`${task.padEnd(36)} ${ratio.toFixed(2).padStart(6)}     ${spread}`);
  }
  if (file) writeFileSync(file, JSON.stringify({ model: model.name, rows }, null, 2) + '\n');
}

await main(process.argv.slice(2));
