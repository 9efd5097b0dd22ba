/**
 * What ELI5 itself returned for the real models, beside what explainPrediction returns: class,
 * score, heat map and the pictures of it. ../shared/golden/README.md describes the data.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainPrediction, loadModel } from '../../web/package/index.js';
import { GOLDEN, folderCases, largestDifference, readJson } from './common.js';
import {
  FLIP_TOLERANCE,
  STRICT_SPREAD,
  everyEighth,
  mapTolerance,
  parsePreprocessing,
} from './eli5.js';
import { compare, draw, readPixels } from './overlays.js';

/**
 * A picture by ELI5 and the same by us, from our own heat map.
 * @typedef {object} PicturePair
 * @property {string} file ELI5's
 * @property {import('../../web/package/pictures/image.js').Pixels} ours
 * @property {number} largest difference of a byte
 * @property {number} different how many bytes differ
 */

/**
 * An explanation by ELI5 and ours.
 * @typedef {object} Pair
 * @property {any} theirs entry of golden.json's `eli5`
 * @property {import('gradcam-wasm').Explanation} ours
 * @property {number} error largest difference of the heat maps
 * @property {number} tolerance what float32 maps of that layer may differ by
 * @property {PicturePair[]} pictures
 */

const DIR = join(GOLDEN, 'eli5');

/** Names of the cases that ELI5 could explain. */
export function explainedCases() {
  return folderCases(DIR).filter((name) => readGolden(name).eli5.length > 0);
}

/** @param {string} name */
const readGolden = (name) => readJson(join(DIR, name, 'golden.json'));

/**
 * Explains all that ELI5 explained in a case.
 * @param {string} name
 * @returns {Promise<Pair[]>}
 */
export async function comparePairs(name) {
  const golden = readGolden(name);
  const overlays = join(DIR, name, 'overlays.json');
  const pictures = existsSync(overlays) ? readJson(overlays) : [];
  const model = await loadModel(readFileSync(join(GOLDEN, golden.model)), {
    preprocessing: parsePreprocessing(golden.preprocess),
  });
  try {
    const pairs = [];
    for (const theirs of golden.eli5) {
      pairs.push(await comparePair(model, name, golden, theirs, pictures));
    }
    return pairs;
  } finally {
    model.dispose();
  }
}

/**
 * @param {import('gradcam-wasm').Model} model
 * @param {string} name
 * @param {any} golden
 * @param {any} theirs
 * @param {import('./overlays.js').Overlay[]} overlays
 * @returns {Promise<Pair>}
 */
async function comparePair(model, name, golden, theirs, overlays) {
  const { target, layer } = theirs;
  const image = readFileSync(join(GOLDEN, golden.image));
  const options = { targets: [target], layer: layer ?? defaultOfEli5(model) };
  const ours = await explainPrediction(model, image, options);
  const pictures = [];
  for (const overlay of overlays) {
    if (overlay.target !== target || (overlay.layer ?? null) !== layer) continue;
    pictures.push(await comparePicture(name, golden, ours, overlay));
  }
  return { theirs, ours, pictures, ...compareMaps(name, golden, ours.targets[0], theirs) };
}

/**
 * The layer that ELI5 takes by itself: the last of rank 4, be it of 1 x 1 positions.
 * @param {import('gradcam-wasm').Model} model
 */
function defaultOfEli5({ layers }) {
  return layers.findLast(({ outputShape }) => outputShape.length === 4);
}

/**
 * Compares with ELI5's map, or with the float64 one's every eighth value where ELI5's is not
 * recorded.
 * @param {string} name
 * @param {any} golden
 * @param {import('gradcam-wasm').TargetExplanation} ours
 * @param {any} theirs
 */
function compareMaps(name, { explanations }, { layer, target, heatmap }, theirs) {
  const { spread } = readJson(join(DIR, name, 'spread.json'));
  const atLayer = [...explanations.keys()].filter((i) => explanations[i].layer === layer);
  // How far float32 maps are apart was not recorded for every class; its layer's others tell
  // whether units may flip there, not how far.
  const own = atLayer.find((i) => explanations[i].target === target);
  const known = own ?? atLayer[0];
  const { score } = explanations[known];
  const mayFlip = own === undefined && spread[known].score >= STRICT_SPREAD;
  const values = theirs.heatmap ? heatmap.data : everyEighth(heatmap);
  const error = largestDifference(values, theirs.heatmap ?? score.heatmap_every8);
  const tolerance = mapTolerance(score, spread[known].score);
  return { error, tolerance: mayFlip ? Math.max(tolerance, FLIP_TOLERANCE) : tolerance };
}

/**
 * @param {string} name
 * @param {any} golden
 * @param {import('gradcam-wasm').Explanation} ours
 * @param {import('./overlays.js').Overlay} overlay
 * @returns {Promise<PicturePair>}
 */
async function comparePicture(name, golden, { targets }, overlay) {
  const file = join(DIR, name, overlay.file);
  const image = await readPixels(join(GOLDEN, overlay.image ?? golden.image));
  const picture = draw(targets[0].heatmap, image, overlay);
  return { file, ours: picture, ...compare(picture, await readPixels(file)) };
}
