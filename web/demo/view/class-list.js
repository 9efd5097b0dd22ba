/**
 * The list of classes. It keeps all of them, and draws at most MOST_ROWS. The keys are those of a
 * list box, and they work from the search box too.
 */

import { SMALL_MAPS } from '../explainer.js';
import { search } from '../search.js';
import { element } from './element.js';
import { drawSmall } from './small.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Look } from '../paint.js' */
/** @import { ClassRow } from './words.js' */

const MOST_ROWS = 200;
/** Rows that are drawn in one piece. */
const AT_ONCE = 20;
/** Pixels of a row's small map. */
const [WIDTH, HEIGHT] = [96, 72];

export class ClassList {
  #search = element('class-search', HTMLInputElement);
  #box = element('class-rows', HTMLElement);
  #more = element('class-more', HTMLElement);
  #onChoose;
  #onVersus;
  #onPreview;
  /** @type {ClassRow[]} */
  #rows = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {number[]} positions in #rows of what is drawn */
  #shown = [];
  /** @type {number | undefined} index of the chosen class */
  #chosen;
  /** @type {number | undefined} index of the class that the chosen one is set against */
  #versus;
  /** @type {number | undefined} index of the class that the keys in the search box have reached */
  #active;
  /** @type {{ maps: Map<number, HeatMap>, picture: CanvasImageSource, look: Look } | undefined} */
  #small;
  /** @type {WeakMap<HTMLCanvasElement, unknown[]>} from what each small map was drawn */
  #drawn = new WeakMap();

