// The npm packages that are bundled into dist/, and their licences.

import fs from 'node:fs';
import path from 'node:path';
import { root } from './tools.js';

/** @typedef {{ name: string, where: string, text: string }} Notice */

/** The libraries that sources import, by the file that gets them. Others come with them. */
const LIBRARIES = { 'open.js': ['open'], 'open-page.js': ['mrmime', 'sirv'], page: ['fflate'] };

/** The copyright line in the SPDX list's text of the MIT License. */
const BLANK = 'Copyright (c) <year> <copyright holders>';

/** @param {string} name of an npm package */
const folderOf = (name) => path.join(root, 'node_modules', name);

/** @param {string} name of an npm package */
function readPackage(name) {
  return JSON.parse(fs.readFileSync(path.join(folderOf(name), 'package.json'), 'utf8'));
}

/**
 * Libraries with all that they depend on.
 * @param {string[]} names
 */
function withDependencies(names) {
  const all = new Set(names);
  for (const name of all) {
    for (const other of Object.keys(readPackage(name).dependencies ?? {})) all.add(other);
  }
  return [...all].sort();
}

/**
 * Refuses a bundle that has a library without a notice.
 * @param {string[]} modules paths of all modules in it
 */
export function checkLibraries(modules) {
  const known = withDependencies(Object.values(LIBRARIES).flat());
  for (const module of modules) {
    const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(module) ?? [];
    if (name && !known.includes(name)) throw new Error(`wasm-build/libraries.js lacks ${name}`);
  }
}

/** @returns {Notice[]} one for all libraries of the same text */
export function libraryNotices() {
  return Object.entries(LIBRARIES).flatMap(([where, names]) => {
    /** @type {Map<string, string[]>} */
    const byText = new Map();
    for (const name of withDependencies(names)) {
      const text = licenceOf(name);
      byText.set(text, [...(byText.get(text) ?? []), name]);
    }
    return [...byText].map(([text, same]) => ({ name: same.join(', '), where, text }));
  });
}

/** @param {string} name of an npm package. Some have a licence and no file of its text */
function licenceOf(name) {
  const { license, author } = readPackage(name);
  const text = licenceIn(folderOf(name));
  if (text) return text;
  if (license !== 'MIT' || !author?.name) throw new Error(`no licence of ${name}`);
  return mitLicence(`Copyright (c) ${author.name}`);
}

/**
 * The standard text of the MIT License.
 * @param {string} copyright
 */
export function mitLicence(copyright) {
  const file = path.join(root, 'node_modules/spdx-license-list/licenses/MIT.json');
  const { licenseText } = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (!licenseText.includes(BLANK)) throw new Error('no copyright line in the licence');
  return licenseText.replace(BLANK, copyright);
}

/**
 * @param {string} folder
 * @returns {string | undefined} the text of the licence in it
 */
export function licenceIn(folder) {
  const name = fs.readdirSync(folder).find((file) => /^licen[cs]e(\.txt|\.md)?$/i.test(file));
  return name && fs.readFileSync(path.join(folder, name), 'utf8');
}
