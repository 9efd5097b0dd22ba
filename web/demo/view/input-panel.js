/** How a picture becomes the network's input: size, crop, resizing and pixel values. */

import { element } from './element.js';

/** @import { Crop, Filter } from 'gradcam-wasm' */
/** @import { Answer } from '../explainer.js' */
/** @import { ModelChoice } from '../models.js' */
/** @import { PageState } from '../state.js' */

export class InputPanel {
  #sizeRow = element('input-size-row', HTMLElement);
  #size = element('input-size', HTMLInputElement);
  #crop = element('crop', HTMLSelectElement);
  #interpolation = element('interpolation', HTMLSelectElement);
  #preprocessing = element('preprocessing', HTMLSelectElement);
  /** @type {Answer | undefined} */
  #shown;

  /**
   * @param {(changes: Partial<PageState>) => void} change
   * @param {(model: ModelChoice) => void} openModel gets the open model with other settings
   */
  constructor(change, openModel) {
    /** @param {Partial<ModelChoice>} settings */
    const changeModel = (settings) => {
      if (this.#shown) openModel({ ...this.#shown.question.model, ...settings });
    };
    this.#crop.addEventListener('change', () =>
      change({ crop: /** @type {Crop} */ (this.#crop.value) }),
    );
    this.#interpolation.addEventListener('change', () =>
      change({ interpolation: /** @type {Filter} */ (this.#interpolation.value) }),
    );
    this.#preprocessing.addEventListener('change', () =>
      changeModel({ preprocessing: /** @type {'tf'} */ (this.#preprocessing.value) }),
    );
    this.#size.addEventListener('change', () => {
      const side = this.#size.valueAsNumber;
      if (this.#size.checkValidity()) changeModel({ inputSize: [side, side] });
      else this.#showSize();
    });
  }

  /** @param {Answer} answer */
  show(answer) {
    this.#shown = answer;
    const { question, model } = answer;
    this.#crop.value = question.crop ?? model.crop;
    this.#interpolation.value = question.interpolation;
    // Numbers of a file's own have no entry, and the empty one stands for them.
    const { preprocessing } = model;
    this.#preprocessing.value = typeof preprocessing === 'string' ? preprocessing : '';
    this.#showSize();
  }

  #showSize() {
    if (!this.#shown) return;
    const { run, sizeReason } = this.#shown;
    this.#sizeRow.hidden = sizeReason === 'fixed';
    this.#size.valueAsNumber = run.input.height;
  }
}
