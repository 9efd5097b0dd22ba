/** Makes a report of a folder: one page with each picture, its map and figures. */

import { open, rename, rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatAsImage, loadImage } from '../package/index.js';
import { plain } from '../package/base/nearest.js';
import { findPlace } from '../package/pictures/places.js';
import { explain, opener } from './picture-run.js';
import { checkFailures, eachPicture } from './each.js';
import { jpegFile } from './jpeg.js';
import { findPictures } from './pictures.js';
import { preprocessingText } from './preprocessing.js';
import { ReportState } from './report-state.js';
import { pageParts } from './report-page.js';
import { StoppedError } from './usage-error.js';
import { cannot, checkFree } from './write.js';

/** @import { Explanation, Model } from 'gradcam-wasm' */
/** @import { Messages, Opened } from './picture-run.js' */
/** @import { PictureFile } from './pictures.js' */
/** @import { PictureRecord } from './report-state.js' */
/** @import { Request } from './usage.js' */

/** The longer side of pictures in the report. */
const SIDE = 256;
/** Figures that take a few runs at most. */
const FIGURES = /** @type {const} */ (['hideAndLook', 'complexity']);

/**
 * @param {Request} request
 * @param {Messages} messages
 * @param {string} version of the tool
 */
export async function report(request, messages, version) {
  const { output = 'report.html', force } = request;
  await checkFree(output, force);
  const pictures = await findPictures(request.images);
  const { model, run } = await opener(request, messages);
  const settings = settingsOf(request, model, version);
  const path = `${output}.part`;
  const state = await ReportState.open(path, settings, force);
  const failures = await fill(state, pictures, request, messages, { model, run, path });
  await writePage(output, force, pageParts({ settings, pictures, state, failures }));
  await state.remove();
  await messages.print(`${output}: ${pictures.length - failures.length} pictures\n`);
  checkFailures(failures.length, pictures.length);
}

/**
 * Explains the pictures that are not in the report yet.
 * @param {ReportState} state
 * @param {PictureFile[]} pictures
 * @param {Request} request
 * @param {Messages} messages
 * @param {{ model: Model, run: (picture: PictureFile) => Promise<Opened>, path: string }} opened
 * @returns {Promise<string[]>} what failed
 */
async function fill(state, pictures, request, messages, { model, run, path }) {
  const truthOf = truths(model);
  const stop = stopper();
  /** @type {string[]} */
  const failures = [];
  const keys = new Set();
  const work = async (/** @type {PictureFile} */ picture) => {
    const key = await keyOf(picture);
    keys.add(key);
    if (state.places.has(key)) return;
    if (stop.isAsked()) {
      await state.close();
      const text = `stopped after ${state.places.size} of ${pictures.length} pictures`;
      throw new StoppedError(`${text}; the same command goes on from ${path}`);
    }
    const opened = await run(picture);
    await state.add(await recordOf(opened, key, truthOf(picture), request, messages));
  };
  try {
    await eachPicture(pictures, messages, work, async (picture, { message }) => {
      failures.push(`${picture.inside}: ${message}`);
    });
  } finally {
    stop.dispose();
  }
  // Pictures of an earlier call that are gone do not count.
  for (const key of state.places.keys()) if (!keys.has(key)) state.places.delete(key);
  return failures;
}

/** Ctrl+C asks to stop after the picture that is at work. */
function stopper() {
  let asked = false;
  const ask = () => {
    asked = true;
  };
  process.once('SIGINT', ask);
  return { isAsked: () => asked, dispose: () => process.off('SIGINT', ask) };
}

/** @param {PictureFile} picture */
async function keyOf({ path, inside }) {
  const info = await stat(path).catch(() => undefined);
  return `${inside} ${info?.size} ${info?.mtimeMs}`;
}

/**
 * A function that finds the class that a picture's folder names, which may have WordNet's number
 * before its name, as ImageNet's folders have.
 * @param {Model} model
 * @returns {(picture: PictureFile) => number | null}
 */
function truths({ labels, classCount }) {
  const names = labels ?? Array.from({ length: classCount }, (_, i) => String(i));
  const indices = new Map(names.map((name, i) => [plain(name), i]));
  return ({ inside }) => {
    const folders = inside.split('/').slice(0, -1).reverse();
    const found = folders.map((name) => {
      return indices.get(plain(name)) ?? indices.get(plain(name.replace(/^n\d{8}[-_ ]/, '')));
    });
    return found.find((index) => index !== undefined) ?? null;
  };
}

