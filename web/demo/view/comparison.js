/**
 * What two panes or more have together: a scale, and a further pane with the difference of two. The
 * page loads this module when there is a second pane.
 */

import { compareMaps } from 'gradcam-wasm';
import { lookOf } from '../look.js';
import { comparison as texts } from '../texts.js';
import { minus, scalesOf } from '../together.js';
import { element, template } from './element.js';
import { Stage } from './stage.js';
import { drawLegend } from './legend.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Answer } from '../explainer.js' */
/** @import { PageState } from '../state.js' */
/** @import { Legend } from './legend.js' */
/** @import { Pane } from './pane.js' */
/** @import { StageView } from './stage.js' */

/**
 * @typedef {object} ComparisonListener
 * @property {(changes: Partial<PageState>) => void} onChange
 * @property {(split: number) => void} onSplit
 * @property {(point: { x: number, y: number } | undefined) => void} onPoint
 * @property {(view: StageView) => void} onView
 */

export class Comparison {
  #tools = element('together', HTMLElement);
  #scale = element('one-scale', HTMLInputElement);
  #difference = element('difference', HTMLInputElement);
  #box = element('panes', HTMLElement);
  #listener;
  /** @type {DifferencePane | undefined} */
  #pane;
  /** @type {StageView | undefined} */
  #view;

  /** @param {ComparisonListener} listener */
  constructor(listener) {
    this.#listener = listener;
    this.#scale.addEventListener('change', () =>
      listener.onChange({ oneScale: this.#scale.checked }),
    );
    this.#difference.addEventListener('change', () =>
      listener.onChange({ difference: this.#difference.checked }),
    );
  }

  /**
   * @param {PageState} state
   * @param {Pane[]} panes
   */
  show(state, panes) {
    const isMany = panes.length > 1;
    this.#tools.hidden = !isMany;
    const scales = isMany ? scalesOf(panes.map(({ answer }) => answer)) : undefined;
    this.#scale.checked = state.oneScale && scales !== undefined;
    this.#scale.disabled = scales === undefined;
    this.#scale.title = scales ? texts.scale : texts.noScale;
    panes.forEach((pane, i) => (pane.scale = state.oneScale ? scales?.[i] : undefined));
    this.#difference.checked = state.difference;
    this.#showDifference(state, panes);
    this.#box.dataset.count = String(this.#box.children.length);
  }

  /** What the pane of the difference shows. */
  get difference() {
    return this.#pane?.shown;
  }

  /** @param {{ x: number, y: number } | undefined} point */
  readPoint(point) {
    this.#pane?.stage.readPoint(point);
  }

  /** @param {StageView} view of all panes */
  set view(view) {
    this.#view = view;
    if (this.#pane) this.#pane.stage.view = view;
  }

  /**
   * @param {PageState} state
   * @param {Pane[]} panes
   */
  #showDifference(state, panes) {
    if (!state.difference || panes.length < 2) {
      this.#pane?.element.remove();
      this.#pane = undefined;
      return;
    }
    if (!this.#pane) {
      this.#pane = new DifferencePane(this.#listener);
      if (this.#view) this.#pane.stage.view = this.#view;
    }
    if (this.#box.lastElementChild !== this.#pane.element) this.#box.append(this.#pane.element);
    // The active pane is compared with the first one.
    const second = state.active === 0 ? 1 : state.active;
    this.#pane.show(state, [panes[0], panes[second]], second + 1);
  }
}

/**
 * What the pane of the difference shows.
 * @typedef {object} Difference
 * @property {Answer} answer of the first pane, whose picture is shown
 * @property {HeatMap} heatmap
 * @property {Legend} legend
 * @property {string} title
 * @property {string} headline
 * @property {string} where
 */

/** A map of one pane minus that of another, on the picture that both have. */
class DifferencePane {
  element = template('pane');
  stage;
  /** @type {Difference | undefined} */
  shown;
  /** @type {HeatMap[]} those that are compared */
  #maps = [];
  #sentence = '';

  /** @param {ComparisonListener} listener */
  constructor(listener) {
    const onPainting = (/** @type {boolean} */ isPainting) => {
      this.element.ariaBusy = String(isPainting);
    };
    this.stage = new Stage(this.#find('.room'), { ...listener, onPainting });
    this.element.classList.add('difference');
    this.element.dataset.rest = 'true';
    this.element.ariaBusy = 'false';
    this.#find('.pane-head').hidden = false;
    this.#find('.pane-close').addEventListener('click', () =>
      listener.onChange({ difference: false }),
    );
  }

  /**
   * @param {PageState} state
   * @param {[Pane, Pane]} panes
   * @param {number} number of the second pane
   */
  show(state, [first, second], number) {
    const look = lookOf(state);
    this.stage.heat = state.heat;
    this.stage.split = state.split;
    this.element.classList.toggle('plain-only', !state.heat);
    this.#find('.pane-model').textContent = texts.title(number);
    const [a, b] = [first.answer, second.answer];
    const maps = [first.heatmap, second.heatmap];
    this.shown = undefined;
    if (!a || !b || !maps[0] || !maps[1]) return;
    const isSame = a.seen.width === b.seen.width && a.seen.height === b.seen.height;
    if (!isSame) return this.#say(texts.otherPart, '');
    const { heatmap, maps: both } = minus(maps[0], maps[1]);
    if (maps.some((map, i) => map !== this.#maps[i])) {
      this.#sentence = texts.likeness(compareMaps(both[0], both[1]).spearman);
    }
    this.#maps = /** @type {HeatMap[]} */ (maps);
    const [title, headline] = [texts.title(number), texts.headline(number)];
    const description = `${a.picture.name}. ${title}. ${headline} ${this.#sentence}`;
    const legend = { isSigned: true, words: texts.legend(number) };
    this.stage.show(a.seen, heatmap, look, description);
    this.#say(headline, this.#sentence);
    drawLegend(this.element, legend, look);
    this.shown = { answer: a, heatmap, legend, title, headline, where: this.#sentence };
  }

  /**
   * @param {string} headline
   * @param {string} where
   */
  #say(headline, where) {
    // What stays the same is not read out again.
    if (this.#find('.headline').textContent !== headline) {
      this.#find('.headline').textContent = headline;
    }
    if (this.#find('.where').textContent !== where) this.#find('.where').textContent = where;
  }

  /** @param {string} name of a class */
  #find(name) {
    return /** @type {HTMLElement} */ (this.element.querySelector(name));
  }
}
