/** Shows how far a model is loaded, in words and as a bar, and offers to load one. */

import { status } from '../texts.js';

/** @import { Progress } from 'gradcam-wasm' */

/** Milliseconds that work may take without progress being shown. */
const PATIENCE = 300;
/** Milliseconds between two steps that are shown. A file comes in hundreds of pieces. */
const STEP = 100;

export class ProgressPanel {
  #panel;
  #text;
  #bar;
  #button;
  /** @type {() => void} */
  #onButton = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** When a step was shown last. */
  #shown = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} of the step that waits */
  #waiting;

  /**
   * @param {{ panel: HTMLElement, text: HTMLElement, bar: HTMLProgressElement,
   *   button: HTMLButtonElement }} elements
   */
  constructor({ panel, text, bar, button }) {
    this.#panel = panel;
    this.#text = text;
    this.#bar = bar;
    this.#button = button;
    button.addEventListener('click', () => this.#onButton());
  }

  /**
   * Shows the panel, unless the work ends in a moment.
   * @param {string} text
   * @param {() => void} onCancel
   */
  start(text, onCancel) {
    this.#onButton = onCancel;
    this.#button.textContent = 'Cancel';
    this.#text.textContent = text;
    this.#bar.hidden = false;
    this.#bar.removeAttribute('value');
    this.#stop();
    this.#timer = setTimeout(() => (this.#panel.hidden = false), PATIENCE);
  }

  /** @param {Progress} progress */
  show(progress) {
    clearTimeout(this.#waiting);
    const wait = this.#shown + STEP - performance.now();
    if (wait <= 0) this.#show(progress);
    else this.#waiting = setTimeout(() => this.#show(progress), wait);
  }

  /** @param {Progress} progress */
  #show(progress) {
    this.#shown = performance.now();
    this.#text.textContent = inWords(progress);
    if (progress.total > 0) this.#bar.value = progress.loaded / progress.total;
    else this.#bar.removeAttribute('value');
  }

  /**
   * @param {string} text
   * @param {number} share of the work that is done
   */
  showShare(text, share) {
    clearTimeout(this.#waiting);
    this.#text.textContent = text;
    this.#bar.value = share;
  }

  end() {
    this.#stop();
    this.#panel.hidden = true;
  }

  #stop() {
    clearTimeout(this.#timer);
    clearTimeout(this.#waiting);
  }

  /**
   * Says that no model is open, and offers one.
   * @param {string} name
   * @param {() => void} onLoad
   */
  offer(name, onLoad) {
    this.#stop();
    this.#onButton = onLoad;
    this.#text.textContent = `${status.noModel} ${name}`;
    this.#button.textContent = 'Load the model';
    this.#bar.hidden = true;
    this.#panel.hidden = false;
  }
}

/** @param {Progress} progress */
function inWords({ phase, loaded, total }) {
  const percent = `${Math.floor((100 * loaded) / total)}%`;
  if (phase === 'plan') return 'Preparing the network';
  if (phase === 'weights') return `Reading the weights, ${percent}`;
  if (total === 0) return `Fetching the model, ${megabytes(loaded)}`;
  return `Fetching the model, ${percent} of ${megabytes(total)}`;
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
