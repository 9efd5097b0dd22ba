/** What is known of the chosen layer, block or model. */

import { PIXELS, className, pixelsText } from '../view/words.js';
import { bytesText, countText, shapeText, timeText } from './facts.js';
import { button, make } from './make.js';
import { FORMATS, REASONS, detailTexts as texts, modelTexts } from './texts.js';

/** @import { Model } from 'gradcam-wasm/worker' */
/** @import { Answer } from '../explainer.js' */
/** @import { Facts } from './facts.js' */
/** @import { LayerInfo, TreeNode } from './tree.js' */

/**
 * A line with a name and what it says.
 * @typedef {[name: string, text: string | Node | undefined]} Line
 */

/**
 * @param {Line[]} lines those without a text are left out
 */
function list(lines) {
  const pairs = lines.flatMap(([name, text]) => {
    if (text === undefined || text === '') return [];
    return [make('dt', { text: name }), make('dd', {}, text)];
  });
  return make('dl', {}, ...pairs);
}

/**
 * @param {number | null | undefined} value
 * @param {(value: number) => string} format
 */
function orWords(value, format) {
  if (value === undefined) return texts.measuring;
  return value === null ? texts.unknown : format(value);
}

/**
 * @param {object} given
 * @param {TreeNode} given.node a layer, a nested model or a block
 * @param {LayerInfo[]} given.layers
 * @param {Facts} given.facts
 * @param {(id: string) => void} given.onGo opens another layer
 */
export function layerDetails({ node, layers, facts, onGo }) {
  const found = facts.of(node);
  const own = node.layer === undefined ? undefined : layers[node.layer];
  const links = (own?.inputs ?? []).map((i) => {
    const { path } = layers[i];
    return button(lastName(path), () => onGo(path), { class: 'inspect-link', title: path });
  });
  const isUnknown = found.time === null || found.time === undefined;
  const together = found.together.map(lastName);
  const lines = /** @type {Line[]} */ ([
    [texts.type, own?.type ?? texts.block],
    [texts.output, shapeText(found.shape)],
    [texts.params, found.params.toLocaleString('en')],
    [texts.multiplyAdds, orWords(found.multiplyAdds, countText)],
    [texts.memory, own && orWords(found.memory, bytesText)],
    [
      texts.time,
      isUnknown
        ? orWords(found.time, timeText)
        : texts.step(timeText(Number(found.time)), together),
    ],
    [
      texts.reads,
      links.length > 0 ? make('span', { class: 'inspect-links' }, ...links) : undefined,
    ],
  ]);
  return [make('h3', { text: node.name, title: node.id }), list(lines)];
}

/** @param {string} path */
function lastName(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/**
 * @param {object} given
 * @param {TreeNode} given.node the whole model
 * @param {Answer} given.answer
 * @param {Facts} given.facts
 * @param {ImageData} [given.input] the picture as the network gets it
 */
export function modelDetails({ node, answer, facts, input }) {
  const model = /** @type {Model} */ (answer.model);
  return [
    make('h3', { text: node.name }),
    list(networkLines(model, facts)),
    make('h4', { text: modelTexts.file }),
    list(fileLines(model)),
    make('h4', { text: modelTexts.input }),
    list(inputLines(model, answer)),
    ...picture(input),
    make('button', { type: 'button', popovertarget: 'pixels', text: modelTexts.change }),
  ];
}

/**
 * @param {Model} model
 * @param {Facts} facts
 * @returns {Line[]}
 */
function networkLines({ architecture, layers, classCount, labels, head, heads }, { profile }) {
  const names = labels ? `, ${className({ labels }, 0)} to ${labels[labels.length - 1]}` : '';
  const heads_ = heads.length > 1 ? `, of ${head.name}` : '';
  const uncounted = profile?.uncounted.length ? modelTexts.uncounted(profile.uncounted) : '';
  return [
    [modelTexts.architecture, architecture],
    [modelTexts.layers, String(layers.length)],
    [modelTexts.classes, `${classCount}${heads_}${names}`],
    [modelTexts.params, profile ? profile.params.toLocaleString('en') : orWords(profile, String)],
    [
      modelTexts.multiplyAdds,
      profile ? countText(profile.multiplyAdds) + uncounted : orWords(profile, String),
    ],
    [modelTexts.memory, profile ? bytesText(profile.memory) : orWords(profile, String)],
    [modelTexts.time, orWords(profile && profile.time, timeText)],
  ];
}

/**
 * @param {Model} model
 * @returns {Line[]}
 */
function fileLines({ file: { format, bytes, kerasVersion, hasOptimizer, dtypes } }) {
  const numbers = Object.entries(dtypes).map(([type, count]) =>
    modelTexts.dtype(countText(count), type),
  );
  return [
    [modelTexts.format, FORMATS[format]],
    [modelTexts.size, bytesText(bytes)],
    [modelTexts.keras, kerasVersion ? modelTexts.version(kerasVersion) : modelTexts.noVersion],
    [modelTexts.numbers, numbers.join(', ')],
    [modelTexts.optimizer, hasOptimizer ? modelTexts.hasOptimizer : modelTexts.noOptimizer],
  ];
}

/**
 * @param {Model} model
 * @param {Answer} answer
 * @returns {Line[]}
 */
function inputLines(model, { question, run }) {
  const { preprocessing, preprocessingReason, description, inputShape } = model;
  const { ownScaling, contradiction } = description;
  const shape = inputShape.slice(1);
  const size = shape.includes(null) ? `, here ${run.input.height} × ${run.input.width}` : '';
  const own = ownScaling && modelTexts.ownTo(PIXELS[ownScaling]);
  const numbers =
    typeof preprocessing === 'string' ? pixelsText(model) : JSON.stringify(preprocessing);
  return [
    [modelTexts.shape, `${shapeText(shape)}${size}`],
    [modelTexts.crop, modelTexts.crops[question.crop ?? model.crop]],
    [modelTexts.resizing, question.interpolation],
    [modelTexts.pixels, numbers],
    [modelTexts.own, own],
    [modelTexts.found, REASONS[preprocessingReason]],
    [modelTexts.contradiction, contradiction],
  ];
}

/** @param {ImageData | undefined} input */
function picture(input) {
  if (!input) return [];
  const { width, height } = input;
  const label = `${modelTexts.saw}, ${width} × ${height}`;
  const canvas = make('canvas', { role: 'img', 'aria-label': label, width, height });
  canvas.getContext('2d')?.putImageData(input, 0, 0);
  return [make('figure', { class: 'inspect-input' }, canvas, make('figcaption', { text: label }))];
}
