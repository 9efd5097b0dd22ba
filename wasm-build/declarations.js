// Makes the declarations fit for publishing. TypeScript writes one for every module, internal ones
// too, and in the form of its own version.

import fs from 'node:fs';
import path from 'node:path';

/** What a declaration imports from another one. */
const IMPORT = /(?:from|import\()\s*['"](\.{1,2}\/[^'"]+)\.js['"]/g;

/** An array of bytes or numbers with the kind of its memory, which TypeScript before 5.7 lacks. */
const MEMORY = /\b(\w+Array|ArrayBufferView)<(ArrayBuffer|ArrayBufferLike)>/g;

/**
 * Removes what no entry needs, and rewrites what older versions do not read.
 * @param {string} folder
 * @param {string[]} entries files of the folder
 */
export function publishDeclarations(folder, entries) {
  const needed = new Set(entries.map((entry) => path.join(folder, entry)));
  for (const file of needed) {
    const text = fs.readFileSync(file, 'utf8');
    for (const [, name] of text.matchAll(IMPORT)) {
      needed.add(path.join(path.dirname(file), `${name}.d.ts`));
    }
    fs.writeFileSync(file, readable(text));
  }
  for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = path.join(folder, name);
    if (name.endsWith('.d.ts') && !needed.has(file)) fs.rmSync(file);
  }
}

/**
 * A declaration that TypeScript reads from 5.4 on. The return type of `of` has the memory that
 * newer versions need, and none in older ones.
 * @param {string} text
 */
export function readable(text) {
  return text.replaceAll(/^(?!\s*\*).*$/gm, (line) =>
    line.replaceAll(MEMORY, (_, name, memory) =>
      memory === 'ArrayBuffer' ? `ReturnType<typeof ${name}.of>` : name,
    ),
  );
}
