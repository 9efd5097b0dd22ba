/** The models and sample pictures that come with the page. */

import manifest from '../../models/manifest.json';

/** @import { ModelChoice } from './explainer.js' */
/** @import { PictureChoice } from './picture.js' */

/**
 * A model that comes with the page. Its file has labels and preprocessing. An address names the
 * model by its id, as in `?model=dog-breeds`.
 * @typedef {ModelChoice & { id: string }} ServedModel
 */

/** @type {ServedModel[]} */
export const models = manifest.models.map(({ id, title, file }) => ({
  id,
  name: title,
  source: `models/${file}`,
}));

/**
 * @param {string} [id] the id of a model (default: the model with which the page opens)
 * @returns {ServedModel | undefined} undefined if no model has the id
 */
export const findModel = (id = manifest.default) => models.find((model) => model.id === id);

/** @type {PictureChoice[]} */
export const samples = manifest.pictures.map(({ title, file }) => ({
  name: title,
  source: `pictures/${file}`,
}));
