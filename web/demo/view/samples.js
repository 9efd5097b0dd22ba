/** The sample pictures as buttons. */

/** @import { PictureChoice } from '../picture.js' */

export class Samples {
  /** @type {Map<PictureChoice, HTMLButtonElement>} */
  #buttons = new Map();

  /**
   * @param {HTMLElement} group
   * @param {PictureChoice[]} samples
   * @param {(sample: PictureChoice) => void} onChoose
   */
  constructor(group, samples, onChoose) {
    for (const sample of samples) {
      const button = thumbnail(sample);
      button.addEventListener('click', () => onChoose(sample));
      this.#buttons.set(sample, button);
    }
    group.append(...this.#buttons.values());
  }

  /** @param {PictureChoice} picture the picture on the page, whose button is marked */
  mark(picture) {
    for (const [sample, button] of this.#buttons) {
      button.setAttribute('aria-pressed', String(sample === picture));
    }
  }
}

/** @param {PictureChoice} sample */
function thumbnail({ name, source }) {
  const image = document.createElement('img');
  Object.assign(image, { src: source, alt: name });
  const button = document.createElement('button');
  button.type = 'button';
  button.title = name;
  button.append(image);
  return button;
}
