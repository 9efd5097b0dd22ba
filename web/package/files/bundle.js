/**
 * Opens several files that make one model together. Their names and contents tell what each is:
 *   model.json of TensorFlow.js, with the shards that it names
 *   a configuration (model.json of to_json, config.json) and weights
 *   one whole model
 * and, with each of them, a file with class names.
 */

import { GradCamError } from '../base/errors.js';
import { tryJson, writeJson } from '../base/json.js';
import { TEACHABLE_MACHINE, isLabelFile, isMetadata, namesOf, parseLabels } from './labels.js';
import { CONVERT_SAVED_MODEL } from './others.js';

/** @import { ModelFiles, NamedFile } from '../base/source.js' */
/** @import { Container } from './index.js' */

/** Names of files that hold weights, or a whole model. */
const WEIGHTS_NAME = /\.(keras|h5|hdf5|safetensors)$/i;

/** Archives that may hold a model. */
const ARCHIVE_NAME = /\.zip$/i;

/** How many files an error names. */
const SHOWN = 8;

/** @typedef {{ file: NamedFile, value: any }} Json a file with its parsed content */

/**
 * @param {NamedFile[]} files in any folders
 * @param {(main: ModelFiles) => Promise<Container>} openOne
 * @returns {Promise<Container>}
 */
export async function openBundle(files, openOne) {
  const allJsons = await readJsons(files);
  const main = findMain(files, allJsons);
  const near = nearestFirst(files, main, (file) => file);
  const jsons = nearestFirst(allJsons, main, ({ file }) => file);
  const config = [...jsons, ...allJsons].find(({ value }) => isConfiguration(value));
  const bytes = await main.read();
  const readBeside = (/** @type {string[]} */ paths) => readFiles(files, main, paths);
  const container = await openOne({ name: main.name, bytes, readBeside });
  const labels = container.labels ? undefined : await findLabels(near, files, allJsons);
  const given = config && { config: writeJson(config.value) };
  const pixels = (await isTeachableMachine(near, jsons)) && TEACHABLE_MACHINE;
  return { fileName: main.name, ...given, ...labels, ...pixels, ...withoutGaps(container) };
}

/**
 * The file that is the model or has its weights.
 * @param {NamedFile[]} files
 * @param {Json[]} jsons
 */
function findMain(files, jsons) {
  const manifests = jsons.filter(isManifest).map(({ file }) => file);
  const weights = files.filter(({ name }) => WEIGHTS_NAME.test(name));
  const [manifest] = manifests;
  // A model for TensorFlow.js beside the one that it was made from is the same model.
  const areSame = manifest && weights.every((file) => folderOf(file) === folderOf(manifest));
  const models = areSame && manifests.length === 1 ? manifests : [...manifests, ...weights];
  const main = only(models) ?? only(files.filter(({ name }) => ARCHIVE_NAME.test(name)));
  if (main) return main;
  throw lacking(files, jsons.find(({ value }) => isConfiguration(value))?.file);
}

/** @param {NamedFile} file */
function folderOf({ path, name }) {
  return path.slice(0, path.length - name.length);
}

/**
 * What lies in the model's folder or in a folder around it, from there outwards. What lies in other
 * folders may belong to something else.
 * @template T
 * @param {T[]} items
 * @param {NamedFile} main
 * @param {(item: T) => NamedFile} fileOf
 * @returns {T[]}
 */
function nearestFirst(items, main, fileOf) {
  const folder = folderOf(main);
  const depth = (/** @type {T} */ item) => folderOf(fileOf(item)).length;
  return items
    .filter((item) => folder.startsWith(folderOf(fileOf(item))))
    .sort((a, b) => depth(b) - depth(a));
}

/**
 * Whether the files are a download of Teachable Machine. Its tfjs form says so in metadata.json.
 * Its Keras form is keras_model.h5 beside a list whose lines begin with the number of the class.
 * @param {NamedFile[]} files
 * @param {Json[]} jsons
 */
async function isTeachableMachine(files, jsons) {
  const isOwn = (/** @type {Json} */ { file, value }) =>
    file.name === 'metadata.json' && isMetadata(value);
  if (jsons.some(isOwn)) return true;
  const find = (/** @type {string} */ name) => files.find((file) => file.name === name);
  const list = find('labels.txt');
  if (!list || !find('keras_model.h5')) return false;
  const lines = new TextDecoder()
    .decode(await list.read())
    .trim()
    .split(/\r?\n/);
  return lines.every((line, i) => line.startsWith(`${i} `));
}

/**
 * What a container has. A configuration or class names in the main file win over files beside it.
 * @param {Container} container
 * @returns {Container}
 */
