/** The words of the panel of what the browser keeps. */

import { size } from '../save/texts.js';

export const title = 'Kept in this browser';

export const offline = {
  notYet: 'The page is kept for a time without a network as soon as the first answer is there.',
  never: 'This browser lets the page keep nothing of itself here, so the page needs the network.',
  kept: (/** @type {number} */ bytes) =>
    `This browser keeps the page and its samples (${size(bytes)}) and the models that you used. ` +
    'They work without a network.',
  threads: 'The page computes with several threads, if there are several processors.',
  oneThread: 'The page computes with one thread. Load it again for more.',
  newer: 'A newer version of the page is there. Close all its tabs, and it opens the next time.',
};

export const wish = 'Remember my pictures and models in this browser';
export const how =
  'Files that you open are copied into this browser, where the page finds them after a reload. ' +
  'Nothing is sent. Switched off, the page copies no more and keeps what it has.';
export const none = 'No model and no file is kept.';
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
