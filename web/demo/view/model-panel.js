/** The list of models, and what is known of the open one. */

import { element } from './element.js';
import { modelFacts } from './words.js';

/** @import { Answer, ModelChoice } from '../explainer.js' */

export class ModelPanel {
  #select = element('model', HTMLSelectElement);
  #facts = element('model-facts', HTMLElement);
  #own = element('own-model', HTMLElement);
  #heads = element('heads', HTMLElement);
  #head = element('head', HTMLSelectElement);
  #other = element('other-model', HTMLSelectElement);
  #models;

  /**
   * @param {ModelChoice[]} models the models that come with the page
   * @param {(model: ModelChoice) => void} onChoose gets a model that is chosen
   * @param {(model: ModelChoice | undefined) => void} onCompare gets the second model, or undefined
   */
  constructor(models, onChoose, onCompare) {
    this.#models = [...models];
    this.#list();
    // The first entry stands for none.
    this.#other.addEventListener('change', () =>
      onCompare(this.#models[this.#other.selectedIndex - 1]),
    );
    this.#select.addEventListener('change', () =>
      onChoose(this.#models[this.#select.selectedIndex]),
    );
    this.#head.addEventListener('change', () => {
      const model = this.#models[this.#select.selectedIndex];
      onChoose({ ...model, head: this.#head.selectedIndex });
    });
  }

  /** @param {Answer} answer */
  show(answer) {
    const choice = answer.question.model;
    this.#remember(choice);
    this.#list();
    this.#select.selectedIndex = this.#models.indexOf(choice);
    this.#facts.textContent = modelFacts(answer);
    this.#own.hidden = typeof choice.source === 'string';
    this.#showHeads(answer.model);
  }

  /**
   * Lists the outputs of a model that has several.
   * @param {Answer['model']} model
   */
  #showHeads({ heads, head }) {
    this.#heads.hidden = heads.length < 2;
    this.#head.replaceChildren(...heads.map(({ name }) => new Option(name)));
    this.#head.selectedIndex = heads.indexOf(head);
  }

  #list() {
    const names = this.#models.map(({ name }) => name);
    this.#select.replaceChildren(...names.map((name) => new Option(name)));
    const { selectedIndex } = this.#other;
    this.#other.replaceChildren(...['none', ...names].map((name) => new Option(name)));
    this.#other.selectedIndex = Math.max(0, selectedIndex);
  }

  /**
   * Adds a model to the list. A model with new settings replaces its entry.
   * @param {ModelChoice} choice
   */
  #remember(choice) {
    const known = this.#models.findIndex(({ source }) => source === choice.source);
    this.#models.splice(known < 0 ? this.#models.length : known, 1, choice);
  }
}
