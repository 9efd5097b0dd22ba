/**
 * The page. It keeps the state, asks the panes what the state says, and shows the active pane's
 * classes and layers.
 */

import { models, samples } from '../catalog.js';
import { lookOf } from '../look.js';
import { MOST_PANES, firstMethod, firstState } from '../state.js';
import { versusTexts, waysTexts } from '../texts.js';
import { WAYS, hasLayer, infoOf, isAttribution } from '../ways.js';
import { ClassList } from './class-list.js';
import { element } from './element.js';
import { FilmStrip } from './film-strip.js';
import { InputPanel } from './input-panel.js';
import { ModelSelect } from './model-select.js';
import { Pane } from './pane.js';
import { Proof } from './proof.js';
import { versusOf } from './signed-words.js';
import { Tray } from './tray.js';
import * as words from './words.js';

/** @import { HeatMap, TargetExplanation } from 'gradcam-wasm' */
/** @import { Answer, Question, Way } from '../explainer.js' */
/** @import { ModelChoice } from '../models.js' */
/** @import { Picture, PictureChoice } from '../picture.js' */
/** @import { PageState, PaneState } from '../state.js' */
/** @import { Inspector } from '../inspect/inspector.js' */
/** @import { Comparison } from './comparison.js' */
/** @import { StageView } from './stage.js' */
/** @import { Cure } from './words.js' */

/** Milliseconds for which colours must stay before all small maps are painted with them. */
const REPAINT = 100;

export class Page {
  /** @type {PageState} */
  state = { ...firstState, panes: [] };
  #listener;
  /** @type {Map<number, Pane>} by the keys of the state */
  #panes = new Map();
  #box = element('panes', HTMLElement);
  #method = element('method', HTMLSelectElement);
  #logits = element('logits', HTMLInputElement);
  #heat = element('heat', HTMLInputElement);
  #opacity = element('opacity', HTMLInputElement);
  #opacityValue = element('opacity-value', HTMLOutputElement);
  #colormap = element('colormap', HTMLSelectElement);
  #pixels = element('pixels-button', HTMLButtonElement);
  #save = element('save', HTMLButtonElement);
  #compare = element('compare', HTMLButtonElement);
  /** @type {Comparison | undefined} */
  #comparison;
  /** @type {Inspector | undefined} */
  #inspector;
  #models;
  #input;
  #tray;
  #classes;
  #strip;
  #proof;
  /** @type {Answer | undefined} the answer that the lists show */
  #listed;
  /** @type {StageView | undefined} the part of the picture that all panes show */
  #view;
  /** @type {unknown} the maps that the strip shows */
  #shownLayers;

