/** The list of models, and the outputs of a user's model. */

import { areSameFiles } from '../input/files.js';
import { element } from './element.js';
import { modelFacts } from './words.js';

/** @import { Answer } from '../explainer.js' */
/** @import { ModelChoice } from '../models.js' */

export class ModelSelect {
  #select = element('model', HTMLSelectElement);
  #facts = element('model-facts', HTMLElement);
  #own = element('own-model', HTMLElement);
  #heads = element('heads', HTMLElement);
  #head = element('head', HTMLSelectElement);
  #models;
  /** @type {Answer['model'] | undefined} */
  #shown;

  /**
   * @param {ModelChoice[]} models the models that come with the page
   * @param {(model: ModelChoice) => void} onChoose gets a model that is chosen
   */
  constructor(models, onChoose) {
    this.#models = [...models];
    this.#list();
    this.#select.addEventListener('change', () =>
      onChoose(this.#models[this.#select.selectedIndex]),
    );
    this.#head.addEventListener('change', () => {
      const model = this.#models[this.#select.selectedIndex];
      onChoose({ ...model, head: this.#head.selectedIndex });
    });
  }

  /**
   * The model of these files, if it is in the list.
   * @param {File[]} files
   */
  find(files) {
    return this.#models.find(({ source }) => areSameFiles(source, files));
  }

  /** @param {ModelChoice | undefined} choice */
  mark(choice) {
    if (choice) this.add(choice);
    this.#select.selectedIndex = choice ? this.#models.indexOf(choice) : -1;
  }

  /** @param {Answer} answer */
  show(answer) {
    if (answer.model === this.#shown) return;
    this.#shown = answer.model;
    this.#facts.textContent = modelFacts(answer);
    this.#own.hidden = typeof answer.question.model.source === 'string';
    const { heads, head } = answer.model;
    this.#heads.hidden = heads.length < 2;
    this.#head.replaceChildren(...heads.map(({ name }) => new Option(name)));
    this.#head.selectedIndex = heads.findIndex(({ name }) => name === head.name);
  }

  #list() {
    this.#select.replaceChildren(...this.#models.map(({ name }) => new Option(name)));
    this.#select.hidden = this.#models.length === 0;
  }

  /**
   * Adds a model to the list. A model with new settings replaces its entry.
   * @param {ModelChoice} choice
   */
  add(choice) {
    if (this.#models.includes(choice)) return;
    const known = this.#models.findIndex(({ source }) => source === choice.source);
    this.#models.splice(known < 0 ? this.#models.length : known, 1, choice);
    this.#list();
  }
}
