/**
 * One picture with the heat map of one model, class and layer. The page has one pane or several.
 */

import { Explainer } from '../explainer.js';
import { lookOf } from '../look.js';
import { attributionTexts, comparison, status } from '../texts.js';
import { scaled } from '../together.js';
import { infoOf } from '../ways.js';
import { button, template } from './element.js';
import { drawLegend } from './legend.js';
import { ProgressPanel } from './progress.js';
import { shrink } from './small.js';
import * as signedWords from './signed-words.js';
import { Stage } from './stage.js';
import * as words from './words.js';

/** @import { FigureName, HeatMap } from 'gradcam-wasm' */
/** @import { Run } from 'gradcam-wasm/worker' */
/** @import { Step } from '../explain.js' */
/** @import { Answer, Extras, Question, Way } from '../explainer.js' */
/** @import { ModelChoice } from '../models.js' */
/** @import { Picture } from '../picture.js' */
/** @import { Legend } from './legend.js' */
/** @import { StageView } from './stage.js' */
/** @import { Cure } from './words.js' */

/**
 * How a pane draws.
 * @typedef {object} Drawing
 * @property {string} colormap
 * @property {number} alphaLimit
 * @property {boolean} heat
 * @property {number} split
 */

/**
 * @typedef {object} PaneListener
 * @property {(pane: Pane) => void} onStart
 * @property {(pane: Pane, picture: Picture) => void} onPicture
 * @property {(pane: Pane, answer: Answer) => void} onAnswer
 * @property {(pane: Pane) => void} onExtra
 * @property {(pane: Pane, error: unknown, failed: Partial<Question>) => void} onError
 * @property {(pane: Pane) => void} onIdle
 * @property {(pane: Pane, cure: Cure) => void} onCure
 * @property {(pane: Pane) => void} onActivate
 * @property {(pane: Pane) => void} onClose
 * @property {(split: number) => void} onSplit
 * @property {(point: { x: number, y: number } | undefined) => void} onPoint
 * @property {(view: StageView) => void} onView
 */

/** A page that is not seen draws nothing. It waits for so many milliseconds. */
const LONGEST_FRAME = 100;
/** Pixels of the longer side of the pictures in lists. */
const SMALL = 128;

export class Pane {
  element = template('pane');
  /** @type {Partial<Extras>} those of the answer */
  extras = {};
  /** @type {Answer | undefined} what is shown */
  answer;
  /** Whether the answer is on the stage, and no newer picture. */
  isShown = false;
  #listener;
  #explainer;
  #stage;
  #busy = { isAsking: true, isPainting: false };
  #progress;
  /** @type {Drawing} */
  #drawing;
  /** @type {ModelChoice | undefined} the last model that was asked for */
  #wanted;
  /** @type {{ of: ImageData, picture: OffscreenCanvas } | undefined} */
  #small;
  /** @type {number | undefined} the factor of the map on a scale that all panes share */
  #scale;
  /** @type {HeatMap | undefined} that is shown in place of the answer's */
  #instead;
  /** @type {{ from: HeatMap, scale: number, heatmap: HeatMap } | undefined} */
  #scaled;

