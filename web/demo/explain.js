/** Explains a run in the way that a question asks. Most ways are loaded on demand. */

import { isAttribution } from './ways.js';

/** @import { Explanation, HeatMap } from 'gradcam-wasm' */
/** @import { Run } from 'gradcam-wasm/worker' */
/** @import { Way } from './explainer.js' */

/**
 * How far a long explanation is.
 * @typedef {object} Step
 * @property {number} step how many steps are done
 * @property {number} steps
 * @property {HeatMap} [heatmap] what the steps so far give, now and then
 */

/**
 * @typedef {object} Asked
 * @property {number} target
 * @property {number} [versus]
 * @property {string} [layer]
 * @property {Way} method
 * @property {boolean} logits
 * @property {AbortSignal} signal
 * @property {(step: Step) => void} [onStep]
 */

/**
 * What the page shows of an explanation. `remark` is a sentence on the method's own figures.
 * @typedef {Pick<Explanation, 'method' | 'description' | 'targets'> & { remark?: string }} Shown
 */

/**
 * @param {Run} run
 * @param {Asked} asked
 * @returns {Promise<Shown>}
 */
export async function explain(run, asked) {
  const { target, versus, layer, method, logits, signal, onStep } = asked;
  if (isAttribution(method)) {
    const { attribute } = await import('./attribute.js');
    return attribute(run, { ...asked, method });
  }
  if (versus === undefined || versus === target) {
    const watch = onStep && { onProgress: onStep };
    return run.explain({ targets: [target], layer, method, logits, signal, ...watch });
  }
  const { explainDifference } = await import('./difference.js');
  return explainDifference(run, { target, versus, layer, method, signal });
}
