/** Restores the page from a PNG file that it saved. */

import { decode, own } from '../state.js';
import { readParts } from './chunk.js';
import { restored as texts } from './texts.js';

/** @import { PictureChoice } from '../picture.js' */
/** @import { PageState } from '../state.js' */
/** @import { SavedSettings } from './snapshot.js' */

/**
 * What a PNG file restores.
 * @typedef {object} Restored
 * @property {PageState} [state] undefined if something is missing without which it would be another
 * @property {string} title
 * @property {string} text
 * @property {string} asPicture
 */

/**
 * @param {File} file
 * @param {readonly string[]} methods that the package knows
 * @returns {Promise<Restored | undefined>} undefined if the page did not save the file
 */
export async function restoreFrom(file, methods) {
  const parts = await readParts(file);
  const settings = parts && parseSettings(parts.settings);
  if (!settings) return undefined;
  const { state, missing } = decode(settings.state, methods);
  const { asPicture } = texts;
  const pictureKey = new URLSearchParams(settings.state).get('pic') ?? '';
  const picture = missing.includes(pictureKey)
    ? findPicture(settings.picture, parts.carried)
    : state.picture;
  const lacks = [
    ...(picture ? [] : [`the picture “${settings.picture.name}”`]),
    ...(missing.some((id) => id !== pictureKey) ? [`the model “${settings.model.name}”`] : []),
  ];
  if (lacks.length > 0) return { title: '', text: texts.lacks(lacks), asPicture };
  return { state: { ...state, picture }, title: texts.title, text: '', asPicture };
}

/**
 * The user's own picture, if it is open or if the PNG carries it.
 * @param {SavedSettings['picture']} picture
 * @param {Blob | undefined} carried
 * @returns {PictureChoice | undefined}
 */
function findPicture({ name, size, type }, carried) {
  for (const [, choice] of own.all) {
    const { source } = choice;
    const isSame = source instanceof File && choice.name === name && source.size === size;
    if (isSame) return /** @type {PictureChoice} */ (choice);
  }
  return carried && { name, source: new File([carried], name, { type }) };
}

/**
 * @param {string} text which anyone may have written
 * @returns {SavedSettings | undefined}
 */
function parseSettings(text) {
  try {
    const { version, state, picture, model } = JSON.parse(text);
    if (version !== 1 || typeof state !== 'string') return undefined;
    const { name, type, size, isSample } = picture;
    return {
      ...{ version, state, model: { name: String(model.name), isOwn: model.isOwn === true } },
      picture: { name: String(name), type: String(type), size, isSample: isSample === true },
    };
  } catch {
    return undefined;
  }
}
