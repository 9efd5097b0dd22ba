/**
 * npm run parity: makes build/parity/index.html, which shows ELI5's explanations and pictures
 * beside ours, with the differences in numbers. It refers to ELI5's pictures in ../shared/golden
 * where they are.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SKIP } from './common.js';
import { parityChapters } from './parity-chapters.js';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../../build/parity');

const STYLE = `
  body { font: 16px/1.5 system-ui, sans-serif }
  body { margin: 2rem auto; max-width: 66rem; padding: 0 1rem }
  table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
  th, td { padding: .2rem .8rem .2rem 0; text-align: right; border-bottom: 1px solid #8884 }
  td { white-space: nowrap }
  th:first-child, td:first-child, th:nth-child(2), td:nth-child(2) { text-align: left }
  section { display: grid; gap: 1.5rem }
  section { grid-template-columns: repeat(auto-fill, minmax(29rem, 1fr)) }
  figure { margin: 0 } figure div { display: flex; gap: .5rem }
  img { width: 14rem; image-rendering: pixelated } figcaption { font-size: .85rem }`;

if (SKIP) throw new Error(SKIP);
mkdirSync(FOLDER, { recursive: true });
const chapters = await parityChapters({
  folder: FOLDER,
  theirs: (file) => relative(FOLDER, file).split(/[\\/]/).map(encodeURIComponent).join('/'),
});
const page = join(FOLDER, 'index.html');
writeFileSync(
  page,
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>ELI5 and gradcam-wasm</title>
  <meta name="viewport" content="width=device-width"><style>${STYLE}</style>
  <h1>ELI5 and gradcam-wasm</h1>
  ${chapters}</html>`,
);
console.log(`open ${page}`);
