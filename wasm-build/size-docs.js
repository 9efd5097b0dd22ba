// npm run docs writes the table of sizes in docs/bundlers.md from dist/. A test compares.

import fs from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { format } from 'prettier';
import { root } from './tools.js';

export const SIZE_DOCUMENT = path.join(root, 'docs/bundlers.md');

/** The table stands between these lines. */
const [START, END] = ['<!-- sizes, made by npm run docs -->\n', '<!-- end of the sizes -->\n'];

/** What a page loads, by what it does. Each page loads one of the four modules. */
const PAGES = {
  'imports `gradcam-wasm`': ['index.js', 'gradcam-relaxed.wasm'],
  'has no relaxed SIMD': ['index.js', 'wasm-files.js', 'gradcam.wasm'],
  'has threads': ['index.js', 'thread.js', 'wasm-files.js', 'gradcam-relaxed-threads.wasm'],
  'imports `gradcam-wasm/worker`': ['worker-session.js', 'worker.js', 'gradcam-relaxed.wasm'],
  'has the element': ['element.js', 'worker-session.js', 'worker.js', 'gradcam-relaxed.wasm'],
};

/** What is loaded besides, when it is needed. */
const PARTS = {
  'a .keras file': ['keras.js'],
  "ImageNet's names": ['imagenet.js'],
  'attributions of pixels': ['attribute.js'],
  'measurements of maps': ['metrics.js'],
};

const inDist = (/** @type {string} */ name) => path.join(root, 'dist', name);

/**
 * Files of dist/ and all that they import, but for what is loaded on demand.
 * @param {string[]} files
 * @returns {string[]}
 */
export function withImports(files) {
  const found = new Set(files);
  for (const file of found) {
    if (!file.endsWith('.js')) continue;
    const code = fs.readFileSync(inDist(file), 'utf8');
    for (const [, name] of code.matchAll(/^(?:import|export) .*?"\.\/(.+?)";$/gms)) found.add(name);
  }
  return [...found];
}

/**
 * Kilobytes of files, as they are and compressed.
 * @param {string[]} files
 */
function sizesOf(files) {
  const contents = files.map((name) => fs.readFileSync(inDist(name)));
  const sum = (/** @type {(bytes: Buffer) => number} */ size) =>
    Math.round(contents.reduce((total, bytes) => total + size(bytes), 0) / 1000);
  return [
    sum(({ length }) => length),
    sum((bytes) => gzipSync(bytes, { level: 9 }).length),
    sum((bytes) => brotliCompressSync(bytes).length),
  ];
}

/** The rows of the table: what is loaded, and its sizes. */
function rows() {
  const pages = Object.entries(PAGES).map(([what, files]) => {
    return [`a page that ${what}`, ...sizesOf(withImports(files))];
  });
  const atStart = new Set(withImports(PAGES['imports `gradcam-wasm`']));
  const parts = Object.entries(PARTS).map(([what, files]) => {
    const more = withImports(files).filter((name) => !atStart.has(name));
    return [`besides, for ${what}`, ...sizesOf(more)];
  });
  return [...pages, ...parts];
}

/** docs/bundlers.md as it should be. */
export async function sizeDocument() {
  const [head, rest] = fs.readFileSync(SIZE_DOCUMENT, 'utf8').split(START);
  const [, tail] = rest.split(END);
  const lines = rows().map((cells) => `| ${cells.join(' | ')} |`);
  const heads = ['| loaded by | KB | gzip, KB | brotli, KB |', '| --- | ---: | ---: | ---: |'];
  const text = `${head}${START}\n${[...heads, ...lines].join('\n')}\n\n${END}${tail}`;
  const file = path.join(root, '.prettierrc.json');
  const options = JSON.parse(fs.readFileSync(file, 'utf8'));
  return format(text, { ...options, parser: 'markdown' });
}
