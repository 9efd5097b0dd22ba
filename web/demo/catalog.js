/** The models and sample pictures that are served beside the page. */

import manifest from '../../models/manifest.json';

/** @import { ModelChoice } from './explainer.js' */
/** @import { PictureChoice } from './picture.js' */

/**
 * Their labels and preprocessing are in the files; an address names them by their ids: `?model=dog-breeds`.
 * @typedef {ModelChoice & { id: string }} ServedModel
 */

/** @type {ServedModel[]} */
export const models = manifest.models.map(({ id, title, file }) => ({
  id,
  name: title,
  source: `models/${file}`,
}));

/**
 * @param {string} [id] default: of the model that the page opens with
 * @returns {ServedModel | undefined} nothing if there is no such model
 */
export const findModel = (id = manifest.default) => models.find((model) => model.id === id);

/** @type {PictureChoice[]} */
export const samples = manifest.pictures.map(({ title, file }) => ({
  name: title,
  source: `pictures/${file}`,
}));

/**
 * Names of ImageNet's 1,000 classes.
 * @returns {Promise<string[] | undefined>} nothing if they are not there: numbers do, too
 */
export async function readImagenetLabels() {
  const response = await fetch(`models/${manifest.imagenetLabels.file}`).catch(() => undefined);
  return response?.ok ? response.json() : undefined;
}
