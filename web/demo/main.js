/** Connects the page. Files and addresses go to the page's state, and the page shows answers. */

import { firstAnswer } from './early.js'; // before all others
import readme from '../../README.md?url';
import { methods } from 'gradcam-wasm';
import { formatAsImage } from 'gradcam-wasm/worker';
import { models, samples } from './catalog.js';
import { reviveAnswer } from './first.js';
import { baseName, modelName, sortFiles } from './input/files.js';
import { takeChosenFiles, takeDroppedFiles, takePastedFiles } from './input/take.js';
import { unpackZips } from './input/unzip.js';
import { centreOf, readPixels } from './picture.js';
import { Address, decode } from './state.js';
import { alerts, copied, files as fileTexts, link } from './texts.js';
import { Alert } from './view/alert.js';
import { element } from './view/element.js';
import { Page } from './view/page.js';
import { savePicture } from './view/save.js';
import { wireTabs } from './view/tabs.js';
import { className, lastPart, sentence, targetOf } from './view/words.js';

/** @import { Question } from './explainer.js' */
/** @import { Picture } from './picture.js' */
/** @import { Pane } from './view/pane.js' */

const alert = new Alert(element('alert', HTMLElement));
const page = new Page({
  onState(state) {
    alert.clear();
    address.write(state);
  },
  onSettle: (state) => address.write(state),
  onPicture: showFirstAnswer,
  onError: showError,
});
const address = new Address(openAddress);

/**
 * The files, with those in zips. The page is busy while it reads.
 * @param {File[]} files
 */
async function unpack(files) {
  if (!files.some(({ name }) => /\.zip$/i.test(name))) return files;
  document.body.ariaBusy = 'true';
  try {
    return await unpackZips(files);
  } finally {
    document.body.ariaBusy = 'false';
  }
}

/**
 * Opens pictures, models and class names.
 * @param {File[]} given
 */
async function openFiles(given) {
  try {
    const { model, pictures, labels, strays } = sortFiles(await unpack(given));
    alert.clear();
    const choices = pictures.map((source) => ({ name: baseName(source), source }));
    for (const choice of choices) page.addPicture(choice);
    if (model.length > 0) {
      const known = labels ? undefined : page.findModel(model);
      page.openModel(known ?? { name: modelName(model), source: model, labels });
    } else if (labels) {
      page.openModel(nameClasses(labels));
    }
    if (choices.length > 0) page.openPicture(choices[0]);
    if (strays.length > 0) alert.show(alerts.leftOut, fileTexts.noKind(strays.map(baseName)));
  } catch (error) {
    showError(error, {});
  }
}

/**
 * The open model with names for its classes.
 * @param {File} labels
 */
function nameClasses(labels) {
  const { panes, active } = page.state;
  const { model } = panes[active];
  if (!model) throw new Error(fileTexts.modelFirst);
  return { ...model, labels };
}

/**
 * Opens a file of this server. Others are not asked, because a request would say what is opened.
 * @param {URL} link
 */
async function openLink(link) {
  if (link.origin !== location.origin) return alert.show(alerts.links, alerts.linksHow);
  try {
    const response = await fetch(link);
    if (!response.ok) throw new Error(`The server answers ${response.status}.`);
    const blob = await response.blob();
    openFiles([new File([blob], link.pathname.split('/').at(-1) ?? '', { type: blob.type })]);
  } catch (error) {
    showError(error, {});
  }
}

/**
 * @param {unknown} error
 * @param {Partial<Question>} failed the parts of the question that failed
 */
function showError(error, { model, picture }) {
  const message = error instanceof Error ? error.message : String(error);
  // A list of names that does not fit is named, and not the model.
  const list = model?.labels?.name;
  const what = list && message.startsWith(list) ? list : (model?.name ?? picture?.name);
  alert.show(what ? alerts.notOpened(what) : alerts.failed, sentence(message));
}

/**
 * Shows the saved answer of the first picture, while the model is loading.
 * @param {Pane} pane
 * @param {Picture} picture
 */
async function showFirstAnswer(pane, picture) {
  const saved = await firstAnswer;
  const { question } = pane;
  const isFirst = question.picture === samples[0] && question.target === undefined;
  if (!saved || pane.answer || !isFirst || picture.name !== samples[0].name) return;
  const full = /** @type {Question} */ ({ ...question, model: question.model ?? models[0] });
  const { answer, extras } = reviveAnswer(saved, picture, full);
  pane.showSaved(answer, extras);
}

/** Saves the overlay on the picture in its full size. */
async function save() {
  const answer = page.active.answer;
  if (!answer) return;
  const { explanation, model, picture, question, run } = answer;
  try {
    const whole = await readPixels(picture.file);
    const { crop = model.crop } = question;
    const image = crop === 'center' ? centreOf(whole, run.input) : whole;
    const { layer } = explanation.targets[0];
    const drawn = { modelName: question.model.name, ...explanation, image };
    const { alphaLimit, colormap } = page.state;
    const overlay = await formatAsImage(drawn, { alphaLimit, colormap });
    const names = [
      className(model, targetOf(explanation)),
      lastPart(layer),
      question.model.name,
      picture.name,
    ];
    await savePicture(overlay, `${names.join(' ').replace(/\.\w+$/, '')}.png`);
  } catch (error) {
    showError(error, {});
  }
}

/** Copies the page's address, which has the whole state. */
async function copyLink() {
  address.flush();
  const button = element('copy-link', HTMLButtonElement);
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = copied;
    setTimeout(() => (button.textContent = link), 2000);
  } catch {
    alert.show('', location.href);
  }
}

/**
 * Shows the state that the address has.
 * @param {string} hash
 */
function openAddress(hash) {
  const { state, missing } = decode(hash, methods());
  page.set(state);
  address.accept(state);
  alert.clear();
  if (missing.some((id) => id.startsWith('own-'))) alert.show(alerts.gone, alerts.goneHow);
  else if (missing.length > 0) {
    const ids = models.map(({ id }) => id);
    alert.show(alerts.unknownModel, alerts.among(missing[0], ids));
  }
  return state;
}

takeDroppedFiles(element('drop-target', HTMLElement), openFiles, openLink);
takePastedFiles(openFiles, openLink);
for (const kind of ['picture', 'model', 'labels']) {
  const input = element(`${kind}-file`, HTMLInputElement);
  takeChosenFiles(element(`choose-${kind}`, HTMLButtonElement), input, openFiles);
}
wireTabs(
  /** @type {HTMLElement} */ (document.querySelector('[role=tablist]')),
  element('page', HTMLElement),
);
element('save', HTMLButtonElement).addEventListener('click', save);
element('copy-link', HTMLButtonElement).addEventListener('click', copyLink);
element('docs', HTMLAnchorElement).href = readme;

// The address may name a model before the # too, as links of before do.
const id = new URLSearchParams(location.search).get('model');
const hash = location.hash.slice(1);
openAddress(hash || (id === null ? '' : new URLSearchParams({ model: id }).toString()));
