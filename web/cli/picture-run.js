/** Opens a model, runs it on pictures and explains them. */

import { GradCamError } from '../package/index.js';
import { openNamed, readFurtherInputs, readInput } from './open.js';

/** @import { Explanation, Method, Model, Run } from 'gradcam-wasm' */
/** @import { PictureFile } from './pictures.js' */
/** @import { Request } from './usage.js' */

/**
 * What a command says.
 * @typedef {object} Messages
 * @property {(data: string | Uint8Array) => Promise<void>} print is given what standard output gets
 * @property {(text: string) => void} note is given what the user should know of the result
 * @property {(text: string) => void} progress is given how far long work is
 */

/**
 * A picture that the model ran on.
 * @typedef {{ model: Model, run: Run, picture: PictureFile }} Opened
 */

/**
 * Opens the model, and returns it with a function that runs it on a picture.
 * @param {Request} request
 * @param {Messages} messages
 * @returns {Promise<{ model: Model, run: (picture: PictureFile) => Promise<Opened> }>}
 */
export async function opener(request, messages) {
  const { interpolation, crop } = request;
  messages.progress(`opening ${request.model}`);
  const model = await openNamed(request, messages);
  const inputs = await readFurtherInputs(request.inputs);
  const run = async (/** @type {PictureFile} */ picture) => {
    const image = await readInput(picture.path, messages);
    const run = await model.run(image, { image, interpolation, crop, inputs });
    checkFinite(run);
    return { model, run, picture };
  };
  return { model, run };
}

/**
 * @param {Opened} opened
 * @param {Request} request
 * @param {Method | Method[]} method
 * @param {Messages} messages
 */
export async function explain({ run }, request, method, messages) {
  const { targets, layer, logits, settings } = request;
  const contrast = contrastOf(request);
  const options = { targets, layer, method, logits, contrast, raw: true, ...settings };
  const explanation = await run.explain({ ...options, ...progressOf(messages) });
  checkMaps(explanation);
  return explanation;
}

/**
 * @param {Request} request
 * @returns {{ against: 'nearest' | (string | number)[] } | undefined}
 */
function contrastOf({ against }) {
  if (against?.[0] === 'nearest') return { against: 'nearest' };
  return against && { against };
}

/**
 * Refuses a run whose scores are no numbers, or whose layers overflow.
 * @param {Run} run
 */
function checkFinite(run) {
  if (run.predictions.every(Number.isFinite) && !run.notFinite) return;
  const text = run.inputWarning ?? 'the scores are no finite numbers';
  throw new GradCamError('INVALID_MODEL', `NOT_FINITE: ${text}`);
}

/** @param {Explanation} explanation */
function checkMaps({ targets }) {
  const wrong = targets.find(({ diagnosis }) => diagnosis?.code === 'NOT_FINITE')?.diagnosis;
  if (wrong) throw new GradCamError('INVALID_MODEL', `${wrong.code}: ${wrong.message}`);
}

/**
 * Long work says how far it is.
 * @param {Messages} messages
 */
export function progressOf({ progress }) {
  return {
    onProgress: (/** @type {{ step: number, steps: number }} */ { step, steps }) =>
      progress(`step ${step} of ${steps}`),
  };
}
