// npm run supported: writes what the code itself knows into README.md, between the markers
//     <!-- NAME: made by npm run supported --> ... <!-- end -->
// A test checks that it is there and true.

import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { ARCHITECTURES } from '../web/package/architectures/index.js';
import { kinds } from '../web/package/files/index.js';
import { init } from '../web/package/engine/start.js';
import { root } from './tools.js';

export const README = path.join(root, 'README.md');

/**
 * Names that the engine gives one after another.
 * @param {import('../web/package/engine/engine.js').Engine} engine
 * @param {string} query
 */
function names(engine, query) {
  const found = [];
  for (let i = 0, text = engine.call(query, 0); text !== 0; text = engine.call(query, ++i)) {
    found.push(engine.text(text));
  }
  return found.sort((a, b) => a.localeCompare(b, 'en'));
}

/** @param {string[]} list */
const code = (list) => list.map((name) => `\`${name}\``).join(', ');

/** What is supported, as a list in Markdown. */
async function supported() {
  const engine = await init();
  const rows = {
    Files: kinds.map(({ name }) => name).join(', '),
    Layers: code(names(engine, 'gc_supported_layer')),
    Activations: code(names(engine, 'gc_supported_activation')),
    Architectures: code(Object.keys(ARCHITECTURES)),
  };
  return Object.entries(rows).map(([what, list]) => `- **${what}**: ${list}`);
}

/**
 * README.md as it should be.
 * @param {string} text as it is
 */
export async function refreshed(text) {
  const lines = await supported();
  return text.replace(/(<!-- supported: .*? -->\n)[^]*?(<!-- end -->)/, (_, begin, end) =>
    [begin, ...lines, '', end].join('\n'),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  fs.writeFileSync(README, await refreshed(fs.readFileSync(README, 'utf8')));
}
