/** Opens models. Panes that show the same model share it. */

import { loadModel } from 'gradcam-wasm/worker';
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
 * Opens a model, which the caller gives back with closeModel.
 * @param {ModelChoice} choice
 * @param {AbortSignal} signal
 * @param {(progress: Progress) => void} onProgress
 * @returns {Promise<Opened>}
 */
export async function openModel(choice, signal, onProgress) {
  const known = open.get(choice);
  if (known) {
    known.users++;
    return known.opened;
  }
  /** @type {Opened} */
  const opened = await attend(
    (signal, heard) =>
      load(choice, signal, (progress) => {
        heard();
        onProgress(progress);
      }),
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
 * @returns {Promise<Opened>}
 */
async function load({ source, inputSize, network, ...choice }, signal, onProgress) {
  const { preprocessing, labels, head } = choice;
  const defaultLabels = /** @type {const} */ ('imagenet');
  // A model with one output tells two classes apart, and the page shows both.
  const shown = { preprocessing, labels, defaultLabels, binary: true, head };
  const options = { signal, onProgress, ...shown, ...network };
  const model = await loadModel(source, { ...options, inputSize });
  if (inputSize) return { model, sizeReason: 'chosen' };
  const [height, width] = model.description.pictureShape;
  if (height && width) return { model, sizeReason: 'fixed' };
  model.dispose();
  const guess = /** @type {[number, number]} */ ([height ?? USUAL_SIDE, width ?? USUAL_SIDE]);
  return { model: await loadModel(source, { ...options, inputSize: guess }), sizeReason: 'guess' };
}
