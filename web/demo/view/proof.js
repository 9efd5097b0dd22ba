/**
 * Shows whether the map is true. The hottest part is hidden, and then all else, and the network
 * looks again. Further figures are measured when the user asks for them.
 */

import { proof as texts } from '../texts.js';
import { isOfFamily } from '../ways.js';
import { element } from './element.js';
import { versusOf } from './signed-words.js';
import { proofSentence, scorePair } from './words.js';

/** @import { Figure, FigureName, HideAndLook } from 'gradcam-wasm' */
/** @import { Answer } from '../explainer.js' */

/** The figures that are measured on demand, the quick ones first. */
const FIGURES = /** @type {const} */ (['deletionInsertion', 'averageDrop', 'complexity']);
/** Those that make the map again, which is possible for maps of layers with one class. */
const AGAIN = /** @type {const} */ (['stability', 'randomization']);

/** The two curves. Both colours are seen on light and on dark. */
const LINES = /** @type {const} */ ([
  { key: 'deletion', color: '#c2532f' },
  { key: 'insertion', color: '#148f8c' },
]);

/** Pixels of the drawn curves. */
const [WIDTH, HEIGHT] = [480, 160];

export class Proof {
  #panel = element('proof', HTMLElement);
  #hidden = element('proof-hidden', HTMLElement);
  #kept = element('proof-kept', HTMLElement);
  #verdict = element('proof-verdict', HTMLElement);
  #button = element('measure', HTMLButtonElement);
  #dialog = element('figures', HTMLElement);
  #list = element('figure-list', HTMLElement);
  #measure;
  /** @type {Answer | undefined} */
  #answer;

  /**
   * @param {(name: FigureName, answer: Answer) => Promise<Figure>} measure rejects if the answer
   *   is another by now
   */
  constructor(measure) {
    this.#measure = measure;
    this.#dialog.addEventListener('toggle', (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === 'open') this.#measureAll();
    });
  }

  /**
   * @param {Answer} answer
   * @param {HideAndLook | null | undefined} found undefined while it is being made, null if the map
   *   is blank
   */
  show(answer, found) {
    this.#answer = answer;
    this.#button.disabled = !found;
    this.#panel.setAttribute('aria-busy', String(found === undefined));
    if (found) {
      this.#showOne(this.#hidden, answer, found.score, found.hidden);
      this.#showOne(this.#kept, answer, found.score, found.kept);
      this.#verdict.textContent = proofSentence(answer, found);
    } else if (found === null || answer.saved) {
      this.#clear();
      this.#verdict.textContent = answer.saved ? texts.saved : texts.blank;
    }
  }

  #clear() {
    for (const figure of [this.#hidden, this.#kept]) {
      const canvas = figure.querySelector('canvas');
      canvas?.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
      const strong = figure.querySelector('strong');
      if (strong) strong.textContent = '';
    }
  }

  /**
   * @param {HTMLElement} figure
   * @param {Answer} answer
   * @param {number} before the score of the whole picture
   * @param {HideAndLook['hidden']} changed
   */
  #showOne(figure, answer, before, { score, picture }) {
    const canvas = figure.querySelector('canvas');
    const strong = figure.querySelector('strong');
    if (!canvas || !strong) return;
    Object.assign(canvas, { width: picture.width, height: picture.height });
    canvas.getContext('2d')?.putImageData(picture, 0, 0);
    strong.textContent = scorePair(answer, before, score);
  }

  async #measureAll() {
    const answer = this.#answer;
    if (!answer) return;
    this.#list.replaceChildren();
    const isPlain = isOfFamily(answer.question.method) && versusOf(answer) === undefined;
    for (const name of isPlain ? [...FIGURES, ...AGAIN] : FIGURES) {
      const item = this.#add(texts.measuring);
      try {
        const figure = await this.#measure(name, answer);
        item.replaceChildren(...figureParts(figure));
      } catch (error) {
        item.textContent = error instanceof Error ? error.message : String(error);
      }
      if (answer !== this.#answer || !this.#dialog.matches(':popover-open')) return;
    }
    if (!isPlain) this.#add(texts.notAgain);
  }

  /** @param {string} text of a new item */
  #add(text) {
    const item = document.createElement('li');
    item.textContent = text;
    this.#list.append(item);
    return item;
  }
}

/** @param {Figure} figure */
function figureParts({ name, title, sentence, details }) {
  const strong = document.createElement('strong');
  strong.textContent = title;
  const text = document.createElement('span');
  text.textContent = sentence;
  if (name !== 'deletionInsertion' || !details) return [strong, text];
  const keys = LINES.map(({ key, color }) => {
    const line = document.createElement('span');
    Object.assign(line, { className: 'key', textContent: texts[key] });
    line.style.setProperty('--key', color);
    return line;
  });
  return [strong, drawCurves(details), ...keys, text];
}

/**
 * Draws both curves, the score over the share of the picture.
 * @param {any} details what deletionInsertion gives
 */
function drawCurves({ fractions, ...curves }) {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, { width: WIDTH, height: HEIGHT, className: 'curves' });
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', texts.curves);
  const most = Math.max(...curves.deletion, ...curves.insertion, 1e-6);
  const context = canvas.getContext('2d');
  if (!context) return canvas;
  for (const { key, color } of LINES) {
    const values = curves[key];
    context.beginPath();
    fractions.forEach((/** @type {number} */ fraction, /** @type {number} */ i) => {
      const x = 4 + fraction * (WIDTH - 8);
      context.lineTo(x, HEIGHT - 4 - (values[i] / most) * (HEIGHT - 8));
    });
    Object.assign(context, { strokeStyle: color, lineWidth: 3, lineJoin: 'round' });
    context.stroke();
  }
  return canvas;
}
