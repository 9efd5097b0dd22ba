// Where the project is at home. npm shows these addresses and resolves the README's links by them.
// It publishes with provenance only if `repository` names the place that the build comes from.

import fs from 'node:fs';
import path from 'node:path';
import { root } from './tools.js';

/**
 * The address of the repository, "https://host/owner/name". It is empty until the project has one.
 * All other addresses are made from it.
 */
export const REPOSITORY = '';

/** The fields of package.json that have addresses. */
export const ADDRESSED = ['repository', 'homepage', 'bugs'];

/**
 * @param {string} repository
 * @returns {Record<string, unknown>} nothing without an address
 */
export function addressFields(repository) {
  if (repository === '') return {};
  return {
    repository: { type: 'git', url: `git+${repository}.git` },
    homepage: `${repository}#readme`,
    bugs: `${repository}/issues`,
  };
}

/**
 * Writes the addresses into a package.json, and removes those of before.
 * @param {string} [repository]
 * @param {string} [file]
 */
export function writeAddresses(repository = REPOSITORY, file = path.join(root, 'package.json')) {
  const before = fs.readFileSync(file, 'utf8');
  const { name, version, description, ...others } = JSON.parse(before);
  for (const field of ADDRESSED) delete others[field];
  const all = { name, version, description, ...addressFields(repository), ...others };
  const after = `${JSON.stringify(all, null, 2)}\n`;
  if (after !== before) fs.writeFileSync(file, after);
}
