/** The models and sample pictures that come with the page. */

import manifest from '../../models/manifest.json' with { type: 'json' };

/** @import { ModelChoice } from './models.js' */
/** @import { PictureChoice } from './picture.js' */

/**
 * Their files have labels and preprocessing. An address names a model by its id, as in
 * `?model=dog-breeds`.
 * @type {(ModelChoice & { id: string })[]}
 */
export const models = manifest.models.map(({ id, title, small }) => ({
  id,
  name: title,
  source: `models/${small.file}`,
}));

/** Whether the page has models. The page of the command line is given some of the user's. */
export const isDemo = models.length > 0;

/** The model with which the page opens. */
export const firstModel = models.find(({ id }) => id === manifest.default) ?? models[0];

/**
 * The picture with which the page opens comes first.
 * @type {(PictureChoice & { id: string })[]}
 */
export const samples = manifest.pictures
  .map(({ title, file, small, thumb }) => ({
    id: file.replace(/\.\w+$/, ''),
    name: title,
    source: `pictures/${small?.file ?? file}`,
    thumb: `pictures/${thumb.file}`,
  }))
  .sort((a, b) => Number(b.id === manifest.firstPicture) - Number(a.id === manifest.firstPicture));
