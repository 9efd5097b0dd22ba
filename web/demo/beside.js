/**
 * Explains pictures beside the panes, one after another, with the model and the settings of the
 * active pane. The camera and the sheet of a folder load this module.
 */

import { attend } from './attend.js';
import { explain } from './explain.js';
import { closeModel, openModel } from './models.js';
import { centreOf } from './picture.js';
import { firstMethod } from './state.js';
import { isOfFamily } from './ways.js';

/** @import { Progress } from 'gradcam-wasm' */
/** @import { Answer, Question } from './explainer.js' */
/** @import { Opened } from './models.js' */
/** @import { Picture } from './picture.js' */
/** @import { Page } from './view/page.js' */
/** @import { Pane } from './view/pane.js' */

/** A run may wait for what the panes are still making, in milliseconds. */
const PATIENCE = 60_000;

/** A model that the panes may have open too. */
export class Beside {
  #opened;
  #question;

  /**
   * @param {Opened} opened
   * @param {Question} question whose picture does not count
   */
  constructor(opened, question) {
    this.#opened = opened;
    this.#question = question;
  }

  /**
   * Opens the model of the page's active pane, once the pane has ended its work.
   * @param {Page} page
   * @param {AbortSignal} signal
   * @param {(progress: Progress) => void} [onProgress]
   * @returns {Promise<Beside | undefined>} undefined if the pane has no model
   */
  static async open(page, signal, onProgress = () => {}) {
    await settled(page.active, signal);
    const question = plain(page.active.question);
    if (!question.model) return undefined;
    const asked = /** @type {Question} */ (question);
    return new Beside(await openModel(asked.model, signal, onProgress), asked);
  }

  get model() {
    return this.#opened.model;
  }

  get question() {
    return this.#question;
  }

  /** Whether the page asks another question by now. @param {Page} page */
  isOld(page) {
    const question = plain(page.active.question);
    return Object.entries(question).some(
      ([key, value]) => this.#question[/** @type {keyof Question} */ (key)] !== value,
    );
  }

  /**
   * Explains a picture. Nothing ends the call early, because that would cost the worker its models.
   * @param {Picture} picture
   * @param {number} [target] index of a class (default: the top class)
   * @returns {Promise<Answer>}
   */
  async answer(picture, target) {
    const { model, sizeReason } = this.#opened;
    const { crop = model.crop, interpolation, layer, method, logits } = this.#question;
    const options = { signal: new AbortController().signal, patience: PATIENCE };
    const start = performance.now();
    const run = await attend(
      (signal) => model.run(picture.file, { crop, interpolation, signal }),
      options,
    );
    const ran = performance.now();
    const [top] = run.decodePredictions({ top: 1 });
    const asked = { target: target ?? top.index, layer, method, logits };
    const explanation = await attend((signal) => explain(run, { ...asked, signal }), options);
    const { pixels } = picture;
    return {
      question: { ...this.#question, target },
      saved: false,
      model,
      sizeReason,
      picture,
      run,
      seen: crop === 'center' ? centreOf(pixels, run.input) : pixels,
      runTime: ran - start,
      explanation,
      heatmapTime: performance.now() - ran,
    };
  }

  /** Gives the model back. */
  close() {
    closeModel(this.#opened);
  }
}

/**
 * The question without its picture and classes. A way that takes many runs becomes the first one.
 * @param {Partial<Question>} question
 * @returns {Partial<Question>}
 */
function plain({ model, layer, crop, interpolation, method = firstMethod, logits = false }) {
  const isQuick = isOfFamily(method);
  const how = { layer: isQuick ? layer : undefined, method: isQuick ? method : firstMethod };
  return { model, ...how, crop, interpolation, logits };
}

/**
 * Waits until a pane has ended its work.
 * @param {Pane} pane
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function settled({ element }, signal) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (element.ariaBusy === 'false' || !element.isConnected) end(resolve);
    };
    const stop = () => end(() => reject(signal.reason));
    const observer = new MutationObserver(look);
    const end = (/** @type {() => void} */ settle) => {
      observer.disconnect();
      signal.removeEventListener('abort', stop);
      settle();
    };
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', stop);
    observer.observe(element, { attributes: true, attributeFilter: ['aria-busy'] });
    look();
  });
}
