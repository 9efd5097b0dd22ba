/**
 * npm run bits: what smaller numbers of a model cost. It converts models to 16 and to 12 bits, and
 * compares what they say of photographs with what float32 says.
 *
 *     npm run bits [-- MODEL...]
 */

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { manifest } from '../models/fetch.js';
import { inBuild, root, runMain } from '../wasm-build/tools.js';
import { convertModel, loadModel } from '../web/package/index.js';
import { table } from './report.js';

/** The sample pictures, and a photograph of the test data where it is. */
const PICTURES = [
  ...manifest.pictures.map(({ file }) => inBuild('pictures', file)),
  path.join(root, '../shared/images/cat_dog.jpg'),
].filter((file) => fs.existsSync(file));

/**
 * What a model says of each picture. Maps are those of the classes that float32 found first.
 * @param {Uint8Array} bytes
 * @param {number[]} [classes]
 */
async function answers(bytes, classes) {
  const model = await loadModel(bytes, { defaultLabels: 'imagenet' });
  const answers = [];
  for (const [i, file] of PICTURES.entries()) {
    const run = await model.run(fs.readFileSync(file));
    const [{ index: top }] = run.decodePredictions({ top: 1 });
    const { targets } = await run.explain({ targets: [classes?.[i] ?? top] });
    answers.push({ top, scores: run.scores, map: targets[0].heatmap.data });
  }
  model.dispose();
  return answers;
}

/**
 * The largest difference of two lists of numbers.
 * @param {Float32Array} a
 * @param {Float32Array} b
 */
function difference(a, b) {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

/** @param {string} file of a model */
async function rows(file) {
  const original = fs.readFileSync(file);
  const full = await answers(await convertModel(original));
  const classes = full.map(({ top }) => top);
  const rows = [];
  for (const bits of /** @type {const} */ ([16, 12])) {
    const bytes = await convertModel(original, { bits });
    const small = await answers(bytes, classes);
    const largest = (/** @type {'scores' | 'map'} */ what) =>
      Math.max(...small.map((answer, i) => difference(answer[what], full[i][what])));
    const changed = small.filter(({ top }, i) => top !== classes[i]).length;
    const moved = [largest('scores').toFixed(4), largest('map').toFixed(4)];
    const size = (bytes.length / 1e6).toFixed(1);
    rows.push([path.basename(file), `${bits}`, size, ...moved, `${changed}`]);
  }
  return rows;
}

await runMain(async () => {
  const { positionals } = parseArgs({ allowPositionals: true });
  const own = manifest.models.map(({ file }) => inBuild('models', file));
  const files = positionals.length > 0 ? positionals : own;
  const all = [];
  for (const file of files) all.push(...(await rows(file)));
  const largest = ['scores move', 'maps move', 'top classes that change'];
  console.log(`The largest of ${PICTURES.length} photographs:\n`);
  console.log(table(['model', 'bits', 'MB', ...largest], all));
});
