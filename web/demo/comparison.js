/** Shows a second model on the same picture, with its own class and layer. */

import { Explainer } from './explainer.js';
import { element } from './view/element.js';
import { Stage } from './view/stage.js';
import * as words from './view/words.js';

/** @import { Answer, ModelChoice, Question } from './explainer.js' */
/** @import { Choice } from './view/choices.js' */

/** What the questions to both models have in common. */
const SHARED = /** @type {const} */ ([
  'picture',
  'crop',
  'interpolation',
  'method',
  'logits',
  'alphaLimit',
  'colormap',
]);

export class Comparison {
  #figure = element('other', HTMLElement);
  #status = element('other-status', HTMLElement);
  #facts = element('other-facts', HTMLElement);
  #classes = element('other-class', HTMLSelectElement);
  #layers = element('other-layer', HTMLSelectElement);
  #stage = new Stage(
    element('other-overlay', HTMLCanvasElement),
    element('other-cell', HTMLElement),
  );
  #onError;
  /** @type {Explainer | undefined} undefined while no second model is chosen */
  #explainer;
  /** @type {Partial<Question>} the common part of the last question */
  #asked = {};
  /** @type {Answer | undefined} */
  #shown;

  /** @param {(error: unknown, changes: Partial<Question>) => void} onError */
  constructor(onError) {
    this.#onError = onError;
    this.#classes.addEventListener('change', () =>
      this.#explainer?.ask({ target: Number(this.#classes.value) }),
    );
    this.#layers.addEventListener('change', () =>
      this.#explainer?.ask({ layer: this.#layers.value }),
    );
  }

  /**
   * Shows a second model, or hides it.
   * @param {ModelChoice | undefined} model
   * @param {Question | undefined} question the last question that the first model answered
   */
  choose(model, question) {
    this.#figure.hidden = !model;
    if (!model) return this.#end();
    this.#explainer ??= this.#begin();
    this.#asked = pickShared(question);
    this.#explainer.ask({ ...this.#asked, model, target: undefined, layer: undefined });
  }

  /**
   * Asks the second model the question that the first model answered.
   * @param {Question} question
   */
  follow(question) {
    const changed = SHARED.filter((key) => question[key] !== this.#asked[key]);
    if (!this.#explainer || changed.length === 0) return;
    const isOther = changed.includes('picture');
    this.#asked = pickShared(question);
    this.#explainer.ask({ ...this.#asked, ...(isOther && { target: undefined }) });
  }

  #begin() {
    return new Explainer({
      onStart: () => this.#setBusy(true),
      onProgress: () => {},
      onAnswer: (answer) => this.#show(answer),
      onError: this.#onError,
      onIdle: () => this.#setBusy(false),
    });
  }

  #end() {
    this.#explainer?.cancel();
    this.#explainer?.answer?.model.dispose();
    this.#explainer = this.#shown = undefined;
  }

  /** @param {Answer} answer */
  #show(answer) {
    const { target, layer } = answer.explanation.targets[0];
    if (answer.run !== this.#shown?.run) fill(this.#classes, words.classRows(answer));
    if (answer.model !== this.#shown?.model) fill(this.#layers, words.layerRows(answer));
    this.#shown = answer;
    this.#classes.value = String(target);
    this.#layers.value = layer;
    this.#status.textContent = `${answer.question.model.name}: ${words.headline(answer)}`;
    this.#facts.textContent = words.caption(answer);
    this.#stage.show(answer, words.description(answer));
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#figure.ariaBusy = String(busy);
  }
}

/**
 * @param {Question | undefined} question
 * @returns {Partial<Question>}
 */
function pickShared(question) {
  return Object.fromEntries(SHARED.map((key) => [key, question?.[key]]));
}

/**
 * @param {HTMLSelectElement} select
 * @param {Choice[]} choices
 */
function fill(select, choices) {
  const options = choices.map(
    ({ label, detail, value }) => new Option(`${label}, ${detail}`, value),
  );
  select.replaceChildren(...options);
}
