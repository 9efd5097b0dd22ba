/** Writes results as text for people, and as JSON for programs. */

import { printable, printableJson } from '../package/base/errors.js';
import { methodInfo } from '../package/index.js';
import { preprocessingText } from './preprocessing.js';

/** @import { Attribution, Explanation, HeatMap } from 'gradcam-wasm' */
/** @import { GradCamError, TargetExplanation, Trust } from 'gradcam-wasm' */
/** @import { Opened } from './picture-run.js' */
/** @import { PictureFile } from './pictures.js' */

/** Characters for the cells of a heat map, from 0 to 1. */
const SHADES = [' ', '░', '▒', '▓', '█'];
/** How wide a heat map may be to be printed as text, in cells. */
const WIDEST = 38;

/**
 * @param {Opened} opened
 * @param {number} top
 */
export function predictionJson({ model, run, picture }, top) {
  return {
    picture: picture.path,
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
 * @param {PictureFile} picture
 * @param {GradCamError} error
 */
export function failureJson(picture, { code, message }) {
  return { picture: picture.path, error: { code, message } };
}

/**
 * @param {Opened} opened
 * @param {Explanation} explanation
 * @param {number} top
 */
export function explanationJson(opened, explanation, top) {
  const { picture, model, inputShape, ...predictions } = predictionJson(opened, top);
  const targets = explanation.targets.map(entryJson);
  const layer = oneOrAll(targets.map((entry) => entry.layer));
  const method = oneOrAll(targets.map((entry) => entry.method));
  return { picture, model, inputShape, layer, method, ...predictions, targets };
}

/**
 * @param {string[]} names
 * @returns {string | string[]} the name if there is one only
 */
function oneOrAll(names) {
  const all = [...new Set(names)];
  return all.length === 1 ? all[0] : all;
}

/** @param {TargetExplanation} entry */
function entryJson({ heatmap, raw: _, ...entry }) {
  const { width, height, data } = heatmap;
  return { ...entry, heatmap: { width, height, data: [...data] } };
}

/**
 * @param {Opened} opened
 * @param {Attribution} attribution
 * @param {number} top
 */
export function attributionJson(opened, { data, ...attribution }, top) {
  return { ...predictionJson(opened, top), ...attribution, data: [...data] };
}

/**
 * @param {Opened} opened
 * @param {Explanation} explanation
 * @param {{ verdict: Trust, top: number }} options
 */
export function trustJson(opened, { targets }, { verdict: trust, top }) {
  const [{ label, settings }] = targets;
  return { ...predictionJson(opened, top), label, settings, ...trust };
}

/**
 * JSON in which the characters that may command a terminal are escaped, too.
 * @param {unknown} value
 */
export function toJson(value) {
  return printableJson(JSON.stringify(value));
}

/**
 * @param {Opened} opened
 * @param {number} top
 */
export function predictionText({ model, run }, top) {
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
 * @param {Opened} opened
 * @param {Explanation} explanation
 * @param {number} top
 */
export function explanationText(opened, explanation, top) {
  const targets = explanation.targets.map(targetText);
  return [predictionText(opened, top), ...targets].join('\n\n');
}

/**
 * @param {Opened} opened
 * @param {Attribution} attribution
 * @param {number} top
 */
export function attributionText(opened, attribution, top) {
  const { target, label, score, settings, title, delta, notes } = attribution;
  const name = label === String(target) ? `class ${target}` : `${label} (${target})`;
  const kind = settings.logits ? 'logit' : 'score';
  const lines = [
    `${name}, ${kind} ${score.toFixed(4)}, ${title}`,
    ...(delta === null ? [] : [`unexplained: ${delta.toPrecision(3)} of the ${kind}`]),
    ...notes,
  ];
  return [predictionText(opened, top), lines.map(printable).join('\n')].join('\n\n');
}

/**
 * @param {Opened} opened
 * @param {Explanation} explanation
 * @param {{ verdict: Trust, top: number }} options
 */
export function trustText(opened, explanation, { verdict, top }) {
  const sentences = verdict.figures.map(({ sentence }) => printable(sentence)).join('\n');
  return [explanationText(opened, explanation, top), sentences].join('\n\n');
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
