/**
 * The picture and its heat map. A handle divides them, the wheel zooms, and the value under the
 * pointer or under the keys' cursor is read.
 */

import { painting } from '../paint.js';
import { isAgainst } from '../signed.js';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Look } from '../paint.js' */

/**
 * Which part of the picture is seen. All panes show the same part.
 * @typedef {object} StageView
 * @property {number} zoom 1 or more
 * @property {number} x how far the picture is moved to the right, in widths of the frame
 * @property {number} y how far it is moved down, in heights of the frame
 */

/** @type {StageView} */
const WHOLE = { zoom: 1, x: 0, y: 0 };
const MOST_ZOOM = 8;
const ZOOM_STEP = 1.25;
/** Percent that a key moves the handle. */
const STEP = 2;
/** Milliseconds of one piece of painting. A small picture needs one, a large one several. */
const PIECE = 24;

export class Stage {
  #room;
  #frame;
  #plain;
  #overlay;
  #cursor;
  #handle;
  #cell;
  #listener;
  /** @type {ImageData | undefined} */
  #picture;
  /** @type {ImageData | undefined} */
  #painted;
  /** @type {Generator<void, void> | undefined} what is being painted */
  #painting;
  /** @type {(() => void) | undefined} begins the newest map, if an older one is being painted */
  #waiting;
  /** @type {(() => void)[]} */
  #onPainted = [];
  /** @type {HeatMap | undefined} */
  #heatmap;
  #heat = true;
  #held = false;
  #view = WHOLE;
  /** @type {{ row: number, column: number } | undefined} the keys' cursor */
  #at;