  /**
   * @param {object} listener
   * @param {(index: number) => void} listener.onChoose
   * @param {(index: number) => void} listener.onVersus gets a class to set against the chosen one
   * @param {(index: number | undefined) => void} listener.onPreview gets the class under the
   *   pointer
   */
  constructor({ onChoose, onVersus, onPreview }) {
    this.#onChoose = onChoose;
    this.#onVersus = onVersus;
    this.#onPreview = onPreview;
    this.#search.addEventListener('input', () => this.#find());
    this.#search.addEventListener('keydown', (event) => this.#key(event, false));
    this.#search.addEventListener('blur', () => this.#onPreview(undefined));
    this.#box.addEventListener('keydown', (event) => this.#key(event, true));
    this.#box.addEventListener('click', ({ target }) => {
      const index = indexOf(target);
      if (index !== undefined && isMark(target)) this.#setAgainst(index);
      else if (index !== undefined) this.#choose(index);
    });
    this.#box.addEventListener('pointerover', ({ target, pointerType }) => {
      if (pointerType === 'mouse') this.#onPreview(isMark(target) ? undefined : indexOf(target));
    });
    this.#box.addEventListener('pointerleave', () => this.#onPreview(undefined));
  }

  /**
   * Lists classes. The rows of the saved answer stay when the model's own answer follows.
   * @param {ClassRow[]} rows
   * @param {number} index of the chosen class
   * @param {number} [versus] the class that it is set against
   */
  fill(rows, index, versus) {
    if (isSame(rows, this.#rows)) return this.select(index, versus);
    this.#rows = rows;
    this.#chosen = index;
    this.#versus = versus;
    this.#active = versus ?? index;
    this.#small = undefined;
    this.#search.hidden = rows.length < 12;
    if (this.#search.hidden) this.#search.value = '';
    this.#find();
  }

  /**
   * Marks a class and scrolls to it, unless it is marked already.
   * @param {number} index
   * @param {number} [versus] the class that it is set against
   */
  select(index, versus) {
    if (index === this.#chosen && versus === this.#versus) return;
    this.#active = versus !== undefined && versus !== this.#versus ? versus : index;
    this.#chosen = index;
    this.#versus = versus;
    this.#draw();
    this.#reveal();
  }

  /**
   * Shows small maps.
   * @param {Map<number, HeatMap>} maps by class
   * @param {CanvasImageSource} picture small
   * @param {Look} look
   */
  setMaps(maps, picture, look) {
    this.#small = { maps, picture, look };
    for (const row of this.#box.children) this.#drawMap(/** @type {HTMLElement} */ (row));
  }

  /** @param {boolean} disabled */
  set disabled(disabled) {
    this.#box.setAttribute('aria-disabled', String(disabled));
    this.#search.disabled = disabled;
  }

  #find() {
    this.#shown = search(this.#search.value, this.#rows);
    const isHidden = !this.#shown.some((i) => this.#rows[i].index === this.#active);
    if (isHidden || this.#search.value !== '') this.#active = this.#first();
    if (this.#search.value === '') this.#active = this.#chosen;
    this.#draw();
    // The browser lays out the rows for the next frame. Asking where they are would do it now.
    requestAnimationFrame(() => this.#reveal());
  }

  #first() {
    return this.#shown.length > 0 ? this.#rows[this.#shown[0]].index : undefined;
  }

  #draw() {
    const rows = this.#shown.slice(0, MOST_ROWS).map((i) => this.#rows[i]);
    // A chosen class far down the list is seen too.
    for (const index of this.#search.value === '' ? [this.#chosen, this.#versus] : []) {
      const chosen = this.#rows.find((row) => row.index === index);
      if (chosen && !rows.includes(chosen)) rows.push(chosen);
    }
    this.#box.replaceChildren(...rows.slice(0, AT_ONCE).map((row) => this.#row(row)));
    this.#drawLater(rows.slice(AT_ONCE));
    const more = this.#shown.length - rows.length;
    const none = this.#rows.length > 0 ? 'No class has this in its name.' : '';
    this.#more.textContent =
      more > 0 ? `and ${more} more: search for them` : this.#shown.length > 0 ? '' : none;
    this.#mark();
  }

  /**
   * Draws the rows that are out of sight, after the page has shown the others.
   * @param {ClassRow[]} rows
   */
  #drawLater(rows) {
    clearTimeout(this.#timer);
    this.#box.ariaBusy = String(rows.length > 0);
    if (rows.length === 0) return;
    this.#timer = setTimeout(() => {
      this.#box.append(...rows.slice(0, AT_ONCE).map((row) => this.#row(row)));
      this.#mark();
      const at = rows.findIndex(({ index }) => index === this.#active);
      if (at >= 0 && at < AT_ONCE) this.#reveal();
      this.#drawLater(rows.slice(AT_ONCE));
    });
  }

  /** @param {ClassRow} row */
  #row({ index, name, score, share }) {
    const row = document.createElement('div');
    row.id = `class-${index}`;
    row.className = 'row';
    row.setAttribute('role', 'option');
    row.title = `${name} (${index})`;
    const bar = span('bar', '');
    bar.style.setProperty('--share', String(share));
    // The first rows keep the room of their small maps.
    if (this.#rows.slice(0, SMALL_MAPS).some((first) => first.index === index)) {
      row.append(emptyMap());
    }
    row.append(span('name', name), span('detail', score), span('mark', '|'), bar);
    this.#drawMap(row);
    return row;
  }

  /** @param {HTMLElement} row */
  #drawMap(row) {
    const heatmap = this.#small?.maps.get(Number(row.id.slice('class-'.length)));
    const old = row.querySelector('canvas');
    if (!heatmap || !this.#small) return;
    const canvas = old ?? emptyMap();
    const { picture, look } = this.#small;
    const { colors, alphaLimit } = look;
    const drawn = [picture, heatmap, colors, alphaLimit];
    if (this.#drawn.get(canvas)?.every((part, i) => part === drawn[i])) return;
    this.#drawn.set(canvas, drawn);
    const context = canvas.getContext('2d');
    if (context) drawSmall(context, picture, heatmap, look, [0, 0, WIDTH, HEIGHT]);
    if (!old) row.prepend(canvas);
  }

  /** Marks the rows. What stays is not written again, because the row would be laid out again. */
  #mark() {
    for (const row of this.#box.children) {
      const isChosen = String(row.id === `class-${this.#chosen}`);
      if (row.ariaSelected !== isChosen) row.ariaSelected = isChosen;
      row.classList.toggle('active', row.id === `class-${this.#active}`);
      const mark = /** @type {HTMLElement} */ (row.querySelector('.mark'));
      const isB = this.#versus !== undefined && row.id === `class-${this.#versus}`;
      const isA = this.#versus !== undefined && row.id === `class-${this.#chosen}`;
      const text = isA ? 'A' : isB ? 'B' : '|';
      if (mark.textContent !== text) mark.textContent = text;
      mark.ariaHidden = String(!isA && !isB);
    }
    const isShown = this.#active !== undefined && document.getElementById(`class-${this.#active}`);
    for (const owner of [this.#search, this.#box]) {
      if (isShown) owner.setAttribute('aria-activedescendant', `class-${this.#active}`);
      else owner.removeAttribute('aria-activedescendant');
    }
  }

  /** @param {number} index */
  #choose(index) {
    if (this.#box.ariaDisabled === 'true') return;
    this.#chosen = this.#active = index;
    this.#mark();
    this.#reveal();
    this.#onChoose(index);
  }

  /** @param {number} index */
  #setAgainst(index) {
    if (this.#box.ariaDisabled === 'true') return;
    this.#active = index;
    this.#mark();
    this.#onVersus(index);
  }

  /**
   * @param {KeyboardEvent} event
   * @param {boolean} choosesAtOnce whether a step chooses the class
   */
  #key(event, choosesAtOnce) {
    const { key } = event;
    if (key === 'Enter' && this.#active !== undefined) {
      event.preventDefault();
      return event.shiftKey ? this.#setAgainst(this.#active) : this.#choose(this.#active);
    }
    const rows = [...this.#box.children].map(({ id }) => Number(id.slice('class-'.length)));
    const at = this.#active === undefined ? -1 : rows.indexOf(this.#active);
    const to = stepTo(key, at, rows.length, choosesAtOnce);
    if (to === undefined || rows.length === 0) return;
    event.preventDefault();
    if (choosesAtOnce && event.shiftKey) {
      this.#setAgainst(rows[to]);
      return this.#reveal();
    }
    if (choosesAtOnce) return this.#choose(rows[to]);
    this.#active = rows[to];
    this.#mark();
    this.#reveal();
    this.#onPreview(this.#active);
  }

  /** Scrolls the box to the active row. Unlike scrollIntoView, this never scrolls the page. */
  #reveal() {
    const row = document.getElementById(`class-${this.#active}`);
    if (!row) return;
    const above = row.offsetTop - this.#box.scrollTop;
    const below = above + row.offsetHeight - this.#box.clientHeight;
    if (above < 0) this.#box.scrollTop += above;
    else if (below > 0) this.#box.scrollTop += below;
  }
}

/**
 * Whether rows read the same.
 * @param {ClassRow[]} rows
 * @param {ClassRow[]} others
 */
function isSame(rows, others) {
  return (
    rows.length === others.length &&
    rows.every(({ index, name, score }, i) => {
      const other = others[i];
      return index === other.index && name === other.name && score === other.score;
    })
  );
}

/** Rows that a page key goes. */
const PAGE = 8;

/**
 * The row to which a key goes.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 * @param {boolean} isList whether Home and End are the list's, not the text's
 */
function stepTo(key, at, count, isList) {
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: PAGE, PageUp: -PAGE };
  if (isList && key === 'Home') return 0;
  if (isList && key === 'End') return count - 1;
  if (!(key in steps)) return undefined;
  const step = steps[/** @type {keyof typeof steps} */ (key)];
  return Math.min(count - 1, Math.max(0, at + step));
}

/** @param {EventTarget | null} target */
function indexOf(target) {
  const row = target instanceof Element ? target.closest('.row') : null;
  return row ? Number(row.id.slice('class-'.length)) : undefined;
}

/** @param {EventTarget | null} target */
function isMark(target) {
  return target instanceof Element && target.className === 'mark';
}

function emptyMap() {
  const canvas = document.createElement('canvas');
  canvas.ariaHidden = 'true';
  return Object.assign(canvas, { width: WIDTH, height: HEIGHT });
}

/**
 * @param {string} className
 * @param {string} text
 */
function span(className, text) {
  const element = document.createElement('span');
  element.className = className;
  element.textContent = text;
  return element;
}
