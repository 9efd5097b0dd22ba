/** What Node has and browsers have not. */

/** Whether this is Node, or a program that has Node's modules. */
export const isNode = typeof globalThis.process?.versions?.node === 'string';

/**
 * A module of Node's.
 * @param {string} name "fs/promises"
 * @returns {Promise<any>}
 */
export function importNode(name) {
  // Nothing that a bundler can take for a literal: those for the browser would look for the module.
  const address = ['node', name].join(':');
  return import(/* webpackIgnore: true */ /* @vite-ignore */ address);
}
