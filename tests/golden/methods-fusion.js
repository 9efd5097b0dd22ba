/** Maps of several layers or runs put together, the list `fusion`. */

import { fuseMaps } from '../../web/package/index.js';
import { checkArray } from './methods-common.js';

/** @import { FuseMethod, Method } from 'gradcam-wasm' */
/** @import { Opened } from './methods-common.js' */
/** @import { Verdict } from './common.js' */

/** Of each fusion, the method of its maps. @type {Record<string, [Method, FuseMethod]>} */
const FUSIONS = {
  layer_cam_max: ['layerCam', 'layerCam'],
  grad_cam_max: ['gradCam', 'max'],
  refine_layer_cam: ['layerCam', 'refine'],
  refine_grad_cam: ['gradCam', 'refine'],
  grad_cam_mean: ['gradCam', 'mean'],
  refine_grad_cam_pp_input: ['gradCamPlusPlus', 'refineInput'],
};

/**
 * @param {Opened} opened
 * @param {{ method: string, target: number, kind: string, layers: string[] }} fusion
 * @returns {Promise<ArrayLike<number>>}
 */
async function make({ run, input }, { method: name, target, kind, layers }) {
  const explained = { targets: target, layer: layers, logits: kind === 'logit' };
  if (name === 'grad_cam_aug_smooth') {
    return (await run.explain({ ...explained, augSmooth: true })).targets[0].heatmap.data;
  }
  const [method, how] = FUSIONS[name];
  const size = /** @type {[number, number]} */ ([input.height, input.width]);
  return fuseMaps(await run.explain({ ...explained, method }), { how, size }).data;
}

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 */
export async function check(verdict, opened, golden, spread) {
  for (const [i, fusion] of golden.fusion.entries()) {
    const { method, target, kind, layers, shape } = fusion;
    const map = await make(opened, fusion);
    const what = `${method} of class ${target}'s ${kind} at ${layers.join(', ')}`;
    const [height, width] = shape;
    const how = { height, width, spread: spread.fusion[i].values };
    checkArray(verdict, opened, what, map, fusion, how);
  }
}
