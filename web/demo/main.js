/** Connects the page. Files and addresses go to the page's state, and the page shows answers. */

import { firstAnswer } from './early.js'; // before all others
import { isDemo, models, samples } from './catalog.js';
import { reviveAnswer } from './first.js';
import { MANY, areSameFiles, baseName, modelName, sortFiles } from './input/files.js';
import { takeChosenFiles, takeDroppedFiles, takePastedFiles } from './input/take.js';
import { unpackZips } from './input/unzip.js';
import { isKeeping } from './keep/wish.js';
import { Address, decode, encode, firstMethod, own } from './state.js';
import { alerts, copied, files as fileTexts, link, linkLacks } from './texts.js';
import { Alert } from './view/alert.js';
import { element } from './view/element.js';
import { Page } from './view/page.js';
import { wireTabs } from './view/tabs.js';
import { sentence } from './view/words.js';
import { WAYS } from './ways.js';

/** @import { Question } from './explainer.js' */
/** @import { Given } from './given.js' */
/** @import { Picture, PictureChoice } from './picture.js' */
/** @import { PageState } from './state.js' */
/** @import { Pane } from './view/pane.js' */

const alert = new Alert(element('alert', HTMLElement));
const page = new Page({
  onState(state) {
    alert.clear();
    address.write(state);
  },
  onSettle(state) {
    address.write(state);
    keepOffline(state);
  },
  onPicture: showFirstAnswer,
  onError: showError,
});
const address = new Address(openAddress);
/** Whether the user has given files, which only this page has. */
let holdsFiles = false;

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
 * Keeps the page and its models for a time without a network. It begins with the first answer.
 * @param {PageState} state
 */
function keepOffline(state) {
  if (!isDemo) return;
  const start = () =>
    import('./offline/start.js').then(
      ({ keep }) => keep(state, () => holdsFiles),
      () => {}, // the server is gone, and the page works as long as it is open
    );
  // The answer is shown first.
  setTimeout(start);
}

/**
 * Opens pictures, models and class names. Many pictures go to a sheet of their own.
 * @param {File[]} given
 * @param {boolean} [mayRestore] whether a PNG that the page saved restores the page
 * @param {number} [many] how many pictures are many
 */
async function openFiles(given, mayRestore = true, many = MANY) {
  holdsFiles = true;
  document.querySelector('dialog')?.close();
  try {
    if (mayRestore && (await restorePage(given))) return;
    const { model, pictures, labels, strays } = sortFiles(await unpack(given));
    alert.clear();
    const isSheet = pictures.length >= many;
    const choices = isSheet ? [] : pictures.map(choiceOf);
    for (const choice of choices) page.addPicture(choice);
    if (model.length > 0) {
      const known = labels ? undefined : page.findModel(model);
      page.openModel(known ?? { name: modelName(model), source: model, labels });
    } else if (labels) {
      page.openModel(nameClasses(labels));
    }
    if (choices.length > 0) page.openPicture(choices[0]);
    rememberFiles(choices);
    if (strays.length > 0) alert.show(alerts.leftOut, fileTexts.noKind(strays.map(baseName)));
    if (isSheet) (await loadSheet()).fill(pictures).open();
  } catch (error) {
    showError(error, {});
  }
}

/**
 * Opens what the command line gave the page.
 * @param {Given} given
 * @param {boolean} isFirst whether the address asks for nothing else
 */
async function openGiven({ model, pictures }, isFirst) {
  if (isFirst && model) page.openModel(model);
  if (pictures.length >= MANY) {
    const filled = (await loadSheet()).fill(pictures.map(({ source }) => source));
    if (!page.state.picture) filled.open();
    return;
  }
  for (const picture of pictures) page.addPicture(picture);
  if (isFirst && pictures.length > 0) page.openPicture(pictures[0]);
}

/**
 * The picture of a file, if it was opened before.
 * @param {File} file
 */
function findPicture(file) {
  const choices = own.all.map(([, choice]) => choice);
  const found = choices.find(({ source }) => {
    return source instanceof File && areSameFiles([source], [file]);
  });
  return /** @type {PictureChoice | undefined} */ (found);
}

/**
 * A file as the picture that it is on the page.
 * @param {File} file
 * @returns {PictureChoice}
 */
function choiceOf(file) {
  return findPicture(file) ?? { name: baseName(file), source: file };
}

/**
 * Opens a picture that the camera took, or one of a sheet.
 * @param {File} file
 */
function openTaken(file) {
  holdsFiles = true;
  const choice = choiceOf(file);
  page.openPicture(choice);
  rememberFiles([choice]);
}

/** @type {Promise<import('./folder/sheet.js').Sheet> | undefined} */
let sheet;

/** The sheet of a folder's pictures. */
function loadSheet() {
  const onAnother = () => element('folder-file', HTMLInputElement).click();
  sheet ??= import('./folder/sheet.js').then(
    ({ Sheet }) => new Sheet(page, { onOpen: openTaken, onAnother }),
  );
  return sheet;
}

/** @type {Promise<import('./camera/camera.js').Camera> | undefined} */
let camera;

