/**
 * The entry gradcam-wasm/whole, which is gradcam-wasm with all its parts in memory. Service workers
 * need it, because browsers allow no import() there. The entry is made of the calls of part() in
 * the sources, so that no part can be forgotten.
 */

import fs from 'node:fs';
import path from 'node:path';
import { root } from './tools.js';

const FOLDER = path.join(root, 'web/package');

/** The module's name for the bundler. It stands in no file. */
export const WHOLE = path.join(root, 'web/whole.js');

/** How the entry's code calls a part's file until the bundler has named it. */
const SCHEME = 'part:';

/** A call of part(), as parts.js wants it. */
const CALL = /\bpart\(\s*'([^']+)',\s*\(\) => import\('([^']+)'\),?\s*\)/g;

/** Comments, in which import() gives types. */
const COMMENT = /\/\*[^]*?\*\//g;

/** @typedef {{ what: string, file: string }} Part */

/**
 * The element is for pages alone, so what it loads is no part.
 * @returns {Part[]}
 */
function findParts() {
  const names = fs.readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => /^(?!element).*\.js$/.test(name)).sort();
  return files.flatMap((name) => {
    const code = fs.readFileSync(path.join(FOLDER, name), 'utf8');
    const calls = [...code.matchAll(CALL)];
    const imports = code.replaceAll(COMMENT, '').match(/\bimport\('/g) ?? [];
    if (calls.length !== imports.length) throw new Error(`${name} has import() outside of part()`);
    const folder = path.dirname(path.join(FOLDER, name));
    return calls.map(([, what, address]) => ({ what, file: path.resolve(folder, address) }));
  });
}

function writeEntry() {
  const parts = findParts();
  const imports = parts.map(({ file }, i) => `import * as part${i} from '${SCHEME}${file}';\n`);
  const entries = parts.map(({ what }, i) => `  ${JSON.stringify(what)}: part${i},\n`);
  return [
    `import { provideParts } from './package/base/parts.js';\n`,
    ...imports,
    `provideParts({\n${entries.join('')}});\n`,
    `export * from './package/page.js';\n`,
  ].join('');
}

/**
 * Gives the bundler the entry. The parts stay files of their own, which the other entries load.
 * @type {import('rolldown').Plugin}
 */
export const wholeEntry = {
  name: 'whole',
  resolveId: (id) => {
    if (id === WHOLE) return id;
    return id.startsWith(SCHEME) ? { id, external: true } : undefined;
  },
  load: (id) => (id === WHOLE ? { code: writeEntry(), moduleSideEffects: true } : undefined),
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
    const whole = chunks.find(({ facadeModuleId }) => facadeModuleId === WHOLE);
    if (!whole) return;
    whole.code = whole.code.replace(/"part:(.+?)"/g, (_, file) => {
      const made = chunks.find(({ facadeModuleId }) => facadeModuleId === file);
      if (!made) throw new Error(`no file has the part ${file}`);
      return JSON.stringify(`./${made.fileName}`);
    });
  },
};