  /**
   * @param {Drawing} drawing
   * @param {PaneListener} listener
   */
  constructor(drawing, listener) {
    this.#drawing = drawing;
    this.#listener = listener;
    const onPainting = (/** @type {boolean} */ isPainting) => {
      this.#find('.room').ariaBusy = String(isPainting);
      this.#setBusy({ isPainting });
    };
    this.#stage = new Stage(this.#find('.room'), { ...listener, onPainting });
    this.#progress = new ProgressPanel({
      panel: this.#find('.progress'),
      text: this.#find('.progress-text'),
      bar: /** @type {HTMLProgressElement} */ (this.#find('progress')),
      button: /** @type {HTMLButtonElement} */ (this.#find('.progress-button')),
    });
    this.#find('.pane-close').addEventListener('click', () => listener.onClose(this));
    for (const type of ['focusin', 'pointerdown']) {
      this.element.addEventListener(type, () => listener.onActivate(this));
    }
    this.#explainer = new Explainer({
      onStart: () => this.#start(),
      onProgress: (progress) => this.#progress.show(progress),
      onPicture: (picture) => this.#showPicture(picture),
      onStep: (step, seen, way) => this.#grow(step, seen, way),
      onAnswer: (answer) => this.show(answer),
      onExtra: (kind, extra) => this.#showExtra(kind, extra),
      onError: (error, failed) => listener.onError(this, error, failed),
      onIdle: () => this.#settle(),
      onRest: () => (this.element.dataset.rest = 'true'),
    });
    this.draw(drawing);
  }

  /** The question, which the answer may not have yet. */
  get question() {
    return this.#explainer.question;
  }

  /** The model that is being opened. */
  get loading() {
    return this.#explainer.loading;
  }

  /** @param {Partial<Question>} changes */
  ask(changes) {
    if (changes.model) this.#wanted = changes.model;
    this.element.dataset.rest = 'false';
    this.#explainer.ask(changes);
  }

  /**
   * @param {FigureName} name
   * @param {Answer} answer
   */
  measure(name, answer) {
    return this.#explainer.measure(name, answer);
  }

  /**
   * @template Result
   * @param {Answer} answer
   * @param {(run: Run, signal: AbortSignal) => Promise<Result>} work
   */
  study(answer, work) {
    return this.#explainer.study(answer, work);
  }

  cancel() {
    this.#explainer.cancel();
  }

  dispose() {
    this.#explainer.dispose();
    this.element.remove();
  }

  /**
   * Shows an answer, of this pane's model or a saved one.
   * @param {Answer} answer
   */
  async show(answer) {
    const isOther = this.answer?.run !== answer.run;
    this.#present(answer);
    // The lists of another run take longer than the map, which is seen first.
    if (isOther) {
      await this.#stage.painted;
      await nextFrame();
    }
    if (this.answer === answer) this.#listener.onAnswer(this, answer);
  }

  /**
   * Shows the map with its words.
   * @param {Answer} answer
   */
  #present(answer) {
    if (this.answer?.run !== answer.run) this.extras = {};
    if (!sameMap(this.answer, answer)) delete this.extras.layers;
    if (!sameLayer(this.answer, answer)) delete this.extras.classes;
    if (this.answer?.explanation !== answer.explanation) delete this.extras.proof;
    this.answer = answer;
    this.#instead = undefined;
    const heatmap = /** @type {HeatMap} */ (this.heatmap);
    const where = signedWords.whereSentence(answer);
    const look = lookOf(this.#drawing);
    this.#stage.show(answer.seen, heatmap, look, signedWords.description(answer, where));
    this.#say(signedWords.headline(answer), where);
    const facts = words.caption(answer);
    this.#find('.facts').textContent = answer.saved ? `${facts} · ${status.saved}` : facts;
    this.#find('.pane-model').textContent = answer.question.model.name;
    this.#showNote(answer);
    this.#drawLegend();
    if (!this.extras.input) this.#find('.input-inset').hidden = true;
  }

  /**
   * Shows an answer from the time when the page was built, if there is none yet.
   * @param {Answer} answer
   * @param {Partial<Extras>} extras
   */
  async showSaved(answer, extras) {
    if (this.answer) return;
    await this.show(answer);
    await nextFrame();
    if (this.answer !== answer) return;
    Object.assign(this.extras, extras);
    this.#listener.onExtra(this);
  }

  /**
   * Shows another map with words of its own, until the answer is shown again.
   * @param {{ heatmap: HeatMap, headline: string, where: string }} other
   */
  showInstead({ heatmap, headline, where }) {
    if (!this.answer) return;
    this.isShown = false;
    this.#instead = heatmap;
    const description = `${this.answer.picture.name}. ${headline}. ${where}`;
    this.#stage.show(this.answer.seen, heatmap, lookOf(this.#drawing), description);
    this.#say(headline, where);
    this.#find('.facts').textContent = '';
    this.#drawLegend(heatmap);
  }

  /** Shows the answer again, if another map is in its place. */
  endInstead() {
    if (this.#instead && this.answer) this.show(this.answer);
  }

  /**
   * Draws with other colours.
   * @param {Drawing} drawing
   */
  draw(drawing) {
    const before = this.#drawing;
    this.#drawing = drawing;
    this.#stage.heat = drawing.heat;
    this.#stage.split = drawing.split;
    this.element.classList.toggle('plain-only', !drawing.heat);
    this.#drawLegend(this.#instead);
    const isRepaint = ['colormap', 'alphaLimit'].some(
      (key) => drawing[/** @type {'colormap'} */ (key)] !== before[/** @type {'colormap'} */ (key)],
    );
    if (isRepaint) this.preview(undefined);
  }

  /**
   * Shows another map for the moment.
   * @param {HeatMap | undefined} heatmap undefined for the answer's
   */
  preview(heatmap) {
    if (!this.answer || !this.isShown) return;
    const shown = heatmap ?? this.heatmap;
    if (shown) this.#stage.show(this.answer.seen, shown, lookOf(this.#drawing));
  }

  /** @param {{ x: number, y: number } | undefined} point */
  readPoint(point) {
    this.#stage.readPoint(point);
  }

  /** @param {StageView} view the part of the picture that is shown */
  set view(view) {
    this.#stage.view = view;
  }

  /** The map of the answer, on the scale that all panes share. */
  get heatmap() {
    const from = this.answer?.explanation.targets[0].heatmap;
    const scale = this.#scale ?? 1;
    if (from && (this.#scaled?.from !== from || this.#scaled.scale !== scale)) {
      this.#scaled = { from, scale, heatmap: scaled(from, scale) };
    }
    return from && this.#scaled?.heatmap;
  }

  get scale() {
    return this.#scale;
  }

  /** @param {number | undefined} scale undefined if the pane has a scale of its own */
  set scale(scale) {
    if (scale === this.#scale) return;
    this.#scale = scale;
    this.preview(undefined);
    this.#drawLegend();
  }

  /** The picture in a small form, for lists. */
  get small() {
    const seen = this.answer?.seen;
    if (seen && this.#small?.of !== seen) {
      this.#small = { of: seen, picture: shrink(seen, SMALL) };
    }
    return this.#small?.picture;
  }

  /**
   * What the colours of a map mean.
   * @param {HeatMap} [growing] a map that grows (default: the answer's)
   * @returns {Legend}
   */
  legend(growing) {
    const shown = growing ?? this.answer?.explanation.targets[0].heatmap;
    const isSigned = shown?.colors !== undefined;
    const answer = growing ? undefined : this.answer;
    const [low, high] = signedWords.legendWords(isSigned, answer);
    const isShared = !isSigned && this.#scale !== undefined;
    return { isSigned, words: [low, isShared ? comparison.most : high] };
  }

  /**
   * @param {boolean} isActive
   * @param {boolean} isOne whether it is the only pane
   */
  mark(isActive, isOne) {
    this.element.classList.toggle('active', isActive && !isOne);
    this.#find('.pane-head').hidden = isOne;
  }

  /** @param {string} name of a class */
  #find(name) {
    return /** @type {HTMLElement} */ (this.element.querySelector(name));
  }

  /** @param {{ isAsking?: boolean, isPainting?: boolean }} changes */
  #setBusy(changes) {
    const { isAsking, isPainting } = Object.assign(this.#busy, changes);
    this.element.setAttribute('aria-busy', String(isAsking || isPainting));
  }

  #start() {
    this.#setBusy({ isAsking: true });
    const { loading } = this.#explainer;
    const text = loading ? status.opening(loading.name) : status.looking;
    this.#progress.start(text, () => this.cancel());
    if (loading && !this.answer) this.#say(status.loading, '');
    this.#listener.onStart(this);
  }

  /** @param {Picture} picture */
  #showPicture(picture) {
    this.isShown = false;
    this.#instead = undefined;
    this.#stage.showPlain(picture.pixels, picture.name);
    const waits = this.#explainer.loading || !this.question.model;
    this.#say(waits ? status.waiting(picture.name) : status.looking, '');
    this.#find('.facts').textContent = '';
    this.#find('.note').replaceChildren();
    this.#find('.input-inset').hidden = true;
    this.#listener.onPicture(this, picture);
  }

  /**
   * Shows a map that grows.
   * @param {Step} step
   * @param {ImageData} seen
   * @param {Way} way
   */
  #grow({ step, steps, heatmap }, seen, way) {
    const text = attributionTexts.step(infoOf(way).title, step, steps);
    this.#progress.showShare(text, step / steps);
    if (!heatmap) return;
    this.isShown = false;
    this.#instead = undefined;
    // The headline is read out, so it does not change with each step.
    const headline = attributionTexts.grows(infoOf(way).title);
    this.#stage.show(seen, heatmap, lookOf(this.#drawing), headline);
    if (this.#find('.headline').textContent !== headline) this.#say(headline, '');
    this.#find('.facts').textContent = '';
    this.#drawLegend(heatmap);
  }

  /**
   * @param {string} headline
   * @param {string} where
   */
  #say(headline, where) {
    this.#find('.headline').textContent = headline;
    this.#find('.where').textContent = where;
  }

  /** @param {Answer} answer */
  #showNote(answer) {
    this.isShown = true;
    const note = this.#find('.note');
    const { text, cure } = words.diagnosis(answer);
    if (text === '') return note.replaceChildren();
    const cures = cure ? [button(cure.text, () => this.#listener.onCure(this, cure.kind))] : [];
    note.replaceChildren(text, ...cures);
  }

  /**
   * @param {keyof Extras} kind
   * @param {any} extra
   */
  #showExtra(kind, extra) {
    Object.assign(this.extras, { [kind]: extra });
    if (kind === 'input') this.#showInput(extra);
    this.#listener.onExtra(this);
  }

  /** @param {ImageData} input */
  #showInput(input) {
    const inset = this.#find('.input-inset');
    const canvas = /** @type {HTMLCanvasElement} */ (inset.querySelector('canvas'));
    Object.assign(canvas, { width: input.width, height: input.height });
    canvas.getContext('2d')?.putImageData(input, 0, 0);
    const text = inset.querySelector('span');
    if (text) text.textContent = `the network saw ${input.width}\u00a0×\u00a0${input.height}`;
    inset.hidden = false;
  }

  /** @param {HeatMap} [heatmap] that grows (default: the answer's) */
  #drawLegend(heatmap) {
    drawLegend(this.element, this.legend(heatmap), lookOf(this.#drawing));
  }

  #settle() {
    this.#progress.end();
    this.#setBusy({ isAsking: false });
    const model = this.#wanted;
    if (!this.question.model && model) {
      if (!this.answer) this.#say(status.noModel, '');
      this.#progress.offer(this.answer ? status.savedOnly : '', () => this.ask({ model }));
    } else if (!this.answer && !this.question.model) {
      this.#say(status.noModel, status.openModel);
    } else if (!this.answer && !this.question.picture) {
      this.#say(status.noPicture, status.openPicture);
    }
    if (this.#explainer.answer && !this.isShown) this.show(this.#explainer.answer);
    this.#listener.onIdle(this);
  }
}

/** Settles when the browser has drawn, or would have if the page were seen. */
function nextFrame() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, LONGEST_FRAME);
  });
}

/**
 * Whether two answers differ in their layers only.
 * @param {Answer | undefined} a
 * @param {Answer} b
 */
function sameMap(a, b) {
  return (
    a?.run === b.run &&
    a.explanation.targets[0].target === b.explanation.targets[0].target &&
    a.question.versus === b.question.versus &&
    isSameWay(a, b)
  );
}

/**
 * Whether two answers differ in their classes only.
 * @param {Answer | undefined} a
 * @param {Answer} b
 */
function sameLayer(a, b) {
  return (
    a?.run === b.run &&
    a.explanation.targets[0].layer === b.explanation.targets[0].layer &&
    isSameWay(a, b)
  );
}

/**
 * @param {Answer} a
 * @param {Answer} b
 */
function isSameWay(a, b) {
  return a.question.method === b.question.method && a.question.logits === b.question.logits;
}
