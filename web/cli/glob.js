/** Finds the files that a pattern such as "photos/*.jpg" names, where no shell has done it. */

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { sep } from 'node:path';

/** @param {string} text */
export function isPattern(text) {
  return /[*?[{]/.test(text);
}

/**
 * The paths that match a pattern, in order. `*` and `?` stand for characters of a name, `**` for
 * folders, `[a-c]` for one of some characters, `{a,b}` for one of some texts.
 * @param {string} pattern
 * @returns {Promise<string[]>}
 */
export async function expandPattern(pattern) {
  /** @type {Set<string>} */
  const found = new Set();
  for (const one of expandBraces(pattern)) {
    const parts = one.split(sep === '\\' ? /[\\/]+/ : /\/+/);
    const first = parts.findIndex(isPattern);
    const folder = parts.slice(0, first).join('/');
    if (first >= 0) await walk(first === 0 ? '' : `${folder}/`, parts.slice(first), found);
    else if (existsSync(one)) found.add(one);
  }
  return [...found].sort(byName);
}

const { compare } = new Intl.Collator('en', { numeric: true });

/**
 * The order of names, in which 10 follows 9.
 * @param {string} a
 * @param {string} b
 */
export function byName(a, b) {
  return compare(a, b) || (a < b ? -1 : 1);
}

/**
 * @param {string} pattern
 * @returns {string[]} the pattern with each choice of its braces
 */
function expandBraces(pattern) {
  const [whole, before, choices, after] = /^(.*?)\{([^{}]*,[^{}]*)\}(.*)$/s.exec(pattern) ?? [];
  if (whole === undefined) return [pattern];
  return choices.split(',').flatMap((choice) => expandBraces(before + choice + after));
}

/**
 * @param {string} folder "" or a path with "/" at its end
 * @param {string[]} parts of the pattern from here on
 * @param {Set<string>} found
 */
async function walk(folder, [part, ...rest], found) {
  const isDeep = part === '**';
  if (isDeep && rest.length > 0) await walk(folder, rest, found);
  const name = isDeep ? /^[^.]/ : nameExpression(part);
  const entries = await readdir(folder || '.', { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (!name.test(entry.name)) continue;
    const path = `${folder}${entry.name}`;
    if (isDeep && entry.isDirectory()) await walk(`${path}/`, ['**', ...rest], found);
    else if (isDeep && rest.length > 0) continue;
    else if (rest.length === 0 || isDeep) found.add(path);
    else await walk(`${path}/`, rest, found);
  }
}

/**
 * @param {string} part of a pattern between two slashes
 * @returns {RegExp}
 */
function nameExpression(part) {
  const source = part.replaceAll(/\[[!^]?[^\]]+\]|[^]/g, (token) => {
    if (token === '*') return '.*';
    if (token === '?') return '.';
    if (token.length > 1) return token.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return token.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  });
  // A name that begins with a dot is hidden.
  return new RegExp(`^${part.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 'su');
}
