/** Score-CAM and Ablation-CAM of the list `cams` of ../shared/golden/methods. */

import { pauses } from '../../web/package/base/pauses.js';
import { loopMap } from '../../web/package/attribution/loops.js';
import { checkArray } from './methods-arrays.js';

/** @import { Verdict } from './common.js' */
/** @import { Opened } from './methods.js' */

/** Names in the golden data. */
const METHODS = /** @type {const} */ ({ score_cam: 'scoreCam', ablation_cam: 'ablationCam' });

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 * @param {boolean} isReal
 */
export async function check(verdict, opened, golden, spread, isReal) {
  const { network, input } = opened;
  if (!network) return;
  for (const [i, cam] of golden.cams.entries()) {
    const { target, kind, layer, shape, raw } = cam;
    for (const [name, method] of Object.entries(METHODS)) {
      if (!(name in raw)) continue;
      const what = `${name} of class ${target}'s ${kind} at ${layer}`;
      const classes = { classCount: network.classCount, endsWithLogit: false };
      const found = await loopMap(
        { network, input, layer: network.findLayer(layer), pause: pauses() },
        { method, target, logits: kind === 'logit', classes },
      );
      const ours = { data: found.raw, shape: shape.slice(0, 2) };
      const theirs = { ...raw[name], shape: ours.shape };
      checkArray(verdict, what, ours, theirs, { spread: spread.cams[i][name], isReal, opened });
      if (method === 'ablationCam') checkWeights(verdict, what, found.weights, cam, opened);
    }
  }
}

/**
 * The weights of the first channels.
 * @param {Verdict} verdict
 * @param {string} what
 * @param {{ weight: number }[]} found
 * @param {{ ablation_weights: number[] }} golden
 * @param {Opened} opened
 */
function checkWeights(verdict, what, found, golden, opened) {
  const values = golden.ablation_weights;
  const data = Float32Array.from(found.slice(0, values.length), ({ weight }) => weight);
  const shape = [1, values.length];
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const theirs = { values, min, max, shape };
  checkArray(verdict, `weights of ${what}`, { data, shape }, theirs, {
    spread: 0,
    isReal: false,
    opened,
  });
}
