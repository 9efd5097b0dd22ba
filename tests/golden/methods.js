/**
 * Explanation methods, attributions and metrics against pytorch-grad-cam, torchcam and captum.
 * ../shared/golden/methods/README.md describes the data and the tolerances. Each list of
 * golden.json has a file that compares it.
 */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { Network } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { loadModel } from '../../web/package/index.js';
import { fillWeight, headOf, weightTensors } from '../../web/package/metrics/formula.js';
import { toTfjs } from '../js/tfjs-files.js';
import { Verdict, folderCases, readJson, wasmOptions } from './common.js';
import { check as checkCams } from './methods-cams.js';
import { checkFlips } from './methods-common.js';
import { check as checkFusion } from './methods-fusion.js';
import { check as checkInputs } from './methods-inputs.js';
import { check as checkLoops } from './methods-loops.js';
import { check as checkMetrics } from './methods-metrics.js';

/** @import { WasmOptions } from 'gradcam-wasm' */
/** @import { Build } from './common.js' */
/** @import { Opened } from './methods-common.js' */

/** What is compared, a list of golden.json each. */
const CHECKS = [checkCams, checkLoops, checkFusion, checkInputs, checkMetrics];

/** Of these, the lists whose entries take one or a few runs of the network. */
const SHORT = [checkCams, checkFusion];

export const methodsCases = folderCases;

/**
 * @param {string} dir
 * @param {string} name
 * @param {Build} build
 */
export async function checkMethodsCase(dir, name, build) {
  const verdict = new Verdict(name);
  const golden = readJson(join(dir, name, 'golden.json'));
  const spread = readJson(join(dir, name, 'spread.json'));
  const opened = await openCase(dir, name, golden, build);
  try {
    // Plain C in double precision takes minutes for hundreds of runs of a real model.
    const isShort = build.isShort && opened.isReal;
    for (const check of isShort ? SHORT : CHECKS) await check(verdict, opened, golden, spread);
    if (isShort) verdict.notes.push('lists of many runs are left to npm run golden -- methods');
    checkFlips(verdict, opened);
  } finally {
    opened.model.dispose();
  }
  return verdict;
}

/**
 * @param {string} dir
 * @param {string} name
 * @param {any} golden
 * @param {Build} build
 * @returns {Promise<Opened>}
 */
export async function openCase(dir, name, golden, build) {
  const options = wasmOptions(build);
  const isReal = golden.seed === undefined;
  // Paths are relative to the case, or to the folder of models for a real one.
  const base = isReal ? dirname(resolve(dir)) : join(dir, name);
  const engine = await init(options);
  const bytes = readFileSync(join(base, golden.model));
  const source = isReal
    ? bytes
    : formulaFiles(new Network(engine, bytes.toString()), bytes, golden);
  const preprocessing = toPreprocessing(golden.preprocess);
  const model = await loadModel(source, { preprocessing, keep: build.keep, ...options });
  const run = await model.run(readFileSync(join(base, golden.input)));
  const { network, input } = run;
  return {
    engine,
    network,
    model,
    run,
    input,
    layerIndex: (layer) => network.findLayer(layer),
    classes: model.classCount,
    golden,
    isReference: build.reference,
    isReal,
    flips: { arrays: 0, flipped: 0 },
  };
}

/**
 * Files of a model whose weights are a formula.
 * @param {Network} network of the same configuration, which tells the shapes and is disposed of
 * @param {Uint8Array} config
 * @param {any} golden with the formula's numbers
 */
export function formulaFiles(network, config, golden) {
  const text = Buffer.from(config).toString();
  const weights = formulaWeights(network, golden);
  network.dispose();
  return toTfjs({ config: text, weights });
}

/**
 * @param {Network} network
 * @param {any} golden
 */
function formulaWeights(network, { seed, gain, head_gain: headGain }) {
  const tensors = weightTensors(network);
  const head = headOf(tensors);
  return tensors.map((tensor) => {
    const { index, shape } = tensor;
    const size = shape.reduce((product, axis) => product * axis, 1);
    const read = () => {
      const values = new Float32Array(size);
      fillWeight(values, 0, tensor, { seed, gain: index === head ? headGain : gain });
      return values;
    };
    return { name: network.weightPath(index), shape, size, read };
  });
}

/** @param {any} preprocess of golden.json */
function toPreprocessing({ divide, scale, offset }) {
  return divide === undefined ? { scale, offset } : /** @type {const} */ ('tf');
}
