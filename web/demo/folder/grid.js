/**
 * A list box of pictures with their maps, in rows and columns. It keeps all items, and has elements
 * for those in view only.
 */

import { colorize } from '../paint.js';
import { button, made } from '../view/dialog.js';
import { isMistake } from './order.js';
import * as texts from './texts.js';

/** @import { Look } from '../paint.js' */
/** @import { Item } from './order.js' */

/** Rows that are drawn above and below those in view. */
const MORE = 1;

export class Grid {
  element = made('div', 'sheet-grid');
  #cells = made('div', 'sheet-cells');
  #onOpen;
  /** @type {Look} */
  #look;
  /** @type {Item[]} in their order */
  #items = [];
  /** @type {Item | undefined} the one that the keys have reached */
  #active;
  /** @type {Map<Item, { card: HTMLElement, of: unknown }>} what is drawn */
  #cards = new Map();

  /**
   * @param {Look} look
   * @param {(item: Item) => void} onOpen
   */
  constructor(look, onOpen) {
    this.#look = look;
    this.#onOpen = onOpen;
    this.element.setAttribute('role', 'listbox');
    this.element.ariaLabel = texts.list;
    this.element.tabIndex = 0;
    this.#cells.setAttribute('role', 'none');
    this.element.append(this.#cells);
    this.element.addEventListener('scroll', () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.element.addEventListener('keydown', (event) => this.#key(event));
    this.element.addEventListener('click', ({ target }) => {
      const card = target instanceof Element ? target.closest('.card') : null;
      const item = card && this.#items.find(({ index }) => card.id === idOf(index));
      if (item) this.#open(item);
    });
  }

  /** The items that are drawn. */
  get shown() {
    return [...this.#cards.keys()];
  }

  /** @param {Look} look */
  set look(look) {
    if (look.colors === this.#look.colors && look.alphaLimit === this.#look.alphaLimit) return;
    this.#look = look;
    this.#clear();
    this.draw();
  }

  /** @param {Item[]} items in their order */
  set items(items) {
    this.#items = items;
    if (!this.#active || !items.includes(this.#active)) [this.#active] = items;
    this.draw();
  }

  /** Goes to the first item. */
  rewind() {
    [this.#active] = this.#items;
    this.element.scrollTop = 0;
    this.draw();
  }

  /** Draws what is in view. */
  draw() {
    const { columns, height } = this.#measure();
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / height) - MORE);
    const end = Math.ceil((scrollTop + clientHeight) / height) + MORE;
    const rows = Math.ceil(this.#items.length / columns);
    const shown = this.#items.slice(first * columns, end * columns);
    for (const item of this.#cards.keys()) if (!shown.includes(item)) this.#remove(item);
    const cards = shown.map((item) => this.#card(item, columns));
    cards.forEach((card, i) => {
      if (this.#cells.children[i] !== card) this.#cells.insertBefore(card, this.#cells.children[i]);
    });
    this.#cells.style.paddingTop = `${first * height}px`;
    this.#cells.style.paddingBottom = `${Math.max(0, rows - end) * height}px`;
    this.#mark();
  }

  /** The columns, and the height of a row. */
  #measure() {
    const style = getComputedStyle(this.#cells);
    const columns = style.gridTemplateColumns.split(' ').length;
    const height = parseFloat(style.gridAutoRows) + parseFloat(style.rowGap);
    return { columns: Math.max(1, columns), height };
  }

  /**
   * @param {Item} item
   * @param {number} columns
   */
  #card(item, columns) {
    const of = item.result ?? item.error;
    const known = this.#cards.get(item);
    if (known && known.of === of) return known.card;
    if (known) this.#remove(item);
    const card = made('div', 'card');
    card.id = idOf(item.index);
    card.setAttribute('role', 'option');
    card.append(this.#picture(item), ...lines(item));
    card.classList.toggle('mistake', isMistake(item));
    card.title = item.path;
    this.#cards.set(item, { card, of });
    return card;
  }

  /**
   * The picture with its map, which the browser stretches over it.
   * @param {Item} item
   */
  #picture({ result }) {
    const frame = made('span', 'card-frame');
    if (!result) return frame;
    const { thumb, heatmap, ratio } = result;
    const pair = made('span', 'card-pair');
    pair.style.setProperty('--ratio', String(ratio));
    const image = Object.assign(document.createElement('img'), { src: thumb, alt: '' });
    const { width, height } = heatmap;
    const map = Object.assign(document.createElement('canvas'), { width, height });
    const cells = new ImageData(width, height);
    cells.data.set(colorize(heatmap, this.#look));
    map.getContext('2d')?.putImageData(cells, 0, 0);
    pair.append(image, map);
    frame.append(pair);
    return frame;
  }

  /** Marks the active item, and says where each drawn item stands among all. */
  #mark() {
    for (const [item, { card }] of this.#cards) {
      const isActive = item === this.#active;
      card.ariaSelected = String(isActive);
      card.setAttribute('aria-posinset', String(this.#items.indexOf(item) + 1));
      card.setAttribute('aria-setsize', String(this.#items.length));
    }
    const isDrawn = this.#active && this.#cards.has(this.#active);
    if (isDrawn) this.element.setAttribute('aria-activedescendant', idOf(this.#active?.index));
    else this.element.removeAttribute('aria-activedescendant');
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key } = event;
    if ((key === 'Enter' || key === ' ') && this.#active) {
      event.preventDefault();
      return this.#open(this.#active);
    }
    const { columns, height } = this.#measure();
    const page = columns * Math.max(1, Math.floor(this.element.clientHeight / height));
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const all = { ...steps, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (!(key in all) || !this.#active) return;
    event.preventDefault();
    const at = this.#items.indexOf(this.#active) + all[/** @type {keyof typeof all} */ (key)];
    const to = Math.min(this.#items.length - 1, Math.max(0, at));
    this.#active = this.#items[to];
    this.#reveal(Math.floor(to / columns), height);
    this.draw();
  }

  /**
   * Scrolls to a row.
   * @param {number} row
   * @param {number} height of a row
   */
  #reveal(row, height) {
    const { scrollTop, clientHeight } = this.element;
    if (row * height < scrollTop) this.element.scrollTop = row * height;
    else if ((row + 1) * height > scrollTop + clientHeight) {
      this.element.scrollTop = (row + 1) * height - clientHeight;
    }
  }

  /** @param {Item} item */
  #open(item) {
    this.#active = item;
    this.#mark();
    if (item.error === undefined) this.#onOpen(item);
  }

  /** @param {Item} item */
  #remove(item) {
    this.#cards.get(item)?.card.remove();
    this.#cards.delete(item);
  }

  #clear() {
    for (const item of this.#cards.keys()) this.#remove(item);
  }
}

/** @param {number | undefined} index */
const idOf = (index) => `picture-${index}`;

/**
 * What is written below a picture.
 * @param {Item} item
 */
function lines(item) {
  const { path, result, error, truthName = '' } = item;
  const file = made('span', 'card-file', path.slice(path.lastIndexOf('/') + 1));
  if (!result) return [made('span', 'card-name', error ?? texts.waiting), file];
  const answer = made('span', 'card-class');
  // A long name is cut, and its score is not.
  answer.append(made('span', 'card-name', result.name), ` ${result.text}`);
  return [
    answer,
    file,
    ...(isMistake(item) ? [made('span', 'card-truth', texts.mistake(truthName))] : []),
  ];
}
