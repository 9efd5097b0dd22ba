/** The commands of the tool. */

import { convertModel, GradCamError, methods } from '../package/index.js';
import { classIndices } from './classes.js';
import { eachPicture } from './each.js';
import { checkOutputs, mapOf, mapsOf, saveMaps, takesOutput } from './maps.js';
import { locate, open, openNamed, readFurtherInputs, readInput } from './open.js';
import { findPictures } from './pictures.js';
import {
  attributionJson,
  attributionText,
  explanationJson,
  explanationText,
  failureJson,
  predictionJson,
  predictionText,
  toJson,
  trustJson,
  trustText,
} from './report.js';
import { checkFree, writeOutput } from './write.js';
import { printable } from '../package/base/errors.js';

/** @import { PictureFile } from './pictures.js' */
/** @import { Request } from './usage.js' */
/** @import { Explanation, Method, Model, Run } from 'gradcam-wasm' */

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
 * What is printed of a picture, as text and as JSON.
 * @typedef {{ text: () => string, json: () => object }} Result
 */

/** @type {Record<string, (request: Request, messages: Messages) => Promise<void>>} */
export const commands = {
  async summary(request, messages) {
    const model = await open(request, messages);
    await messages.print(`${model.summary()}\n`);
  },

  async predict(request, messages) {
    await ofEach(request, messages, async (opened) => ({
      text: () => predictionText(opened, request.top),
      json: () => predictionJson(opened, request.top),
    }));
  },

  async explain(request, messages) {
    const method = chosenMethods(request);
    await ofEach(request, messages, async (opened) => {
      const explanation = await explain(opened, request, method, messages);
      const json = explanationJson(opened, explanation, request.top);
      const maps = mapsOf(explanation, request, json.targets);
      await saveMaps(request, opened.picture, maps, messages);
      return {
        text: () => explanationText(opened, explanation, request.top),
        json: () => json,
      };
    });
  },

  async attribute(request, messages) {
    await ofEach(request, messages, async (opened) => {
      const { model, run, picture } = opened;
      const { layer, logits, top, settings } = request;
      const [target] = classIndices(model, request.targets) ?? [];
      const [method] = request.methods;
      const options = { target, layer, method, logits, ...progressOf(messages), ...settings };
      const made = await run.attribute(/** @type {any} */ (options));
      const json = attributionJson(opened, made, top);
      await saveMaps(request, picture, [mapOf(made, run, request, json)], messages);
      return { text: () => attributionText(opened, made, top), json: () => json };
    });
  },

  async trust(request, messages) {
    const method = chosenMethods(request);
    await ofEach(request, messages, async (opened) => {
      const explanation = await explain(opened, request, method, messages);
      const verdict = await opened.run.trust(explanation, progressOf(messages));
      const shown = { verdict, top: request.top };
      return {
        text: () => trustText(opened, explanation, shown),
        json: () => trustJson(opened, explanation, shown),
      };
    });
  },

  async convert(request, messages) {
    await checkFree(request.out, request.force);
    const { source, options } = await locate(request, messages);
    const file = await convertModel(source, { ...options, float16: request.float16 });
    await writeOutput(request.out, file, request.force);
    await messages.print(`${request.out}: ${file.length} bytes\n`);
  },
};

/**
 * Opens the model, runs it on each picture, and prints what becomes of it.
 * @param {Request} request
 * @param {Messages} messages
 * @param {(opened: Opened) => Promise<Result>} work
 */
async function ofEach(request, messages, work) {
  const pictures = await findPictures(request.images);
  await checkOutputs(request, pictures);
  const run = await opener(request, messages);
  const many = pictures.length > 1;
  const print = takesOutput(request) ? async () => {} : messages.print;
  await eachPicture(
    pictures,
    messages,
    async (picture, isFirst) => {
      const result = await work(await run(picture));
      if (request.json) return print(`${toJson(result.json())}\n`);
      const head = many ? `${isFirst ? '' : '\n'}${printable(picture.path)}:\n` : '';
      await print(`${head}${result.text()}\n`);
    },
    async (picture, error) => {
      if (request.json) await print(`${toJson(failureJson(picture, error))}\n`);
    },
  );
}

/**
 * Opens the model, and returns a function that runs it on a picture.
 * @param {Request} request
 * @param {Messages} messages
 * @returns {Promise<(picture: PictureFile) => Promise<Opened>>}
 */
export async function opener(request, messages) {
  const { interpolation, crop } = request;
  const model = await openNamed(request, messages);
  const inputs = await readFurtherInputs(request.inputs);
  return async (picture) => {
    const image = await readInput(picture.path, messages);
    const run = await model.run(image, { image, interpolation, crop, inputs });
    checkFinite(run);
    return { model, run, picture };
  };
}

/**
 * @param {Opened} opened
 * @param {Request} request
 * @param {Method | Method[]} method
 * @param {Messages} messages
 */
export async function explain({ model, run }, request, method, messages) {
  const targets = classIndices(model, request.targets);
  const { layer, logits, settings } = request;
  const contrast = contrastOf(model, request);
  const options = { targets, layer, method, logits, contrast, raw: true, ...settings };
  const explanation = await run.explain({ ...options, ...progressOf(messages) });
  checkMaps(explanation);
  return explanation;
}

/**
 * @param {Model} model
 * @param {Request} request
 * @returns {{ against: 'nearest' | number[] } | undefined}
 */
function contrastOf(model, { against }) {
  if (against?.[0] === 'nearest') return { against: 'nearest' };
  const indices = classIndices(model, against);
  return indices && { against: indices };
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
 * The methods of an explanation: a name alone, or a list.
 * @param {Request} request
 */
export function chosenMethods({ methods: given, allMethods }) {
  const chosen = /** @type {Method[]} */ (allMethods ? methods() : given);
  return chosen.length === 1 ? chosen[0] : chosen;
}

/**
 * Long work says how far it is.
 * @param {Messages} messages
 */
function progressOf({ progress }) {
  return {
    onProgress: (/** @type {{ step: number, steps: number }} */ { step, steps }) =>
      progress(`step ${step} of ${steps}`),
  };
}
