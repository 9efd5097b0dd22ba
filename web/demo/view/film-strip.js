/**
 * The maps of all layers, first to last, on one canvas. The chosen layer is larger. For keys and
 * screen readers it is a slider.
 */

import { element } from './element.js';
import { drawSmall } from './small.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Look } from '../paint.js' */
/** @import { LayerRow } from './words.js' */

/** Pixels of a small map. */
const [WIDTH, HEIGHT] = [64, 48];
/** Milliseconds between layers while they play. */
const FRAME = 70;
/** Milliseconds of one piece of painting, so that the page stays responsive. */
const PIECE = 8;
/** Layers that a page key goes. */
const PAGE = 10;

export class FilmStrip {
  #canvas = element('strip', HTMLCanvasElement);
  #sizes = element('strip-sizes', HTMLElement);
  #select = element('layer', HTMLSelectElement);
  #onChoose;
  /** @type {LayerRow[]} */
  #rows = [];
  #at = 0;
  /** Those of the style sheet. Asking for them in each step would take longer than the step. */
  #colors = { color: '', backgroundColor: '', outlineColor: '' };
  /** In CSS pixels. Asking the canvas would lay out the page in each step. */
  #size = { width: 0, height: 0 };
  /** @type {OffscreenCanvas | undefined} the small maps, one beside the other */
  #maps;
  /** Counts the sets of maps, so that an old set stops being painted. */
  #version = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #playing;