  /**
   * @param {object} listener
   * @param {(state: PageState) => void} listener.onState the user changed the state
   * @param {(state: PageState) => void} listener.onSettle the state is answered, and what could not
   *   be answered is undone
   * @param {(pane: Pane, picture: Picture) => void} listener.onPicture
   * @param {(error: unknown, failed: Partial<Question>) => void} listener.onError
   */
  constructor(listener) {
    this.#listener = listener;
    this.#models = new ModelSelect(models, (model) => this.openModel(model));
    this.#input = new InputPanel(
      (changes) => this.change(changes),
      (model) => this.openModel(model),
    );
    this.#tray = new Tray(element('tray', HTMLElement), (picture) => this.openPicture(picture));
    for (const sample of samples) this.#tray.add(sample);
    this.#classes = new ClassList({
      onChoose: (target) => this.changePane({ target, versus: undefined }),
      onVersus: (index) => this.#setAgainst(index),
      onPreview: (index) => this.#preview(index),
    });
    this.#strip = new FilmStrip((layer) => this.changePane({ layer }));
    this.#proof = new Proof((name, answer) => this.active.measure(name, answer));
    this.#wireControls();
  }

  /** The pane whose classes and layers are listed. */
  get active() {
    const { key } = this.state.panes[this.state.active];
    return /** @type {Pane} */ (this.#panes.get(key));
  }

  /** All panes, in their order. */
  get panes() {
    return this.state.panes.flatMap(({ key }) => this.#panes.get(key) ?? []);
  }

  /** What the pane of the difference shows, if there is one. */
  get difference() {
    return this.#comparison?.difference;
  }

  /**
   * Changes what all panes share.
   * @param {Partial<PageState>} changes
   */
  change(changes) {
    this.set({ ...this.state, ...changes });
    this.#listener.onState(this.state);
  }

  /**
   * Changes what is the active pane's own.
   * @param {Partial<PaneState>} changes
   */
  changePane(changes) {
    const { panes, active } = this.state;
    this.change({ panes: panes.map((pane, i) => (i === active ? { ...pane, ...changes } : pane)) });
  }

  /** @param {ModelChoice} model for the active pane */
  openModel(model) {
    const { panes, active, crop } = this.state;
    // The same model with other settings keeps the crop. Another has its own.
    const isSame = panes[active].model?.source === model.source;
    const opened = { key: panes[active].key, method: panes[active].method, model };
    this.change({
      crop: isSame ? crop : undefined,
      panes: panes.map((pane, i) => (i === active ? opened : pane)),
    });
  }

  /**
   * Opens a picture. Its top class is explained.
   * @param {PictureChoice} picture
   */
  openPicture(picture) {
    this.addPicture(picture);
    const top = { target: undefined, versus: undefined };
    const panes = this.state.panes.map((pane) => ({ ...pane, ...top }));
    this.change({ picture, panes });
  }

  /** @param {PictureChoice} picture */
  addPicture(picture) {
    this.#tray.add(picture);
  }

  /** @param {ModelChoice} model which the list of models gets */
  addModel(model) {
    this.#models.add(model);
    this.#models.mark(this.state.panes[this.state.active]?.model);
  }

  /**
   * The model of these files, if it was opened before.
   * @param {File[]} files
   */
  findModel(files) {
    return this.#models.find(files);
  }

  /** @param {PageState} state */
  set(state) {
    const before = this.state;
    this.state = state;
    this.#matchPanes();
    state.panes.forEach((own, i) => {
      const pane = /** @type {Pane} */ (this.#panes.get(own.key));
      const changes = changesOf(
        questionOf(state, own),
        questionOf(
          before,
          before.panes.find(({ key }) => key === own.key),
        ),
      );
      if (Object.keys(changes).length > 0) pane.ask(changes);
      pane.draw(state);
      pane.mark(i === state.active, state.panes.length === 1);
    });
    if (state.picture) this.addPicture(state.picture);
    this.#showState();
    this.#compareAll();
    this.#inspect();
    this.#list(before.colormap !== state.colormap || before.alphaLimit !== state.alphaLimit);
  }

  /** Adds a pane like the active one. */
  compare() {
    const { panes, active } = this.state;
    if (panes.length >= MOST_PANES) return;
    const key = Math.max(...panes.map(({ key }) => key)) + 1;
    this.change({ panes: [...panes, { ...panes[active], key }], active: panes.length });
  }

  /** Shows what the panes have together. */
  async #compareAll() {
    if (this.state.panes.length < 2 && !this.#comparison) return;
    const { Comparison } = await import('./comparison.js');
    this.#comparison ??= new Comparison({
      onChange: (changes) => this.change(changes),
      onSplit: (split) => this.change({ split }),
      onPoint: (point) => this.#readPoint(point),
      onView: (view) => this.#setView(view),
    });
    if (this.#view) this.#comparison.view = this.#view;
    const panes = this.state.panes.map(({ key }) => this.#panes.get(key));
    this.#comparison.show(this.state, /** @type {Pane[]} */ (panes));
  }

  /** Shows the layers of the active pane's model, while the state says so. */
  async #inspect() {
    if (!this.state.inspect && !this.#inspector) return;
    if (!this.#inspector) {
      const { Inspector } = await import('../inspect/inspector.js');
      this.#inspector ??= new Inspector(element('page', HTMLElement), {
        onChange: (changes) => this.change(changes),
        onLayer: (layer) => this.changePane({ layer }),
      });
    }
    this.#inspector.show(this.state, this.active);
  }

  /** @param {{ x: number, y: number } | undefined} point where all panes say their value */
  #readPoint(point) {
    for (const pane of this.#panes.values()) pane.readPoint(point);
    this.#comparison?.readPoint(point);
  }

  /** @param {StageView} view the part of the picture that all panes show */
  #setView(view) {
    this.#view = view;
    for (const pane of this.#panes.values()) pane.view = view;
    if (this.#comparison) this.#comparison.view = view;
  }

  /** Makes the panes of the state, and closes all others. */
  #matchPanes() {
    const panes = this.state.panes.map(({ key }) => this.#panes.get(key) ?? this.#newPane());
    for (const pane of this.#panes.values()) if (!panes.includes(pane)) pane.dispose();
    this.#panes = new Map(this.state.panes.map(({ key }, i) => [key, panes[i]]));
    const after = this.#box.querySelector('.difference');
    for (const { element } of panes) {
      if (!element.isConnected) this.#box.insertBefore(element, after);
    }
    this.#box.dataset.count = String(this.#box.children.length);
  }

  #newPane() {
    const pane = new Pane(this.state, {
      onStart: (pane) => this.#showBusy(pane),
      onPicture: (pane, picture) => this.#listener.onPicture(pane, picture),
      onAnswer: (pane) => {
        if (pane === this.active) this.#list();
        this.#compareAll();
        this.#inspect();
      },
      onExtra: (pane) => {
        if (pane !== this.active) return;
        this.#showMaps();
        this.#inspect();
        if (pane.answer) this.#proof.show(pane.answer, pane.extras.proof);
      },
      onError: (_pane, error, failed) => this.#listener.onError(error, failed),
      onIdle: (pane) => this.#settle(pane),
      onCure: (pane, cure) => this.#cure(pane, cure),
      onActivate: (pane) => this.#activate(pane),
      onClose: (pane) => this.#close(pane),
      onSplit: (split) => this.change({ split }),
      onPoint: (point) => this.#readPoint(point),
      onView: (view) => this.#setView(view),
    });
    if (this.#view) pane.view = this.#view;
    return pane;
  }

  /** @param {Pane} pane */
  #indexOf(pane) {
    return this.state.panes.findIndex(({ key }) => this.#panes.get(key) === pane);
  }

  /** @param {Pane} pane */
  #activate(pane) {
    const active = this.#indexOf(pane);
    if (active >= 0 && active !== this.state.active) this.change({ active });
  }

  /** @param {Pane} pane */
  #close(pane) {
    const at = this.#indexOf(pane);
    const panes = this.state.panes.filter((_, i) => i !== at);
    const alone = { oneScale: false, difference: false };
    const active = Math.min(this.state.active, panes.length - 1);
    this.change({ ...(panes.length === 1 && alone), panes, active });
  }

  /**
   * @param {Pane} pane
   * @param {Cure} cure
   */
  #cure(pane, cure) {
    this.#activate(pane);
    if (cure === 'logits') this.change({ logits: true });
    if (cure === 'layer') this.changePane({ layer: undefined });
    if (cure === 'target') this.changePane({ target: undefined, versus: undefined });
    if (cure === 'pixels') element('pixels', HTMLElement).showPopover();
  }

  /**
   * Sets a class against the explained one, or ends that.
   * @param {number} index
   */
  #setAgainst(index) {
    const { answer } = this.active;
    if (!answer) return;
    const { versus } = this.state.panes[this.state.active];
    const isEnd = index === versus || index === words.targetOf(answer.explanation);
    this.changePane({ versus: isEnd ? undefined : index });
  }

  #wireControls() {
    this.#method.append(...groupWays());
    element('ways', HTMLElement).addEventListener('toggle', (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') this.#showWays();
    });
    this.#method.addEventListener('change', () =>
      this.changePane({ method: /** @type {Way} */ (this.#method.value) }),
    );
    this.#logits.addEventListener('change', () => this.change({ logits: this.#logits.checked }));
    this.#heat.addEventListener('change', () => this.change({ heat: this.#heat.checked }));
    this.#colormap.addEventListener('change', () =>
      this.change({ colormap: this.#colormap.value }),
    );
    this.#opacity.addEventListener('input', () =>
      this.change({ alphaLimit: this.#opacity.valueAsNumber / 100 }),
    );
    this.#compare.addEventListener('click', () => this.compare());
    element('inspect', HTMLButtonElement).addEventListener('click', () =>
      this.change({ inspect: 'table' }),
    );
  }

  /** Shows all ways to explain the class, when the user opens them. */
  async #showWays() {
    const { showWays } = await import('./ways-panel.js');
    const { method = firstMethod } = this.state.panes[this.state.active];
    await showWays({
      pane: this.active,
      look: lookOf(this.state),
      chosen: method,
      onChoose: (way) => {
        element('ways', HTMLElement).hidePopover();
        this.changePane({ method: way });
      },
    });
  }

  /** @param {Pane} pane */
  #showBusy(pane) {
    if (pane !== this.active) return;
    const isOpening = pane.loading !== undefined && pane.answer?.saved === false;
    this.#classes.disabled = this.#strip.disabled = isOpening;
    this.#showState();
  }

  /** Sets every control to the state. */
  #showState() {
    const { panes, active, picture, logits, heat, alphaLimit, colormap } = this.state;
    const { method = firstMethod, versus } = panes[active];
    this.#models.mark(panes[active]?.model);
    this.#tray.mark(picture);
    this.#method.value = method;
    this.#method.title = infoOf(method).description;
    if (!hasLayer(method)) this.#strip.disabled = true;
    this.#logits.checked = logits || versus !== undefined;
    this.#logits.disabled = versus !== undefined;
    this.#logits.title = versus === undefined ? '' : versusTexts.logits;
    this.#heat.checked = heat;
    this.#opacity.valueAsNumber = Math.round(alphaLimit * 100);
    this.#opacityValue.value = `${this.#opacity.value}%`;
    this.#colormap.value = colormap;
    this.#compare.disabled = panes.length >= MOST_PANES;
  }

  /**
   * Takes over the question that a pane came to, because a question that failed was undone.
   * @param {Pane} pane
   */
  #settle(pane) {
    const at = this.#indexOf(pane);
    if (at < 0) return;
    const { model, target, versus, layer, method } = pane.question;
    const { picture, crop, interpolation, logits } = pane.question;
    const panes = this.state.panes.map((own, i) =>
      i === at ? { key: own.key, model, target, versus, layer, method } : own,
    );
    this.state = { ...this.state, panes };
    if (at === this.state.active) {
      const shared = { crop, interpolation, logits };
      this.state = { ...this.state, picture, .../** @type {PageState} */ (shared) };
      this.#classes.disabled = this.#strip.disabled = false;
    }
    this.#showState();
    this.#list();
    this.#listener.onSettle(this.state);
  }

  /**
   * Lists the active pane's classes and layers.
   * @param {boolean} [isRepaint] whether the small maps have other colours
   */
  #list(isRepaint = false) {
    const answer = this.active?.answer;
    this.#save.disabled = !answer;
    if (!answer) return;
    const before = this.#listed;
    this.#listed = answer;
    const isOther = before?.run !== answer.run;
    const [target, versus] = [words.targetOf(answer.explanation), versusOf(answer)];
    if (isOther) this.#classes.fill(words.classRows(answer), target, versus);
    if (before?.model !== answer.model) this.#strip.fill(words.layerRows(answer.model));
    const { layer } = answer.explanation.targets[0];
    const own = this.state.panes[this.state.active];
    // While the user runs ahead of the answers, the lists stay where the user is.
    const { question } = answer;
    const isBehind = question.target !== own.target || question.layer !== own.layer;
    if (isOther || !isBehind) {
      this.#classes.select(target, versus);
      this.#strip.select(layer);
    }
    this.#models.show(answer);
    this.#input.show(answer);
    this.#pixels.textContent = `Pixels: ${words.pixelsText(answer.model)}`;
    if (!this.active.extras.layers) this.#strip.clear();
    // Those of another run are in a task of their own, because the lists have taken long enough.
    if (isOther) setTimeout(() => this.#showMaps());
    else if (before !== answer || isRepaint) this.#showMaps(isRepaint);
    this.#proof.show(answer, this.active.extras.proof);
  }

  /** @param {boolean} [isRepaint] */
  #showMaps(isRepaint = false) {
    const { answer, extras, small } = this.active;
    if (!answer || !small) return;
    const look = lookOf(this.state);
    const [chosen] = answer.explanation.targets;
    const isPlain = versusOf(answer) === undefined && !isAttribution(answer.question.method);
    const shown = [...(extras.classes ?? []), ...(isPlain ? [chosen] : [])];
    const maps = mapsBy(shown, ({ target }) => Number(target));
    this.#classes.setMaps(maps, small, look);
    if (this.#shownLayers === extras.layers && !isRepaint) return;
    this.#shownLayers = extras.layers;
    if (extras.layers) {
      this.#strip.setMaps(
        mapsBy(extras.layers, ({ layer }) => layer),
        small,
        look,
        isRepaint ? REPAINT : 0,
      );
    }
  }

  /** @param {number | undefined} index of the class under the pointer */
  #preview(index) {
    // Small maps of another method would be no preview.
    const { method = firstMethod } = this.state.panes[this.state.active];
    if (isAttribution(method)) return;
    const found = this.active.extras.classes?.find(({ target }) => target === index);
    this.active.preview(found?.heatmap);
  }
}

