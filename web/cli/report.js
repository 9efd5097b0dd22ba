/** Writes results as text for people, and as JSON for programs. */

import { printable, printableJson } from '../package/base/errors.js';
import { methodInfo } from '../package/index.js';
import { preprocessingText } from './preprocessing.js';

/** @import { Attribution, Explanation, HeatMap, Model } from 'gradcam-wasm' */
/** @import { Run, TargetExplanation, Trust } from 'gradcam-wasm' */

/** Characters for the cells of a heat map, from 0 to 1. */
const SHADES = [' ', '░', '▒', '▓', '█'];
/** How wide a heat map may be to be printed as text, in cells. */
const WIDEST = 38;

/**
 * @param {Model} model
 * @param {Run} run
 * @param {number} top
 */
export function predictionJson(model, run, top) {
  return {
    model: model.name,
    inputShape: model.inputShape,
    preprocessing: model.preprocessing,
    preprocessingReason: model.preprocessingReason,
    labelsReason: model.labelsReason,
    ...(run.inputWarning && { warning: run.inputWarning }),
    ...(model.heads.length > 1 && { head: model.head.name }),
    predictions: [...run.predictions],
    ...(run.scores !== run.predictions && { scores: [...run.scores] }),
    top: run.decodePredictions({ top }),
  };
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Explanation} explanation
 * @param {{ top: number, method: string | string[] }} options
 */
export function explanationJson(model, run, explanation, { top, method }) {
  const { model: name, inputShape, ...predictions } = predictionJson(model, run, top);
  const { layer } = explanation.targets[0];
  const targets = explanation.targets.map(entryJson);
  return { model: name, inputShape, layer, method, ...predictions, targets };
}

/** @param {TargetExplanation} entry */
function entryJson({ heatmap, raw: _, ...entry }) {
  const { width, height, data } = heatmap;
  return { ...entry, heatmap: { width, height, data: [...data] } };
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Attribution} attribution
 * @param {number} top
 */
export function attributionJson(model, run, { data, ...attribution }, top) {
  return { ...predictionJson(model, run, top), ...attribution, data: [...data] };
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Explanation} explanation
 * @param {{ verdict: Trust, top: number }} options
 */
export function trustJson(model, run, { targets }, { verdict: trust, top }) {
  const [{ label, settings }] = targets;
  return { ...predictionJson(model, run, top), label, settings, ...trust };
}

/**
 * JSON in which the characters that may command a terminal are escaped, too.
 * @param {unknown} value
 */
export function toJson(value) {
  return printableJson(JSON.stringify(value));
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {number} top
 */
export function predictionText(model, run, top) {
  const rows = run
    .decodePredictions({ top })
    .map(({ label, ...row }) => ({ ...row, label: printable(label) }));
  const widest = Math.max(...rows.map(({ label }) => label.length));
  const warning = run.inputWarning ? [`warning: ${run.inputWarning}`] : [];
  const lines = rows.map(({ index, label, score }) => {
    const name = label === String(index) ? '' : `  ${label.padEnd(widest)}`;
    return `${String(index).padStart(5)}${name}  ${score.toFixed(4)}`;
  });
  return [...lines, ...[preprocessingText(model), ...warning].map(printable)].join('\n');
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Explanation} explanation
 * @param {{ top: number }} options
 */
export function explanationText(model, run, explanation, { top }) {
  const targets = explanation.targets.map(targetText);
  return [predictionText(model, run, top), ...targets].join('\n\n');
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Attribution} attribution
 * @param {number} top
 */
export function attributionText(model, run, attribution, top) {
  const { target, label, score, settings, title, delta, notes } = attribution;
  const name = label === String(target) ? `class ${target}` : `${label} (${target})`;
  const kind = settings.logits ? 'logit' : 'score';
  const lines = [
    `${name}, ${kind} ${score.toFixed(4)}, ${title}`,
    ...(delta === null ? [] : [`unexplained: ${delta.toPrecision(3)} of the ${kind}`]),
    ...notes,
  ];
  return [predictionText(model, run, top), lines.map(printable).join('\n')].join('\n\n');
}

/**
 * @param {Model} model
 * @param {Run} run
 * @param {Explanation} explanation
 * @param {{ verdict: Trust, top: number }} options
 */
export function trustText(model, run, explanation, { verdict, top }) {
  const sentences = verdict.figures.map(({ sentence }) => printable(sentence)).join('\n');
  return [explanationText(model, run, explanation, { top }), sentences].join('\n\n');
}

/**
 * @param {TargetExplanation} entry
 */
function targetText({ target, label, score, layer, heatmap, method, notes, ...entry }) {
  const name = label === String(target) ? `class ${target}` : `${label} (${target})`;
  const size = `${heatmap.width} x ${heatmap.height}`;
  const value = `${entry.settings.logits ? 'logit' : 'score'} ${score.toFixed(4)}`;
  const lines = [`${name}, ${value}, at ${layer} (${size}), ${methodInfo(method).title}`];
  const { diagnosis } = entry;
  if (diagnosis) lines.push(`${diagnosis.code}: ${diagnosis.message}`);
  lines.push(...notes);
  const cells = heatmap.width <= WIDEST ? [heatmapText(heatmap)] : [];
  return [...lines.map(printable), ...cells].join('\n');
}

/** @param {HeatMap} heatmap */
function heatmapText({ data, width, height }) {
  const rows = Array.from({ length: height }, (_, y) => data.subarray(y * width, (y + 1) * width));
  const edge = '─'.repeat(2 * width);
  const cells = rows.map((row) => [...row].map((value) => shade(value).repeat(2)).join(''));
  return [`┌${edge}┐`, ...cells.map((row) => `│${row}│`), `└${edge}┘`].join('\n');
}

/** @param {number} value 0 .. 1 */
function shade(value) {
  return SHADES[Math.min(Math.floor(value * SHADES.length), SHADES.length - 1)];
}
