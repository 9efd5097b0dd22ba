/** Shows an answer on the page, and sets every control to its question. */

import { methodInfo, methods } from 'gradcam-wasm';
import { ChoiceList } from './choices.js';
import { element } from './element.js';
import { InputPanel } from './input-panel.js';
import { ModelPanel } from './model-panel.js';
import { Samples } from './samples.js';
import { Stage } from './stage.js';
import * as words from './words.js';

/** @import { Method } from 'gradcam-wasm' */
/** @import { Answer, ModelChoice, Question } from '../explainer.js' */
/** @import { PictureChoice } from '../picture.js' */

export class Page {
  #figure = element('figure', HTMLElement);
  #classesField = element('classes', HTMLFieldSetElement);
  #layersField = element('layers', HTMLFieldSetElement);
  #logits = element('logits', HTMLInputElement);
  #method = element('method', HTMLSelectElement);
  #heat = element('heat', HTMLInputElement);
  #opacity = element('opacity', HTMLInputElement);
  #opacityValue = element('opacity-value', HTMLOutputElement);
  #colormap = element('colormap', HTMLSelectElement);
  #save = element('save', HTMLButtonElement);
  #status = element('status', HTMLElement);
  #facts = element('facts', HTMLElement);
  #diagnosis = element('diagnosis', HTMLElement);
  #stage = new Stage(element('overlay', HTMLCanvasElement), element('cell', HTMLElement));
  #classes;
  #layers;
  #models;
  #input;
  #samples;
  /** @type {Answer | undefined} */
  #shown;

  /**
   * @param {object} setup
   * @param {ModelChoice[]} setup.models
   * @param {PictureChoice[]} setup.samples
   * @param {(changes: Partial<Question>) => void} setup.ask
   * @param {(model: ModelChoice) => void} setup.openModel
   * @param {(model: ModelChoice | undefined) => void} setup.compareWith
   * @param {(picture: PictureChoice) => void} setup.openPicture
   */
  constructor({ models, samples, ask, openModel, compareWith, openPicture }) {
    const askTarget = (/** @type {string} */ value) => ask({ target: Number(value) });
    const askLayer = (/** @type {string} */ value) => ask({ layer: value });
    this.#classes = new ChoiceList(this.#classesField, { noun: 'class', onChoose: askTarget });
    this.#layers = new ChoiceList(this.#layersField, { noun: 'layer', onChoose: askLayer });
    this.#models = new ModelPanel(models, openModel, compareWith);
    this.#input = new InputPanel(ask, openModel);
    this.#samples = new Samples(element('samples', HTMLElement), samples, openPicture);
    this.#method.append(...methods().map((name) => new Option(methodInfo(name).title, name)));
    this.#method.addEventListener('change', () =>
      ask({ method: /** @type {Method} */ (this.#method.value) }),
    );
    this.#logits.addEventListener('change', () => ask({ logits: this.#logits.checked }));
    this.#heat.addEventListener('change', () => this.#stage.setHeat(this.#heat.checked));
    this.#colormap.addEventListener('change', () => ask({ colormap: this.#colormap.value }));
    this.#opacity.addEventListener('input', () => {
      this.#showOpacity();
      ask({ alphaLimit: this.#opacity.valueAsNumber / 100 });
    });
  }

  /**
   * Shows that a question is being answered. While another model is opened, no class or layer can
   * be chosen.
   * @param {Partial<Question>} changes
   */
  start({ model }) {
    this.#setBusy(true);
    this.#classesField.disabled = this.#layersField.disabled = model !== undefined;
  }

  /** @param {Answer} answer */
  show(answer) {
    if (answer.run !== this.#shown?.run) this.#classes.fill(words.classRows(answer));
    if (answer.model !== this.#shown?.model) this.#layers.fill(words.layerRows(answer));
    this.#shown = answer;
    this.#stage.show(answer, words.description(answer));
    this.#status.textContent = words.headline(answer);
    this.#facts.textContent = words.caption(answer);
    this.#diagnosis.textContent = words.diagnosis(answer);
    this.#save.disabled = false;
  }

  /**
   * Sets every control to the last answer. This happens when no question is left, because a list
   * that the user runs through is ahead of the answers.
   */
  settle() {
    this.#setBusy(false);
    this.#classesField.disabled = this.#layersField.disabled = false;
    if (!this.#shown) {
      this.#status.textContent = 'No model is open.';
      return;
    }
    const { question, explanation } = this.#shown;
    const { target, layer } = explanation.targets[0];
    this.#classes.select(String(target));
    this.#layers.select(layer);
    this.#models.show(this.#shown);
    this.#input.show(this.#shown);
    this.#samples.mark(question.picture);
    this.#method.value = question.method;
    this.#method.title = methodInfo(question.method).description;
    this.#logits.checked = question.logits;
    this.#colormap.value = question.colormap;
    this.#opacity.valueAsNumber = Math.round(question.alphaLimit * 100);
    this.#showOpacity();
  }

  /** @param {boolean} busy */
  #setBusy(busy) {
    this.#figure.ariaBusy = String(busy);
  }

  #showOpacity() {
    this.#opacityValue.value = `${this.#opacity.value}%`;
  }
}
