/** Score-CAM and Ablation-CAM of the list `cams` of ../shared/golden/methods. */

import { explainedOf, loopMap } from '../../web/package/attribution/loops.js';
import { pauses } from '../../web/package/base/pauses.js';
import { EARLY_FLIP, checkArray } from './methods-common.js';

/** @import { Opened } from './methods-common.js' */
/** @import { Verdict } from './common.js' */

/** Names in the golden data. */
const METHODS = /** @type {const} */ ({ score_cam: 'scoreCam', ablation_cam: 'ablationCam' });

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 */
export async function check(verdict, opened, golden, spread) {
  const { network, input } = opened;
  for (const [i, cam] of golden.cams.entries()) {
    const { target, kind, shape, raw } = cam;
    const [height, width] = shape;
    const layer = opened.layerIndex(cam.layer);
    const explained = explainedOf(opened.run.facts, target, kind === 'logit');
    for (const [name, method] of Object.entries(METHODS)) {
      if (!(name in raw)) continue;
      const what = `${name} of class ${target}'s ${kind} at ${cam.layer}`;
      const work = { network, input, explained, layer, pause: pauses() };
      const found = await loopMap(work, method);
      const how = { height, width, spread: spread.cams[i][name], flip: EARLY_FLIP };
      checkArray(verdict, opened, what, found.raw, raw[name], how);
      if (method !== 'ablationCam') continue;
      checkWeights(verdict, opened, what, found.weights, cam);
      if (!network.ablatesAtOnce(input, explained.output, layer)) continue;
      const options = { method, targets: target, layer: cam.layer, logits: kind === 'logit' };
      const [entry] = (await opened.run.explain({ ...options, raw: true })).targets;
      const ours = /** @type {Float32Array} */ (entry.raw);
      checkArray(verdict, opened, `${what}, from one pass`, ours, raw[name], how);
    }
  }
}

/**
 * The weights of the first channels.
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {string} what
 * @param {{ weight: number }[]} found
 * @param {{ ablation_weights: number[] }} golden
 */
function checkWeights(verdict, opened, what, found, { ablation_weights: values }) {
  const ours = found.slice(0, values.length).map(({ weight }) => weight);
  const theirs = { values, min: Math.min(...values), max: Math.max(...values) };
  const how = { height: 1, width: values.length };
  checkArray(verdict, opened, `weights of ${what}`, ours, theirs, how);
}