  /** @param {(path: string) => void} onChoose */
  constructor(onChoose) {
    this.#onChoose = onChoose;
    this.#canvas.addEventListener('keydown', (event) => this.#key(event));
    this.#canvas.addEventListener('pointerdown', (event) => {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#point(event);
    });
    this.#canvas.addEventListener('pointermove', (event) => {
      if (this.#canvas.hasPointerCapture(event.pointerId)) this.#point(event);
    });
    this.#select.addEventListener('change', () => this.#go(this.#select.selectedIndex));
    const readColors = () => {
      const { color, backgroundColor, outlineColor } = getComputedStyle(this.#canvas);
      this.#colors = { color, backgroundColor, outlineColor };
      if (this.#rows.length > 0) this.#draw();
    };
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', readColors);
    }
    readColors();
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = contentRect;
      this.#draw();
      this.#cutSizes();
    }).observe(this.#canvas);
  }

  /**
   * Lists the layers of a model. The saved answer has the same as the model that follows it.
   * @param {LayerRow[]} rows
   */
  fill(rows) {
    if (isSame(rows, this.#rows)) return;
    this.stop();
    this.#rows = rows;
    this.#at = rows.length - 1;
    this.#maps = undefined;
    this.#select.replaceChildren(
      ...rows.map(({ path, name, size }) => {
        const option = new Option(`${name}, ${size}`, path);
        option.title = path;
        return option;
      }),
    );
    this.#canvas.setAttribute('aria-valuemax', String(Math.max(1, rows.length)));
    this.#sizes.replaceChildren(...groupSizes(rows));
    requestAnimationFrame(() => this.#cutSizes());
    this.#show();
  }

  /** @param {string} path */
  select(path) {
    const at = this.#rows.findIndex((row) => row.path === path);
    if (at >= 0 && at !== this.#at) this.#at = at;
    this.#show();
  }

  /**
   * Paints the maps, a piece after another.
   * @param {Map<string, HeatMap>} maps by layer
   * @param {CanvasImageSource} picture small
   * @param {Look} look
   * @param {number} [delay] milliseconds, for colours that may change again
   */
  setMaps(maps, picture, look, delay = 0) {
    const version = ++this.#version;
    const sheet = new OffscreenCanvas(WIDTH * Math.max(1, this.#rows.length), HEIGHT);
    const context = sheet.getContext('2d');
    let next = 0;
    const paint = () => {
      if (version !== this.#version || !context) return;
      const start = performance.now();
      for (; next < this.#rows.length && performance.now() - start < PIECE; next++) {
        const map = maps.get(this.#rows[next].path);
        drawSmall(context, picture, map, look, [next * WIDTH, 0, WIDTH, HEIGHT]);
      }
      this.#maps = sheet;
      this.#draw();
      const isMore = next < this.#rows.length;
      this.#canvas.ariaBusy = String(isMore);
      if (isMore) setTimeout(paint);
    };
    this.#canvas.ariaBusy = 'true';
    if (delay > 0) setTimeout(paint, delay);
    else paint();
  }

  /** Forgets the maps, because they belong to another answer. */
  clear() {
    this.#version++;
    this.#maps = undefined;
    this.#canvas.ariaBusy = 'false';
    this.#draw();
  }

  /** @param {boolean} disabled */
  set disabled(disabled) {
    if (disabled) this.stop();
    this.#select.disabled = disabled;
    this.#canvas.setAttribute('aria-disabled', String(disabled));
  }

  /** Ends the play. */
  stop() {
    clearInterval(this.#playing);
    this.#playing = undefined;
  }

  #play() {
    if (this.#playing !== undefined) return this.stop();
    if (this.#at === this.#rows.length - 1) this.#go(0);
    this.#playing = setInterval(() => {
      if (this.#at >= this.#rows.length - 1) this.stop();
      else this.#go(this.#at + 1);
    }, FRAME);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const last = this.#rows.length - 1;
    /** @type {Record<string, number>} */
    const places = {
      ArrowLeft: this.#at - 1,
      ArrowDown: this.#at - 1,
      ArrowRight: this.#at + 1,
      ArrowUp: this.#at + 1,
      PageDown: this.#at - PAGE,
      PageUp: this.#at + PAGE,
      Home: 0,
      End: last,
    };
    if (event.key === ' ') this.#play();
    else if (event.key in places) this.stop();
    else return;
    event.preventDefault();
    if (event.key !== ' ') this.#go(places[event.key]);
  }

  /** @param {PointerEvent} event */
  #point({ offsetX }) {
    this.stop();
    const slots = this.#slots();
    const at = slots.findIndex(({ x, width }) => offsetX < x + width);
    this.#go(at < 0 ? slots.length - 1 : at);
  }

  /** @param {number} at */
  #go(at) {
    if (this.#canvas.ariaDisabled === 'true') return;
    const to = Math.min(this.#rows.length - 1, Math.max(0, at));
    if (to === this.#at || !this.#rows[to]) return;
    this.#at = to;
    this.#show();
    this.#onChoose(this.#rows[to].path);
  }

  #show() {
    const row = this.#rows[this.#at];
    this.#select.selectedIndex = this.#at;
    this.#canvas.setAttribute('aria-valuenow', String(this.#at + 1));
    const text = row
      ? `${row.name}, ${row.size}, layer ${this.#at + 1} of ${this.#rows.length}`
      : '';
    this.#canvas.setAttribute('aria-valuetext', text);
    this.#draw();
  }

  /** Hides the sizes that have no room. */
  #cutSizes() {
    // A size that is hidden already has no width.
    for (const label of this.#sizes.children) label.classList.remove('cut');
    const cut = Array.from(this.#sizes.children, (label) => label.scrollWidth > label.clientWidth);
    cut.forEach((isCut, i) => this.#sizes.children[i].classList.toggle('cut', isCut));
  }

  /** The places of the layers on the canvas, in CSS pixels. */
  #slots() {
    const count = this.#rows.length;
    const full = Math.round((this.#size.height * WIDTH) / HEIGHT);
    const narrow = Math.min(full, (this.#size.width - full) / Math.max(1, count - 1));
    let x = 0;
    return this.#rows.map((_, i) => {
      const width = i === this.#at ? full : narrow;
      const slot = { x, width };
      x += width;
      return slot;
    });
  }

  #draw() {
    const canvas = this.#canvas;
    const scale = devicePixelRatio;
    const [width, height] = [this.#size.width * scale, this.#size.height * scale];
    if (width === 0) return;
    if (canvas.width !== Math.round(width) || canvas.height !== Math.round(height)) {
      Object.assign(canvas, { width: Math.round(width), height: Math.round(height) });
    }
    const context = canvas.getContext('2d');
    if (!context) return;
    const { color, backgroundColor, outlineColor } = this.#colors;
    context.clearRect(0, 0, canvas.width, canvas.height);
    this.#slots().forEach((slot, i) => {
      const [x, wide] = [slot.x * scale, Math.max(1, slot.width * scale)];
      if (this.#maps) {
        context.drawImage(this.#maps, i * WIDTH, 0, WIDTH, HEIGHT, x, 0, wide, canvas.height);
      } else {
        context.fillStyle = i % 2 ? color : backgroundColor;
        context.fillRect(x, 0, wide, canvas.height);
      }
      if (i !== this.#at) return;
      context.lineWidth = 3 * scale;
      context.strokeStyle = outlineColor;
      context.strokeRect(x + 1.5 * scale, 1.5 * scale, wide - 3 * scale, canvas.height - 3 * scale);
    });
  }
}

/**
 * @param {LayerRow[]} rows
 * @param {LayerRow[]} others
 */
function isSame(rows, others) {
  return (
    rows.length === others.length &&
    rows.every(({ path, size }, i) => path === others[i].path && size === others[i].size)
  );
}

/**
 * A label for each run of layers of one size, as wide as the run.
 * @param {LayerRow[]} rows
 */
function groupSizes(rows) {
  /** @type {{ size: string, count: number }[]} */
  const groups = [];
  for (const { size } of rows) {
    const last = groups.at(-1);
    if (last?.size === size) last.count++;
    else groups.push({ size, count: 1 });
  }
  return groups.map(({ size, count }) => {
    const label = document.createElement('span');
    label.textContent = size;
    label.style.flexGrow = String(count);
    return label;
  });
}
