/** Tells models, pictures and class names apart in files that a user drops, chooses or pastes. */

const MODEL = /\.(h5|hdf5|keras|safetensors|json|bin|zip)$|shard\d+of\d+$/i;
/** Files that the package cannot read. It says what to do with them. */
const OTHER_MODEL = /\.(pb|tflite|onnx|pth?|ckpt|gz|index|data-\d+-of-\d+)$/i;
const LABELS = /^(?!readme|licen[cs]e|requirements).*\.txt$/i;
/** Class names as JSON. Beside a model they are files of the model, which reads them. */
const LABELS_JSON = /label|class|categor|names|metadata/i;
const PICTURE = /\.(png|jpe?g|gif|bmp|webp|avif|svg|hei[cf]|tiff?)$/i;

/**
 * All files of a model, and the first file of each other kind. Files of no kind lie in many
 * folders. They are an error only where there is nothing else.
 * @param {File[]} files
 * @returns {{ model: File[], picture?: File, labels?: File }}
 */
export function sortFiles(files) {
  if (files.every((file) => kindOf(file) === undefined)) {
    const [stray] = files;
    const models = 'a Keras model (.keras, .h5, .safetensors, or model.json with its shards)';
    const names = 'class names (.txt, .json)';
    throw new Error(`“${baseName(stray)}” is neither a picture, nor ${models}, nor ${names}.`);
  }
  /** @param {string} kind */
  const ofKind = (kind) => files.filter((file) => kindOf(file) === kind);
  const model = ofKind('model');
  const [labels] = ofKind('labels');
  const [picture] = ofKind('picture');
  const areNames = model.every(
    (file) => /\.json$/i.test(file.name) && LABELS_JSON.test(baseName(file)),
  );
  if (areNames && model.length > 0) return { model: [], picture, labels: labels ?? model[0] };
  return { model, picture, labels };
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