/**
 * @param {Opened} opened
 * @param {string} key
 * @param {number | null} truth
 * @param {Request} request
 * @param {Messages} messages
 * @returns {Promise<PictureRecord>}
 */
async function recordOf(opened, key, truth, request, messages) {
  const { model, run, picture } = opened;
  const [best] = run.decodePredictions({ top: 1 });
  const quiet = { ...messages, progress: () => {} };
  const explanation = await explain(
    opened,
    request,
    /** @type {any} */ (request.methods[0]),
    quiet,
  );
  const [{ label, layer, method, diagnosis, notes }] = explanation.targets;
  const truthLabel = truth === null ? null : (model.labels?.[truth] ?? String(truth));
  const warnings = [run.inputWarning, diagnosis?.message, ...notes];
  return {
    ...{ key, name: picture.inside, ...best, truth, truthLabel },
    top: run.decodePredictions({ top: Math.min(request.top, model.classCount) }),
    explained: `${label}, ${method} at ${layer}`,
    sentences: await sentencesOf(opened, explanation),
    warnings: warnings.filter((text) => typeof text === 'string'),
    ...(await drawingsOf(explanation, request)),
  };
}

/**
 * Where the map is strong, and how far it can be trusted.
 * @param {Opened} opened
 * @param {Explanation} explanation
 */
async function sentencesOf({ run }, explanation) {
  const place = findPlace(explanation.targets[0].heatmap);
  const percent = (/** @type {number} */ share) => `${Math.max(1, Math.round(100 * share))}%`;
  const where = place
    ? `Strongest at ${percent(place.x)} from the left and ${percent(place.y)} from the top. ` +
      `Half of the map lies in ${percent(place.share)} of the picture.`
    : 'The map is blank.';
  const { figures } = await run.trust(explanation, { figures: [...FIGURES] });
  return [where, ...figures.map(({ sentence }) => sentence)];
}

/**
 * The picture without and with its map, small.
 * @param {Explanation} explanation
 * @param {Request} request
 */
async function drawingsOf({ image, targets }, { colormap, alphaLimit }) {
  const scale = Math.min(1, SIDE / Math.max(image.width, image.height));
  const [height, width] = [image.height, image.width].map((n) =>
    Math.max(1, Math.round(n * scale)),
  );
  const small = await loadImage(image, { targetSize: [height, width], interpolation: 'bilinear' });
  const drawn = formatAsImage(
    { heatmap: targets[0].heatmap, image: small },
    { colormap, alphaLimit },
  );
  const [plain, map] = [small, drawn].map((picture) => jpegFile(picture).toString('base64'));
  return { size: { width, height }, plain, map };
}

/**
 * What the report says of how it was made. Equal settings can be gone on with.
 * @param {Request} request
 * @param {Model} model
 * @param {string} version
 */
function settingsOf(request, model, version) {
  const { layer, targets, methods, logits, interpolation, crop, colormap, alphaLimit } = request;
  return {
    version,
    model: basename(request.model),
    modelName: model.name,
    pictures: request.images,
    layer: layer ?? 'default',
    target: targets ?? 'top',
    method: methods[0],
    logits: logits ?? false,
    pixels: preprocessingText(model),
    preprocessing: model.preprocessing,
    interpolation: interpolation ?? 'nearest',
    crop: crop ?? model.crop,
    colormap: colormap ?? 'viridis',
    alpha: alphaLimit ?? 0.65,
    settings: request.settings,
  };
}

/**
 * Writes the page part by part, under another name until it is whole.
 * @param {string} path
 * @param {boolean} force
 * @param {AsyncIterable<string>} parts
 */
async function writePage(path, force, parts) {
  const unfinished = `${path}.new`;
  const file = await open(unfinished, 'w').catch((cause) => {
    throw cannot(`write ${path}`, cause);
  });
  try {
    for await (const part of parts) await file.appendFile(part);
    await file.close();
    await checkFree(path, force);
    await rename(unfinished, path);
  } catch (cause) {
    await file.close().catch(() => {});
    await rm(unfinished, { force: true });
    throw cannot(`write ${path}`, cause);
  }
}
