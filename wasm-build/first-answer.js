// Makes the answer with which the demo page opens, so that a visitor sees a heat map while the
// model is loading. It is what the page's engine gives, number by number.

import fs from 'node:fs';
import './enable-relaxed-simd.js'; // Node runs the same variant as browsers then
import { loadModel } from '../web/package/index.js';
import { firstPicture, shownFile } from '../models/fetch.js';
import { inBuild, writeAtomically } from './tools.js';

/** @import { Manifest } from '../models/fetch.js' */
/** @import { SavedAnswer, SavedTarget } from '../web/demo/first.js' */

/** The classes that get small maps. */
const SMALL_MAPS = 6;

/**
 * Writes build/demo/first.json.
 * @param {Manifest} manifest
 */
export async function writeFirstAnswer({ default: id, models }) {
  const model = models.find((entry) => entry.id === id) ?? models[0];
  const answer = await explain(
    inBuild('models', model.small.file),
    inBuild('pictures', shownFile(firstPicture)),
  );
  writeAtomically(inBuild('demo', 'first.json'), Buffer.from(JSON.stringify(answer)));
}

/**
 * @param {string} modelFile
 * @param {string} pictureFile
 * @returns {Promise<SavedAnswer>}
 */
async function explain(modelFile, pictureFile) {
  const model = await loadModel(fs.readFileSync(modelFile));
  const run = await model.run(fs.readFileSync(pictureFile));
  const { method, description, targets } = await run.explain();
  const first = run.decodePredictions({ top: SMALL_MAPS }).map(({ index }) => index);
  const classes = (await run.explain({ targets: first })).targets;
  const { classCount, crop, head, heads, labels, labelsReason, layers } = model;
  const { preprocessing, preprocessingReason } = model;
  const { width, height } = run.input;
  model.dispose();
  return {
    model: {
      ...{ classCount, crop, head, heads, labels, labelsReason, layers },
      ...{ preprocessing, preprocessingReason },
    },
    sizeReason: 'fixed',
    run: {
      input: { width, height },
      scores: toNumbers(run.scores),
      logits: toNumbers(run.logits),
      inputWarning: run.inputWarning,
    },
    explanation: { method, description, targets: targets.map(toJson) },
    classes: classes.map(toJson),
  };
}

/**
 * @param {import('gradcam-wasm').TargetExplanation} target
 * @returns {SavedTarget}
 */
function toJson(target) {
  const { data, width, height } = target.heatmap;
  return { ...target, heatmap: { data: toNumbers(data), width, height } };
}

/**
 * Nine digits give a float32 back, and are half as long as those of a double.
 * @param {Float32Array} data
 */
function toNumbers(data) {
  return Array.from(data, (value) => Number(value.toPrecision(9)));
}