function withoutGaps(container) {
  const entries = Object.entries(container).filter(([, value]) => value !== undefined);
  return /** @type {Container} */ (Object.fromEntries(entries));
}

/**
 * The files that are JSON. A file that only has the name of one is none.
 * @param {NamedFile[]} files
 * @returns {Promise<Json[]>}
 */
async function readJsons(files) {
  const jsons = [];
  for (const file of files.filter(({ name }) => /\.json$/i.test(name))) {
    const value = tryJson(await file.read(), file.name);
    // A broken model.json is opened, so that the error says what is wrong with it.
    if (value !== undefined || file.name === 'model.json') jsons.push({ file, value });
  }
  return jsons;
}

/** @param {Json} json */
function isManifest({ value }) {
  return value === undefined || Boolean(value?.weightsManifest || value?.modelTopology);
}

/** @param {any} value */
function isConfiguration(value) {
  return typeof value?.class_name === 'string' && typeof value.config === 'object';
}

/**
 * @param {NamedFile[]} files that could each be the model
 * @param {string} [what] the files are
 * @returns {NamedFile | undefined}
 */
function only(files, what = 'models') {
  if (files.length <= 1) return files[0];
  const text = `there are several ${what}, ${list(files)}; open one of them alone`;
  throw new GradCamError('INVALID_SOURCE', text);
}

/**
 * Paths for an error.
 * @param {NamedFile[]} files
 */
function list(files) {
  const paths = files.map(({ path }) => path);
  const more = paths.length > SHOWN ? ` and ${paths.length - SHOWN} more` : '';
  return `${paths.slice(0, SHOWN).join(', ')}${more}`;
}

/**
 * Why files are no model.
 * @param {NamedFile[]} files
 * @param {NamedFile | undefined} config
 */
function lacking(files, config) {
  if (files.some(({ name }) => name === 'saved_model.pb')) {
    const what = 'this is a TensorFlow SavedModel, whose graph has no Keras layers';
    return new GradCamError('INVALID_MODEL', `${what}; ${CONVERT_SAVED_MODEL}`);
  }
  if (config) {
    const text =
      `${config.name} is a configuration without weights; give it together with the file that ` +
      'model.save_weights("model.weights.h5") writes';
    return new GradCamError('INVALID_MODEL', text);
  }
  const text =
    'one of several files must be a model.json, a .keras, an .h5 or a .safetensors file; ' +
    `given: ${list(files)}`;
  return new GradCamError('INVALID_SOURCE', text);
}

/**
 * Reads files by their paths from the main one. Dropped files may have lost their folders, so a
 * name suffices.
 * @param {NamedFile[]} files
 * @param {NamedFile} main
 * @param {string[]} paths
 */
async function readFiles(files, main, paths) {
  const found = paths.map((path) => findBeside(files, main, path) ?? path);
  const missing = found.filter((file) => typeof file === 'string');
  if (missing.length > 0) {
    const text = `${main.name} needs ${missing.join(', ')} too; give all its files together`;
    throw new GradCamError('INVALID_SOURCE', text);
  }
  const contents = [];
  for (const file of found) contents.push(await /** @type {NamedFile} */ (file).read());
  return contents;
}

/**
 * @param {NamedFile[]} files
 * @param {NamedFile} main
 * @param {string} path
 */
function findBeside(files, main, path) {
  const whole = folderOf(main) + path.replace(/^(\.\/)+/, '');
  const last = path.slice(path.lastIndexOf('/') + 1);
  const named = files.filter(({ name }) => name === last);
  return named.find((file) => file.path === whole) ?? only(named, 'files of one name');
}

/**
 * The class names in the nearest file that has some. A list in another folder counts if it is the
 * only one.
 * @param {NamedFile[]} near
 * @param {NamedFile[]} files
 * @param {Json[]} jsons
 * @returns {Promise<{ labels: string[], labelsName: string } | undefined>}
 */
async function findLabels(near, files, jsons) {
  const isList = (/** @type {NamedFile} */ file) => {
    if (!isLabelFile(file.name)) return false;
    const json = jsons.find((json) => json.file === file);
    return json ? namesOf(json.value) !== undefined : !/\.json$/i.test(file.name);
  };
  // JSON is the surer form. A text with such a name may be anything.
  const isJson = ({ name = '' }) => Number(/\.json$/i.test(name));
  const lists = near.filter(isList).sort((a, b) => isJson(b) - isJson(a));
  const others = files.filter(isList);
  const file = lists[0] ?? (others.length === 1 ? others[0] : undefined);
  if (!file) return undefined;
  const text = new TextDecoder().decode(await file.read());
  return { labels: parseLabels(text, file.name), labelsName: file.path };
}
