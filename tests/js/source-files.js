/** The source files of the project, for tests of their text. */

import fs from 'node:fs';
import path from 'node:path';
import { root } from '../../wasm-build/tools.js';

/**
 * The texts of files by their paths.
 * @param {string[]} folders
 * @param {RegExp} pattern of the files' names
 */
export function sourceFiles(folders, pattern) {
  const names = folders.flatMap((folder) =>
    fs
      .readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => pattern.test(name))
      .map((name) => path.join(folder, name)),
  );
  return new Map(names.map((name) => [name, fs.readFileSync(path.join(root, name), 'utf8')]));
}
