/** Names that the page and its service worker share. */

/**
 * The cache with the models that were used.
 * @param {string} scope the address of the page's folder. Other pages of one server have others
 */
export const modelCache = (scope) => `models ${scope}`;

/** Asks a new service worker to replace the old one, if no other page needs the old one. */
export const TAKE_OVER = 'TAKE_OVER';

/**
 * Asks the service worker to keep the models of these addresses. It answers through the port that
 * comes with the message, as soon as they are kept.
 */
export const KEEP = 'KEEP';
