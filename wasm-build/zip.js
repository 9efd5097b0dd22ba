// Members of a zip archive, such as a Python wheel.

import { unzipSync } from 'fflate';

/**
 * Unpacks some members of a zip archive, and only those.
 * @param {Uint8Array} archive
 * @param {string[]} names
 * @returns {Uint8Array[]} their contents, in the order of the names
 */
export function readZipMembers(archive, names) {
  const members = unzipSync(archive, { filter: (file) => names.includes(file.name) });
  return names.map((name) => {
    if (!members[name]) throw new Error(`the archive has no ${name}`);
    return members[name];
  });
}
