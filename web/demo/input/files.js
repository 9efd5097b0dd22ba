/** Tells models, pictures and class names apart in files that a user drops, chooses or pastes. */

/** These include files that the package cannot read. It says what to do with them. */
const MODEL = /\.(h5|hdf5|keras|safetensors|json|pb|tflite|pth?)$|shard\d+of\d+(\.bin)?$/i;
const LABELS = /\.txt$/i;
const PICTURE = /\.(png|jpe?g|gif|bmp|webp|avif|svg|hei[cf]|tiff?)$/i;

/**
 * All files of a model, and the first file of each other kind. The error names a file of no kind.
 * @param {File[]} files
 * @returns {{ model: File[], picture?: File, labels?: File }}
 */
export function sortFiles(files) {
  const stray = files.find((file) => kindOf(file) === undefined);
  if (stray) {
    const models = 'a Keras model (.keras, .h5, .safetensors, or model.json with its shards)';
    throw new Error(`“${stray.name}” is neither a picture, nor ${models}, nor class names (.txt).`);
  }
  /** @param {string} kind */
  const ofKind = (kind) => files.filter((file) => kindOf(file) === kind);
  return { model: ofKind('model'), picture: ofKind('picture')[0], labels: ofKind('labels')[0] };
}

/**
 * The name of a model from a user's files.
 * @param {File[]} files
 */
export function modelName(files) {
  return (files.find(({ name }) => name.endsWith('.json')) ?? files[0]).name;
}

/** @param {File} file */
function kindOf({ name, type }) {
  if (MODEL.test(name)) return 'model';
  if (LABELS.test(name)) return 'labels';
  if (type.startsWith('image/') || PICTURE.test(name)) return 'picture';
  return undefined;
}

/**
 * The names of the classes, in the order of the model's outputs. Each line is a name.
 * @param {File} file
 */
export async function readLabels(file) {
  const lines = (await file.text()).split(/\r?\n/).map((line) => line.trim());
  while (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) throw new Error(`“${file.name}” holds no class names.`);
  return lines;
}
