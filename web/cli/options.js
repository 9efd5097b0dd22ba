/**
 * The commands of the tool and their options. The help and docs/cli.md are made of these tables,
 * and the command line is read with them.
 */

import { attributionMethods, methods } from '../package/index.js';

/**
 * @typedef {object} Option
 * @property {string} [value] what stands for its value in the help. An option without is a switch
 * @property {boolean} [multiple] whether it may be repeated
 * @property {string} text
 */

/** @type {Record<string, Record<string, Option>>} the options by what they are about */
export const GROUPS = {
  'What is explained': {
    layer: {
      ...{ value: 'LAYER', multiple: true },
      text:
        'name or index of a layer, -3 counts from the end, "all" is every layer with a map ' +
        '(default: the last layer with more than one position)',
    },
    target: {
      ...{ value: 'CLASS', multiple: true },
      text: 'label or index of a class (default: the class with the highest score)',
    },
    method: {
      ...{ value: 'NAME', multiple: true },
      text: `${methods().join(', ')} (default: ${methods()[0]})`,
    },
    'all-methods': { text: 'explain by every method' },
    logits: {
      text:
        'explain the value before the last softmax or sigmoid, as attribute does unless ' +
        '--scores is given',
    },
    against: {
      ...{ value: 'CLASS', multiple: true },
      text:
        'what speaks for the target and against this class, or "nearest" for the classes with ' +
        'the nearest logits (FinerCAM)',
    },
    counterfactual: { text: 'what speaks against the class' },
    'eigen-smooth': { text: 'the first principal component in place of the sum over channels' },
    'aug-smooth': {
      text: 'the mean of six maps, of the picture mirrored and of other brightness',
    },
    channels: { value: 'N', text: 'how many channels scoreCam masks (default: all)' },
    scores: { text: 'explain the score instead of the logit' },
    baseline: {
      value: 'NAME',
      text:
        'zero, black, mean or blur: the picture without content of integratedGradients, and ' +
        'what occlusion fills in',
    },
    rule: { value: 'NAME', text: 'of integratedGradients, see docs/methods.md' },
    steps: { value: 'N', text: 'of integratedGradients' },
    samples: { value: 'N', text: 'of smoothGrad, varGrad and rise' },
    noise: { value: 'X', text: 'of smoothGrad and varGrad' },
    seed: { value: 'N', text: 'of noise and masks' },
    window: { value: 'N', text: 'of occlusion' },
    stride: { value: 'N', text: 'of occlusion' },
    grid: { value: 'N', text: 'of rise' },
    p: { value: 'X', text: 'of rise' },
  },
  'What comes out': {
    top: { value: 'N', text: 'how many classes are listed (default: 5)' },
    json: { text: 'print JSON instead of text, a line for each picture' },
    output: {
      value: 'FILE',
      text: 'write a PNG file, the picture with the first map. "-" is standard output',
    },
    npy: {
      value: 'FILE',
      text: "write the numbers of the first target's map, neither cut nor scaled",
    },
    'output-dir': { value: 'DIR', text: 'write files of every map of every picture' },
    format: {
      ...{ value: 'LIST', multiple: true },
      text:
        'the files of --output-dir: png, json, npy and csv, joined by commas ' +
        '(default: png,npy). json has the entry of --json. npy and csv have the numbers of the ' +
        'map, neither cut nor scaled',
    },
    colormap: {
      value: 'NAME',
      text: 'colours of the map, as matplotlib names them (default: viridis)',
    },
    by: {
      value: 'WHAT',
      text: 'what differs from map to map: layers, classes or methods (default: layers)',
    },
    alpha: { value: 'X', text: 'highest opacity of the map, 0 to 1 (default: 0.65)' },
    bits: {
      value: 'N',
      text:
        'of the numbers of kernels: 32, 16 (half precision) or 12, which packs kernels with one ' +
        'position and stores the others with 16 (default: 32)',
    },
    float16: { text: 'the same as --bits 16' },
    force: { text: 'overwrite files that exist' },
  },
  'The page': {
    port: { value: 'N', text: 'port of the page on this machine (default: a free one)' },
    'no-browser': { text: 'print the address of the page, and open no browser' },
  },
  'The picture': {
    interpolation: {
      value: 'F',
      text:
        'how a picture is resized: nearest, box, bilinear, hamming, bicubic, lanczos ' +
        '(default: nearest, as in Keras)',
    },
    crop: {
      value: 'HOW',
      text:
        '"stretch" the picture to the shape of the input, as Keras does, or take its "center", ' +
        "as Teachable Machine does (default: stretch, but for Teachable Machine's models)",
    },
    input: {
      ...{ value: 'NAME=1,2,3', multiple: true },
      text: 'values of an input besides the picture, also NAME=@FILE.json with a list',
    },
  },
  'The model': {
    labels: {
      value: 'FILE',
      text:
        "names of the classes: one in each line, a JSON list, Keras' class_indices, the files " +
        'of Teachable Machine, or "imagenet"',
    },
    'no-labels': {
      text:
        'numbers for a model with 1,000 classes and no names, which is else named as ' +
        "ImageNet's classes",
    },
    binary: { text: 'two classes for a model with one output: 1 - p and p' },
    preprocess: {
      value: 'HOW',
      text:
        'unit (x / 255), tf (x / 127.5 - 1), torch, caffe, none (0 to 255), a module of ' +
        'keras.applications (mobilenet_v2), or numbers: scale=X,offset=X or mean=X,std=X, three ' +
        'as R/G/B, with ",bgr" for networks that take B, G, R. Also the same as JSON, or @FILE ' +
        'with it (default: found in the file, the layers or the weights, else unit)',
    },
    'input-size': {
      value: 'HxW',
      text: 'size of the input, for a model that leaves it open: 224 or 192x256',
    },
    head: {
      value: 'HEAD',
      text:
        'name or index of the output that is explained, if the model has several ' +
        '(default: the first that gives classes)',
    },
    architecture: {
      value: 'NAME',
      text: 'network to which weights alone belong, MobileNetV2 (default: found by shapes)',
    },
    'width-factor': { value: 'X', text: 'alpha of that network in Keras' },
    custom: {
      ...{ value: 'OWN=KERAS', multiple: true },
      text: 'a class that only renames a layer of Keras, as FixedDropout=Dropout',
    },
    workers: {
      value: 'N',
      text:
        'how many copies of the model compute occlusion, rise and scoreCam side by side ' +
        '(default: 0, the model itself)',
    },
    threads: {
      value: 'N',
      text: 'how many threads compute (default: one for each processor, at most 4)',
    },
  },
};

