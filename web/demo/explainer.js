/** Answers questions. A question names a picture, a model, a class and a layer. */

import { formatAsImage, loadModel } from 'gradcam-wasm/worker';
import { newestOnly } from './newest.js';
import { centreOf, readPicture } from './picture.js';

/** @import { Picture, PictureChoice } from './picture.js' */
/** @import { Crop, Explanation, Filter, Method, Preprocessing, Progress } from 'gradcam-wasm' */
/** @import { Model, Run } from 'gradcam-wasm/worker' */

/**
 * A model that the page can open.
 * @typedef {object} ModelChoice
 * @property {string} name
 * @property {string | File[]} source an address or files
 * @property {Preprocessing} [preprocessing] how pixels become the input (default: the
 *   package's choice)
 * @property {File} [labels] names of the classes
 * @property {number} [head] index of the output that is explained (default: the package's choice)
 * @property {[height: number, width: number]} [inputSize] for a model that leaves it open (default:
 *   a guess)
 */

/**
 * @typedef {object} Question
 * @property {ModelChoice} model
 * @property {PictureChoice} picture
 * @property {number} [target] index of a class (default: the top class)
 * @property {string} [layer] name of a layer (default: the package's default layer)
 * @property {Crop} [crop] how the picture gets the input's shape (default: the model's)
 * @property {Filter} interpolation how the picture gets the input's size
 * @property {Method} method
 * @property {boolean} logits
 * @property {number} alphaLimit
 * @property {string} colormap
 */

/**
 * Everything that the page shows at one time. All parts belong to the same picture.
 * @typedef {object} Answer
 * @property {Question} question
 * @property {Model} model
 * @property {'fixed' | 'chosen' | 'guess'} sizeReason where the size of the input is from
 * @property {Picture} picture
 * @property {Run} run
 * @property {ImageData} seen the part of the picture that the network sees
 * @property {number} runTime milliseconds from the picture's file to the predictions
 * @property {Explanation} explanation
 * @property {number} heatmapTime milliseconds of the explanation
 * @property {ImageData} overlay
 */

/**
 * @typedef {object} Listener
 * @property {(changes: Partial<Question>) => void} onStart
 * @property {(progress: Progress) => void} onProgress a model is loading
 * @property {(answer: Answer) => void} onAnswer
 * @property {(error: unknown, changes: Partial<Question>) => void} onError the last answer stays
 *   valid
 * @property {() => void} onIdle no question is left
 */

/** Answers one question after another. If questions come too fast, it answers the newest. */
export class Explainer {
  /** @type {Answer | undefined} */
  answer;
  /** @type {Partial<Question>} */
  #question = {};
  #listener;
  #queue;

  /** @param {Listener} listener */
  constructor(listener) {
    this.#listener = listener;
    const { onIdle } = listener;
    this.#queue = newestOnly(this.#work.bind(this), { supersedes, onIdle });
  }

  /** @param {Partial<Question>} changes what differs from the last answer */
  ask(changes) {
    this.#queue.ask(changes);
  }

  cancel() {
    this.#queue.cancel();
  }

  /**
   * @param {Partial<Question>} changes
   * @param {AbortSignal} signal
   */
  async #work(changes, signal) {
    const { onStart, onProgress, onAnswer, onError } = this.#listener;
    onStart(changes);
    const last = this.answer;
    const question = { ...this.#question, ...changes };
    if (!last) this.#question = question;
    try {
      this.answer = await solve(complete(question), last, { signal, onProgress });
      this.#question = this.answer.question;
      if (last && last.model !== this.answer.model) last.model.dispose();
      onAnswer(this.answer);
    } catch (error) {
      if (!signal.aborted) onError(error, changes);
    }
  }
}

/**
 * Whether the next question aborts the running one. Loading a model is aborted if another model is
 * wanted. Runs and heat maps are not aborted. They take a moment only, and an abort would cost the
 * worker its models. A user who runs through a list of layers sees the maps on the way.
 * @param {Partial<Question>} running
 * @param {Partial<Question>} next
 */
