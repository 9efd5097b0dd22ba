/** Stores explanations as JSON and reads them again, by code that is loaded on first use. */

import { typed } from '../base/boundary.js';
import { part } from '../base/parts.js';

/** @import { Explanation, TargetExplanation } from './explanation.js' */

/**
 * @typedef {object} ToJsonOptions
 * @property {'png' | 'none'} [image] whether the picture is in it as a PNG file, or left out
 *   (default "png")
 * @property {AbortSignal} [signal]
 */

/**
 * An explanation that JSON.stringify() takes. Heat maps, raw maps and the picture's PNG file are
 * base64, and numbers that are not finite are texts.
 * @typedef {object} ExplanationJson
 * @property {string} format
 * @property {string} modelName
 * @property {string} method
 * @property {string} description
 * @property {object[]} targets the entries of the explanation
 * @property {string} [image]
 */

const load = () => part('the writer of JSON', () => import('./json.js'));

/**
 * Makes plain JSON of an explanation, with every number of its heat maps.
 * @param {Explanation} explanation
 * @param {ToJsonOptions} [options]
 * @returns {Promise<ExplanationJson>}
 * @example
 * const text = JSON.stringify(await explanationToJson(explanation, { image: 'none' }));
 */
export async function explanationToJson(explanation, options) {
  return typed('explanationToJson', options, async (given) =>
    (await load()).store(explanation, given),
  );
}

/**
 * Makes an explanation of what explanationToJson() gave. Without a picture it has a white pixel for
 * one.
 * @param {ExplanationJson | string} json or its text
 * @param {{ signal?: AbortSignal }} [options]
 * @returns {Promise<Explanation>}
 * @example
 * const stored = JSON.stringify(await explanationToJson(explanation));
 * const overlay = formatAsImage(await explanationFromJson(stored));
 */
export async function explanationFromJson(json, options) {
  return typed('explanationFromJson', options, async ({ signal }) =>
    (await load()).restore(json, signal),
  );
}
