/** All that is saved of an answer, as plain data that a worker can be given. */

import { samples } from '../catalog.js';
import { lookOf } from '../look.js';
import { encode, firstMethod } from '../state.js';
import * as signedWords from '../view/signed-words.js';
import * as words from '../view/words.js';
import { hasLayer, infoOf, isAttribution } from '../ways.js';

/** @import { HeatMap, TargetExplanation } from 'gradcam-wasm' */
/** @import { Answer, Extras } from '../explainer.js' */
/** @import { Look } from '../paint.js' */
/** @import { PageState } from '../state.js' */
/** @import { Difference } from '../view/comparison.js' */
/** @import { Legend } from '../view/legend.js' */
/** @import { Pane } from '../view/pane.js' */
/** @import { CodeParts } from './code.js' */

/**
 * One picture with its map and its words.
 * @typedef {object} Shown
 * @property {Blob} file the picture in full size
 * @property {{ width: number, height: number } | undefined} crop the input's size, of which the
 *   picture's centre has the shape. undefined if the whole picture is shown
 * @property {HeatMap} heatmap
 * @property {Look} look
 * @property {Legend} legend
 * @property {boolean} heat whether the map is drawn
 * @property {string} headline
 * @property {string} where
 * @property {string} facts
 */

/**
 * What the settings of a saved file say, from which the page is restored.
 * @typedef {object} SavedSettings
 * @property {1} version
 * @property {string} state as the address has it
 * @property {{ name: string, type: string, size: number, isSample: boolean }} picture
 * @property {{ name: string, isOwn: boolean }} model
 */

/**
 * @typedef {object} Snapshot
 * @property {Shown} shown
 * @property {SavedSettings} settings
 * @property {[name: string, value: string][]} rows the settings in words
 * @property {CodeParts} code
 * @property {string} fileName without its ending
 * @property {string} description
 * @property {ImageData} seen the picture as the page shows it
 * @property {words.ClassRow[]} classRows
 * @property {{ scores: Float32Array, logits: Float32Array }} outputs
 * @property {TargetExplanation} target
 * @property {TargetExplanation[]} classes
 * @property {TargetExplanation[]} layers
 * @property {{ score: number, hidden: Changed, kept: Changed, pairs: string[], verdict: string }
 *   | undefined} proof
 * @property {Record<string, unknown>} facts for the numbers
 */

/** @typedef {{ score: number, picture: ImageData }} Changed */

/**
 * @param {PageState} state
 * @param {Pane} pane
 * @returns {Snapshot | undefined} undefined if the pane has no answer
 */
export function takeSnapshot(state, pane) {
  const { answer, extras } = pane;
  if (!answer) return undefined;
  const shown = showOf(state, pane, answer);
  const [target] = answer.explanation.targets;
  const rows = words.classRows(answer);
  return {
    shown,
    settings: settingsOf(state, answer),
    rows: settingRows(state, pane, answer),
    code: codeParts(state, pane, answer),
    fileName: fileName(answer),
    description: signedWords.description(answer, shown.where),
    seen: answer.seen,
    classRows: rows,
    outputs: { scores: answer.run.scores, logits: answer.run.logits },
    target,
    classes: extras.classes ?? [],
    layers: extras.layers ?? [],
    proof: proofOf(answer, extras.proof),
    facts: factsOf(pane, answer),
  };
}

/**
 * All panes that have a map, that of the difference last.
 * @param {PageState} state
 * @param {Pane[]} panes
 * @param {Difference | undefined} difference
 * @returns {{ shown: Shown, seen: ImageData }[]}
 */
export function showAll(state, panes, difference) {
  const all = panes.flatMap((pane) => {
    const { answer } = pane;
    return answer ? [{ shown: showOf(state, pane, answer), seen: answer.seen }] : [];
  });
  if (!difference) return all;
  const { answer, heatmap, legend, title, headline, where } = difference;
  const words = { headline, where, facts: `${title}\u00a0· ${answer.picture.name}` };
  const drawn = { heatmap, legend, look: lookOf(state), heat: state.heat };
  const shown = { file: answer.picture.file, crop: undefined, ...drawn, ...words };
  return [...all, { shown, seen: answer.seen }];
}

