/** The commands of the tool. */

import { convertModel, methods } from '../package/index.js';
import { checkFailures, eachPicture } from './each.js';
import { checkOutputs, mapOf, mapsOf, saveMaps, takesOutput } from './maps.js';
import { locate, open } from './open.js';
import { explain, opener, progressOf } from './picture-run.js';
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
import { toolVersion } from './version.js';
import { checkFree, writeOutput } from './write.js';
import { printable } from '../package/base/errors.js';

/** @import { Messages, Opened } from './picture-run.js' */
/** @import { Request } from './usage.js' */
/** @import { Method } from 'gradcam-wasm' */

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
      const { run, picture } = opened;
      const { layer, logits, top, settings } = request;
      const [target] = request.targets ?? [];
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

  async report(request, messages) {
    const { report } = await import('./folder-report.js');
    await report(request, messages, toolVersion());
  },

  async sheet(request, messages) {
    const { sheet } = await import('./sheet.js');
    await sheet(request, messages);
  },

  async open(request, messages) {
    const { openPage } = await import('./open-page.js');
    await openPage(request, messages);
  },

  async convert(request, messages) {
    await checkFree(request.out, request.force);
    const { source, options } = await locate(request, messages);
    const { bits, float16 } = request;
    const file = await convertModel(source, { ...options, bits, float16 });
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
  const { run } = await opener(request, messages);
  const many = pictures.length > 1;
  const print = takesOutput(request) ? async () => {} : messages.print;
  const failures = await eachPicture(
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
  checkFailures(failures, pictures.length);
}

/**
 * The methods of an explanation: a name alone, or a list.
 * @param {Request} request
 */
function chosenMethods({ methods: given, allMethods }) {
  const chosen = /** @type {Method[]} */ (allMethods ? methods() : given);
  return chosen.length === 1 ? chosen[0] : chosen;
}
