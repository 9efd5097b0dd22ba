/** Says what went wrong, until the user dismisses it or asks something else. */

import { button } from './element.js';

export class Alert {
  #element;

  /** @param {HTMLElement} element with role="alert", which makes screen readers read its text */
  constructor(element) {
    this.#element = element;
    addEventListener('keydown', ({ key }) => {
      if (key === 'Escape') this.clear();
    });
  }

  /**
   * @param {string} title
   * @param {string} message
   * @param {{ text: string, act: () => void }} [choice] what else the user may want
   */
  show(title, message, choice) {
    const text = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = title ? `${title} ` : '';
    text.append(strong, message);
    const close = button('Dismiss', () => this.clear());
    const others = choice ? [button(choice.text, choice.act)] : [];
    this.#element.classList.toggle('offer', choice !== undefined);
    this.#element.replaceChildren(text, ...others, close);
  }

  clear() {
    this.#element.replaceChildren();
  }
}
