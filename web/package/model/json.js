/** Explanations as JSON, which can be stored and sent. */

import { GradCamError, show } from '../base/errors.js';
import { encodePng } from '../pictures/encode.js';
import { checkPixels, readPicture, toImageData } from '../pictures/image.js';
import { startedEngine } from '../engine/start.js';

/** @import { Explanation, HeatMap, TargetExplanation } from './explanation.js' */
/** @import { ExplanationJson, ToJsonOptions } from './stored.js' */

/** What the JSON is, so that a later version can tell. */
const FORMAT = 'gradcam-wasm explanation 1';

/** Numbers of an entry, which JSON cannot hold if they are not finite. */
const NUMBERS = /** @type {const} */ (['score', 'proba', 'rawMin', 'rawMax']);

/**
 * @param {Explanation} explanation
 * @param {ToJsonOptions} options
 * @returns {Promise<ExplanationJson>}
 */
export async function store(explanation, { image = 'png', signal }) {
  if (image !== 'png' && image !== 'none') {
    const text = `image is ${show(image)}; allowed: "png", "none"`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  if (!Array.isArray(explanation?.targets)) throw wrong(explanation);
  const { modelName, method, description } = explanation;
  // map() would skip the gaps of a list, which may be billions.
  const targets = Array.from(explanation.targets, storeEntry);
  const stored = { format: FORMAT, modelName, method, description, targets };
  if (image === 'none') return stored;
  const png = await encodePng(explanation.image, { signal });
  return { ...stored, image: toBase64(png) };
}

/** @param {unknown} given */
function wrong(given) {
  const needed = 'what run.explain or explanationToJson returns';
  const text = `the explanation is ${show(given)}; needed: ${needed}`;
  return new GradCamError('INVALID_ARGUMENT', text);
}

/** @param {TargetExplanation} entry */
function storeEntry(entry) {
  const { heatmap, raw } = entry;
  const { data, width, height, colors } = heatmap;
  const numbers = NUMBERS.map((name) => [name, storeNumber(entry[name])]);
  return {
    ...entry,
    ...Object.fromEntries(numbers),
    heatmap: {
      width,
      height,
      data: storeFloats(data),
      ...(colors && { colors: toBase64(colors) }),
    },
    ...(raw && { raw: storeFloats(raw) }),
  };
}

/** @param {number | null} value */
function storeNumber(value) {
  return value === null || Number.isFinite(value) ? value : String(value);
}

/**
 * The bytes of float32 numbers, the lowest byte first as in all memory of wasm and browsers.
 * @param {Float32Array} values
 */
function storeFloats({ buffer, byteOffset, byteLength }) {
  return toBase64(new Uint8Array(buffer, byteOffset, byteLength));
}

/** @param {Uint8Array} bytes */
function toBase64(bytes) {
  const parts = [];
  for (let i = 0; i < bytes.length; i += 0x8000) {
    parts.push(String.fromCharCode(...bytes.subarray(i, i + 0x8000)));
  }
  return btoa(parts.join(''));
}

/**
 * @param {unknown} json
 * @param {AbortSignal} [signal]
 * @returns {Promise<Explanation>}
 */
export async function restore(json, signal) {
  const stored = typeof json === 'string' ? parse(json) : json;
  const { format, modelName, method, description, targets, image } = stored ?? {};
  if (format !== FORMAT || !Array.isArray(targets)) throw wrong(json);
  const entries = Array.from(targets, restoreEntry);
  const picture = image === undefined ? emptyPicture() : await readImage(image);
  signal?.throwIfAborted();
  return { modelName, method, description, image: picture, targets: entries };
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong(text);
  }
}

/** @param {any} entry */
function restoreEntry(entry) {
  const { width, height, data, colors } = entry?.heatmap ?? {};
  const isSize = [width, height].every((side) => Number.isInteger(side) && side > 0);
  const count = isSize ? width * height : 0;
  const numbers = NUMBERS.map((name) => [name, entry[name] === null ? null : Number(entry[name])]);
  const heatmap = { data: restoreFloats(data, count), width, height };
  return {
    ...entry,
    ...Object.fromEntries(numbers),
    heatmap: colors === undefined ? heatmap : { ...heatmap, colors: fromBase64(colors, 3 * count) },
    ...(entry.raw !== undefined && { raw: restoreFloats(entry.raw, count) }),
  };
}

/**
 * @param {unknown} text
 * @param {number} count
 */
function restoreFloats(text, count) {
  return new Float32Array(fromBase64(text, 4 * count).buffer);
}

/**
 * @param {unknown} text
 * @param {number} [length] bytes that are needed
 */
function fromBase64(text, length) {
  try {
    const bytes = Uint8Array.from(atob(String(text)), (letter) => letter.charCodeAt(0));
    if (length === undefined || (length > 0 && bytes.length === length)) return bytes;
  } catch {
    // Text that is no base64 has no bytes either.
  }
  const needed = length === undefined ? 'base64' : `base64 of ${show(length)} bytes`;
  throw new GradCamError('INVALID_ARGUMENT', `the JSON has ${show(text)}; needed: ${needed}`);
}

/** @param {unknown} image */
async function readImage(image) {
  return toImageData(await readPicture(await startedEngine(), fromBase64(image)));
}

/** A white pixel, in place of a picture that was left out. */
function emptyPicture() {
  return toImageData(checkPixels({ data: new Uint8Array(4).fill(255), width: 1, height: 1 }));
}
