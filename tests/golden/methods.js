/**
 * Explanation methods against pytorch-grad-cam: raw maps of the recorded layers and classes, of the
 * score and of the logit. ../shared/golden/methods/README.md describes the data and the tolerances.
 * Of the methods there, those that the package has are compared.
 */

import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { LOGIT, Network, SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { loadModel } from '../../web/package/index.js';
import { readPicture } from '../../web/package/pictures/image.js';
import { pictureToInput } from '../../web/package/pictures/preprocessing.js';
import { Verdict, folderCases, readJson, watchMaps, wasmOptions } from './common.js';
import { oneHot, setFormulaWeights } from './formula.js';
import { check as checkInputs } from './methods-inputs.js';
import { check as checkLoops } from './methods-loops.js';

/** @import { Method, Preprocessing, Run, WasmOptions } from 'gradcam-wasm' */
/** @import { Engine } from '../../web/package/engine/engine.js' */
/** @import { Input } from '../../web/package/engine/network.js' */
/** @import { Build } from './common.js' */

/**
 * A case that is open.
 * @typedef {object} Opened
 * @property {Engine} engine
 * @property {Network} [network] of a case whose weights are a formula
 * @property {Run} [run] of a real model
 * @property {Input} input
 * @property {Preprocessing} preprocessing
 * @property {Build} build
 * @property {number} arrays how many were compared
 * @property {number} flips how many of them need the allowance for a flipped unit
 */

/** @typedef {{ explain: Explain, dispose: () => void }} Closer */

/** Names in the golden data. @type {Record<Method, string>} */
const NAMES = { gradCam: 'grad_cam', hiResCam: 'hires_cam', layerCam: 'layer_cam' };

/** Error over the largest absolute value, where float32 runs of Keras do not differ by more. */
const TOLERANCE = 2e-4;

/**
 * A new flip of a unit in a real model: allowed error over the largest value, in how many of the
 * maps.
 */
const FLIP_TOLERANCE = { late: 0.02, early: 0.1 };
const FLIP_SHARE = 1 / 20;

/** The last layers, where a flip changes less: @see FLIP_TOLERANCE */
const LATE = /\b(out_relu|Conv_1|top_activation)$/;

/**
 * Explains one class at one layer.
 * @callback Explain
 * @param {Method} method
 * @param {{ target: number, kind: string, layer: string }} cam
 * @returns {Promise<void>}
 */

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
  const isReal = golden.seed === undefined;
  const options = wasmOptions(build);
  const engine = await init(options);
  const open = isReal ? openModel : openFormula;
  const { explain, dispose, ...parts } = await open(dir, name, golden, options);
  /** @type {Float32Array} */
  let raw = new Float32Array();
  const restore = watchMaps(engine, (bytes) => (raw = new Float32Array(bytes.buffer)));
  try {
    const flips = { maps: 0, flipped: 0 };
    for (const [i, cam] of golden.cams.entries()) {
      for (const [method, key] of Object.entries(NAMES)) {
        await explain(/** @type {Method} */ (method), cam);
        const what = `${method} of class ${cam.target}'s ${cam.kind} at ${cam.layer}`;
        flips.maps++;
        const found = { raw, golden: cam.raw[key], spread: spread.cams[i][key] ?? 0 };
        const flip = LATE.test(cam.layer) ? FLIP_TOLERANCE.late : FLIP_TOLERANCE.early;
        if (checkRaw(verdict, what, found, cam.shape, isReal ? flip : 0)) flips.flipped++;
      }
    }
    verdict.notes.push(`${flips.maps} maps, ${flips.flipped} by the allowance for a flipped unit`);
    if (flips.flipped > flips.maps * FLIP_SHARE) {
      verdict.failures.push(`${flips.flipped} of ${flips.maps} maps need the allowance`);
    }
    const preprocessing = toPreprocessing(golden.preprocess);
    const opened = { engine, ...parts, preprocessing, build, arrays: 0, flips: 0 };
    await checkInputs(verdict, opened, golden, spread, isReal);
    await checkLoops(verdict, opened, golden, spread, isReal);
    verdict.notes.push(`${opened.arrays} inputs, ${opened.flips} by the same allowance`);
    if (opened.flips > opened.arrays * FLIP_SHARE) {
      verdict.failures.push(`${opened.flips} of ${opened.arrays} inputs need the allowance`);
    }
  } finally {
    restore();
    dispose();
  }
  return verdict;
}

/**
 * A network whose weights are a formula.
 * @param {string} dir
 * @param {string} name
 * @param {any} golden
 * @param {WasmOptions} options
 * @returns {Promise<Pick<Opened, 'network' | 'run' | 'input'> & Closer>}
 */
async function openFormula(dir, name, golden, options) {
  const engine = await init(options);
  const config = readFileSync(join(dir, name, golden.model), 'utf8');
  const network = new Network(engine, config);
  setFormulaWeights(network, JSON.parse(config), golden);
  const picture = await readPicture(engine, readFileSync(join(dir, name, golden.input)));
  const [, height, width, channels] = golden.input_shape;
  const { input } = pictureToInput(
    engine,
    picture,
    { height, width, channels },
    toPreprocessing(golden.preprocess),
    'nearest',
  );
  return {
    network,
    input,
    dispose: () => network.dispose(),
    async explain(method, { target, kind, layer }) {
      const output = kind === 'logit' ? LOGIT : SCORE;
      network.explain(method, input, [oneHot(network, target)], output, [network.findLayer(layer)]);
    },
  };
}

/**
 * A model from a file.
 * @param {string} dir
 * @param {string} _name
 * @param {any} golden
 * @param {WasmOptions} options
 * @returns {Promise<Pick<Opened, 'network' | 'run' | 'input'> & Closer>}
 */
async function openModel(dir, _name, golden, options) {
  const base = dirname(resolve(dir));
  const preprocessing = toPreprocessing(golden.preprocess);
  const bytes = readFileSync(join(base, golden.model));
  const model = await loadModel(bytes, { preprocessing, ...options });
  const run = await model.run(readFileSync(join(base, golden.input)));
  return {
    run,
    input: run.input,
    dispose: () => model.dispose(),
    async explain(method, { target, kind, layer }) {
      await run.explain({ method, targets: target, layer, logits: kind === 'logit' });
    },
  };
}

/** @param {any} preprocess of golden.json */
function toPreprocessing({ divide, scale, offset }) {
  return divide === undefined ? { scale, offset } : /** @type {const} */ ('tf');
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {{ raw: Float32Array, golden: any, spread: number }} found
 * @param {number[]} shape [height, width, channels]
 * @param {number} flip allowed error of a map that a flipped unit changes
 * @returns {boolean} whether the map passes only by that allowance
 */
function checkRaw(verdict, what, { raw, golden, spread }, [height, width], flip) {
  const { min, max, values, step = 1 } = golden;
  const largest = Math.max(Math.abs(min), Math.abs(max));
  let error = 0;
  let next = 0;
  for (let y = Math.floor(step / 2); y < height; y += step) {
    for (let x = Math.floor(step / 2); x < width; x += step) {
      const difference = Math.abs(raw[y * width + x] - values[next++]);
      if (!(difference <= error)) error = difference;
    }
  }
  if (next !== values.length) verdict.failures.push(`${what}: ${next} values of ${values.length}`);
  const tolerance = Math.max(TOLERANCE, 4 * spread) * largest;
  if (error > tolerance && error <= flip * largest) return true;
  verdict.check(what, error, tolerance || Number.MIN_VALUE);
  return false;
}
