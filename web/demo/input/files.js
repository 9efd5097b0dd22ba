/** What a dropped, chosen or pasted file is to the page. */

const MODEL = /\.(h5|hdf5|keras)$/i;
const LABELS = /\.txt$/i;
const PICTURE = /\.(png|jpe?g|gif|bmp|webp|avif)$/i;

/**
 * The first file of each kind; files of no kind are named in the error.
 * @param {File[]} files
 * @returns {{ model?: File, picture?: File, labels?: File }}
 */
export function sortFiles(files) {
  const stray = files.find((file) => kindOf(file) === undefined);
  if (stray) {
    const kinds = 'neither a picture, nor a Keras model (.h5, .keras), nor class names (.txt)';
    throw new Error(`“${stray.name}” is ${kinds}.`);
  }
  /** @param {string} kind */
  const first = (kind) => files.find((file) => kindOf(file) === kind);
  return { model: first('model'), picture: first('picture'), labels: first('labels') };
}

/** @param {File} file */
function kindOf({ name, type }) {
  if (MODEL.test(name)) return 'model';
  if (LABELS.test(name)) return 'labels';
  if (type.startsWith('image/') || PICTURE.test(name)) return 'picture';
  return undefined;
}

/**
 * The names of the classes, one a line, in the order of the model's outputs.
 * @param {File} file
 */
export async function readLabels(file) {
  const lines = (await file.text()).split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new Error(`“${file.name}” holds no class names.`);
  return lines;
}
