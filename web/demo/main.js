/** Connects the page. Questions go to the explainer, and its answers go to the views. */

import readme from '../../README.md?url';
import { findModel, models, samples } from './catalog.js';
import { Comparison } from './comparison.js';
import { drawOverlay, Explainer } from './explainer.js';
import { baseName, modelName, sortFiles } from './input/files.js';
import { takeChosenFiles, takeDroppedFiles, takePastedFiles } from './input/take.js';
import { centreOf, readPixels } from './picture.js';
import { Alert } from './view/alert.js';
import { element } from './view/element.js';
import { Page } from './view/page.js';
import { ProgressPanel } from './view/progress.js';
import { savePicture } from './view/save.js';
import { sentence } from './view/words.js';

/** @import { ModelChoice, Question } from './explainer.js' */
/** @import { PictureChoice } from './picture.js' */

const alert = new Alert(element('alert', HTMLElement));
const progress = new ProgressPanel({
  panel: element('progress', HTMLElement),
  text: element('progress-text', HTMLElement),
  bar: element('progress-bar', HTMLProgressElement),
});
const page = new Page({
  models,
  samples,
  ask,
  openModel: (model) => ask(withModel(model)),
  compareWith: (model) => comparison.choose(model, explainer.answer?.question),
  openPicture: (picture) => ask(withPicture(picture)),
});
const comparison = new Comparison(showError);
const explainer = new Explainer({
  onStart(changes) {
    progress.start(changes.model ? `Opening ${changes.model.name}` : 'Looking at the picture');
    page.start(changes);
  },
  onProgress: (state) => progress.show(state),
  onAnswer(answer) {
    page.show(answer);
    comparison.follow(answer.question);
  },
  onError: (error, changes) => showError(error, changes),
  onIdle() {
    progress.end();
    page.settle();
  },
});

/** @param {Partial<Question>} changes */
function ask(changes) {
  alert.clear();
  explainer.ask(changes);
}

/**
 * @param {PictureChoice} picture
 * @returns {Partial<Question>}
 */
function withPicture(picture) {
  return { picture, target: undefined };
}

/**
 * @param {ModelChoice} model
 * @returns {Partial<Question>}
 */
function withModel(model) {
  const last = explainer.answer?.question;
  // The same model with other settings keeps the crop. Another has its own.
  const crop = last?.model.source === model.source ? last.crop : undefined;
  return { model, target: undefined, layer: undefined, crop };
}

/**
 * Opens pictures, models and class names.
 * @param {File[]} files
 */
function openFiles(files) {
  try {
    const { model, picture, labels } = sortFiles(files);
    ask({
      ...(picture && withPicture({ name: baseName(picture), source: picture })),
      ...(model.length > 0 && withModel({ name: modelName(model), source: model, labels })),
      ...(model.length === 0 && labels && withModel(nameClasses(labels))),
    });
  } catch (error) {
    showError(error, {});
  }
}

/**
 * The open model with names for its classes.
 * @param {File} labels
 */
function nameClasses(labels) {
  const open = explainer.answer?.question.model;
  if (!open) throw new Error('Class names belong to a model. Open a model first.');
  return { ...open, labels };
}

/**
 * @param {unknown} error
 * @param {Partial<Question>} changes the question that failed
 */
function showError(error, { model, picture }) {
  const message = error instanceof Error ? error.message : String(error);
  // A list of names that does not fit is named, and not the model.
  const list = model?.labels?.name;
  const what = list && message.startsWith(list) ? list : (model?.name ?? picture?.name);
  alert.show(what ? `${what} could not be opened.` : 'That did not work.', sentence(message));
}

/** Saves the overlay on the picture in its full size. */
async function save() {
  if (!explainer.answer) return;
  const { explanation, model, picture, question, run } = explainer.answer;
  try {
    const whole = await readPixels(picture.file);
    const { crop = model.crop } = question;
    const seen = crop === 'center' ? centreOf(whole, run.input) : whole;
    const overlay = await drawOverlay(explanation, seen, question);
    await savePicture(overlay, `${picture.name.replace(/\.\w+$/, '')} heat map.png`);
  } catch (error) {
    showError(error, {});
  }
}

takeDroppedFiles(element('drop-target', HTMLElement), openFiles);
takePastedFiles(openFiles);
for (const kind of ['picture', 'model', 'labels']) {
  const input = element(`${kind}-file`, HTMLInputElement);
  takeChosenFiles(element(`choose-${kind}`, HTMLButtonElement), input, openFiles);
}
element('save', HTMLButtonElement).addEventListener('click', save);
element('cancel', HTMLButtonElement).addEventListener('click', () => explainer.cancel());
element('docs', HTMLAnchorElement).href = readme;

const id = new URLSearchParams(location.search).get('model') ?? undefined;
const named = findModel(id);
ask({
  ...withModel(named ?? findModel() ?? models[0]),
  ...withPicture(samples[0]),
  interpolation: 'nearest',
  method: 'gradCam',
  logits: false,
  alphaLimit: 0.65,
  colormap: 'viridis',
});
if (!named) {
  const ids = models.map((model) => model.id).join(', ');
  alert.show('The address names an unknown model.', `model=${id} is not among ${ids}.`);
}
