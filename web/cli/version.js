/** The version of the package that the tool is part of. */

import { readFileSync } from 'node:fs';

/** @returns {string} */
export function toolVersion() {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