/**
 * @param {PageState} state
 * @param {Pane} pane
 * @param {Answer} answer of the pane
 * @returns {Shown}
 */
function showOf(state, pane, answer) {
  const { explanation, picture, question, model, run, seen } = answer;
  const { layer, heatmap } = explanation.targets[0];
  const facts = [
    question.model.name,
    `${words.lastPart(layer)}, ${heatmap.height} × ${heatmap.width}`,
    infoOf(question.method).title,
    picture.name,
  ];
  const { width, height } = run.input;
  const isCut = (question.crop ?? model.crop) === 'center' && seen !== picture.pixels;
  return {
    file: picture.file,
    crop: isCut ? { width, height } : undefined,
    heatmap: pane.heatmap ?? heatmap,
    legend: pane.legend(),
    look: lookOf(state),
    heat: state.heat,
    headline: signedWords.headline(answer),
    where: signedWords.whereSentence(answer),
    // The dots stay at the ends of lines.
    facts: facts.join('\u00a0· '),
  };
}

/**
 * Class, layer, method, network and picture: what tells one file from another.
 * @param {Answer} answer
 */
function fileName(answer) {
  const { explanation, question, picture } = answer;
  const { name } = question.model;
  const names = [
    classNames(answer).join(' against '),
    ...(isAttribution(question.method) ? [] : [words.lastPart(explanation.targets[0].layer)]),
    ...(question.method === firstMethod ? [] : [infoOf(question.method).title]),
    // The names of the page's models end in the network.
    withoutEnding(/\(([^()]+)\)$/.exec(name)?.[1] ?? name),
    withoutEnding(question.picture.id ?? picture.name),
  ];
  return names
    .join(' ')
    .replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, '_')
    .slice(0, 180);
}

/**
 * The explained class, and the one that it is set against.
 * @param {Answer} answer
 */
function classNames(answer) {
  const { model, explanation } = answer;
  const versus = signedWords.versusOf(answer);
  const classes = [words.targetOf(explanation), ...(versus === undefined ? [] : [versus])];
  return classes.map((index) => words.className(model, index));
}

/** @param {string} name */
function withoutEnding(name) {
  return name.replace(/\.[a-z]\w{1,10}$/i, '');
}

/**
 * @param {PageState} state
 * @param {Answer} answer
 * @returns {SavedSettings}
 */
function settingsOf(state, { question, picture }) {
  const { name, file } = picture;
  const { model } = question;
  return {
    version: 1,
    state: completeState(state),
    picture: {
      name,
      type: file.type,
      size: file.size,
      isSample: samples.some(({ id }) => id === question.picture.id),
    },
    model: { name: model.name, isOwn: model.id === undefined || model.labels !== undefined },
  };
}

/**
 * The state with its first model and picture, which an address leaves out. A later page may open
 * with others.
 * @param {PageState} state
 */
function completeState(state) {
  const text = new URLSearchParams(encode(state));
  const { id } = state.panes[0].model ?? {};
  if (!text.has('model') && id) text.set('model', id);
  if (!text.has('pic') && state.picture?.id) text.set('pic', state.picture.id);
  return text.toString();
}

/**
 * @param {PageState} state
 * @param {Pane} pane
 * @param {Answer} answer of the pane
 * @returns {[name: string, value: string][]}
 */
