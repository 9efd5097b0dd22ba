/** The pictures that the page has: samples and those of the user. */

/** @import { PictureChoice } from '../picture.js' */

export class Tray {
  #group;
  #onChoose;
  /** @type {Map<PictureChoice, HTMLButtonElement>} */
  #buttons = new Map();

  /**
   * @param {HTMLElement} group
   * @param {(picture: PictureChoice) => void} onChoose
   */
  constructor(group, onChoose) {
    this.#group = group;
    group.replaceChildren();
    this.#onChoose = onChoose;
  }

  /** @param {PictureChoice} picture */
  add(picture) {
    if (this.#buttons.has(picture)) return;
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', title: picture.name });
    const image = document.createElement('img');
    const { source, thumb } = picture;
    const address = typeof source === 'string' ? source : URL.createObjectURL(source);
    Object.assign(image, { decoding: 'async', alt: picture.name, width: 60, height: 60 });
    image.src = thumb ?? address;
    button.append(image);
    button.addEventListener('click', () => this.#onChoose(picture));
    this.#buttons.set(picture, button);
    this.#group.append(button);
  }

  /** @param {PictureChoice | undefined} picture the picture on the page, whose button is marked */
  mark(picture) {
    for (const [choice, button] of this.#buttons) {
      const isChosen = choice === picture;
      // The places of the buttons are known when the next frame is drawn. Asking before would cost
      // a layout more.
      if (isChosen && button.ariaPressed !== 'true') {
        requestAnimationFrame(() => this.#reveal(button));
      }
      button.setAttribute('aria-pressed', String(isChosen));
    }
  }

  /**
   * Scrolls the tray, and never the page.
   * @param {HTMLElement} button
   */
  #reveal(button) {
    const group = this.#group;
    const [right, bottom] = [
      button.offsetLeft + button.offsetWidth,
      button.offsetTop + button.offsetHeight,
    ];
    if (button.offsetLeft < group.scrollLeft) group.scrollLeft = button.offsetLeft;
    else if (right > group.scrollLeft + group.clientWidth) {
      group.scrollLeft = right - group.clientWidth;
    }
    if (button.offsetTop < group.scrollTop) group.scrollTop = button.offsetTop;
    else if (bottom > group.scrollTop + group.clientHeight) {
      group.scrollTop = bottom - group.clientHeight;
    }
  }
}
