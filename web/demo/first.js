/** The first answer, which was made when the page was built. */

/** @import { Answer, Extras, Question } from './explainer.js' */
/** @import { Picture } from './picture.js' */
/** @import { TargetExplanation } from 'gradcam-wasm' */

/**
 * A map in JSON.
 * @typedef {Omit<TargetExplanation, 'heatmap'> & { heatmap: { data: number[], width: number,
 *   height: number } }} SavedTarget
 */

/**
 * What wasm-build/first-answer.js writes.
 * @typedef {object} SavedAnswer
 * @property {Answer['model']} model
 * @property {Answer['sizeReason']} sizeReason
 * @property {{ input: { width: number, height: number }, scores: number[], logits: number[],
 *   inputWarning: string | null }} run
 * @property {{ method: string, description: string, targets: SavedTarget[] }} explanation
 * @property {SavedTarget[]} classes
 */

/**
 * @param {SavedAnswer} saved
 * @param {Picture} picture
 * @param {Question} question
 * @returns {{ answer: Answer, extras: Partial<Extras> }}
 */
export function reviveAnswer({ model, sizeReason, run, explanation, classes }, picture, question) {
  const scores = Float32Array.from(run.scores);
  const logits = Float32Array.from(run.logits);
  /** @type {Answer} */
  const answer = {
    question,
    saved: true,
    model,
    sizeReason,
    picture,
    run: { ...run, scores, logits },
    seen: picture.pixels,
    runTime: 0,
    explanation: { ...explanation, targets: explanation.targets.map(revive) },
    heatmapTime: 0,
  };
  return { answer, extras: { classes: classes.map(revive) } };
}

/**
 * @param {SavedTarget} target
 * @returns {TargetExplanation}
 */
function revive(target) {
  const { heatmap } = target;
  return { ...target, heatmap: { ...heatmap, data: Float32Array.from(heatmap.data) } };
}

/**
 * Fetches the answer. A page without it waits for the model.
 * @returns {Promise<SavedAnswer | undefined>}
 */
export async function fetchFirstAnswer() {
  try {
    const response = await fetch('first.json');
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}