  /**
   * @param {HTMLElement} room
   * @param {object} listener
   * @param {(split: number) => void} listener.onSplit gets where the handle is, 0 .. 100
   * @param {(point: { x: number, y: number } | undefined) => void} listener.onPoint gets where the
   *   pointer is, 0 .. 1
   * @param {(view: StageView) => void} listener.onView the user looks at another part
   * @param {(isPainting: boolean) => void} listener.onPainting
   */
  constructor(room, listener) {
    this.#room = room;
    this.#listener = listener;
    const find = (/** @type {string} */ name) =>
      /** @type {HTMLElement} */ (room.querySelector(name));
    this.#frame = find('.frame');
    this.#plain = /** @type {HTMLCanvasElement} */ (find('.plain'));
    this.#overlay = /** @type {HTMLCanvasElement} */ (find('.overlay'));
    this.#cursor = find('.cursor');
    this.#handle = find('.handle');
    this.#cell = find('.cell');
    this.#listenToPointer();
    this.#listenToHandle();
    room.addEventListener('keydown', (event) => this.#key(event));
    find('.zoom-in').addEventListener('click', () => this.#zoomBy(ZOOM_STEP ** 2));
    find('.zoom-out').addEventListener('click', () => this.#zoomBy(ZOOM_STEP ** -2));
  }

  /**
   * Shows a picture without a map.
   * @param {ImageData} picture
   * @param {string} description
   */
  showPlain(picture, description) {
    this.#heatmap = undefined;
    this.#endPainting();
    this.#setPicture(picture);
    this.#overlay.setAttribute('aria-label', description);
    this.#overlay.getContext('2d')?.putImageData(picture, 0, 0);
  }

  /**
   * @param {ImageData} picture
   * @param {HeatMap} heatmap
   * @param {Look} look
   * @param {string} [description] for users who do not see the picture
   */
  show(picture, heatmap, look, description) {
    this.#setPicture(picture);
    if (this.#heatmap && !hasSameSize(this.#heatmap, heatmap)) this.#at = undefined;
    this.#heatmap = heatmap;
    if (description !== undefined) this.#overlay.setAttribute('aria-label', description);
    // A map that is half painted is finished, so that something is seen while maps change quickly.
    this.#waiting = () => this.#begin(picture, heatmap, look);
    if (!this.#painting) this.#paint();
    this.#showCursor();
  }

  /**
   * @param {ImageData} picture
   * @param {HeatMap} heatmap
   * @param {Look} look
   */
  #begin(picture, heatmap, look) {
    const { width, height } = picture;
    if (!this.#painted || !hasSameSize(this.#painted, picture)) {
      this.#painted = new ImageData(width, height);
    }
    this.#waiting = undefined;
    this.#painting = painting(this.#painted, picture, heatmap, look);
  }

  /** Paints a piece, and the others later, so that a large picture does not block the page. */
  #paint() {
    if (!this.#painting) this.#waiting?.();
    const painting = this.#painting;
    if (!painting) return;
    const end = performance.now() + PIECE;
    while (performance.now() < end) {
      if (!painting.next().done) continue;
      this.#painting = undefined;
      this.#draw();
      break;
    }
    const isMore = this.#painting !== undefined || this.#waiting !== undefined;
    this.#listener.onPainting(isMore);
    if (isMore) soon(() => this.#paint());
    else this.#endWaiting();
  }

  /** Settles when nothing is being painted. */
  get painted() {
    if (!this.#painting && !this.#waiting) return Promise.resolve();
    return new Promise((resolve) => this.#onPainted.push(() => resolve(undefined)));
  }

  #endWaiting() {
    for (const resolve of this.#onPainted.splice(0)) resolve();
  }

  #endPainting() {
    this.#painting = this.#waiting = undefined;
    this.#endWaiting();
    this.#listener.onPainting(false);
  }

  /** @param {boolean} heat whether the heat map lies over the picture */
  set heat(heat) {
    this.#heat = heat;
    this.#draw();
  }

  /** @param {number} split percent of the width that shows the plain picture */
  set split(split) {
    this.#frame.style.setProperty('--split', `${split}%`);
    this.#handle.setAttribute('aria-valuenow', String(Math.round(split)));
    this.#handle.setAttribute('aria-valuetext', `${Math.round(split)}% plain`);
  }

  /**
   * Says the value at a point of the picture.
   * @param {{ x: number, y: number } | undefined} point
   */
  readPoint(point) {
    if (!this.#heatmap || !point) {
      this.#cell.hidden = true;
      return;
    }
    const { width, height } = this.#heatmap;
    this.#read(cellAt(point.y, height), cellAt(point.x, width));
  }

  /**
   * @param {number} row
   * @param {number} column
   */
  #read(row, column) {
    if (!this.#heatmap) return;
    const { data, width } = this.#heatmap;
    const at = row * width + column;
    const value = `${isAgainst(this.#heatmap, at) ? '−' : ''}${data[at].toFixed(3)}`;
    this.#cell.textContent = `row ${row + 1}, column ${column + 1}: ${value} of 1`;
    this.#cell.hidden = false;
  }

  /** @param {ImageData} picture */
  #setPicture(picture) {
    if (this.#picture === picture) return;
    this.#endPainting();
    const isFirst = !this.#picture;
    this.#picture = picture;
    const { width, height } = picture;
    for (const canvas of [this.#plain, this.#overlay]) Object.assign(canvas, { width, height });
    this.#frame.style.setProperty('--ratio', String(width / height));
    this.#frame.hidden = false;
    this.#plain.getContext('2d')?.putImageData(picture, 0, 0);
    this.#at = undefined;
    // A new pane shows the part that the others show. Another picture is shown as a whole.
    if (!isFirst && this.#view.zoom > 1) this.#setView(WHOLE);
    this.#showCursor();
  }

  #draw() {
    const isPlain = !this.#heat || this.#held;
    // A half painted map is drawn when it is whole.
    if (!isPlain && this.#painting) return;
    const shown = isPlain ? this.#picture : this.#painted;
    if (this.#heatmap && shown) this.#overlay.getContext('2d')?.putImageData(shown, 0, 0);
  }

  #listenToPointer() {
    const room = this.#room;
    /** @type {{ x: number, y: number, view: StageView } | undefined} */
    let from;
    room.addEventListener('pointerdown', (event) => {
      const isOnPicture = event.target === this.#overlay || event.target === this.#cursor;
      if (event.button !== 0 || !isOnPicture) return;
      if (this.#view.zoom === 1) return this.#hold(true);
      room.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, view: this.#view };
    });
    room.addEventListener('pointermove', (event) => {
      if (from) {
        const { clientWidth, clientHeight } = this.#frame;
        const x = from.view.x + (event.clientX - from.x) / clientWidth;
        const y = from.view.y + (event.clientY - from.y) / clientHeight;
        return this.#setView({ ...this.#view, x, y });
      }
      this.#listener.onPoint(this.#pointOf(event));
    });
    for (const type of /** @type {const} */ (['pointerup', 'pointercancel', 'pointerleave'])) {
      room.addEventListener(type, () => {
        from = undefined;
        this.#hold(false);
        if (type === 'pointerleave') this.#listener.onPoint(undefined);
      });
    }
    room.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault();
        this.#zoomBy(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, event);
      },
      { passive: false },
    );
    room.addEventListener('dblclick', () => this.#setView(WHOLE));
  }

  /** @param {{ clientX: number, clientY: number }} event */
  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#overlay.getBoundingClientRect();
    const [x, y] = [(clientX - left) / width, (clientY - top) / height];
    return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : undefined;
  }

  #listenToHandle() {
    const handle = this.#handle;
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      event.preventDefault();
      handle.focus();
    });
    handle.addEventListener('pointermove', (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      event.stopPropagation();
      const { left, width } = this.#overlay.getBoundingClientRect();
      this.#listener.onSplit(limit(((event.clientX - left) / width) * 100));
    });
    handle.addEventListener('keydown', (event) => {
      const now = Number(handle.getAttribute('aria-valuenow'));
      /** @type {Record<string, number>} */
      const places = {
        ArrowLeft: now - STEP,
        ArrowDown: now - STEP,
        ArrowRight: now + STEP,
        ArrowUp: now + STEP,
        PageDown: now - 10 * STEP,
        PageUp: now + 10 * STEP,
        Home: 0,
        End: 100,
      };
      if (!(event.key in places)) return;
      event.preventDefault();
      event.stopPropagation();
      this.#listener.onSplit(limit(places[event.key]));
    });
  }

  /** @param {boolean} held */
  #hold(held) {
    if (this.#held === held) return;
    this.#held = held;
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.#room || event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, () => void>} */
    const keys = {
      '+': () => this.#zoomBy(ZOOM_STEP),
      '=': () => this.#zoomBy(ZOOM_STEP),
      '-': () => this.#zoomBy(1 / ZOOM_STEP),
      0: () => this.#setView(WHOLE),
      ArrowLeft: () => this.#moveCursor(0, -1),
      ArrowRight: () => this.#moveCursor(0, 1),
      ArrowUp: () => this.#moveCursor(-1, 0),
      ArrowDown: () => this.#moveCursor(1, 0),
      Escape: () => this.#hideCursor(),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  /**
   * @param {number} down
   * @param {number} right
   */
  #moveCursor(down, right) {
    if (!this.#heatmap) return;
    const { data, width, height } = this.#heatmap;
    const strongest = data.reduce((best, value, i) => (value > data[best] ? i : best), 0);
    const { row, column } = this.#at
      ? { row: this.#at.row + down, column: this.#at.column + right }
      : { row: Math.floor(strongest / width), column: strongest % width };
    this.#at = {
      row: Math.min(height - 1, Math.max(0, row)),
      column: Math.min(width - 1, Math.max(0, column)),
    };
    this.#showCursor();
    const [x, y] = [(this.#at.column + 0.5) / width, (this.#at.row + 0.5) / height];
    this.#listener.onPoint({ x, y });
  }

  #hideCursor() {
    this.#at = undefined;
    this.#listener.onPoint(undefined);
    this.#showCursor();
  }

  #showCursor() {
    this.#cursor.hidden = !this.#at || !this.#heatmap;
    if (!this.#at || !this.#heatmap) return;
    const { width, height } = this.#heatmap;
    const { style } = this.#cursor;
    style.setProperty('left', `${(100 * this.#at.column) / width}%`);
    style.setProperty('top', `${(100 * this.#at.row) / height}%`);
    style.setProperty('width', `${100 / width}%`);
    style.setProperty('height', `${100 / height}%`);
  }

  /**
   * @param {number} factor
   * @param {{ clientX: number, clientY: number }} [around] stays where it is (default: the middle)
   */
  #zoomBy(factor, around) {
    const zoom = Math.min(MOST_ZOOM, Math.max(1, this.#view.zoom * factor));
    const { left, top, width, height } = this.#room.getBoundingClientRect();
    const { clientWidth, clientHeight } = this.#frame;
    const x = around ? (around.clientX - left - width / 2) / clientWidth : 0;
    const y = around ? (around.clientY - top - height / 2) / clientHeight : 0;
    const scale = zoom / this.#view.zoom;
    this.#setView({
      zoom,
      x: x - (x - this.#view.x) * scale,
      y: y - (y - this.#view.y) * scale,
    });
  }

  /** @param {StageView} view that the user wants */
  #setView({ zoom, x, y }) {
    const most = (zoom - 1) / 2;
    const within = (/** @type {number} */ value) => Math.min(most, Math.max(-most, value));
    this.view = { zoom, x: within(x), y: within(y) };
    this.#listener.onView(this.view);
  }

  get view() {
    return this.#view;
  }

  /** @param {StageView} view that another pane has */
  set view(view) {
    this.#view = view;
    const { style } = this.#frame;
    style.setProperty('--zoom', String(view.zoom));
    style.setProperty('--pan-x', `${100 * view.x}%`);
    style.setProperty('--pan-y', `${100 * view.y}%`);
    this.#room.classList.toggle('zoomed', view.zoom > 1);
  }
}

/**
 * Does something in a task of its own, before other work of the page where the browser can.
 * @param {() => void} work
 */
function soon(work) {
  const { scheduler } = /** @type {any} */ (globalThis);
  if (scheduler?.postTask) scheduler.postTask(work, { priority: 'user-blocking' });
  else setTimeout(work);
}

/** @param {number} percent */
function limit(percent) {
  return Math.min(100, Math.max(0, percent));
}

/**
 * @param {number} share 0 .. 1
 * @param {number} count
 */
function cellAt(share, count) {
  return Math.min(count - 1, Math.max(0, Math.floor(share * count)));
}

/**
 * @param {{ width: number, height: number }} a
 * @param {{ width: number, height: number }} b
 */
function hasSameSize(a, b) {
  return a.width === b.width && a.height === b.height;
}