/** The choices of a method, in two groups. */
function groupWays() {
  return [false, true].map((ofPixels) => {
    const group = document.createElement('optgroup');
    group.label = ofPixels ? waysTexts.attributions : waysTexts.maps;
    const ways = WAYS.filter((way) => isAttribution(way) === ofPixels);
    group.append(...ways.map((way) => new Option(infoOf(way).title, way)));
    return group;
  });
}

/**
 * @param {PageState} state
 * @param {PaneState} [pane] undefined if the state has no such pane
 * @returns {Partial<Question>}
 */
function questionOf({ picture, crop, interpolation, logits }, pane) {
  if (!pane) return {};
  const { model, target, versus, layer, method = firstMethod } = pane;
  return { picture, crop, interpolation, logits, model, target, versus, layer, method };
}

/**
 * The parts of a question that are others than before.
 * @param {Partial<Question>} question
 * @param {Partial<Question>} before
 * @returns {Partial<Question>}
 */
function changesOf(question, before) {
  const entries = Object.entries(question);
  const changed = entries.filter(
    ([key, value]) => !(key in before) || before[/** @type {keyof Question} */ (key)] !== value,
  );
  return Object.fromEntries(changed);
}

/**
 * @template Key
 * @param {TargetExplanation[]} targets
 * @param {(target: TargetExplanation) => Key} key
 * @returns {Map<Key, HeatMap>}
 */
function mapsBy(targets, key) {
  return new Map(targets.map((target) => [key(target), target.heatmap]));
}
