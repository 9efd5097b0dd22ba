/** The commands of the tool. */

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { convertModel, formatAsImage, GradCamError, loadModel } from '../package/index.js';
import { findKnownModel } from './known-models.js';
import {
  explanationJson,
  explanationText,
  predictionJson,
  predictionText,
  toJson,
} from './report.js';

/** @import { Request } from './usage.js' */
/** @import { Method } from 'gradcam-wasm' */

/** @type {Record<string, (request: Request) => Promise<string>>} each returns what is printed */
export const commands = {
  async summary(request) {
    const model = await open(request);
    return model.summary();
  },

  async predict(request) {
    const model = await open(request);
    const { interpolation, crop } = request;
    const run = await model.run(await readInput(request.image), { interpolation, crop });
    if (request.json) return toJson(predictionJson(model, run, request.top));
    return predictionText(model, run, request.top);
  },

  async explain(request) {
    const { image, targets, layer, logits, output, top, json, interpolation, crop } = request;
    if (output) await checkFree(output, request.force);
    const method = /** @type {Method} */ (request.method);
    const model = await open(request);
    const bytes = await readInput(image);
    const run = await model.run(bytes, { image: bytes, interpolation, crop });
    const explanation = await run.explain({ targets, layer, method, logits });
    if (output) await writeOverlay(output, formatAsImage(explanation), request.force);
    if (json) return toJson(explanationJson(model, run, explanation, { top, method }));
    return explanationText(model, run, explanation, { top, logits });
  },

  async convert(request) {
    await checkFree(request.image, request.force);
    const { source, options } = await locate(request);
    const file = await convertModel(source, { ...options, float16: request.float16 });
    await writeOutput(request.image, file, request.force);
    return `${request.image}: ${file.length} bytes`;
  },
};

/** @param {Request} request */
async function open(request) {
  const { source, options } = await locate(request);
  return loadModel(source, options);
}

/**
 * Finds the model and its labels. Options win over what is known of the model.
 * @param {Request} request
 */
async function locate(request) {
  const { model: path, labels, binary, preprocessing } = request;
  const { architecture, alpha, customObjects, inputSize, threads } = request;
  const info = await stat(path).catch(() => undefined);
  const source = info?.isDirectory() ? await readFolder(path) : pathToFileURL(resolve(path));
  const known = Array.isArray(source) ? undefined : await findKnownModel(await readInput(path));
  const names = labels === undefined ? known?.labels : await labelFile(labels);
  const network = { architecture, alpha, customObjects, inputSize };
  return { source, options: { labels: names, binary, preprocessing, ...network, threads } };
}

/**
 * Reads the files of a folder, which may be a TensorFlow.js model.
 * @param {string} path
 */
async function readFolder(path) {
  const entries = await readdir(path, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  if (names.length === 0) throw new GradCamError('INVALID_SOURCE', `${path} has no files in it`);
  const contents = names.map(
    async (name) => new File([new Uint8Array(await readFile(join(path, name)))], name),
  );
  return Promise.all(contents);
}

/**
 * @param {string} path
 * @returns {Promise<Uint8Array>}
 */
async function readInput(path) {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = /** @type {Error} */ (cause).message.split(',')[0];
    throw new GradCamError('INVALID_SOURCE', `cannot read ${path}: ${reason}`, { cause });
  }
}

/**
 * @param {string} path of a file with class names
 */
async function labelFile(path) {
  return new File([new Uint8Array(await readInput(path))], path);
}

/**
 * @param {string} path
 * @param {ImageData} overlay
 * @param {boolean} force
 */
async function writeOverlay(path, { data, width, height }, force) {
  const { encode } = await import('fast-png');
  await writeOutput(path, encode({ data, width, height, channels: 4, depth: 8 }), force);
}

/**
 * Refuses a path at which there is a file, which may be the model or the picture. Devices and pipes
 * hold nothing that can be lost.
 * @param {string} path
 * @param {boolean} force whether the file may be overwritten
 * @returns {Promise<'w' | 'wx'>} how the path may be opened
 */
async function checkFree(path, force) {
  if (force) return 'w';
  const info = await stat(path).catch(() => undefined);
  if (!info) return 'wx';
  if (!info.isFile()) return 'w';
  throw new GradCamError('INVALID_ARGUMENT', `${path} exists; --force overwrites it`);
}

/**
 * @param {string} path
 * @param {Uint8Array} bytes
 * @param {boolean} force
 */
async function writeOutput(path, bytes, force) {
  const flag = await checkFree(path, force);
  try {
    await writeFile(path, bytes, { flag });
  } catch (cause) {
    const reason = /** @type {Error} */ (cause).message.split(',')[0];
    throw new GradCamError('INVALID_ARGUMENT', `cannot write ${path}: ${reason}`, { cause });
  }
}
