/**
 * npm run size: what the module consists of, and what a page loads.
 *
 *     npm run size [-- --largest N]
 *
 * The parts are as the linker places them; what its optimiser (wasm-opt) takes away after that has
 * a row.
 */

import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync } from 'node:zlib';
import { make } from '../wasm-build/make.js';
import { SetupError, inBuild, isMain, root, runMain } from '../wasm-build/tools.js';
import { positive } from './options.js';
import { table } from './report.js';

/**
 * Parts of the module by the paths of their objects; the first that fits. @type {[string,
 * RegExp][]}
 */
const PARTS = [
  ['XNNPACK: kernels', /xnnpack\/src\/(f32|x32|xx|x8|s8|u8)-/],
  ['XNNPACK: operators, packing, tables of kernels', /xnnpack\//],
  ['operators', /\/src\/ops\//],
  ['Keras importer', /\/src\/keras\//],
  ['yyjson', /yyjson/],
  ['stb_image', /\/src\/image\/decode/],
  ['pictures, overlays, colour maps', /\/src\/image\//],
  ['graph, plan, runner, explanations', /\/src\//],
  ['C library', /\.a\(/],
  ['texts', /<internal>/],
];

/** A piece of the module. @typedef {{ object: string, name: string, size: number }} Piece */

/**
 * The code and data in a linker map; its other lines are totals and symbols inside these.
 * @param {string} map
 * @returns {Piece[]}
 */
function readMap(map) {
  const line = /^ *(?:-|[0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) +(\S.*):\(([^()]+)\)$/gm;
  return [...map.matchAll(line)]
    .map(([, size, object, name]) => ({ object, name, size: parseInt(size, 16) }))
    .filter(({ name }) => !name.startsWith('.bss')); // zeros, which no file holds
}

/** @param {Piece} piece */
const partOf = ({ object }) => PARTS.find(([, mark]) => mark.test(object))?.[0] ?? 'the rest';

/** @param {Piece[]} pieces */
function sumByPart(pieces) {
  /** @type {Map<string, { code: number, data: number }>} */
  const sums = new Map();
  for (const piece of pieces) {
    const sum = sums.get(partOf(piece)) ?? { code: 0, data: 0 };
    sum[piece.name.startsWith('.') ? 'data' : 'code'] += piece.size;
    sums.set(partOf(piece), sum);
  }
  return [...sums].sort(([, a], [, b]) => b.code + b.data - a.code - a.data);
}

/** @param {string} file */
const brotli = (file) => brotliCompressSync(fs.readFileSync(file)).length;

/** @param {number} bytes */
const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

/** What a page loads that imports the package: the entry, what it imports at once, the module. */
function pageFiles() {
  const files = new Set([path.join(root, 'dist/index.js')]);
  for (const file of files) {
    const imports = fs
      .readFileSync(file, 'utf8')
      .matchAll(/^(?:import|export)\b.*?from "(\.\/[^"]+)"/gm);
    for (const [, name] of imports) files.add(path.join(path.dirname(file), name));
  }
  return [...files, largestModule()];
}

function modulesOfPackage() {
  const names = fs.readdirSync(path.join(root, 'dist')).filter((name) => name.endsWith('.wasm'));
  return names.map((name) => path.join(root, 'dist', name));
}

/** A page loads one of the builds: the largest counts. */
function largestModule() {
  return modulesOfPackage().reduce((a, b) => (brotli(a) > brotli(b) ? a : b));
}

/** Bytes of those files with brotli; undefined where dist/ was not made. */
export function pageBytes() {
  if (!fs.existsSync(path.join(root, 'dist/index.js'))) return undefined;
  return pageFiles().reduce((sum, file) => sum + brotli(file), 0);
}

/** @param {number} largest how many functions and arrays are listed */
function print(largest) {
  const pieces = readMap(fs.readFileSync(inBuild('wasm/gradcam-named.map'), 'utf8'));
  const module = inBuild('wasm/gradcam.wasm');
  const { size } = fs.statSync(module);
  const linked = pieces.reduce((sum, piece) => sum + piece.size, 0);
  const rows = sumByPart(pieces).map(([part, { code, data }]) => [
    part,
    kilobytes(code),
    kilobytes(data),
  ]);
  rows.push(['headers, types, exports; less what wasm-opt saves', kilobytes(size - linked), '']);
  console.log(table(['part', 'code, KB', 'data, KB'], rows) + '\n');
  const files = [...pageFiles()].map((file) => [
    path.relative(root, file),
    kilobytes(fs.statSync(file).size),
    kilobytes(brotli(file)),
  ]);
  files.push(['**a page**', '', kilobytes(pageBytes() ?? NaN)]);
  console.log(table(['file', 'KB', 'brotli, KB'], files) + '\n');
  const variants = modulesOfPackage().map((file) => [
    path.basename(file),
    kilobytes(fs.statSync(file).size),
    kilobytes(brotli(file)),
  ]);
  console.log(table(['variant', 'KB', 'brotli, KB'], variants) + '\n');
  const sorted = pieces.sort((a, b) => b.size - a.size).slice(0, largest);
  const named = sorted.map((piece) => [piece.name, partOf(piece), kilobytes(piece.size)]);
  console.log(table(['largest', 'part', 'KB'], named));
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const { values } = parseArgs({ options: { largest: { type: 'string', default: '20' } } });
    if (!fs.existsSync(inBuild('toolchain'))) throw new SetupError('run npm run build first');
    make(['wasm', 'named']);
    if (pageBytes() === undefined) throw new SetupError('there is no dist/: run npm run build');
    print(positive('largest', values.largest));
  });
}
