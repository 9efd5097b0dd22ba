/** The words that the page uses for itself. Words about an answer are in view/words.js. */

export const WORKER_SILENT =
  'The part of the page that computes has stopped twice. The picture or the model may need more ' +
  'memory than the browser has. Reload the page, or choose a smaller one.';

export const status = {
  loading: 'Loading the model',
  looking: 'Looking at the picture',
  noModel: 'No model is open.',
  noPicture: 'There is no picture yet.',
  waiting: (/** @type {string} */ name) => `${name} waits for the model`,
  opening: (/** @type {string} */ name) => `Opening ${name}`,
  saved: 'A saved answer, until the model is there.',
  savedOnly: 'A saved answer. Load the model to ask anything else.',
};

export const alerts = {
  notOpened: (/** @type {string} */ name) => `${name} could not be opened.`,
  failed: 'That did not work.',
  unknownModel: 'The address names an unknown model.',
  among: (/** @type {string} */ id, /** @type {string[]} */ ids) =>
    `model=${id} is not among ${ids.join(', ')}.`,
  gone: 'The address names a picture or a model of yours.',
  goneHow: 'It never left your computer, so the page does not have it. Open the file again.',
  leftOut: 'Some files were left out.',
  links: 'The page opens no links.',
  linksHow: 'Nothing goes from here to other servers. Save the picture as a file and drop that.',
};

export const files = {
  neither: (/** @type {string} */ name) =>
    `“${name}” is neither a picture, nor a Keras model (.keras, .h5, .safetensors, or model.json ` +
    'with its shards), nor class names (.txt, .json).',
  noKind: (/** @type {string[]} */ names) =>
    `${names.map((name) => `“${name}”`).join(', ')}: neither a picture, nor a model, nor names.`,
  modelFirst: 'Class names belong to a model. Open a model first.',
};

/** Why a heat map is blank or poor, where the package's advice is an option of its functions. */
export const SATURATED = 'The score is saturated, so its heat map says little.';

export const cures = {
  logits: 'Explain the logit',
  layer: 'Use the usual layer',
  target: 'Explain the top class',
  pixels: 'Choose other pixel values',
};

export const proof = {
  blank: 'The map is the same everywhere, so there is no hot part to hide.',
  measuring: 'Measuring …',
  curves:
    'Two curves over the share of the picture: the score while the hottest parts go, and the ' +
    'score while they come',
  deletion: 'the score while the hottest parts go',
  insertion: 'the score while they come',
  saved: 'It is measured as soon as the model is there.',
  old: 'The map is another by now.',
};

export const copied = 'Link copied';
export const linkLacks =
  '. It has your settings, but files of yours are not in it: they never leave this computer. ' +
  'Elsewhere the page opens without them. A PNG from the Save panel can carry a picture.';
export const link = 'Copy link';
