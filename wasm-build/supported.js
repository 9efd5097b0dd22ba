// npm run supported writes the lists of what is supported into docs/supported.md, after the line
// that says so. The lists come from the code itself. A test checks that they are there and true.

import fs from 'node:fs';
import path from 'node:path';
import { ARCHITECTURES } from '../web/package/architectures/index.js';
import { kinds } from '../web/package/files/index.js';
import { methodInfo, methods } from '../web/package/model/methods.js';
import { init } from '../web/package/engine/start.js';
import { isMain, root } from './tools.js';

export const SUPPORTED = path.join(root, 'docs/supported.md');

/** Everything after this line of the document is made here. */
const MARK = '<!-- From here on: made by npm run supported. -->\n';

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

/**
 * The name of a function in keras.ops. A configuration has the class of it.
 * @param {string} type
 */
const functionName = (type) =>
  type
    .replace(/^RGB/, 'Rgb')
    .replace(/([a-z])(?=[A-Z])/g, '$1_')
    .toLowerCase();

/** @param {string[]} list */
const code = (list) => list.map((name) => `\`${name}\``).join(', ');

/** The lists in Markdown, each under its heading. */
async function lists() {
  const engine = await init({ threads: 1 });
  const rows = {
    Files: kinds.map(({ name }) => name).join(', '),
    Layers: code(names(engine, 'gc_supported_layer')),
    Activations: code(names(engine, 'gc_supported_activation')),
    'Functions of keras.ops, besides the activations': code(
      names(engine, 'gc_supported_function').map(functionName),
    ),
    'Functions of TensorFlow in files of Keras 2, besides the activations': code(
      names(engine, 'gc_supported_tensorflow_function'),
    ),
    Architectures: code(Object.keys(ARCHITECTURES)),
    Methods: methods()
      .map((name) => `\`${name}\` (${methodInfo(name).title})`)
      .join(', '),
  };
  return Object.entries(rows).map(([what, list]) => `## ${what}\n\n${list}\n`);
}

/** docs/supported.md as it should be. */
export async function supportedDocument() {
  const [head] = fs.readFileSync(SUPPORTED, 'utf8').split(MARK);
  return [head + MARK, ...(await lists())].join('\n');
}

if (isMain(import.meta.url)) fs.writeFileSync(SUPPORTED, await supportedDocument());
