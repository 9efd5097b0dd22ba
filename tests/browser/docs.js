/**
 * npm run docs makes the reference parts of docs/api.md and docs/cli.md, the sizes in
 * docs/bundlers.md, and the parts and pictures of docs/methods.md.
 * It runs the other documents that have code,
 * and puts what each printed and showed into it and beside it.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeApiDocument } from '../../wasm-build/api-docs.js';
import { CLI_DOCUMENT, cliDocument } from '../../wasm-build/cli-docs.js';
import { METHODS_DOCUMENT, drawMethods, methodsDocument } from '../../wasm-build/methods-docs.js';
import { SIZE_DOCUMENT, sizeDocument } from '../../wasm-build/size-docs.js';
import { runMain } from '../../wasm-build/tools.js';
import { launchChromium } from './chromium.js';
import { DOCUMENTS, parseBlocks, runDocument } from './documents.js';

/**
 * @param {string} markdown
 * @param {import('./documents.js').Result[]} results one a block
 */
function withResults(markdown, results) {
  const [head, ...parts] = markdown.split('```js\n');
  const filled = parts.map((part, i) => {
    return part.replace(/```text\n.*?```/s, () => `\`\`\`text\n${results[i].printed}\`\`\``);
  });
  return [head, ...filled].join('```js\n');
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} document its file
 */
async function refresh(browser, document) {
  const markdown = readFileSync(document, 'utf8');
  const results = await runDocument(browser, document);
  writeFileSync(document, withResults(markdown, results));
  for (const [i, { pictures, code }] of parseBlocks(markdown).entries()) {
    const shown = results[i].pictures;
    if (pictures.length !== shown.length) {
      throw new Error(
        `${shown.length} pictures are shown, ${pictures.length} stand below:\n${code}`,
      );
    }
    for (const [k, png] of shown.entries()) {
      const file = join(dirname(document), pictures[k]);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, png);
    }
  }
  console.log(`wrote ${document} and its pictures`);
}

await runMain(async () => {
  await writeApiDocument();
  writeFileSync(CLI_DOCUMENT, await cliDocument());
  writeFileSync(SIZE_DOCUMENT, await sizeDocument());
  writeFileSync(METHODS_DOCUMENT, await methodsDocument());
  await drawMethods();
  const browser = await launchChromium();
  try {
    for (const document of DOCUMENTS) await refresh(browser, document);
  } finally {
    await browser.close();
  }
});
