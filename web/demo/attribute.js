/**
 * Attributions of the pixels, as explanations that the page shows. They grow step by step. The page
 * loads this module when the first is chosen.
 */

import { attributionInfo } from 'gradcam-wasm';
import { attributionTexts } from './texts.js';

/** @import { Attribution, AttributionMethod, TargetExplanation } from 'gradcam-wasm' */
/** @import { Run } from 'gradcam-wasm/worker' */
/** @import { Asked, Shown } from './explain.js' */

/** Milliseconds between two pictures of what has grown. */
const PAUSE = 80;

/**
 * @param {Run} run
 * @param {Asked & { method: AttributionMethod }} asked
 * @returns {Promise<Shown>}
 */
export async function attribute(run, { target, versus, layer, method, logits, signal, onStep }) {
  const isDifference = versus !== undefined && versus !== target;
  const attribution = await run.attribute({
    method,
    target: isDifference ? { [target]: 1, [versus]: -1 } : target,
    logits: isDifference || logits,
    ...(method === 'guidedGradCam' && { layer }),
    ...(onStep && { onProgress: throttled(onStep) }),
    signal,
  });
  const { title, description } = attributionInfo(method);
  const entry = toEntry(attribution, target);
  return { method: title, description, targets: [entry], remark: remarkOn(attribution) };
}

/**
 * Draws no step before the one before it had its time on the screen.
 * @param {NonNullable<Asked['onStep']>} onStep
 * @returns {(progress: { step: number, steps: number, attribution: Attribution }) => void}
 */
function throttled(onStep) {
  let next = 0;
  return ({ step, steps, attribution }) => {
    const start = performance.now();
    const isDrawn = start >= next && step < steps;
    onStep({ step, steps, heatmap: isDrawn ? attribution.toHeatmap() : undefined });
    // A slow machine draws fewer pictures, so that most of its time is left for the steps.
    if (isDrawn) next = performance.now() + PAUSE + 2 * (performance.now() - start);
  };
}

/**
 * @param {Attribution} attribution
 * @param {number} target
 * @returns {TargetExplanation}
 */
function toEntry(attribution, target) {
  const { label, score, data, notes, settings } = attribution;
  const entry = {
    target,
    label,
    score,
    proba: null,
    layer: 'input',
    method: attribution.method,
    heatmap: attribution.toHeatmap(),
    rawMin: data.reduce((a, b) => Math.min(a, b), Infinity),
    rawMax: data.reduce((a, b) => Math.max(a, b), -Infinity),
    diagnosis: null,
    notes,
    settings,
  };
  return /** @type {TargetExplanation} */ (/** @type {unknown} */ (entry));
}

/** @param {Attribution} attribution */
function remarkOn({ method, score, baselineScore, delta, notes }) {
  if (method.startsWith('guided')) return notes.join(' ');
  if (baselineScore === null || delta === null) return '';
  return attributionTexts.gap(score - baselineScore + delta, score - baselineScore);
}
