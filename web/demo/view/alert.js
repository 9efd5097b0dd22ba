/** Says what went wrong, until the user dismisses it or asks something else. */

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
   */
  show(title, message) {
    const text = document.createElement('p');
    const strong = document.createElement('strong');
    strong.textContent = title ? `${title} ` : '';
    text.append(strong, message);
    const close = document.createElement('button');
    Object.assign(close, { type: 'button', textContent: 'Dismiss' });
    close.addEventListener('click', () => this.clear());
    this.#element.replaceChildren(text, close);
  }

  clear() {
    this.#element.replaceChildren();
  }
}
