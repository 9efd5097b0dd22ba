/**
 * Runs documents in a browser. The JavaScript blocks of a document are one module. After a block
 * stands what it prints, as a text block, and then the pictures that it puts on the page, in order.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { inBuild, root } from '../../wasm-build/tools.js';
import { serve } from './server.js';

/**
 * A JavaScript block of the document and what follows until the next.
 * @typedef {object} Block
 * @property {string} code
 * @property {string} printed
 * @property {string[]} pictures files, relative to the document
 */

/**
 * What a block printed, and its pictures as PNG files.
 * @typedef {{ printed: string, pictures: Buffer[] }} Result
 */

export const TUTORIAL = join(root, 'docs/tutorial.md');

/** All documents that are run. */
export const DOCUMENTS = [TUTORIAL, join(root, 'docs/which-layer.md')];

/** Collects what `console.log` and the page would show, and empties the lists after every block. */
const RECORDER = `
let printed = [];
console.log = (...values) => printed.push(values);
globalThis.endBlock = async () => {
  const pictures = [];
  for (const canvas of document.querySelectorAll('canvas')) {
    pictures.push(canvas.toDataURL('image/png').split(',')[1]);
    canvas.remove();
  }
  await report({ printed, pictures });
  printed = [];
};`;

const PAGE = `<!doctype html><script type="importmap">
{ "imports": { "gradcam-wasm": "/dist/index.js" } }
</script>
<script type="module" src="document.js"></script>`;

/**
 * @param {string} markdown
 * @returns {Block[]}
 */
export function parseBlocks(markdown) {
  const [, ...parts] = markdown.split('```js\n');
  return parts.map((part) => {
    const [code, rest] = splitAt(part, '```\n');
    const printed = /```text\n(.*?)```/s.exec(rest)?.[1] ?? '';
    return {
      code,
      printed,
      pictures: [...rest.matchAll(/!\[.*?\]\((.*?)\)/g)].map(([, file]) => file),
    };
  });
}

/**
 * @param {string} text
 * @param {string} separator
 */
function splitAt(text, separator) {
  const index = text.indexOf(separator);
  return [text.slice(0, index), text.slice(index + separator.length)];
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} document its file
 * @returns {Promise<Result[]>} one for each block. It rejects with the first error of a block
 */
export async function runDocument(browser, document) {
  const blocks = parseBlocks(readFileSync(document, 'utf8'));
  const code = blocks.map((block) => `${block.code}\nawait endBlock();\n`).join('');
  const site = await serve({
    folders: {
      '/dist/': [join(root, 'dist')],
      '/models/': [inBuild('models')],
      '/pictures/': [inBuild('pictures')],
    },
    texts: { '/index.html': PAGE, '/document.js': `${RECORDER}\n${code}` },
  });
  try {
    return await visit(browser, site.address, blocks.length);
  } finally {
    await site.close();
  }
}

/**
 * @param {import('playwright-core').Browser} browser
 * @param {string} address
 * @param {number} count of blocks
 * @returns {Promise<Result[]>}
 */
async function visit(browser, address, count) {
  const page = await browser.newPage();
  /** @type {Result[]} */
  const results = [];
  try {
    await new Promise((resolve, reject) => {
      page.on('pageerror', reject);
      page.exposeFunction('report', (/** @type {any} */ report) => {
        results.push(toResult(report));
        if (results.length === count) resolve(undefined);
      });
      page.goto(address).catch(reject);
    });
  } finally {
    await page.close();
  }
  return results;
}

/**
 * @param {{ printed: unknown[][], pictures: string[] }} report pictures in base64
 * @returns {Result}
 */
function toResult({ printed, pictures }) {
  const lines = printed.map((values) => `${values.map(show).join(' ')}\n`);
  return {
    printed: lines.join(''),
    pictures: pictures.map((base64) => Buffer.from(base64, 'base64')),
  };
}

/**
 * A value as console.log prints it.
 * @param {unknown} value
 */
function show(value) {
  return typeof value === 'string' ? value : inspect(value);
}
