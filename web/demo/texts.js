/** The words that the page uses for itself. Words about an answer are in view/words.js. */

export const WORKER_SILENT =
  'The part of the page that computes has stopped twice. The picture or the model may need more ' +
  'memory than the browser has. Reload the page, or choose a smaller one.';

export const status = {
  loading: 'Loading the model',
  looking: 'Looking at the picture',
  noModel: 'No model is open.',
  noPicture: 'There is no picture yet.',
  openModel: 'Choose “Open a model”, or drop a .keras, .h5 or .safetensors file anywhere.',
  openPicture: 'Choose, paste or drop a picture.',
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
  notAgain:
    'Stability and randomized weights are left out. They make the map again, which is possible ' +
    'for maps of a layer with one class. Of this map the part that speaks for the class is ' +
    'measured.',
  curves:
    'Two curves over the share of the picture: the score while the hottest parts go, and the ' +
    'score while they come',
  deletion: 'the score while the hottest parts go',
  insertion: 'the score while they come',
  saved: 'It is measured as soon as the model is there.',
  old: 'The map is another by now.',
};

export const attributionTexts = {
  gap(/** @type {number} */ sum, /** @type {number} */ difference) {
    const share = difference === 0 ? 0 : Math.abs((sum - difference) / difference);
    const numbers = `${sum.toPrecision(3)} of ${difference.toPrecision(3)}`;
    return `The parts add up to ${numbers}, so ${(100 * share).toFixed(1)}% is unexplained.`;
  },
  grows: (/** @type {string} */ title) => `${title} grows`,
  step: (/** @type {string} */ title, /** @type {number} */ step, /** @type {number} */ steps) =>
    `${title}, step ${step} of ${steps}`,
};

export const waysTexts = {
  maps: 'Maps of a layer',
  family: 'Maps of a layer: one backward pass gives all of these',
  loops: 'Maps of a layer without a gradient: a run for each channel',
  attributions: 'Attributions of the pixels',
  docs: 'Read more',
  runs: (/** @type {unknown} */ count) => `${count} steps, drawn while they grow`,
  windows: 'a run for each window, drawn while they grow',
};

export const comparison = {
  most: 'most of all panes',
  scale: 'The strongest map of all panes reaches the end of the colours. Weaker maps are paler.',
  noScale: 'One scale needs the same method, of a layer, in all panes.',
  title: (/** @type {number} */ second) => `Pane 1 minus pane ${second}`,
  headline: (/** @type {number} */ second) =>
    `Red is stronger in pane 1, blue is stronger in pane ${second}.`,
  likeness: (/** @type {number} */ rank) =>
    `Their order of positions agrees by ${rank.toFixed(2)}, where 1 is the same order.`,
  otherPart: 'The two panes show different parts of the picture, so they have no difference.',
  legend: (/** @type {number} */ second) =>
    /** @type {[string, string]} */ ([`pane ${second}`, 'pane 1']),
};

export const versusTexts = {
  logits: 'Two classes are compared by their logits, because their scores depend on each other',
  refused: (/** @type {string} */ title) =>
    `${title} has no map of a difference. Choose Grad-CAM or another method of gradients first.`,
};

export const copied = 'Link copied';
export const linkLacks =
  '. It has your settings, but files of yours are not in it: they never leave this computer. ' +
  'Elsewhere the page opens without them. A PNG from the Save panel can carry a picture.';
export const link = 'Copy link';
