/** The command `open`: shows a model and pictures on the page, until the user ends it. */

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { besideUrl } from '../package/base/beside.js';
import { readUrl } from '../package/base/read.js';
import { isAddress, nameInAddress } from './address.js';
import { cannotRead, findLabels, modelPaths, readInput, readPreprocessing } from './open.js';
import { servePage } from './page-server.js';
import { PICTURE, findPictures } from './pictures.js';
import { UsageError } from './usage-error.js';

/** @import { GivenList } from '../demo/given.js' */
/** @import { ServedFile } from './page-server.js' */
/** @import { Messages } from './picture-run.js' */
/** @import { PictureFile } from './pictures.js' */
/** @import { Request } from './usage.js' */

/** The most bytes of a file that a model.json names. The engine's memory takes no more. */
const MOST_BYTES = 2 ** 31 - 1;

/**
 * @param {Request} request
 * @param {Messages} messages
 */
export async function openPage(request, messages) {
  const server = await servePage(await findFiles(request, messages), request.port);
  const end = ended();
  try {
    await messages.print(`${server.address}\n`);
    if (request.browser) await openBrowser(server.address, messages);
    await end;
  } finally {
    await server.close();
  }
}

/**
 * Opens the browser that the user prefers.
 * @param {string} address
 * @param {Messages} messages
 */
async function openBrowser(address, { note }) {
  try {
    const { default: open } = await import('open');
    await open(address);
    note('the page is there until Ctrl+C ends it');
  } catch {
    note('no browser opens by itself; open the address, which is there until Ctrl+C ends it');
  }
}

/** Settles when the user or the system ends the command. */
function ended() {
  return new Promise((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
}

/**
 * The files that the page is given, and given.json, which lists them.
 * @param {Request} request
 * @param {Messages} messages
 * @returns {Promise<Map<string, ServedFile>>} by their addresses
 */
async function findFiles(request, messages) {
  const found = request.model === '' ? undefined : await findModel(request, messages);
  const { files: model = [], labels, name = '' } = found ?? {};
  const pictures = await findPictureFiles(request.images, messages);
  /** @type {Map<string, ServedFile>} */
  const served = new Map();
  const add = (/** @type {ServedFile} */ file) => {
    const address = `given/${served.size}`;
    served.set(address, file);
    return { name: file.name, address };
  };
  const preprocessing = await readPreprocessing(request.preprocessing);
  const { inputSize, head, architecture, alpha } = request;
  /** @type {GivenList} */
  const list = {
    ...{ name, model: model.map(add), ...(labels && { labels: add(labels) }) },
    ...{ preprocessing, inputSize, head, network: { architecture, alpha } },
    pictures: pictures.map(add),
  };
  return served.set('given.json', jsonFile('given.json', list));
}

/**
 * @param {string} name
 * @param {unknown} value
 * @returns {ServedFile}
 */
function jsonFile(name, value) {
  return { name, bytes: Buffer.from(JSON.stringify(value)) };
}

/**
 * The files of the model, and names of its classes if the user or the manifest knows them.
 * @param {Request} request
 * @param {Messages} messages
 * @returns {Promise<{ name: string, files: ServedFile[], labels?: ServedFile }>}
 */
async function findModel({ model: path, labels: given }, messages) {
  if (PICTURE.test(path)) throw new UsageError(`open takes MODEL first, and ${path} is a picture`);
  const info = isAddress(path) ? undefined : await stat(path).catch(() => undefined);
  const isFolder = info?.isDirectory() ?? false;
  const name = modelName(path);
  const bytes = isFolder ? undefined : await readInput(path, messages);
  const files = isFolder
    ? (await modelPaths(path)).map((inside) => ({ name: inside, path: join(path, inside) }))
    : [fileOf(path, name, bytes), ...(await shardsOf(path, bytes))];
  const labels = await findLabels(given, bytes);
  if (!labels) return { name, files };
  const names = labels instanceof File ? await inMemory(labels) : jsonFile('labels.json', labels);
  return { name, files, labels: names };
}

/** @param {string} path of a file or a folder, an address or "-" */
function modelName(path) {
  if (path === '-') return 'model';
  return isAddress(path) ? nameInAddress(path) : basename(resolve(path));
}

/**
 * A file on disk, unless it was read from elsewhere.
 * @param {string} path
 * @param {string} name
 * @param {Uint8Array} [bytes]
 * @returns {ServedFile}
 */
function fileOf(path, name, bytes) {
  const isOnDisk = path !== '-' && !isAddress(path);
  return isOnDisk || !bytes ? { name, path } : { name, bytes };
}

/**
 * @param {File} file
 * @returns {Promise<ServedFile>}
 */
async function inMemory(file) {
  return { name: basename(file.name), bytes: new Uint8Array(await file.arrayBuffer()) };
}

/**
 * The files that a model.json names, and class names beside it.
 * @param {string} path
 * @param {Uint8Array} [bytes]
 * @returns {Promise<ServedFile[]>}
 */
async function shardsOf(path, bytes) {
  const model = isAddress(path) ? new URL(path) : pathToFileURL(resolve(path));
  if (path === '-' || !bytes || !/\.json$/i.test(model.pathname)) return [];
  const read = async (/** @type {string} */ name) => {
    const options = { model, limit: MOST_BYTES };
    return { name, bytes: await readUrl(besideUrl(model, name), {}, options) };
  };
  const shards = await Promise.all(shardNames(bytes).map(read));
  const names = await read('metadata.json').catch(() => undefined);
  return names ? [...shards, names] : shards;
}

/**
 * @param {Uint8Array} bytes of a model.json
 * @returns {string[]} none if the page has to say what is wrong with it
 */
function shardNames(bytes) {
  try {
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(bytes));
    const names = weightsManifest.flatMap((/** @type {any} */ { paths }) => paths);
    return names.filter((/** @type {unknown} */ name) => typeof name === 'string');
  } catch {
    return [];
  }
}

/**
 * @param {string[]} operands
 * @param {Messages} messages
 * @returns {Promise<ServedFile[]>}
 */
async function findPictureFiles(operands, messages) {
  const pictures = await findPictures(operands);
  return Promise.all(pictures.map((picture) => pictureFile(picture, messages)));
}

/**
 * @param {PictureFile} picture
 * @param {Messages} messages
 * @returns {Promise<ServedFile>}
 */
async function pictureFile({ path, inside: name }, messages) {
  if (path === '-' || isAddress(path)) return { name, bytes: await readInput(path, messages) };
  const info = await stat(path).catch((cause) => {
    throw cannotRead(path, cause);
  });
  if (!info.isFile()) throw new UsageError(`${path} is no picture`);
  return { name, path };
}
