/** The commands of the tool. */

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { convertModel, formatAsImage, GradCamError, loadModel } from '../package/index.js';
import { findKnownModel } from './known-models.js';
import { UsageError } from './usage-error.js';
import { explanationJson, explanationText, predictionJson, predictionText } from './report.js';

/** @import { Request } from './usage.js' */
/** @import { Method, Model } from 'gradcam-wasm' */

/**
 * Each returns what is printed, and gives notes for standard error.
 * @type {Record<string, (request: Request, note: (text: string) => void) => Promise<string>>}
 */
export const commands = {
  async summary(request) {
    const model = await open(request);
    return model.summary();
  },

  async predict(request, note) {
    const model = await open(request, note);
    const { interpolation, crop } = request;
    const inputs = await readFurtherInputs(request.inputs);
    const run = await model.run(await readInput(request.image), { interpolation, crop, inputs });
    if (request.json) return JSON.stringify(predictionJson(model, run, request.top));
    return predictionText(model, run, request.top);
  },

  async explain(request, note) {
    const { image, targets, layer, logits, output, top, json, interpolation, crop } = request;
    const method = /** @type {Method} */ (request.method);
    const model = await open(request, note);
    const bytes = await readInput(image);
    const inputs = await readFurtherInputs(request.inputs);
    const run = await model.run(bytes, { image: bytes, interpolation, crop, inputs });
    const explanation = await run.explain({ targets, layer, method, logits });
    if (output) await writeOverlay(output, formatAsImage(explanation));
    if (json) return JSON.stringify(explanationJson(model, run, explanation, { top, method }));
    return explanationText(model, run, explanation, { top, logits });
  },

  async convert(request) {
    const { source, options } = await locate(request);
    const file = await convertModel(source, { ...options, float16: request.float16 });
    await writeOutput(request.image, file);
    return `${request.image}: ${file.length} bytes`;
  },
};

/**
 * @param {Request} request
 * @param {(text: string) => void} [note]
 */
async function open(request, note) {
  const { source, options } = await locate(request);
  const model = await loadModel(source, options);
  if (model.heads.length > 1 && request.head === undefined) note?.(headNote(model));
  return model;
}

/** @param {Model} model that has several heads */
function headNote({ heads, head }) {
  const others = heads.filter((other) => other !== head).map(({ name }) => name);
  return `explains the output ${head.name}; --head gives another (${others.join(', ')})`;
}

/**
 * @param {Record<string, string>} texts numbers joined by ",", or "@" and the path of a JSON list
 * @returns {Promise<Record<string, number[]>>}
 */
async function readFurtherInputs(texts) {
  const entries = Object.entries(texts).map(async ([name, text]) => {
    const isFile = text.startsWith('@');
    const json = isFile ? new TextDecoder().decode(await readInput(text.slice(1))) : `[${text}]`;
    return [name, readNumbers(name, json)];
  });
  return Object.fromEntries(await Promise.all(entries));
}

/**
 * @param {string} name of the input
 * @param {string} json a number, or a list of numbers or of lists
 * @returns {number[]}
 */
function readNumbers(name, json) {
  try {
    const list = [JSON.parse(json)].flat(Infinity);
    if (list.every((value) => typeof value === 'number')) return list;
  } catch {
    // Text that is no JSON has no numbers either.
  }
  const allowed = 'numbers joined by ",", or "@" and the path of a JSON list';
  throw new UsageError(`--input ${name} holds no numbers; allowed: ${allowed}`);
}

/**
 * Finds the model and its labels. Options win over what is known of the model.
 * @param {Request} request
 */
async function locate(request) {
  const { model: path, labels, binary, preprocessing } = request;
  const { architecture, alpha, customObjects, inputSize, threads, head } = request;
  const info = await stat(path).catch(() => undefined);
  const source = info?.isDirectory() ? await readFolder(path) : pathToFileURL(resolve(path));
  const known = Array.isArray(source) ? undefined : await findKnownModel(await readInput(path));
  const names = labels === undefined ? known?.labels : await labelFile(labels);
  const network = { architecture, alpha, customObjects, inputSize, head };
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
 */
async function writeOverlay(path, { data, width, height }) {
  const { encode } = await import('fast-png');
  await writeOutput(path, encode({ data, width, height, channels: 4, depth: 8 }));
}

/**
 * @param {string} path
 * @param {Uint8Array} bytes
 */
async function writeOutput(path, bytes) {
  try {
    await writeFile(path, bytes);
  } catch (cause) {
    const reason = /** @type {Error} */ (cause).message.split(',')[0];
    throw new GradCamError('INVALID_ARGUMENT', `cannot write ${path}: ${reason}`, { cause });
  }
}
