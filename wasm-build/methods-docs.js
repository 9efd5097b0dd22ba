// npm run docs writes the parts of docs/methods.md on each method, after the line that says so, and
// draws their pictures. The texts come from the package's own tables. A test checks that they stand
// there.

import fs from 'node:fs';
import path from 'node:path';
import { encode } from 'fast-png';
import { format } from 'prettier';
import { attributionInfo, attributionMethods } from '../web/package/attribution/methods.js';
import { methodInfo, methods } from '../web/package/model/methods.js';
import { formatAsImage, imageToArray, loadImage, loadModel } from '../web/package/index.js';
import { root } from './tools.js';

/** @import { Run } from 'gradcam-wasm' */

export const METHODS_DOCUMENT = path.join(root, 'docs/methods.md');

/** Everything after this line of the document is made here. */
const MARK = '<!-- From here on: made by npm run docs. -->\n';

const FOLDER = 'images/methods';

/** The layers whose maps are shown: a late one and one of finer grain. */
const LAYERS = ['top_activation', 'block3b_add'];

/** docs/methods.md as it should be. */
export async function methodsDocument() {
  const [head] = fs.readFileSync(METHODS_DOCUMENT, 'utf8').split(MARK);
  const text = [
    head + MARK,
    '## Methods of layers\n',
    'A(p, k) is the output of the layer at position p and channel k. G is the gradient of the ' +
      'class with regard to A. S is the score or the logit. The pictures show `zebra` of ' +
      `EfficientNet-Lite0 at \`${LAYERS[0]}\` (7 x 7) and at \`${LAYERS[1]}\` (28 x 28).\n`,
    ...methods().map(methodPart),
    '## Attributions of the input\n',
    'x is the input, and g the gradient of S with regard to x. f is a forward pass, b a backward ' +
      'pass. Red speaks for the class and blue against it, where there is a sign.\n',
    ...attributionMethods().map(attributionPart),
  ].join('\n');
  const options = JSON.parse(read('.prettierrc.json').toString());
  return format(text, { ...options, parser: 'markdown' });
}

/** @param {import('gradcam-wasm').Method} name */
function methodPart(name) {
  const { title, description, formula, when, cost, paper } = methodInfo(name);
  const pictures = LAYERS.map((layer, i) => {
    return `![${title} of the zebra at ${layer}](${FOLDER}/${name}-${i + 1}.png)`;
  });
  return part(name, title, pictures, [description, when], { formula, cost, paper });
}

/** @param {import('gradcam-wasm').AttributionMethod} name */
function attributionPart(name) {
  const { title, description, formula, cost, paper } = attributionInfo(name);
  const picture = `![${title} of the zebra](${FOLDER}/${name}.png)`;
  return part(name, title, [picture], [description], { formula, cost, paper });
}

/**
 * @param {string} name
 * @param {string} title
 * @param {string[]} pictures
 * @param {string[]} texts
 * @param {{ formula: string, cost: string, paper: string }} facts
 */
function part(name, title, pictures, texts, { formula, cost, paper }) {
  const facts = [`- Formula: \`${formula}\``, `- Cost: ${cost}`, `- Source: ${paper}`];
  const lines = [`### ${title}: \`${name}\``, pictures.join(' '), ...texts, facts.join('\n')];
  return `${lines.join('\n\n')}\n`;
}

/** Draws the pictures of all methods. */
export async function drawMethods() {
  const run = await openRun();
  const target = run.decodePredictions({ top: 1 })[0].index;
  for (const method of methods()) {
    const options = { targets: target, layer: LAYERS, method, logits: true, channels: 64 };
    const explanation = await run.explain(options);
    LAYERS.forEach((_, index) => {
      write(`${method}-${index + 1}`, formatAsImage(explanation, { index }));
    });
  }
  for (const method of attributionMethods()) {
    const made = await run.attribute({ target, method });
    write(method, formatAsImage({ heatmap: made.toHeatmap(), image: run.picture }));
  }
}

/** The zebra beside the giraffe, small enough for a page. @returns {Promise<Run>} */
async function openRun() {
  const model = await loadModel(read('build/models/efficientnet_lite0.safetensors'));
  const file = read('build/pictures/giraffe.jpg');
  const image = await loadImage(file, { targetSize: [120, 160], interpolation: 'lanczos' });
  return model.run(file, { image });
}

/** @param {string} file from the project's root */
const read = (file) => fs.readFileSync(path.join(root, file));

/**
 * @param {string} name
 * @param {ImageData} picture
 */
function write(name, { data, width, height }) {
  const file = path.join(root, 'docs', FOLDER, `${name}.png`);
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, encode({ data, width, height, channels: 4, depth: 8 }));
}
