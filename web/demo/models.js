/** Opens models. Panes that show the same model share it. */

import { init, loadModel } from 'gradcam-wasm/worker';
import { listening } from './abort.js';
import { receive } from './asked.js';
import { attend } from './attend.js';

/** @import { LoadOptions, Preprocessing, Progress } from 'gradcam-wasm' */
/** @import { Model } from 'gradcam-wasm/worker' */

/**
 * The network of weights alone, which only the command line tells.
 * @typedef {Pick<LoadOptions, 'architecture' | 'alpha'>} Network
 */

/**
 * A model that the page can open.
 * @typedef {object} ModelChoice
 * @property {string} name
 * @property {string} [id] of a model that comes with the page
 * @property {string | File[]} source an address or files
 * @property {Preprocessing} [preprocessing] how pixels become the input (default: the
 *   package's choice)
 * @property {File} [labels] names of the classes
 * @property {string | number} [head] name or index of the output that is explained (default: the
 *   package's choice)
 * @property {Network} [network]
 * @property {[height: number, width: number]} [inputSize] for a model that leaves it open (default:
 *   a guess)
 */

/**
 * @typedef {object} Opened
 * @property {Model} model
 * @property {'fixed' | 'chosen' | 'guess'} sizeReason where the size of the input is from
 */

/** The usual size of networks for pictures, for a model that takes any. */
const USUAL_SIDE = 224;
/** A network may be silent for long while a model comes through it, in milliseconds. */
const PATIENCE = 120_000;

/** @type {Map<ModelChoice, { opened: Opened, users: number }>} */
const open = new Map();

/**
 * A model that is loading before the page asks for it.
 * @typedef {object} Begun
 * @property {ModelChoice} choice
 * @property {AbortController} controller
 * @property {(progress: Progress) => void} [onProgress] of the caller that asked for it since
 * @property {Promise<Opened>} [opened]
 */

/** @type {Begun | undefined} */
let begun;

/**
 * Begins to load a model, because the page will ask for it. The worker starts and the file is on
 * its way while the page's own scripts still run.
 * @param {ModelChoice} choice
 * @param {Asked | null} asked its file, if that is on its way already
 */
export function beginModel(choice, asked) {
  /** @type {Begun} */
  const mine = { choice, controller: new AbortController() };
  const { signal } = mine.controller;
  const onProgress = (/** @type {Progress} */ progress) => mine.onProgress?.(progress);
  // The package starts its engine while it fetches a file, but here it does not fetch.
  if (asked) init().catch(() => {});
  mine.opened = openNow(choice, signal, onProgress, asked);
  // The caller that asks for it learns of a failure.
  mine.opened.catch(() => {});
  begun = mine;
}

/**
 * Opens a model, which the caller gives back with closeModel.
 * @param {ModelChoice} choice
 * @param {AbortSignal} signal
 * @param {(progress: Progress) => void} onProgress
 * @returns {Promise<Opened>}
 */
export async function openModel(choice, signal, onProgress) {
  const mine = begun;
  begun = undefined;
  if (!mine?.opened || mine.choice !== choice) {
    mine?.controller.abort();
    return openNow(choice, signal, onProgress);
  }
  mine.onProgress = onProgress;
  const { opened, controller } = mine;
  return listening(
    signal,
    () => controller.abort(signal.reason),
    () => opened,
  );
}

/**
 * @param {ModelChoice} choice
 * @param {AbortSignal} signal
 * @param {(progress: Progress) => void} onProgress
 * @param {Asked | null} [asked] the model's file
 * @returns {Promise<Opened>}
 */
async function openNow(choice, signal, onProgress, asked) {
  const known = open.get(choice);
  if (known) {
    known.users++;
    return known.opened;
  }
  /** @type {Opened} */
  const opened = await attend(
    (signal, heard) => {
      const watch = (/** @type {Progress} */ progress) => {
        heard();
        onProgress(progress);
      };
      return load(choice, signal, watch, asked);
    },
    { signal, patience: PATIENCE },
  );
  const other = open.get(choice);
  if (!other) open.set(choice, { opened, users: 1 });
  return opened;
}

/** @param {Opened} opened */
export function closeModel(opened) {
  for (const [choice, entry] of open) {
    if (entry.opened !== opened) continue;
    entry.users--;
    if (entry.users > 0) return;
    open.delete(choice);
  }
  opened.model.dispose();
}

/**
 * @param {ModelChoice} choice
 * @param {AbortSignal} signal
 * @param {(progress: Progress) => void} onProgress
 * @param {Asked | null} [asked] the model's file (default: the package fetches it)
 * @returns {Promise<Opened>}
 */
async function load(choice, signal, onProgress, asked) {
  const { preprocessing, labels, inputSize, head, network } = choice;
  const file = asked ? await receive(asked, signal, onProgress) : undefined;
  const source = file ?? choice.source;
  // The bytes of a file that has come are not counted a second time.
  const watch = (/** @type {Progress} */ progress) => {
    if (!file || progress.phase !== 'fetch') onProgress(progress);
  };
  const defaultLabels = /** @type {const} */ ('imagenet');
  // A model with one output tells two classes apart, and the page shows both.
  const shown = { preprocessing, labels, defaultLabels, binary: true, head };
  const options = { signal, onProgress: watch, ...shown, ...network };
  const model = await loadModel(source, { ...options, inputSize });
  if (inputSize) return { model, sizeReason: 'chosen' };
  const [height, width] = model.description.pictureShape;
  if (height && width) return { model, sizeReason: 'fixed' };
  model.dispose();
  const guess = /** @type {[number, number]} */ ([height ?? USUAL_SIDE, width ?? USUAL_SIDE]);
  return { model: await loadModel(source, { ...options, inputSize: guess }), sizeReason: 'guess' };
}
