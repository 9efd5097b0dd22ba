/** Scores of many changed inputs, which workers may compute side by side. */

import { part } from '../base/parts.js';

/** @import { Change, Study } from '../engine/study.js' */

/**
 * What a loop over changed inputs does.
 * @typedef {object} Loop
 * @property {number} steps
 * @property {(step: number) => Change} change of the input. It may be asked for twice
 * @property {number} workers how many compute. 0 is for the network itself
 */

/** @typedef {{ next: () => Promise<number>, end: () => void }} ScoreSource */

/**
 * The scores of a study's changed inputs, in the order of the steps. After next() the study has the
 * change of the step, whoever computed the score. So the sums are the same with any number of
 * workers. A step of a worker that fails is run by the network itself.
 * @param {Study} study
 * @param {Loop} loop
 * @returns {Promise<ScoreSource>}
 */
export async function scoreSource(study, { steps, change, workers }) {
  const twins = workers > 0 && steps > 1 ? await loadTwins() : undefined;
  const ahead = await twins?.Scores.start(study, workers, steps, change);
  let step = 0;
  return {
    async next() {
      const found = await ahead?.next();
      study.change(change(step++));
      return found ?? study.run().score;
    },
    end: () => ahead?.end(),
  };
}

/**
 * Without the file that starts workers, the network does all steps itself.
 * @returns {Promise<typeof import('../engine/twins.js') | undefined>}
 */
function loadTwins() {
  return part('the starter of workers', () => import('../engine/twins.js')).catch(() => undefined);
}
