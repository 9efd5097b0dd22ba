/** An answer as JavaScript and as a command line, which give the same map. */

import { BLUE, RED } from '../signed.js';
import { noCommand } from './texts.js';

/**
 * What both need to know. An address, or the names of the user's files, say what is opened.
 * @typedef {object} CodeParts
 * @property {string} name of the written picture, without its ending
 * @property {string} model address
 * @property {string[] | undefined} modelFiles
 * @property {string} picture address
 * @property {string | undefined} pictureFile
 * @property {string | undefined} preprocessing
 * @property {string | undefined} labels name of a file
 * @property {boolean} isImagenet whether the classes are named as ImageNet's by default
 * @property {boolean} isBinary whether one output may stand for two classes
 * @property {string | number | undefined} head
 * @property {import('../models.js').Network | undefined} network
 * @property {[height: number, width: number] | number[] | undefined} inputSize
 * @property {string | undefined} crop
 * @property {string} interpolation
 * @property {number} target
 * @property {number | undefined} versus a class that the target is set against
 * @property {string | undefined} layer
 * @property {string} method
 * @property {boolean} isAttribution whether it explains pixels, and no layer
 * @property {boolean} logits
 * @property {number} scale the factor of the map on a scale that panes of the page share
 * @property {boolean} isSigned whether the map has signs, and colours of its own
 * @property {string} colormap
 * @property {number} alphaLimit
 */

/** The colour of a value's sign, as code. */
const SIDES = `value < 0 ? [${BLUE.join(', ')}] : [${RED.join(', ')}]`;

/** What the package takes by default. */
const DEFAULTS = {
  interpolation: 'nearest',
  method: 'gradCam',
  colormap: 'viridis',
  opacity: 0.65,
};

/**
 * A module for Node, which also runs on a page if no file of the user's is in it.
 * @param {CodeParts} parts
 */
export function toJavaScript(parts) {
  const { picture, pictureFile, labels, scale } = parts;
  const several = (parts.modelFiles?.length ?? 0) > 1 && !mainFile(parts.modelFiles);
  const readsFiles = several || labels !== undefined;
  const toRun = {
    ...(parts.crop && { crop: parts.crop }),
    ...(parts.interpolation !== DEFAULTS.interpolation && { interpolation: parts.interpolation }),
  };
  const explained = parts.isAttribution ? attributes : differs(parts) ? subtracts : explains;
  return [
    ...(readsFiles ? ["import { readFile } from 'node:fs/promises';"] : []),
    "import { formatAsImage, loadImage, loadModel } from 'gradcam-wasm';",
    '',
    ...(readsFiles ? ['const open = async (name) => new File([await readFile(name)], name);'] : []),
    `const model = await loadModel(${modelSource(parts, several)}${loadOptions(parts)});`,
    `const picture = await loadImage(${quote(pictureFile ?? picture)});`,
    `const run = await model.run(picture, ${literal({ image: 'picture', ...toRun }, ['image'])});`,
    ...explained(parts),
    ...(scale === 1 ? [] : [`// On one scale with other panes, the page draws it times ${scale}.`]),
    '',
  ].join('\n');
}

/** @param {CodeParts} parts */
const differs = ({ target, versus }) => versus !== undefined && versus !== target;

/**
 * A map of one class at a layer.
 * @param {CodeParts} parts
 */
function explains(parts) {
  const { target, layer, method, logits } = parts;
  const options = {
    ...{ targets: [target], layer },
    ...(method !== DEFAULTS.method && { method }),
    ...(logits && { logits }),
  };
  return [
    `const explanation = await run.explain(${literal(options)});`,
    'const [{ label, score, heatmap }] = explanation.targets;',
    'console.log(label, score, heatmap);',
    `const overlay = formatAsImage(explanation${drawOptions(parts)}); // ImageData`,
  ];
}

/**
 * The difference of two classes at a layer.
 * @param {CodeParts} parts
 */
function subtracts(parts) {
  const { target, versus, layer, method } = parts;
  const targets = `[{ ${target}: 1, ${versus}: -1 }, { ${target}: -1, ${versus}: 1 }]`;
  const options = {
    ...{ targets, layer },
    ...(method !== DEFAULTS.method && { method }),
    ...{ logits: true, raw: true },
  };
  return [
    `const explanation = await run.explain(${literal(options, ['targets'])});`,
    'const [ours, theirs] = explanation.targets;',
    '// Positive values speak for the first class, in red. Negative values are blue.',
    'const values = ours.raw.map((value, i) => Math.max(value, 0) - Math.max(theirs.raw[i], 0));',
    'const most = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);',
    'const data = values.map((value) => (most > 0 ? Math.abs(value) / most : 0));',
    `const sides = [...values].map((value) => (${SIDES}));`,
    'const pale = (part, heat) => Math.round(255 + heat * (part - 255));',
    'const rows = sides.map((side, i) => side.map((part) => pale(part, data[i])));',
    'const heatmap = { ...ours.heatmap, data, colors: Uint8Array.from(rows.flat()) };',
    'console.log(ours.label, values);',
    overlay(parts),
  ];
}

/**
 * An attribution of the pixels.
 * @param {CodeParts} parts
 */
function attributes(parts) {
  const { target, versus, layer, method, logits } = parts;
  const isDifference = differs(parts);
  const weights = `{ ${target}: 1, ${versus}: -1 }`;
  const options = {
    ...{ method, target: isDifference ? weights : target },
    ...(layer !== undefined && { layer }),
    ...(!logits && !isDifference && { logits }),
  };
  const expressions = isDifference ? ['target'] : [];
  return [
    `const attribution = await run.attribute(${literal(options, expressions)});`,
    'const heatmap = attribution.toHeatmap();',
    'console.log(attribution.label, attribution.score, heatmap);',
    overlay(parts),
  ];
}

