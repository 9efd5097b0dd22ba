/**
 * A | B, the difference of two classes. The page loads this module when two are first compared.
 *
 * A network is asked what speaks for A and against B, which is the class weights { A: 1, B: -1 },
 * and the other way round. The map is the first answer minus the second, each cut at zero. For
 * methods that are linear in the gradient, such as Grad-CAM, this is the raw map of A minus that of
 * B.
 */

import { methodInfo } from 'gradcam-wasm';
import { largest, signedMap } from './signed.js';
import { versusTexts } from './texts.js';

/** @import { Explanation, Method, TargetExplanation } from 'gradcam-wasm' */
/** @import { Run } from 'gradcam-wasm/worker' */

/** Methods that weigh channels by scores. A difference of scores may be zero, and divides there. */
const WITHOUT_DIFFERENCE = ['scoreCam', 'ablationCam'];

/**
 * @param {Run} run
 * @param {{ target: number, versus: number, layer?: string, method: Method,
 *   signal: AbortSignal }} asked `layer: 'all'` gives an entry for each layer
 * @returns {Promise<Explanation>} with signed maps, red for `target` and blue for `versus`
 */
export async function explainDifference(run, { target, versus, layer, method, signal }) {
  if (WITHOUT_DIFFERENCE.includes(method)) {
    throw new Error(versusTexts.refused(methodInfo(method).title));
  }
  const targets = [
    { [target]: 1, [versus]: -1 },
    { [target]: -1, [versus]: 1 },
  ];
  const options = { layer, method, logits: true, raw: true, signal };
  const explanation = await run.explain({ targets, ...options });
  const count = explanation.targets.length / 2;
  const [ours, theirs] = [explanation.targets.slice(0, count), explanation.targets.slice(count)];
  return { ...explanation, targets: ours.map((entry, i) => minus(entry, theirs[i], target)) };
}

/**
 * @param {TargetExplanation} entry for A and against B
 * @param {TargetExplanation} other for B and against A
 * @param {number} target A
 * @returns {TargetExplanation}
 */
function minus(entry, other, target) {
  const [ours, theirs] = [rawOf(entry), rawOf(other)];
  const raw = ours.map((value, i) => Math.max(value, 0) - Math.max(theirs[i], 0));
  const heatmap = signedMap(raw, entry.heatmap);
  // That nothing speaks for A says little here, because something may speak for B.
  const isOneSided = entry.diagnosis?.code === 'NO_POSITIVE_EVIDENCE';
  const diagnosis = isOneSided ? null : entry.diagnosis;
  return { ...entry, target, heatmap, raw, rawMax: largest(raw), diagnosis };
}

/** @param {TargetExplanation} entry */
function rawOf({ raw, heatmap }) {
  return raw ?? heatmap.data;
}
