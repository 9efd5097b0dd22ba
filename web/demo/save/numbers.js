/** The numbers of an answer as JSON and in NumPy's format. */

import { npyFile } from '../../package/pictures/npy.js';
import { signedValues } from '../signed.js';
import { SOFTWARE } from './texts.js';

/** @import { TargetExplanation } from 'gradcam-wasm' */
/** @import { Snapshot } from './snapshot.js' */

/**
 * All numbers and settings, with the names that the command line uses.
 * @param {Snapshot} snapshot
 */
export function toJson({ settings, facts, shown, classRows, outputs, proof, ...maps }) {
  const top = classRows.slice(0, 5).map(({ index, name }) => {
    return { index, label: name, score: short(outputs.scores[index]) };
  });
  const measured = proof && {
    score: proof.score,
    hidden: proof.hidden.score,
    kept: proof.kept.score,
    verdict: proof.verdict,
  };
  return `${JSON.stringify({
    software: SOFTWARE,
    settings,
    ...facts,
    headline: shown.headline,
    sentence: shown.where,
    scores: Array.from(outputs.scores, short),
    logitValues: Array.from(outputs.logits, short),
    top,
    targets: [entry(maps.target)],
    classes: maps.classes.map(entry),
    layers: maps.layers.map(entry),
    ...(measured && { hideAndLook: measured }),
  })}\n`;
}

/**
 * A map with its values, which are negative where a map with signs speaks against.
 * @param {TargetExplanation} target
 */
function entry({ heatmap, raw: _, ...entry }) {
  const { width, height } = heatmap;
  return { ...entry, heatmap: { width, height, data: Array.from(signedValues(heatmap), short) } };
}

/**
 * The shortest number that is the same in single precision.
 * @param {number} value
 */
function short(value) {
  if (!Number.isFinite(value)) return value;
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}

/**
 * A map as a file of NumPy's format, version 1.0, with values from 0 to 1, or from -1 if it has
 * signs.
 * @param {TargetExplanation['heatmap']} heatmap
 */
export function toNpy(heatmap) {
  return new Blob([npyFile(signedValues(heatmap), [heatmap.height, heatmap.width])]);
}
