/** The words of the inspector. */

export const words = {
  title: 'Inspect the model',
  table: 'Table',
  graph: 'Graph',
  close: 'Close',
  find: 'Find a layer or a type',
  unfold: 'Unfold all',
  fold: 'Fold all',
  waiting: 'The layers are listed as soon as the model is there.',
  nothing: 'none',
  hits: (/** @type {number} */ at, /** @type {number} */ count) => `${at} of ${count}`,
  keys: {
    table:
      'Arrows move, right and left unfold and fold, Ctrl and F finds, Enter goes on, Escape closes',
    graph: 'Arrows move, Enter unfolds and folds, plus and minus zoom, Ctrl and F finds',
  },
  columns: ['Layer', 'Type', 'Output', 'Params', 'Mult-adds', 'Time'],
  graphLabel: 'Graph of the layers, the input on top',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  layers: (/** @type {number} */ count) => (count === 1 ? '1 layer' : `${count} layers`),
};

export const detailTexts = {
  region: 'The chosen layer',
  type: 'Type',
  block: 'Block',
  model: 'Model',
  output: 'Output',
  params: 'Parameters',
  multiplyAdds: 'Multiply-adds',
  memory: 'Output in memory',
  time: 'Time',
  reads: 'Reads',
  input: 'the picture',
  measuring: 'measuring',
  unknown: 'not counted',
  open: 'open',
  step: (/** @type {string} */ time, /** @type {string[]} */ names) =>
    names.length > 0 ? `${time}, one step with ${names.join(', ')}` : time,
  explain: 'Explain at this layer',
  explained: 'The map on the picture is of this layer.',
  noMap: 'It has no rows and columns, so it has no map.',
};

export const channelTexts = {
  title: (/** @type {string} */ name) => `Channels for and against ${name}`,
  how: (/** @type {string} */ name) =>
    `The part of each channel in the logit of ${name}: weight times output, by Grad-CAM. ` +
    'Press a channel to see it on the picture.',
  positive: 'Speak for it',
  negative: 'Speak against it',
  none: 'No channel does.',
  working: 'Looking at the channels',
  channel: (/** @type {number} */ index, /** @type {string} */ part) => `Channel ${index}, ${part}`,
  headline: (
    /** @type {number} */ index,
    /** @type {string} */ layer,
    /** @type {boolean} */ isFor,
    /** @type {string} */ name,
  ) => `Channel ${index} of ${layer} speaks ${isFor ? 'for' : 'against'} ${name}`,
  where: (/** @type {string} */ part, /** @type {string} */ total, /** @type {number} */ count) =>
    `Its part is ${part}. All ${count} channels together give ${total}.`,
};

/** Formats of files, as people call them. */
export const FORMATS = {
  keras: 'Keras 3 (.keras)',
  hdf5: 'HDF5 (.h5)',
  safetensors: 'safetensors',
  tfjs: 'TensorFlow.js layers-model',
};

export const modelTexts = {
  file: 'In the file',
  format: 'Format',
  size: 'Size',
  keras: 'Written by',
  version: (/** @type {string} */ version) => `Keras ${version}`,
  noVersion: 'The file does not say which Keras.',
  numbers: 'Numbers',
  dtype: (/** @type {string} */ count, /** @type {string} */ type) => `${count} ${type}`,
  optimizer: 'Optimizer',
  hasOptimizer: 'Its state is in the file. It is not read.',
  noOptimizer: 'No state in the file.',
  architecture: 'Network',
  network: 'As a network',
  layers: 'Layers',
  classes: 'Classes',
  params: 'Parameters',
  multiplyAdds: 'Multiply-adds',
  uncounted: (/** @type {string[]} */ types) => ` without ${types.join(', ')}`,
  memory: 'Memory',
  time: 'One run',
  input: 'How a picture goes in',
  shape: 'Input',
  crop: 'Crop',
  crops: { stretch: 'None. The picture is stretched.', center: 'The centre is taken.' },
  resizing: 'Resizing',
  pixels: 'Pixel values',
  found: 'How that was found',
  own: 'Scaled inside',
  ownTo: (/** @type {string} */ pixels) => `The model's own layers take ${pixels}.`,
  contradiction: 'But',
  change: 'Change',
  saw: 'What the network gets',
};

/** How the preprocessing was found. */
export const REASONS = {
  option: 'You chose it.',
  file: 'The file says so.',
  layers: "The model's first layers scale pixels themselves.",
  statistics: 'The statistics in its first batch normalization fit pixels that go in like this.',
  architecture: 'It is, or has in it, a network of keras.applications, which takes them like this.',
  guess: 'Nothing tells it. This is a guess: most small networks take it like this.',
};
