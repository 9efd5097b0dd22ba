/** How the score follows when the picture goes and comes by the order of a map. */

import { baselineValues } from '../attribution/baselines.js';
import { scoreSource } from '../attribution/scores.js';
import { pauses } from '../base/pauses.js';
import { readWorkers } from '../base/workers.js';
import { enlarged } from './heatmaps.js';
import { fallingOrder } from './maps.js';
import { wholeNumber } from './options.js';
import { Subject } from './subject.js';

/** @import { Target, TargetChoice } from '../attribution/targets.js' */
/** @import { BaselineName } from '../attribution/baselines.js' */
/** @import { ScoreSource } from '../attribution/scores.js' */
/** @import { Input } from '../engine/network.js' */
/** @import { Change } from '../engine/study.js' */
/** @import { Picture } from '../pictures/image.js' */
/** @import { Tensor } from '../pictures/tensor.js' */
/** @import { GivenMap } from './heatmaps.js' */
/** @import { Facts } from '../attribution/explained.js' */

/**
 * How far long work is.
 * @typedef {object} StepProgress
 * @property {number} step how many steps are done
 * @property {number} steps
 */

/**
 * @typedef {object} DeletionOptions
 * @property {TargetChoice} [target] index or label of a class, or weights of classes (default: the
 *   class with the highest score)
 * @property {boolean} [logits] whether the logit is measured instead of the score (default false)
 * @property {BaselineName | Picture | Tensor} [baseline] what stands in place of the positions that
 *   are taken away (default "zero")
 * @property {number} [steps] into how many parts the picture is cut (default 20)
 * @property {number} [workers] 0 to 64. So many workers run the steps, each with a copy of the
 *   model that it keeps until model.dispose(). The curves are the same to the bit (default 0: the
 *   model itself runs them)
 * @property {(progress: StepProgress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * Both curves of deletion and insertion.
 * @typedef {object} DeletionInsertion
 * @property {number[]} fractions the share of the picture's positions at each point of the curves
 * @property {number[]} deletion the score without the hottest positions
 * @property {number[]} insertion the score with the hottest positions alone
 * @property {number} deletionAuc the area under the deletion curve. A true map has a small one
 * @property {number} insertionAuc the area under the insertion curve. A true map has a large one
 * @property {{ target: Target, logits: boolean, baseline: string, steps: number }} settings
 */

/**
 * @param {Facts} facts
 * @param {GivenMap} heatmap
 * @param {DeletionOptions} options
 * @returns {Promise<DeletionInsertion>}
 */
export async function deletionInsertion(facts, heatmap, options) {
  const { target, logits = false, baseline = 'zero', steps = 20, onProgress, signal } = options;
  const workers = readWorkers(options.workers);
  const pause = pauses(signal);
  await pause();
  const { input } = facts;
  const order = fallingOrder(enlarged(heatmap, input));
  const counts = countsOf(order.length, wholeNumber('steps', steps, { least: 1, most: 10000 }));
  const subject = new Subject(facts, { target, logits });
  const values = await readBaseline(facts, baseline);
  const study = subject.study();
  const change = (/** @type {number} */ i) => changeOf(order, counts[i >> 1], i % 2 === 0, input);
  /** @type {ScoreSource | undefined} */
  let source;
  try {
    study.setBaseline(values);
    source = await scoreSource(study, { steps: 2 * counts.length, change, workers });
    /** @type {{ deletion: number[], insertion: number[] }} */
    const curves = { deletion: [], insertion: [] };
    for (const step of counts.keys()) {
      for (const curve of /** @type {const} */ (['deletion', 'insertion'])) {
        await pause();
        curves[curve].push(subject.value(await source.next()));
      }
      onProgress?.({ step: step + 1, steps: counts.length });
    }
    const fractions = counts.map((count) => count / order.length);
    return {
      fractions,
      ...curves,
      deletionAuc: areaUnder(fractions, curves.deletion),
      insertionAuc: areaUnder(fractions, curves.insertion),
      settings: {
        target: subject.target,
        logits,
        baseline: typeof baseline === 'string' ? baseline : 'picture',
        steps,
      },
    };
  } finally {
    source?.end();
    study.dispose();
  }
}

/**
 * Takes the first positions of an order away, or all but these.
 * @param {Uint32Array} order
 * @param {number} count
 * @param {boolean} deletes
 * @param {Input} input
 * @returns {Change}
 */
function changeOf(order, count, deletes, { height, width }) {
  return ['mask', hottest(order, count, deletes ? 0 : 1), { height, width }];
}

/**
 * How many positions each point of the curves has.
 * @param {number} all
 * @param {number} steps
 */
function countsOf(all, steps) {
  const each = Math.ceil(all / steps);
  return Array.from({ length: Math.ceil(all / each) + 1 }, (_, i) => Math.min(i * each, all));
}

/**
 * A mask that is `inside` at the first positions of an order, and the reverse elsewhere.
 * @param {Uint32Array} order
 * @param {number} count
 * @param {0 | 1} inside
 */
export function hottest(order, count, inside) {
  const mask = new Float32Array(order.length).fill(1 - inside);
  for (let i = 0; i < count; i++) mask[order[i]] = inside;
  return mask;
}

/**
 * @param {number[]} xs
 * @param {number[]} ys
 */
function areaUnder(xs, ys) {
  let area = 0;
  for (let i = 1; i < xs.length; i++) area += ((xs[i] - xs[i - 1]) * (ys[i] + ys[i - 1])) / 2;
  return area;
}

/**
 * @param {Facts} facts
 * @param {unknown} baseline
 */
async function readBaseline({ network, input, preprocessing, readInput }, baseline) {
  const isPicture = typeof baseline === 'object' && baseline !== null;
  const given = isPicture ? await readInput(baseline) : baseline;
  return baselineValues(given, input, { engine: network.engine, preprocessing });
}