function settingRows(state, pane, answer) {
  const { question, model, explanation, picture } = answer;
  const { layer, heatmap } = explanation.targets[0];
  const { title, description } = infoOf(question.method);
  const [name, other] = classNames(answer);
  const colors = heatmap.colors ? 'red and blue' : state.colormap;
  return [
    ['Picture', picture.name],
    ['Model', `${question.model.name}: ${words.modelFacts(answer)}`],
    ['Class', name],
    ...rowIf(other, 'Against'),
    ...rowIf(isAttribution(question.method) ? question.layer : layer, 'Layer'),
    ['Method', `${title}. ${description}`],
    ['Explained', question.logits || other ? 'the logit' : 'the score'],
    ['Crop', question.crop ?? model.crop],
    ['Resizing', question.interpolation],
    ['Colours', `${colors}, opacity ${Math.round(100 * state.alphaLimit)}%`],
    ...rowIf(pane.scale?.toPrecision(3), 'Scale shared with other panes, factor'),
  ];
}

/**
 * A row, if it has a value.
 * @param {string | undefined} value
 * @param {string} name
 * @returns {[name: string, value: string][]}
 */
function rowIf(value, name) {
  return value === undefined ? [] : [[name, value]];
}

/**
 * @param {PageState} state
 * @param {Pane} pane
 * @param {Answer} answer of the pane
 * @returns {CodeParts}
 */
function codeParts(state, pane, answer) {
  const { question, model, run, sizeReason, explanation } = answer;
  const { source, preprocessing, labels, head, network } = question.model;
  const { method } = question;
  const isOfPixels = isAttribution(method);
  const { target, layer, heatmap } = explanation.targets[0];
  const files = typeof source === 'string' ? undefined : source.map((file) => file.name);
  const picture = question.picture.source;
  return {
    name: fileName(answer),
    model: typeof source === 'string' ? new URL(source, document.baseURI).href : '',
    modelFiles: files,
    picture: typeof picture === 'string' ? new URL(picture, document.baseURI).href : '',
    pictureFile: typeof picture === 'string' ? undefined : question.picture.name,
    preprocessing: typeof preprocessing === 'string' ? preprocessing : undefined,
    labels: labels?.name,
    isImagenet: model.labelsReason === 'imagenet',
    isBinary: model.classCount === 2,
    ...{ head, network },
    inputSize: sizeReason === 'fixed' ? undefined : [run.input.height, run.input.width],
    crop: question.crop,
    interpolation: question.interpolation,
    target: Number(target),
    versus: signedWords.versusOf(answer),
    // An attribution of pixels has no layer, unless its method takes one.
    layer: isOfPixels ? (hasLayer(method) ? question.layer : undefined) : layer,
    method,
    isAttribution: isOfPixels,
    logits: question.logits,
    scale: pane.scale ?? 1,
    isSigned: heatmap.colors !== undefined,
    colormap: state.colormap,
    alphaLimit: state.alphaLimit,
  };
}

/**
 * @param {Answer} answer
 * @param {Extras['proof'] | undefined} found
 */
function proofOf(answer, found) {
  if (!found) return undefined;
  const { score, hidden, kept } = found;
  const pairs = [hidden, kept].map((changed) => words.scorePair(answer, score, changed.score));
  return { score, hidden, kept, pairs, verdict: words.proofSentence(answer, found) };
}

/**
 * @param {Pane} pane
 * @param {Answer} answer of the pane
 */
function factsOf({ scale }, answer) {
  const { question, model, run, explanation, picture } = answer;
  const [{ layer }] = explanation.targets;
  const versus = signedWords.versusOf(answer);
  return {
    model: question.model.name,
    picture: picture.name,
    input: { width: run.input.width, height: run.input.height },
    preprocessing: model.preprocessing,
    preprocessingReason: model.preprocessingReason,
    labelsReason: model.labelsReason,
    ...(run.inputWarning && { warning: run.inputWarning }),
    ...(model.heads.length > 1 && { head: model.head.name }),
    crop: question.crop ?? model.crop,
    interpolation: question.interpolation,
    layer,
    method: question.method,
    logits: question.logits || versus !== undefined,
    ...(versus !== undefined && { versus: { index: versus, label: classNames(answer)[1] } }),
    ...(scale !== undefined && { scale }),
  };
}
