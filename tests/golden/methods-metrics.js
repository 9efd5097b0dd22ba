/** The metrics of maps against torchcam, pytorch-grad-cam, captum, SciPy and xplique. */

import { compareRaw } from '../../web/package/metrics/compare.js';
import {
  averageDrop,
  coherency,
  complexity,
  deletionInsertion,
  randomization,
  stability,
} from '../../web/package/metrics/index.js';
import { Subject, chooseMap } from '../../web/package/metrics/subject.js';
import { largestAbsolute, largestDifference } from './common.js';
import { toleranceOf } from './methods-common.js';

/** @import { Facts } from '../../web/package/attribution/explained.js' */
/** @import { Verdict } from './common.js' */
/** @import { Opened } from './methods-common.js' */

/**
 * Names of the maps in the golden data.
 * @type {Record<string, 'gradient' | 'saliency' | 'gradCam'>}
 */
const MAPS = { gradient: 'gradient', saliency: 'saliency', grad_cam_raw: 'gradCam' };

/**
 * Computes what an entry names.
 * @type {Record<string, (facts: Facts, entry: any, kind: { target: number, logits: boolean }) =>
 *   Promise<object>>}
 */
const METRICS = {
  async deletion_insertion(facts, entry, kind) {
    const { baseline, steps } = entry;
    const given = { ...kind, baseline, steps };
    const found = await deletionInsertion(facts, toHeatmap(entry), given);
    const { fractions, deletion, insertion, deletionAuc, insertionAuc } = found;
    const areas = { deletion_auc: deletionAuc, insertion_auc: insertionAuc };
    return { fractions, deletion, insertion, ...areas };
  },
  async average_drop(facts, entry, kind) {
    const heatmap = toHeatmap(entry);
    const found = averageDrop(facts, heatmap, kind);
    return {
      score: found.score,
      masked_score: found.maskedScore,
      average_drop: found.averageDrop,
      increase: found.increase,
      drop_absolute: found.dropAbsolute,
      increase_absolute: found.increaseAbsolute,
      complexity: complexity(facts, heatmap),
      coherency: coherency(facts, heatmap, { target: kind.target, layer: entry.coherency_layer }),
    };
  },
  async stability(facts, { of, layer, radius, seed, samples }, kind) {
    const method = MAPS[of];
    const given = { ...kind, method, layer, radius, seed, samples, roundings: 0 };
    const found = await stability(facts, given);
    return { relative_changes: found.changes, mean: found.mean, sensitivity_max: found.max };
  },
  async model_randomisation(facts, entry, kind) {
    const { layer, seed, gain, head_gain: headGain, count } = entry;
    const given = { ...kind, layer, seed, gain, headGain, counts: [count] };
    /** @type {Record<string, unknown>} */
    const found = {};
    for (const name of ['saliency', 'grad_cam_raw']) {
      const method = /** @type {'saliency' | 'gradCam'} */ (MAPS[name]);
      const [stage] = await randomization(facts, { ...given, method });
      Object.assign(found, named(name, stage), { target_logit: stage.score, first: stage.layer });
    }
    return found;
  },
  async random_logit(facts, { other, layer }, { target, logits }) {
    const both = [target, other].map((one) => new Subject(facts, { target: one, logits }));
    return Object.assign(
      {},
      ...['saliency', 'grad_cam_raw'].map((name) => {
        const choice = chooseMap(facts, { method: MAPS[name], layer });
        const [map, against] = both.map((subject) => subject.ownMap(choice));
        const epsilon = choice.layer === null ? 0 : 1e-7;
        return named(name, compareRaw(map.raw, against.raw, map, epsilon));
      }),
    );
  },
};

/**
 * The numbers of a likeness as spread.json names them.
 * @param {string} name
 * @param {import('gradcam-wasm').Likeness} likeness
 */
function named(name, { spearman, spearmanAbs, ssim }) {
  return {
    [`${name}.spearman`]: spearman,
    [`${name}.spearman_abs`]: spearmanAbs,
    [`${name}.ssim`]: ssim,
  };
}

/**
 * @param {{ map: number[], map_shape: number[] }} entry
 */
function toHeatmap({ map, map_shape: [height, width] }) {
  return { data: Float32Array.from(map, (value) => value / 4096), height, width };
}

/**
 * Checks every entry of `metrics`.
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 */
export async function check(verdict, opened, golden, spread) {
  const { facts } = opened.run;
  for (const [i, entry] of golden.metrics.entries()) {
    const kind = { target: entry.target, logits: entry.kind === 'logit' };
    const what = `${entry.metric} ${i} of class ${entry.target}`;
    const compute = METRICS[entry.metric];
    if (compute === undefined) verdict.failures.push(`${what}: no such metric`);
    const found = (await compute?.(facts, entry, kind)) ?? {};
    for (const [name, value] of Object.entries(found)) {
      const tolerance = toleranceOf(opened, spread.metrics[i][name]);
      checkValue(
        verdict,
        `${what}: ${name}`,
        { ours: value, golden: read(entry, name) },
        tolerance,
      );
    }
  }
}

/**
 * The value of a name as "saliency.ssim".
 * @param {any} entry
 * @param {string} name
 */
function read(entry, name) {
  return name.split('.').reduce((value, part) => value?.[part], entry);
}

/**
 * @param {Verdict} verdict
 * @param {string} what
 * @param {{ ours: any, golden: any }} values
 * @param {number} tolerance over the largest absolute value, for single numbers at least 1
 */
function checkValue(verdict, what, { ours, golden }, tolerance) {
  if (typeof golden === 'string') {
    if (ours !== golden) verdict.failures.push(`${what} is ${ours}, not ${golden}`);
    return;
  }
  const isList = Array.isArray(golden);
  const [a, b] = isList ? [ours, golden] : [[ours], [golden]];
  const largest = isList ? largestAbsolute(golden) : Math.max(1, Math.abs(golden));
  verdict.check(what, largestDifference(a, b), tolerance * largest);
}