/** @param {CodeParts} parts */
function overlay(parts) {
  const drawing = drawOptions(parts);
  return `const overlay = formatAsImage({ heatmap, image: run.picture }${drawing}); // ImageData`;
}

/** @param {CodeParts} parts */
function drawOptions({ isSigned, colormap, alphaLimit }) {
  const options = {
    ...(!isSigned && colormap !== DEFAULTS.colormap && { colormap }),
    ...(alphaLimit !== DEFAULTS.opacity && { alphaLimit }),
  };
  return Object.keys(options).length > 0 ? `, ${literal(options)}` : '';
}

/**
 * @param {CodeParts} parts
 * @param {boolean} several
 */
function modelSource({ model, modelFiles }, several) {
  if (!modelFiles) return quote(model);
  if (!several) return quote(mainFile(modelFiles) ?? modelFiles[0]);
  return `[${modelFiles.map((name) => `await open(${quote(name)})`).join(', ')}]`;
}

/**
 * The file beside which the package finds the others.
 * @param {string[] | undefined} files
 */
function mainFile(files) {
  return files?.find((name) => /(^|\/)model\.json$/.test(name));
}

/** @param {CodeParts} parts */
function loadOptions({ preprocessing, labels, isImagenet, isBinary, head, network, inputSize }) {
  const options = {
    ...(preprocessing && { preprocessing }),
    ...(labels && { labels: `await open(${quote(labels)})` }),
    ...(isImagenet && { defaultLabels: 'imagenet' }),
    ...(isBinary && { binary: true }),
    ...(head !== undefined && { head }),
    ...network,
    ...(inputSize && { inputSize }),
  };
  return Object.keys(options).length > 0 ? `, ${literal(options, ['labels'])}` : '';
}

/**
 * An object as code.
 * @param {Record<string, unknown>} values
 * @param {string[]} [expressions] names whose values are code
 */
function literal(values, expressions = []) {
  const parts = Object.entries(values).map(([name, value]) => {
    if (expressions.includes(name)) return `${name}: ${value}`;
    if (typeof value === 'string') return `${name}: ${quote(value)}`;
    return `${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : value}`;
  });
  return `{ ${parts.join(', ')} }`;
}

/** @param {string} text */
function quote(text) {
  return `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/**
 * Why no command line gives the same map.
 * @param {CodeParts} parts
 */
export function commandLacks(parts) {
  return differs(parts) ? noCommand.versus : undefined;
}

/**
 * Lines for a shell. Files of a server are fetched first, because the tool opens files.
 * @param {CodeParts} parts
 */
export function toCommandLine(parts) {
  const { model, modelFiles, picture, pictureFile, name } = parts;
  const options = [
    ...['--target', String(parts.target)],
    ...(parts.layer !== undefined ? ['--layer', parts.layer] : []),
    ...(parts.method !== DEFAULTS.method ? ['--method', parts.method] : []),
    ...(parts.logits ? ['--logits'] : parts.isAttribution ? ['--scores'] : []),
    ...(parts.crop ? ['--crop', parts.crop] : []),
    ...(parts.interpolation !== DEFAULTS.interpolation
      ? ['--interpolation', parts.interpolation]
      : []),
    ...(parts.preprocessing ? ['--preprocess', parts.preprocessing] : []),
    ...(parts.inputSize ? ['--input-size', parts.inputSize.join('x')] : []),
    ...(parts.head !== undefined ? ['--head', String(parts.head)] : []),
    ...(parts.network?.architecture ? ['--architecture', parts.network.architecture] : []),
    ...(parts.network?.alpha ? ['--width-factor', String(parts.network.alpha)] : []),
    ...(parts.labels ? ['--labels', parts.labels] : []),
    ...(parts.isBinary ? ['--binary'] : []),
    ...(parts.colormap !== DEFAULTS.colormap && !parts.isSigned
      ? ['--colormap', parts.colormap]
      : []),
    ...(parts.alphaLimit !== DEFAULTS.opacity ? ['--alpha', String(parts.alphaLimit)] : []),
    ...['--output', `${name}.png`],
  ];
  const command = parts.isAttribution ? 'attribute' : 'explain';
  const modelPath = modelFiles ? commandModel(modelFiles) : lastPart(model);
  const files = [modelPath, pictureFile ?? lastPart(picture)].map(notAnOption);
  const fetched = [...(modelFiles ? [] : [model]), ...(pictureFile ? [] : [picture])];
  const lines = [
    ...fetched.map((address) => ['curl', '-fsSO', address]),
    ['npx', 'gradcam-wasm', command, ...files, ...options],
  ];
  return `${lines.map((line) => line.map(shellQuote).join(' ')).join('\n')}\n`;
}

/**
 * The path of a model. Files that lie in a folder are opened by the folder.
 * @param {string[]} files
 */
function commandModel(files) {
  if (files.length === 1) return files[0];
  return mainFile(files) ?? (files[0].includes('/') ? files[0].split('/')[0] : '.');
}

/** @param {string} address */
function lastPart(address) {
  return address.slice(address.lastIndexOf('/') + 1);
}

/** @param {string} path which a program could take for an option */
function notAnOption(path) {
  return path.startsWith('-') ? `./${path}` : path;
}

/** @param {string} word */
function shellQuote(word) {
  if (/^[\w./:=@%+,-]+$/.test(word)) return word;
  if (!/["$`\\!]/.test(word)) return `"${word}"`;
  return `'${word.replaceAll("'", "'\\''")}'`;
}
