/** The words of the panel of remembered files. */

import { size } from '../save/texts.js';

export const title = 'Remember my files';
export const wish = 'Remember my pictures and models in this browser';
export const how =
  'Files that you open are copied into this browser, where the page finds them after a reload. ' +
  'Nothing is sent. Switched off, the page copies no more and keeps what it has.';
export const none = 'No file is remembered.';
export const forget = 'Forget';
export const forgetAll = 'Forget all';
export const close = 'Close';
export const unable =
  'This browser keeps no files for the page: it is old, or it shows the page in private or ' +
  'without https.';

/**
 * @param {number} count
 * @param {number} bytes
 * @param {number} left
 */
export const used = (count, bytes, left) =>
  `${count === 1 ? '1 entry' : `${count} entries`}, ${size(bytes)}. ` +
  `The browser has space for ${size(left)} more.`;

/** @param {string} name */
export const noSpace = (name) =>
  `${name} is not remembered, because the browser has no space left for it.`;

/**
 * @param {string} name
 * @param {string} reason
 */
export const failed = (name, reason) => `${name} is not remembered: ${reason}`;

/** @param {string} name */
export const keeping = (name) => `Remembering ${name} …`;

/** @param {string} name */
export const kept = (name) => `${name} is remembered.`;

/** @param {string} name */
export const forgotten = (name) => `${name} is forgotten. It stays open until the page is left.`;