/** @type {Record<string, Option>} */
export const OPTIONS = Object.assign({}, ...Object.values(GROUPS));

/**
 * @typedef {object} Command
 * @property {string[]} operands the last may be repeated if it ends in "...". Those in brackets
 *   may be left out
 * @property {string} text
 * @property {string[]} options their names
 * @property {readonly string[]} [methods] the default first
 * @property {string[]} [single] options that may be repeated elsewhere, but not here
 * @property {Record<string, string>} [texts] of options that mean something else here
 * @property {string} [ending] of the file of --output or of the operand OUT
 */

const NETWORK = ['architecture', 'width-factor', 'custom'];
const NAMES = ['labels', 'binary', 'preprocess'];
const PREDICT = [
  ...['top', 'json', 'interpolation', 'crop', 'input', 'input-size', 'head', 'no-labels'],
  ...[...NAMES, ...NETWORK, 'threads'],
];
const WHAT = ['layer', 'target', 'method', 'logits'];
const FILES = ['output', 'npy', 'output-dir', 'format', 'colormap', 'alpha', 'force'];

/** What the maps of a sheet may differ in. */
export const SHEETS = ['layers', 'classes', 'methods'];

/** Settings of attributions that are numbers. */
export const NUMBERS = ['steps', 'samples', 'noise', 'seed', 'window', 'stride', 'grid', 'p'];

/** @type {Record<string, Command>} */
export const COMMANDS = {
  explain: {
    operands: ['MODEL', 'IMAGE...'],
    text: 'print heat maps of classes at layers',
    options: [
      ...[...WHAT, 'all-methods', 'against', 'counterfactual', 'eigen-smooth', 'aug-smooth'],
      ...['channels', 'workers', ...FILES, ...PREDICT],
    ],
    methods: methods(),
  },
  attribute: {
    operands: ['MODEL', 'IMAGE...'],
    text: 'print how much each pixel speaks for a class',
    options: [
      ...[...WHAT, 'scores', 'baseline', 'rule', ...NUMBERS],
      ...['workers', ...FILES, ...PREDICT],
    ],
    methods: attributionMethods(),
    single: ['layer', 'target', 'method'],
    texts: {
      layer: 'name or index of the layer of guidedGradCam',
      method: `${attributionMethods().join(', ')} (default: ${attributionMethods()[0]})`,
    },
  },
  trust: {
    operands: ['MODEL', 'IMAGE...'],
    text: 'print measurements that say whether a map is true',
    options: [...WHAT, ...PREDICT],
    methods: methods(),
    single: ['layer', 'target', 'method'],
  },
  report: {
    operands: ['MODEL', 'FOLDER...'],
    text: 'write one page with the maps of many pictures',
    options: [...WHAT, 'output', 'colormap', 'alpha', 'force', ...PREDICT].filter(
      (name) => name !== 'json',
    ),
    methods: methods(),
    single: ['layer', 'target', 'method'],
    texts: {
      output:
        'the page (default: report.html). FILE.part beside it grows meanwhile. After Ctrl+C the ' +
        'same command goes on from there',
    },
    ending: '.html',
  },
  sheet: {
    operands: ['MODEL', 'IMAGE'],
    text: 'write one picture with the maps of several layers, classes or methods',
    options: [
      ...['by', ...WHAT, 'all-methods', 'output', 'colormap', 'alpha', 'force', ...PREDICT],
    ].filter((name) => name !== 'json'),
    methods: methods(),
    texts: {
      layer: 'name or index of a layer (default: --by layers shows up to 23 all over the network)',
      target: 'label or index of a class (default: --by classes shows the first of --top)',
      method: `${methods().join(', ')} (default: --by methods shows all that take one run)`,
      output: 'the PNG file, "-" for standard output (default: sheet.png)',
    },
  },
  predict: {
    operands: ['MODEL', 'IMAGE...'],
    text: 'print the classes with the highest scores',
    options: PREDICT,
  },
  summary: {
    operands: ['MODEL'],
    text: "print the table of the model's layers",
    options: NETWORK,
  },
  convert: {
    operands: ['MODEL', 'OUT'],
    text: 'write the model as one .safetensors file',
    ending: '.safetensors',
    options: ['bits', 'float16', 'force', 'labels', 'preprocess', ...NETWORK],
  },
  open: {
    operands: ['[MODEL]', '[IMAGE...]'],
    text: 'show the model and the pictures on a page in the browser, until Ctrl+C',
    options: [
      ...['port', 'no-browser', 'labels', 'preprocess', 'input-size'],
      ...['head', 'architecture', 'width-factor'],
    ],
  },
};
