/** Explains a run in the way that a question asks. Ways that few users need are loaded on demand. */

/** @import { Explanation, Method } from 'gradcam-wasm' */
/** @import { Run } from 'gradcam-wasm/worker' */
/** @import { Way } from './explainer.js' */

/**
 * @typedef {object} Asked
 * @property {number} target
 * @property {number} [versus]
 * @property {string} [layer]
 * @property {Way} method
 * @property {boolean} logits
 * @property {AbortSignal} signal
 */

/**
 * @param {Run} run
 * @param {Asked} asked
 * @returns {Promise<Pick<Explanation, 'method' | 'description' | 'targets'>>}
 */
export async function explain(run, { target, versus, layer, method: way, logits, signal }) {
  const method = /** @type {Method} */ (way);
  if (versus === undefined || versus === target) {
    return run.explain({ targets: [target], layer, method, logits, signal });
  }
  const { explainDifference } = await import('./difference.js');
  return explainDifference(run, { target, versus, layer, method, signal });
}
