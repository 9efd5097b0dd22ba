/**
 * npm run docs: makes the reference part of docs/api.md, runs docs/tutorial.md and puts what it printed
 * and showed into it and beside it.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeApiDocument } from '../../wasm-build/api-docs.js';
import { runMain } from '../../wasm-build/tools.js';
import { launchChromium } from './chromium.js';
import { TUTORIAL, parseBlocks, runTutorial } from './documents.js';

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

await runMain(async () => {
  await writeApiDocument();
  const browser = await launchChromium();
  const results = await runTutorial(browser).finally(() => browser.close());
  const markdown = readFileSync(TUTORIAL, 'utf8');
  writeFileSync(TUTORIAL, withResults(markdown, results));
  for (const [i, { pictures, code }] of parseBlocks(markdown).entries()) {
    const shown = results[i].pictures;
    if (pictures.length !== shown.length) {
      throw new Error(
        `${shown.length} pictures are shown, ${pictures.length} stand below:\n${code}`,
      );
    }
    for (const [k, png] of shown.entries()) {
      const file = join(dirname(TUTORIAL), pictures[k]);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, png);
    }
  }
  console.log(`wrote ${TUTORIAL} and its pictures`);
});