function supersedes(running, next) {
  return 'model' in running && Object.keys(running).every((key) => key in next);
}

/**
 * @param {Partial<Question>} question
 * @returns {Question}
 */
function complete(question) {
  if (!question.model) throw new Error('No model is open yet: open a model file first.');
  if (!question.picture) throw new Error('There is no picture yet: choose one first.');
  return /** @type {Question} */ (question);
}

/**
 * Does only what the last answer does not hold yet.
 * @param {Question} question
 * @param {Answer | undefined} last
 * @param {{ signal: AbortSignal, onProgress: Listener['onProgress'] }} options
 * @returns {Promise<Answer>}
 */
async function solve(question, last, { signal, onProgress }) {
  /** @param {(keyof Question)[]} keys */
  const kept = (...keys) =>
    keys.every((key) => question[key] === last?.question[key]) ? last : undefined;
  const options = { signal, onProgress };
  const opened = kept('model') ?? (await openModel(question.model, options));
  const { model, sizeReason } = opened;
  try {
    const picture = kept('picture')?.picture ?? (await readPicture(question.picture, signal));
    const ran =
      kept('model', 'picture', 'crop', 'interpolation') ??
      (await runModel(model, picture, question, signal));
    const { run, runTime, seen } = ran;
    const { explanation, heatmapTime } =
      (ran === last && kept('target', 'layer', 'method', 'logits')) ||
      (await explain(run, question, signal));
    const overlay = await drawOverlay(explanation, seen, question);
    return {
      question,
      model,
      sizeReason,
      picture,
      run,
      seen,
      runTime,
      explanation,
      heatmapTime,
      overlay,
    };
  } catch (error) {
    if (model !== last?.model) model.dispose();
    throw error;
  }
}

/** The usual size of networks for pictures, for a model that takes any. */
const USUAL_SIDE = 224;

/**
 * @param {ModelChoice} choice
 * @param {{ signal: AbortSignal, onProgress: Listener['onProgress'] }} options
 * @returns {Promise<Pick<Answer, 'model' | 'sizeReason'>>}
 */
async function openModel({ source, preprocessing, labels, inputSize, head }, options) {
  const defaultLabels = /** @type {const} */ ('imagenet');
  // A model with one output tells two classes apart, and the page shows both.
  const all = { ...options, preprocessing, labels, defaultLabels, binary: true, head };
  const model = await loadModel(source, { ...all, inputSize });
  if (inputSize) return { model, sizeReason: 'chosen' };
  const [height, width] = model.description.pictureShape;
  if (height && width) return { model, sizeReason: 'fixed' };
  model.dispose();
  const guess = /** @type {[number, number]} */ ([height ?? USUAL_SIDE, width ?? USUAL_SIDE]);
  return { model: await loadModel(source, { ...all, inputSize: guess }), sizeReason: 'guess' };
}

/**
 * @param {Model} model
 * @param {Picture} picture
 * @param {Question} question
 * @param {AbortSignal} signal
 */
async function runModel(model, { file, pixels }, { crop = model.crop, interpolation }, signal) {
  const start = performance.now();
  const run = await model.run(file, { crop, interpolation, signal });
  const runTime = performance.now() - start;
  return { run, runTime, seen: crop === 'center' ? centreOf(pixels, run.input) : pixels };
}

/**
 * @param {Run} run
 * @param {Question} question
 * @param {AbortSignal} signal
 */
async function explain(run, { target, layer, method, logits }, signal) {
  const start = performance.now();
  const targets = target === undefined ? undefined : [target];
  const explanation = await run.explain({ targets, layer, method, logits, signal });
  return { explanation, heatmapTime: performance.now() - start };
}

/**
 * The heat map over a picture of any size.
 * @param {Explanation} explanation
 * @param {ImageData} image
 * @param {Pick<Question, 'alphaLimit' | 'colormap'>} options
 */
export function drawOverlay(explanation, image, { alphaLimit, colormap }) {
  return formatAsImage({ ...explanation, image }, { alphaLimit, colormap });
}
