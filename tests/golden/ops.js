/**
 * Single operators: the output, and the gradient of the input, of small Keras models whose weights
 * stand in the case. ../shared/golden/ops/README.md describes the data.
 */

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

import { Network, SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { Verdict, largestAbsolute, largestDifference, readJson, wasmOptions } from './common.js';

/** @typedef {{ shape: number[], data: number[] }} Tensor */

/** The input is layer 0. */
const INPUT_LAYER = 0;

/** @param {string} dir */
export function opsCases(dir) {
  return readdirSync(dir)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/**
 * @param {string} dir
 * @param {string} name
 * @param {import('./common.js').Build} build
 */
export async function checkOpsCase(dir, name, build) {
  const verdict = new Verdict(name);
  const golden = readJson(join(dir, `${name}.json`));
  const engine = await init(wasmOptions(build));
  const network = new Network(engine, JSON.stringify(golden.config));
  try {
    for (const { layer, name: array, data } of golden.weights) {
      const index = network.findWeight(`${layer}/${array}`);
      if (index >= 0) network.setWeight(index, Float32Array.from(data));
    }
    const [, height, width, channels] = golden.input.shape;
    const input = { data: Float32Array.from(golden.input.data), height, width, channels };
    const output = network.outputs(input, SCORE);
    checkTensor(verdict, 'output', output, golden.output, golden.float32_noise.output);
    const seed = Float32Array.from(golden.seed.data);
    const [gradient] = network.gradients(input, SCORE, seed, [INPUT_LAYER]);
    const { input_gradient: noise } = golden.float32_noise;
    checkTensor(verdict, 'input gradient', gradient, golden.input_gradient, noise);
  } finally {
    network.dispose();
  }
  return verdict;
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {Float32Array} ours
 * @param {Tensor} golden
 * @param {number} noise
 */
function checkTensor(verdict, what, ours, { data }, noise) {
  const largest = largestAbsolute(data);
  const tolerance = Math.max(2e-5, 20 * noise) * largest || Number.MIN_VALUE;
  verdict.check(what, largestDifference(ours, data), tolerance);
}
