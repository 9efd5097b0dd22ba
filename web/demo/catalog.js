/** The models and sample pictures that are served beside the page. */

import manifest from '../../models/manifest.json';

/**
 * Their labels and preprocessing are in the files.
 * @type {import('./explainer.js').ModelChoice[]}
 */
export const models = manifest.models.map(({ title, file }) => ({
  name: title,
  source: `models/${file}`,
}));

/** How an address names the models: `?model=dog-breeds`. */
export const modelIds = manifest.models.map(({ id }) => id);

/**
 * @param {string} [id] default: of the model that the page opens with
 * @returns {import('./explainer.js').ModelChoice | undefined} nothing if there is no such model
 */
export const findModel = (id = manifest.default) => models.find((_, i) => modelIds[i] === id);

/** @type {import('./picture.js').PictureChoice[]} */
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
