/** Maps of several layers or runs put together, the list `fusion`. */

import { checkArray } from './methods-common.js';

/** @import { Opened } from './methods-common.js' */
/** @import { Verdict } from './common.js' */

/** @typedef {{ method: string, target: number, kind: string, layers: string[] }} Fusion */

/**
 * How each is made. A method that is not here is not compared.
 * @type {Record<string, (opened: Opened, fusion: Fusion) => Promise<ArrayLike<number>>>}
 */
const MAKERS = {
  async grad_cam_aug_smooth({ run }, { target, kind, layers: [layer] }) {
    const options = { targets: target, layer, logits: kind === 'logit', augSmooth: true };
    return (await run.explain(options)).targets[0].heatmap.data;
  },
};

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 */
export async function check(verdict, opened, golden, spread) {
  for (const [i, fusion] of golden.fusion.entries()) {
    const { method, target, kind, layers, shape } = fusion;
    if (!(method in MAKERS)) continue;
    const map = await MAKERS[method](opened, fusion);
    const what = `${method} of class ${target}'s ${kind} at ${layers.join(', ')}`;
    const [height, width] = shape;
    const how = { height, width, spread: spread.fusion[i].values };
    checkArray(verdict, opened, what, map, fusion, how);
  }
}
