/**
 * Opens several files that make one model together. Their names and contents tell what each is:
 *   model.json of TensorFlow.js, with the shards that it names
 *   a configuration (model.json of to_json, config.json) and weights
 *   one whole model
 * and, with each of them, a file with class names.
 */

import { GradCamError } from '../base/errors.js';
import { parseJson, writeJson } from '../base/json.js';
import { isLabelFile, namesOf, parseLabels } from './labels.js';
import { CONVERT_SAVED_MODEL } from './others.js';

/** @import { ModelFiles, NamedFile } from '../base/source.js' */
/** @import { Container } from './index.js' */

/** Names of files that hold weights, or a whole model. */
const WEIGHTS_NAME = /\.(keras|h5|hdf5|safetensors)$/i;

/** @typedef {{ file: NamedFile, value: any }} Json a file with its parsed content */

/**
 * @param {NamedFile[]} files
 * @param {(main: ModelFiles) => Promise<Container>} openOne
 * @returns {Promise<Container>}
 */
export async function openBundle(files, openOne) {
  checkSavedModel(files);
  const jsons = await readJsons(files);
  const manifest = only(jsons.filter(isManifest).map(({ file }) => file));
  const config = jsons.find(({ value }) => isConfiguration(value));
  const main = manifest ?? only(files.filter(({ name }) => WEIGHTS_NAME.test(name)));
  if (!main) throw lacking(files, config?.file);
  const bytes = await main.read();
  const readBeside = (/** @type {string[]} */ paths) => readFiles(files, main, paths);
  const container = await openOne({ name: main.name, bytes, readBeside });
  const labels = container.labels ? undefined : await findLabels(files, jsons);
  const given = config && { config: writeJson(config.value) };
  const pixels = (await isTeachableMachine(files, jsons)) && { preprocessing: TEACHABLE_MACHINE };
  return { fileName: main.name, ...given, ...labels, ...pixels, ...withoutGaps(container) };
}

/** The pixels that Teachable Machine's own code gives to its models. */
const TEACHABLE_MACHINE = /** @type {const} */ ('tf');

/**
 * Whether the files are a download of Teachable Machine. Its tfjs form says so in metadata.json.
 * Its Keras form is keras_model.h5 beside a list whose lines begin with the number of the class.
 * @param {NamedFile[]} files
 * @param {Json[]} jsons
 */
async function isTeachableMachine(files, jsons) {
  const isOwn = (/** @type {Json} */ { file, value }) =>
    /(^|\/)metadata\.json$/.test(file.name) && /teachablemachine/.test(JSON.stringify(value));
  if (jsons.some(isOwn)) return true;
  const find = (/** @type {RegExp} */ name) => files.find((file) => name.test(file.name));
  const list = find(/(^|\/)labels\.txt$/);
  if (!list || !find(/(^|\/)keras_model\.h5$/)) return false;
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

/** @param {NamedFile[]} files */
function checkSavedModel(files) {
  if (!files.some(({ name }) => name === 'saved_model.pb')) return;
  throw new GradCamError(
    'INVALID_MODEL',
    `this is a TensorFlow SavedModel, whose graph has no Keras layers; ${CONVERT_SAVED_MODEL}`,
  );
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

/**
 * @param {Uint8Array} bytes
 * @param {string} name
 */
function tryJson(bytes, name) {
  try {
    return parseJson(bytes, name);
  } catch (error) {
    // JSON that is refused, such as a key that stands twice, has no other cause.
    if (/** @type {Error} */ (error).cause === undefined) throw error;
    return undefined;
  }
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
  const names = files.map(({ name }) => name).join(', ');
  const text = `there are several ${what}, ${names}; open one of them alone`;
  throw new GradCamError('INVALID_SOURCE', text);
}

/**
 * @param {NamedFile[]} files
 * @param {NamedFile | undefined} config
 */
function lacking(files, config) {
  if (config) {
    const text =
      `${config.name} is a configuration without weights; give it together with the file that ` +
      'model.save_weights("model.weights.h5") writes';
    return new GradCamError('INVALID_MODEL', text);
  }
  const names = files.map(({ name }) => name).join(', ');
  const text =
    'one of several files must be a model.json, a .keras, an .h5 or a .safetensors file; ' +
    `given: ${names}`;
  return new GradCamError('INVALID_SOURCE', text);
}

/**
 * Reads files by their paths from the main one. Dropped files have no folder, so only names are
 * compared.
 * @param {NamedFile[]} files
 * @param {NamedFile} main
 * @param {string[]} paths
 */
async function readFiles(files, main, paths) {
  const found = paths.map((path) => {
    const last = path.slice(path.lastIndexOf('/') + 1);
    return (
      only(
        files.filter(({ name }) => name === last),
        'files of one name',
      ) ?? path
    );
  });
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
 * The class names in one of the files.
 * @param {NamedFile[]} files
 * @param {Json[]} jsons
 * @returns {Promise<{ labels: string[], labelsName: string } | undefined>}
 */
async function findLabels(files, jsons) {
  for (const { file, value } of jsons) {
    const labels = isLabelFile(file.name) && namesOf(value);
    if (labels) return { labels, labelsName: file.name };
  }
  const list = files.find(({ name }) => isLabelFile(name) && !/\.json$/i.test(name));
  if (!list) return undefined;
  const text = new TextDecoder().decode(await list.read());
  return { labels: parseLabels(text, list.name), labelsName: list.name };
}
