/** What the element shows, in its shadow tree. */

import { styleSheet } from './style.js';

/**
 * A class to choose.
 * @typedef {{ index: number, text: string }} Choice
 */

export class View {
  #figure;
  #frame;
  #slot;
  #image;
  #plain;
  #overlay;
  #divider;
  #slider;
  #classes;
  #legend;
  #caption;
  #note;
  #progress;
  #onClass;
  #plainText;

  /**
   * @param {ShadowRoot} root
   * @param {typeof import('./texts.js').texts} texts
   * @param {(index: number) => void} onClass gets the class that a user chooses
   */
  constructor(root, texts, onClass) {
    this.#onClass = onClass;
    this.#plainText = texts.plain;
    this.#image = make('img', { part: 'picture', hidden: '', alt: '' });
    this.#slot = make('slot', {}, this.#image);
    this.#plain = make('canvas', { part: 'picture', hidden: '' });
    this.#overlay = make('canvas', {
      ...{ class: 'overlay', part: 'picture overlay', hidden: '', 'aria-hidden': 'true' },
    });
    this.#divider = make('div', { class: 'divider', part: 'divider', hidden: '' });
    this.#slider = make('input', {
      ...{ type: 'range', class: 'slider', part: 'slider', hidden: '', min: '0', max: '100' },
      ...{ value: '0', 'aria-label': texts.slider, 'aria-valuetext': texts.plain(0) },
    });
    const layers = [this.#slot, this.#plain, this.#overlay, this.#slider, this.#divider];
    this.#frame = make('div', { class: 'frame', part: 'frame' }, ...layers);
    this.#classes = make('fieldset', { class: 'classes', part: 'classes', hidden: '' });
    this.#classes.append(make('legend', {}, texts.classes));
    const ramp = make('canvas', { width: '256', height: '1', 'aria-hidden': 'true' });
    const ends = [texts.little, texts.much].map((text) => make('span', {}, text));
    this.#legend = make('div', { class: 'legend', part: 'legend', hidden: '' });
    this.#legend.append(ends[0], ramp, ends[1]);
    this.#caption = make('p', { part: 'caption', role: 'status' });
    this.#note = make('p', { part: 'note', hidden: '' });
    this.#progress = make('progress', {
      part: 'progress',
      hidden: '',
      'aria-label': texts.loading,
    });
    const caption = make('figcaption', {}, this.#caption, this.#note, this.#progress);
    const parts = [this.#frame, this.#classes, this.#legend, caption];
    this.#figure = make('figure', { part: 'figure' }, ...parts);
    root.adoptedStyleSheets = [styleSheet()];
    root.append(this.#figure);
    this.#slider.addEventListener('input', () => this.#divide());
    this.#classes.addEventListener('change', ({ target }) => {
      this.#onClass(Number(/** @type {HTMLInputElement} */ (target).value));
    });
  }

  /** The image elements that the page put into the element. */
  get slot() {
    return this.#slot;
  }

  /** @param {boolean} isBusy */
  set isBusy(isBusy) {
    this.#figure.ariaBusy = String(isBusy);
    if (!isBusy) this.#progress.hidden = true;
  }

  /**
   * Shows a picture before its heat map is there.
   * @param {string | undefined} address undefined if there is none that an image element takes
   * @param {string} alt
   */
  showPicture(address, alt) {
    this.hideHeat();
    this.#plain.hidden = true;
    this.#slot.hidden = false;
    this.#image.hidden = address === undefined;
    if (address === undefined) this.#image.removeAttribute('src');
    else if (this.#image.src !== address) this.#image.src = address;
    this.#image.alt = alt;
  }

  /** Leaves the picture alone, without a heat map and what belongs to that. */
  hideHeat() {
    const parts = [this.#overlay, this.#slider, this.#divider, this.#classes, this.#legend];
    for (const part of parts) part.hidden = true;
  }

  /**
   * @param {ImageData} picture
   * @param {ImageData} overlay
   * @param {string} alt
   */
  showOverlay(picture, overlay, alt) {
    draw(this.#plain, picture);
    draw(this.#overlay, overlay);
    // An empty text says that the picture tells nothing, as with image elements.
    const names = { role: 'img', 'aria-label': alt };
    const unnamed = { 'aria-hidden': 'true' };
    for (const name of [...Object.keys(names), 'aria-hidden']) this.#plain.removeAttribute(name);
    setAttributes(this.#plain, alt === '' ? unnamed : names);
    this.#slot.hidden = true;
    this.#plain.hidden = this.#overlay.hidden = false;
  }

  /** @param {ImageData} ramp 256 x 1 pixels */
  showLegend(ramp) {
    draw(/** @type {HTMLCanvasElement} */ (this.#legend.querySelector('canvas')), ramp);
    this.#legend.hidden = false;
  }

  /**
   * @param {boolean} hasControls
   * @param {Choice[]} choices
   * @param {number | undefined} chosen
   */
  showControls(hasControls, choices, chosen) {
    this.#slider.hidden = this.#divider.hidden = !hasControls;
    if (!hasControls) this.#slider.value = '0';
    this.#divide();
    this.#classes.hidden = !hasControls;
    const radios = [...this.#classes.querySelectorAll('input')];
    const isSame = choices.map(({ index }) => index).join() === radios.map(valueOf).join();
    // New elements would take the focus away from the keys.
    if (isSame) for (const radio of radios) radio.checked = Number(radio.value) === chosen;
    else this.#listClasses(choices, chosen);
  }

  /**
   * @param {Choice[]} choices
   * @param {number | undefined} chosen
   */
  #listClasses(choices, chosen) {
    for (const label of this.#classes.querySelectorAll('label')) label.remove();
    for (const { index, text } of choices) {
      const input = make('input', { type: 'radio', name: 'class', value: String(index) });
      input.checked = index === chosen;
      this.#classes.append(make('label', {}, input, make('span', { part: 'class' }, text)));
    }
  }

  /**
   * @param {string} text what a screen reader says too
   * @param {string} [note]
   */
  say(text, note = '') {
    this.#caption.setAttribute('part', 'caption');
    if (this.#caption.textContent !== text) this.#caption.textContent = text;
    this.#note.textContent = note;
    this.#note.hidden = note === '';
  }

  /** @param {string} text */
  fail(text) {
    this.hideHeat();
    this.say(text);
    this.#caption.setAttribute('part', 'caption error');
  }

  /** @param {{ loaded: number, total: number }} progress */
  showProgress({ loaded, total }) {
    this.#progress.hidden = false;
    if (total > 0) Object.assign(this.#progress, { value: loaded, max: total });
    else this.#progress.removeAttribute('value');
  }

  #divide() {
    const { value } = this.#slider;
    this.#frame.style.setProperty('--split', `${value}%`);
    this.#slider.setAttribute('aria-valuetext', this.#plainText(Number(value)));
  }
}

/** @param {HTMLInputElement} input */
function valueOf({ value }) {
  return value;
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string>} attributes
 * @param {...(Node | string)} children
 */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  setAttributes(element, attributes);
  element.append(...children);
  return element;
}

/**
 * @param {Element} element
 * @param {Record<string, string>} attributes
 */
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {ImageData} picture
 */
function draw(canvas, picture) {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  canvas.getContext('2d')?.putImageData(picture, 0, 0);
}
