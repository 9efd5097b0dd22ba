/**
 * ELI5's pictures, drawn anew from the recorded heat maps: format_as_image, heatmap_to_image,
 * expand_heatmap. ../shared/golden/README.md, "overlays", describes the data.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

import { expandHeatmap, formatAsImage, heatmapToImage } from '../../web/package/index.js';

import { readPicture } from '../../web/package/pictures/image.js';
import { init } from '../../web/package/engine/start.js';
import { readJson } from './common.js';

/**
 * @typedef {object} Overlay
 * @property {string} file
 * @property {[width: number, height: number]} size
 * @property {'RGBA' | 'L'} mode
 * @property {number} target
 * @property {string} [layer]
 * @property {string} [filter]
 * @property {string} [colormap]
 * @property {number | null} [alpha_limit]
 * @property {string} [image]
 * @property {'heatmap_to_image' | 'expand_heatmap'} [what]
 */

/** A recorded map has 6 or 7 digits: a value next to a step may be truncated to its other side. */
const TOLERANCE = 2;

/** The function that was given to ELI5 in place of a colour map, by its description. */
const CALLABLES = {
  'callable: RGBA = (v, 1 - v, 0.5, 1)': (/** @type {number} */ v) => [v, Math.fround(1 - v), 0.5],
};

/**
 * @param {import('./common.js').Verdict} verdict
 * @param {string} dir folder of the cases
 * @param {any} golden
 * @param {import('gradcam-wasm').Run} run for maps of which only every eighth value was recorded
 */
export async function checkOverlays(verdict, dir, golden, run) {
  const folder = join(dir, golden.case);
  if (!existsSync(join(folder, 'overlays.json'))) return;
  const base = dirname(resolve(dir));
  /** @type {Overlay[]} */
  const overlays = readJson(join(folder, 'overlays.json'));
  let inexact = 0;
  for (const overlay of overlays) {
    const heatmap = recordedMap(golden, overlay) ?? (await ownMap(run, overlay));
    const image = await readPixels(join(base, overlay.image ?? golden.image));
    const ours = draw(heatmap, image, overlay);
    const theirs = await readPixels(join(folder, overlay.file));
    const { largest, different } = compare(ours, theirs);
    verdict.check(overlay.file, largest, TOLERANCE);
    if (different > 0) inexact++;
  }
  const exact = overlays.length - inexact;
  verdict.notes.push(
    `${overlays.length} pictures, ${exact} equal to the byte, ${inexact} within a step`,
  );
}

/** @param {string} path */
export async function readPixels(path) {
  return readPicture(await init(), readFileSync(path));
}

/**
 * The map that the picture was made from: ELI5's own, else the one of the float64 run.
 * @param {any} golden
 * @param {Overlay} overlay
 * @returns {import('gradcam-wasm').HeatMap | undefined}
 */
function recordedMap({ eli5, explanations }, { target, layer }) {
  const own = eli5.find(
    (/** @type {any} */ e) => e.target === target && (e.layer ?? undefined) === layer,
  );
  if (own?.heatmap) {
    const [height, width] = own.heatmap_shape;
    return { data: Float32Array.from(own.heatmap), width, height };
  }
  const entry = explanations.findLast(
    (/** @type {any} */ e) => e.target === target && (layer === undefined || e.layer === layer),
  );
  if (!entry?.score.heatmap) return undefined;
  const [height, width] = entry.shape;
  return { data: Float32Array.from(entry.score.heatmap), width, height };
}

/**
 * @param {import('gradcam-wasm').Run} run
 * @param {Overlay} overlay
 */
async function ownMap(run, { target, layer }) {
  return (await run.explain({ targets: target, layer })).targets[0].heatmap;
}

/**
 * @param {import('gradcam-wasm').HeatMap} heatmap
 * @param {import('../../web/package/pictures/image.js').Pixels} image
 * @param {Overlay} overlay
 */
export function draw(
  heatmap,
  image,
  { what, filter = 'LANCZOS', colormap = 'viridis', ...overlay },
) {
  const resamplingFilter = /** @type {import('gradcam-wasm').Filter} */ (filter.toLowerCase());
  if (what === 'heatmap_to_image') return heatmapToImage(heatmap);
  if (what === 'expand_heatmap') return expandHeatmap(heatmap, image, { resamplingFilter });
  const explanation = /** @type {any} */ ({ image, targets: [{ heatmap }] });
  return formatAsImage(explanation, {
    resamplingFilter,
    colormap: CALLABLES[/** @type {keyof typeof CALLABLES} */ (colormap)] ?? colormap,
    alphaLimit: overlay.alpha_limit === undefined ? 0.65 : overlay.alpha_limit,
  });
}

/**
 * @param {{ data: ArrayLike<number>, width: number, height: number }} ours
 * @param {{ data: ArrayLike<number>, width: number, height: number }} theirs
 */
export function compare(ours, theirs) {
  if (ours.width !== theirs.width || ours.height !== theirs.height) {
    return { largest: Infinity, different: Infinity };
  }
  let largest = 0;
  let different = 0;
  for (let i = 0; i < theirs.data.length; i++) {
    const difference = Math.abs(ours.data[i] - theirs.data[i]);
    largest = Math.max(largest, difference);
    if (difference > 0) different++;
  }
  return { largest, different };
}
