/** Maps of layers against pytorch-grad-cam and torchcam, the list `cams`. */

import { EARLY_FLIP, LATE_FLIP, checkArray } from './methods-common.js';

/** @import { Method, Run } from 'gradcam-wasm' */
/** @import { ExplainOptions } from '../../web/package/model/run.js' */
/** @import { Opened } from './methods-common.js' */
/** @import { Verdict } from './common.js' */

/** @typedef {{ target: number, kind: string, layer: string, shape: number[], raw: any }} Cam */

/** Methods of one backward pass, by their names in the golden data. */
const TOGETHER = /** @type {const} */ ({
  grad_cam: 'gradCam',
  grad_cam_pp: 'gradCamPlusPlus',
  xgrad_cam: 'xGradCam',
  hires_cam: 'hiResCam',
  layer_cam: 'layerCam',
  elementwise: 'elementwise',
  eigen_cam: 'eigenCam',
  eigen_grad_cam: 'eigenGradCam',
});

/**
 * The others, each with its options. A method that is not here is not compared.
 * @type {Record<string, (golden: any) => Omit<ExplainOptions, 'targets' | 'layer' | 'logits'>>}
 */
const ALONE = {
  grad_cam_eigen_smooth: () => ({ eigenSmooth: true }),
  finer_cam: ({ finer }) => ({ contrast: { count: finer.references, gamma: finer.gamma } }),
  finer_cam_weighted: ({ finer }) => ({
    contrast: { count: finer.references, gamma: finer.gamma, weighted: true },
  }),
};

/** The last layers, where a flip changes less. */
const LATE = /\b(out_relu|Conv_1|top_activation)$/;

/** Maps whose sign is free if their smallest and largest values are this near in size. */
const SAME_SIZE = 1e-3;

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 */
export async function check(verdict, opened, golden, spread) {
  for (const [i, cam] of golden.cams.entries()) {
    const found = await explain(opened, cam);
    for (const [key, raw] of Object.entries(found)) {
      compare(verdict, opened, cam, key, { raw, spread: spread.cams[i][key] });
    }
  }
}

/**
 * @param {Opened} opened
 * @param {Cam} cam
 * @returns {Promise<Record<string, Float32Array>>}
 */
async function explain({ run, golden }, { target, kind, layer, raw }) {
  const options = { targets: target, layer, logits: kind === 'logit', raw: true };
  /** @type {Record<string, Float32Array>} */
  const found = {};
  const keys = Object.keys(TOGETHER).filter((key) => key in raw);
  const method = keys.map((key) => TOGETHER[/** @type {keyof typeof TOGETHER} */ (key)]);
  const { targets } = await run.explain({ ...options, method });
  keys.forEach((key, i) => (found[key] = rawOf(targets[i])));
  for (const key of Object.keys(ALONE).filter((name) => name in raw)) {
    const [entry] = (await run.explain({ ...options, ...ALONE[key](golden) })).targets;
    found[key] = rawOf(entry);
  }
  return found;
}

/** @param {{ raw?: Float32Array }} entry */
function rawOf({ raw }) {
  return /** @type {Float32Array} */ (raw);
}

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {Cam} cam
 * @param {string} key
 * @param {{ raw: Float32Array, spread: number | undefined }} found
 */
function compare(verdict, opened, cam, key, { raw, spread }) {
  const { target, kind, layer, shape } = cam;
  const golden = cam.raw[key];
  const [low, high] = [Math.abs(golden.min), Math.abs(golden.max)];
  checkArray(verdict, opened, `${key} of class ${target}'s ${kind} at ${layer}`, raw, golden, {
    height: shape[0],
    width: shape[1],
    spread,
    flip: LATE.test(layer) ? LATE_FLIP : EARLY_FLIP,
    isFree: key.includes('eigen') && Math.abs(low - high) <= SAME_SIZE * Math.max(low, high),
  });
}
