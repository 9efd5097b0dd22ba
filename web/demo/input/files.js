/** Tells models, pictures and class names apart in files that a user drops, chooses or pastes. */

import { files as texts } from '../texts.js';

const MODEL = /\.(h5|hdf5|keras|safetensors|json|bin|zip)$|shard\d+of\d+$/i;
/** Files that the package cannot read. It says what to do with them. */
const OTHER_MODEL = /\.(pb|tflite|onnx|pth?|ckpt|gz|index|data-\d+-of-\d+)$/i;
const LABELS = /^(?!readme|licen[cs]e|requirements).*\.txt$/i;
/** Class names as JSON. Beside a model they are files of the model, which reads them. */
const LABELS_JSON = /label|class|categor|names|metadata/i;
export const PICTURE = /\.(png|jpe?g|gif|bmp|webp|avif|svg|hei[cf]|tiff?)$/i;

/** So many pictures are too many for the tray. */
export const MANY = 12;

/**
 * @typedef {object} SortedFiles
 * @property {File[]} model all files of a model
 * @property {File[]} pictures
 * @property {File} [labels]
 * @property {File[]} strays files of no kind, but for those in folders, where such files are usual
 */

/**
 * Files of no kind alone are an error.
 * @param {File[]} files
 * @returns {SortedFiles}
 */
export function sortFiles(files) {
  /** @param {string | undefined} kind */
  const ofKind = (kind) => files.filter((file) => kindOf(file) === kind);
  const strays = ofKind(undefined);
  if (strays.length === files.length) throw new Error(texts.neither(baseName(strays[0])));
  const model = ofKind('model');
  const [labels] = ofKind('labels');
  const pictures = ofKind('picture');
  const named = strays.filter(({ name }) => !name.includes('/'));
  const areNames = model.every(
    (file) => /\.json$/i.test(file.name) && LABELS_JSON.test(baseName(file)),
  );
  if (areNames && model.length > 0) {
    return { model: [], pictures, labels: labels ?? model[0], strays: named };
  }
  return { model, pictures, labels, strays: named };
}

/**
 * The name of a model from a user's files.
 * @param {File[]} files
 */
export function modelName(files) {
  const isMain = (/** @type {File} */ { name }) => /\.(keras|h5|hdf5|safetensors|zip)$/i.test(name);
  const main = files.find((file) => baseName(file) === 'model.json') ?? files.find(isMain);
  return baseName(main ?? files.find(({ name }) => name.endsWith('.json')) ?? files[0]);
}

/**
 * Whether two lists have the same files, as far as a page can know.
 * @param {string | File[]} a
 * @param {File[]} b
 */
export function areSameFiles(a, b) {
  if (typeof a === 'string' || a.length !== b.length) return false;
  return a.every(({ name, size, lastModified }, i) => {
    return name === b[i].name && size === b[i].size && lastModified === b[i].lastModified;
  });
}

/**
 * The name of a file without its folder. A file of a dropped folder has its path as its name.
 * @param {File} file
 */
export function baseName({ name }) {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** @param {File} file */
function kindOf(file) {
  const name = baseName(file);
  const { type } = file;
  if (MODEL.test(name) || OTHER_MODEL.test(name)) return 'model';
  if (LABELS.test(name)) return 'labels';
  if (type.startsWith('image/') || PICTURE.test(name)) return 'picture';
  return undefined;
}
