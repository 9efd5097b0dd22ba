/** How heat maps are drawn. */

import tables from 'virtual:colormaps';

/** @import { Look } from './paint.js' */

/** @type {Map<string, Uint8Array>} */
const colors = new Map(
  Object.entries(tables).map(([name, text]) => [
    name,
    Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)),
  ]),
);

/**
 * @param {{ colormap: string, alphaLimit: number }} settings
 * @returns {Look}
 */
export function lookOf({ colormap, alphaLimit }) {
  const found = colors.get(colormap) ?? colors.get('viridis');
  if (!found) throw new Error('the page has no colour maps');
  return { colors: found, alphaLimit };
}

/** @param {string} name */
export const hasColormap = (name) => colors.has(name);
