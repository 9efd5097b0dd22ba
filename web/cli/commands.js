/** The commands of the tool. */

import { join } from 'node:path';
import { convertModel, formatAsImage, GradCamError, methods } from '../package/index.js';
import { locate, open, openNamed, readFurtherInputs, readInput } from './open.js';
import {
  attributionJson,
  attributionText,
  explanationJson,
  explanationText,
  predictionJson,
  predictionText,
  toJson,
  trustJson,
  trustText,
} from './report.js';
import { checkFree, makeFolder, writeNpy, writeOutput, writeOverlay } from './write.js';

/** @import { Request } from './usage.js' */
/** @import { Attribution, Explanation, Method, Run, TargetExplanation } from 'gradcam-wasm' */

/**
 * What a command says besides its result.
 * @typedef {object} Messages
 * @property {(text: string) => void} note is given what the user should know of the result
 * @property {(text: string) => void} progress is given how far long work is
 */

/**
 * Each returns what is printed.
 * @type {Record<string, (request: Request, messages: Messages) => Promise<string>>}
 */
export const commands = {
  async summary(request) {
    const model = await open(request);
    return model.summary();
  },

  async predict(request, messages) {
    const { model, run } = await openRun(request, messages);
    if (request.json) return toJson(predictionJson(model, run, request.top));
    return predictionText(model, run, request.top);
  },

  async explain(request, messages) {
    await checkOutputs(request);
    const { model, run } = await openRun(request, messages);
    const { targets, layer, logits, top, json } = request;
    const method = chosenMethods(request);
    const options = { targets, layer, method, logits, raw: true, ...progressOf(messages) };
    const explanation = await run.explain({ ...options, ...request.settings });
    checkMaps(explanation);
    await saveMaps(request, explanation);
    if (json) return toJson(explanationJson(model, run, explanation, { top, method }));
    return explanationText(model, run, explanation, { top });
  },

  async attribute(request, messages) {
    await checkOutputs(request);
    const { model, run } = await openRun(request, messages);
    const { targets, layer, logits, top, json } = request;
    const [method] = request.methods;
    const options = { target: targets?.[0], layer, method, logits, ...progressOf(messages) };
    const made = await run.attribute(/** @type {any} */ ({ ...options, ...request.settings }));
    await saveAttribution(request, run, made);
    if (json) return toJson(attributionJson(model, run, made, top));
    return attributionText(model, run, made, top);
  },

  async trust(request, messages) {
    const { model, run } = await openRun(request, messages);
    const { targets, layer, logits, top, json } = request;
    const method = chosenMethods(request);
    const explanation = await run.explain({ targets, layer, method, logits, raw: true });
    checkMaps(explanation);
    const verdict = await run.trust(explanation, progressOf(messages));
    if (json) return toJson(trustJson(model, run, explanation, { verdict, top }));
    return trustText(model, run, explanation, { verdict, top });
  },

  async convert(request) {
    await checkFree(request.image, request.force);
    const { source, options } = await locate(request);
    const { bits, float16 } = request;
    const file = await convertModel(source, { ...options, bits, float16 });
    await writeOutput(request.image, file, request.force);
    return `${request.image}: ${file.length} bytes`;
  },
};

/**
 * Opens the model and runs it on the picture.
 * @param {Request} request
 * @param {Messages} messages
 */
async function openRun(request, { note }) {
  const { interpolation, crop } = request;
  const model = await openNamed(request, note);
  const image = await readInput(request.image);
  const inputs = await readFurtherInputs(request.inputs);
  const run = await model.run(image, { image, interpolation, crop, inputs });
  checkFinite(run);
  return { model, run };
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
function chosenMethods({ methods: given, allMethods }) {
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

/* ---- Files ---- */

/**
 * Refuses paths that are taken, before the work begins.
 * @param {Request} request
 */
async function checkOutputs({ output, npy, outputDir, force }) {
  for (const path of [output, npy]) if (path) await checkFree(path, force);
  if (outputDir) await makeFolder(outputDir);
}

/**
 * @param {Request} request
 * @param {Explanation} explanation
 */
async function saveMaps({ output, npy, outputDir, force }, explanation) {
  const { targets } = explanation;
  if (output) await writeOverlay(output, formatAsImage(explanation), force);
  if (npy) await saveRaw(npy, targets[0], force);
  if (!outputDir) return;
  for (const [index, entry] of targets.entries()) {
    const path = join(outputDir, fileName(entry));
    await writeOverlay(`${path}.png`, formatAsImage(explanation, { index }), force);
    await saveRaw(`${path}.npy`, entry, force);
  }
}

/**
 * @param {string} path
 * @param {TargetExplanation} entry
 * @param {boolean} force
 */
async function saveRaw(path, { raw, heatmap: { data, height, width } }, force) {
  await writeNpy(path, raw ?? data, [height, width], force);
}

/**
 * The name of a map's files: the class, the layer and the method.
 * @param {TargetExplanation} entry
 */
function fileName({ target, layer, method }) {
  return `${target}-${layer}-${method}`.replaceAll(/[^\w.-]/g, '_');
}

/**
 * @param {Request} request
 * @param {Run} run
 * @param {Attribution} made
 */
async function saveAttribution({ output, npy, outputDir, force }, { picture }, made) {
  const overlay = () => formatAsImage({ heatmap: made.toHeatmap(), image: picture });
  const path = outputDir && join(outputDir, `${made.target}-${made.method}`);
  for (const png of [output, path && `${path}.png`]) {
    if (png) await writeOverlay(png, overlay(), force);
  }
  for (const file of [npy, path && `${path}.npy`]) {
    if (file) await writeNpy(file, made.data, made.shape, force);
  }
}