async function openCamera() {
  camera ??= import('./camera/camera.js').then(({ Camera }) => new Camera(page, openTaken));
  try {
    (await camera).open();
  } catch (error) {
    camera = undefined;
    showError(error, {});
  }
}

/** @type {Promise<import('./keep/keeper.js').Keeper> | undefined} */
let keeper;

/** What remembers files. It opens those that it has. */
function loadKeeper() {
  keeper ??= import('./keep/keeper.js').then(({ Keeper }) => new Keeper(page));
  return keeper;
}

/**
 * Remembers what is open, if the user wants that.
 * @param {PictureChoice[]} pictures
 */
async function rememberFiles(pictures) {
  for (const picture of pictures) own.key(picture);
  // The state names the models.
  encode(page.state);
  if (isKeeping()) (await loadKeeper()).keepAll();
}

/** Fills the panel of what the browser keeps, when it is first opened. */
async function loadKeepPanel() {
  const panel = element('kept', HTMLElement);
  try {
    const { KeepPanel } = await import('./keep/panel.js');
    if (panel.childElementCount === 0) new KeepPanel(panel, await loadKeeper());
  } catch (error) {
    panel.hidePopover();
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
  const isPlain = question.method === firstMethod && question.versus === undefined;
  const isFirst = question.picture === samples[0] && question.target === undefined && isPlain;
  if (!saved || pane.answer || !isFirst || picture.name !== samples[0].name) return;
  const full = /** @type {Question} */ ({ ...question, model: question.model ?? models[0] });
  const { answer, extras } = reviveAnswer(saved, picture, full);
  pane.showSaved(answer, extras);
}

/** Fills the panel that saves, when it is first opened. */
async function loadSaveMenu() {
  const panel = element('save-menu', HTMLElement);
  try {
    const { SaveMenu } = await import('./save/menu.js');
    if (panel.childElementCount === 0) new SaveMenu(panel, page);
  } catch (error) {
    panel.hidePopover();
    showError(error, {});
  }
}

/**
 * Restores the page from a PNG file that it saved.
 * @param {File[]} files
 * @returns {Promise<boolean>} whether the file was one
 */
async function restorePage(files) {
  if (files.length !== 1 || !/\.png$/i.test(files[0].name)) return false;
  document.body.ariaBusy = 'true';
  try {
    const { restoreFrom } = await import('./save/restore.js');
    const restored = await restoreFrom(files[0], WAYS);
    if (!restored) return false;
    if (restored.state) page.change(restored.state);
    const asPicture = { text: restored.asPicture, act: () => openFiles(files, false) };
    alert.show(restored.title, restored.text, asPicture);
    return true;
  } catch {
    // What cannot be read is opened as a picture, which says what is wrong with it.
    return false;
  } finally {
    document.body.ariaBusy = 'false';
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
    if (/[=|]own-/.test(decodeURIComponent(location.hash))) alert.show(copied, linkLacks);
  } catch {
    alert.show('', location.href);
  }
}

/**
 * Shows the state that the address has.
 * @param {string} hash
 */
function openAddress(hash) {
  const { state, missing } = decode(hash, WAYS);
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

element('no-start', HTMLElement).remove();
takeDroppedFiles(element('drop-target', HTMLElement), openFiles, openLink);
takePastedFiles(openFiles, openLink);
for (const kind of ['picture', 'model', 'labels']) {
  const input = element(`${kind}-file`, HTMLInputElement);
  takeChosenFiles(element(`choose-${kind}`, HTMLButtonElement), input, openFiles);
}
const folder = element('folder-file', HTMLInputElement);
takeChosenFiles(undefined, folder, (files) => openFiles(files, false, 2));
element('choose-folder', HTMLButtonElement).addEventListener('click', async () => {
  if (sheet) (await sheet).open();
  else folder.click();
});
element('camera-button', HTMLButtonElement).addEventListener('click', openCamera);
wireTabs(
  /** @type {HTMLElement} */ (document.querySelector('[role=tablist]')),
  element('page', HTMLElement),
);
element('save', HTMLButtonElement).addEventListener('click', loadSaveMenu);
element('copy-link', HTMLButtonElement).addEventListener('click', copyLink);
element('keep', HTMLButtonElement).addEventListener('click', loadKeepPanel);

/** Opens what the address names, files that the page remembers among them. */
async function start() {
  // The address may name a model before the # too, as links of before do.
  const id = new URLSearchParams(location.search).get('model');
  const named = id === null ? '' : new URLSearchParams({ model: id }).toString();
  const hash = location.hash.slice(1) || named;
  const kept = isKeeping() ? loadKeeper().then(({ settled }) => settled) : undefined;
  // A page without its remembered files still opens the rest.
  if (hash.includes('own-')) await kept?.catch(() => {});
  const given = isDemo ? undefined : import('./given.js').then(({ readGiven }) => readGiven());
  await given?.catch(() => {});
  // The scripts have taken long enough. The browser handles what waits before the page begins.
  await new Promise((resolve) => setTimeout(resolve));
  openAddress(hash);
  given?.then((files) => openGiven(files, hash === '')).catch((error) => showError(error, {}));
}

start();
