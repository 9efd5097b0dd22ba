/** What only Node has. */

/** Whether this is Node, or a program that has Node's modules. */
export const isNode = typeof globalThis.process?.versions?.node === 'string';

/**
 * A module of Node.
 * @param {string} name "fs/promises"
 * @returns {Promise<any>}
 */
export function importNode(name) {
  // The name is put together because bundlers for the browser look for modules with literal names.
  const address = ['node', name].join(':');
  return import(/* webpackIgnore: true */ /* @vite-ignore */ address);
}
