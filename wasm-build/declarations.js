// Makes the declarations fit for publishing. TypeScript writes one for every module, internal ones
// too, and in the form of its own version.

import fs from 'node:fs';
import path from 'node:path';
import { root } from './tools.js';

/** What a declaration imports from another one. */
const IMPORT = /(?:from|import\()\s*['"](\.{1,2}\/[^'"]+)\.js['"]/g;

/** An array of bytes or numbers with the kind of its memory, which TypeScript before 5.7 lacks. */
const MEMORY = /\b(\w+Array|ArrayBufferView)<(ArrayBuffer|ArrayBufferLike)>/g;

/** Declares what a browser has for programs whose TypeScript knows no browser. */
const DOM = fs.readFileSync(path.join(root, 'wasm-build/dom.d.ts'), 'utf8');

const DOM_NAMES = [...DOM.matchAll(/^export (?:type|namespace) (\w+)/gm)].map(([, name]) => name);

/**
 * Removes what no entry needs, and rewrites what older versions do not read.
 * @param {string} folder
 * @param {string[]} entries files of the folder
 */
export function publishDeclarations(folder, entries) {
  const needed = new Set(entries.map((entry) => path.join(folder, entry)));
  for (const file of needed) {
    const text = withoutInternals(readable(fs.readFileSync(file, 'utf8')));
    for (const [, name] of text.matchAll(IMPORT)) {
      needed.add(path.join(path.dirname(file), `${name}.d.ts`));
    }
    const dom = path.relative(path.dirname(file), path.join(folder, 'dom.js'));
    fs.writeFileSync(file, withoutBrowser(text, dom.startsWith('.') ? dom : `./${dom}`));
  }
  fs.writeFileSync(path.join(folder, 'dom.d.ts'), DOM);
  needed.add(path.join(folder, 'dom.d.ts'));
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

/** Classes that users make. Those of all others come from the package. */
const MADE_BY_USERS = /class (GradCamError|WorkerSession) /;

/** A constructor with its comment. */
const CONSTRUCTOR = /^ {4}(?:\/\*\*(?:(?!\*\/)[^])*\*\/\n {4})?constructor\([^]*?\);$/gm;

/**
 * Hides how the package makes its objects, and leaves out imports that served nothing else.
 * @param {string} text
 */
export function withoutInternals(text) {
  const shown = MADE_BY_USERS.test(text)
    ? text
    : text.replaceAll(CONSTRUCTOR, '    protected constructor();');
  const published = shown.replaceAll(/^\/\*\* @import .*\*\/\n/gm, '');
  const code = codeOf(published).replaceAll(/^import .*$/gm, '');
  return published.replaceAll(/^import type \{ (\w+) \} from .*\n/gm, (line, name) =>
    new RegExp(`\\b${name}\\b`).test(code) ? line : '',
  );
}

/** Leaves comments out. @param {string} text */
const codeOf = (text) => text.replaceAll(/^\s*\/?\*.*$/gm, '');

/**
 * Imports the names of the browser that a declaration uses. The element's declaration needs a
 * browser anyway.
 * @param {string} text
 * @param {string} address of the file with the names
 */
export function withoutBrowser(text, address) {
  const code = codeOf(text);
  const used = DOM_NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  if (used.length === 0 || /extends HTMLElement\b/.test(code)) return text;
  return `${text}import type { ${used.join(', ')} } from '${address}';\n`;
}
