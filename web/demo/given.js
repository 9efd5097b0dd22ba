/**
 * The files that `gradcam-wasm open` gives the page. The command serves the page, and lists the
 * files in given.json. To the page they are the user's own, as files that are dropped.
 */

import { baseName } from './input/files.js';
import { own } from './state.js';

/** @import { Preprocessing } from 'gradcam-wasm' */
/** @import { ModelChoice, Network } from './models.js' */
/** @import { PictureChoice } from './picture.js' */

/** A file that the server has. @typedef {{ name: string, address: string }} GivenFile */

/**
 * What given.json has.
 * @typedef {object} GivenList
 * @property {string} name of the model, or ""
 * @property {GivenFile[]} model its files. There are none without a model
 * @property {GivenFile} [labels]
 * @property {Preprocessing} [preprocessing]
 * @property {[height: number, width: number]} [inputSize]
 * @property {string | number} [head]
 * @property {Network} [network]
 * @property {GivenFile[]} pictures
 */

/**
 * @typedef {object} Given
 * @property {ModelChoice} [model]
 * @property {(PictureChoice & { source: File })[]} pictures
 */

/**
 * Fetches the files. An address of the page names them by their order, so a reload finds them.
 * @returns {Promise<Given>}
 */
export async function readGiven() {
  /** @type {GivenList} */
  const list = await (await get('given.json')).json();
  const [model, files] = await Promise.all([readModel(list), readAll(list.pictures)]);
  const pictures = files.map((source) => ({ name: baseName(source), source }));
  if (model) own.register('own-model', model);
  for (const [i, picture] of pictures.entries()) own.register(`own-${i + 1}`, picture);
  return { model, pictures };
}

/**
 * @param {GivenList} list
 * @returns {Promise<ModelChoice | undefined>}
 */
async function readModel({ name, model, labels, pictures, ...settings }) {
  if (model.length === 0) return undefined;
  const [source, [names]] = await Promise.all([readAll(model), readAll(labels ? [labels] : [])]);
  return { name, source, ...settings, labels: names };
}

/** @param {GivenFile[]} files */
function readAll(files) {
  return Promise.all(
    files.map(async ({ name, address }) => {
      const blob = await (await get(address)).blob();
      return new File([blob], name, { type: blob.type });
    }),
  );
}

/** @param {string} address */
async function get(address) {
  const response = await fetch(address);
  if (response.ok) return response;
  throw new Error(`The command line gave ${address}, which is gone (${response.status}).`);
}
