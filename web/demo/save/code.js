/** An answer as JavaScript and as a command line, which give the same map. */

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
 * @property {number | undefined} head
 * @property {[height: number, width: number] | number[] | undefined} inputSize
 * @property {string | undefined} crop
 * @property {string} interpolation
 * @property {number} target
 * @property {string} layer
 * @property {string} method
 * @property {boolean} logits
 * @property {string} colormap
 * @property {number} alphaLimit
 */

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
  const { picture, pictureFile, labels, target, layer, method, logits } = parts;
  const several = (parts.modelFiles?.length ?? 0) > 1 && !mainFile(parts.modelFiles);
  const readsFiles = several || labels !== undefined;
  const toRun = {
    ...(parts.crop && { crop: parts.crop }),
    ...(parts.interpolation !== DEFAULTS.interpolation && { interpolation: parts.interpolation }),
  };
  const toExplain = {
    ...{ targets: [target], layer },
    ...(method !== DEFAULTS.method && { method }),
    ...(logits && { logits }),
  };
  const toDraw = {
    ...(parts.colormap !== DEFAULTS.colormap && { colormap: parts.colormap }),
    ...(parts.alphaLimit !== DEFAULTS.opacity && { alphaLimit: parts.alphaLimit }),
  };
  const drawing = Object.keys(toDraw).length > 0 ? `, ${literal(toDraw)}` : '';
  return [
    ...(readsFiles ? ["import { readFile } from 'node:fs/promises';"] : []),
    "import { formatAsImage, loadImage, loadModel } from 'gradcam-wasm';",
    '',
    ...(readsFiles ? ['const open = async (name) => new File([await readFile(name)], name);'] : []),
    `const model = await loadModel(${modelSource(parts, several)}${loadOptions(parts)});`,
    `const picture = await loadImage(${quote(pictureFile ?? picture)});`,
    `const run = await model.run(picture, ${literal({ image: 'picture', ...toRun }, ['image'])});`,
    `const explanation = await run.explain(${literal(toExplain)});`,
    'const [{ label, score, heatmap }] = explanation.targets;',
    'console.log(label, score, heatmap);',
    `const overlay = formatAsImage(explanation${drawing}); // ImageData`,
    '',
  ].join('\n');
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
function loadOptions({ preprocessing, labels, isImagenet, isBinary, head, inputSize }) {
  const options = {
    ...(preprocessing && { preprocessing }),
    ...(labels && { labels: `await open(${quote(labels)})` }),
    ...(isImagenet && { defaultLabels: 'imagenet' }),
    ...(isBinary && { binary: true }),
    ...(head !== undefined && { head }),
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
 * Lines for a shell. Files of a server are fetched first, because the tool opens files.
 * @param {CodeParts} parts
 */
export function toCommandLine(parts) {
  const { model, modelFiles, picture, pictureFile, name } = parts;
  const options = [
    ...['--target', String(parts.target), '--layer', parts.layer],
    ...(parts.method !== DEFAULTS.method ? ['--method', parts.method] : []),
    ...(parts.logits ? ['--logits'] : []),
    ...(parts.crop ? ['--crop', parts.crop] : []),
    ...(parts.interpolation !== DEFAULTS.interpolation
      ? ['--interpolation', parts.interpolation]
      : []),
    ...(parts.preprocessing ? ['--preprocess', parts.preprocessing] : []),
    ...(parts.inputSize ? ['--input-size', parts.inputSize.join('x')] : []),
    ...(parts.head !== undefined ? ['--head', String(parts.head)] : []),
    ...(parts.labels ? ['--labels', parts.labels] : []),
    ...(parts.isBinary ? ['--binary'] : []),
    ...['--output', `${name}.png`],
  ];
  const modelPath = modelFiles ? commandModel(modelFiles) : lastPart(model);
  const files = [modelPath, pictureFile ?? lastPart(picture)].map(notAnOption);
  const fetched = [...(modelFiles ? [] : [model]), ...(pictureFile ? [] : [picture])];
  const lines = [
    ...fetched.map((address) => ['curl', '-fsSO', address]),
    ['npx', 'gradcam-wasm', 'explain', ...files, ...options],
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
