/**
 * npm run parity: makes build/parity/index.html, which shows ELI5's explanations and pictures
 * beside ours, with the differences in numbers. It refers to ELI5's pictures in ../shared/golden
 * where they are.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from 'fast-png';
import { GOLDEN, SKIP } from './common.js';
import { comparePairs, explainedCases } from './explanations.js';

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

const HEADS = [
  'class',
  'layer',
  'map',
  'ELI5’s score',
  'our score',
  'relative difference',
  'difference of the maps',
  'allowed',
];

/** @param {number} value */
const short = (value) => (value === 0 ? '0' : value.toExponential(1));

/**
 * @param {import('./explanations.js').Pair} pair
 * @returns {string} a row of the table
 */
function row({ theirs, ours, error, tolerance }) {
  const [{ layer, score, heatmap }] = ours.targets;
  const cells = [
    theirs.target,
    theirs.layer ?? `${layer} (by itself)`,
    `${heatmap.height} × ${heatmap.width}`,
    theirs.score.toPrecision(7),
    score.toPrecision(7),
    short(Math.abs(score / theirs.score - 1)),
    short(error),
    short(tolerance),
  ];
  return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
}

/**
 * @param {string} name of the case
 * @param {import('./explanations.js').PicturePair} pair
 * @returns {string} both pictures and their difference
 */
function figure(name, { file, ours, largest, different }) {
  const own = `${name}-${basename(file)}`;
  writeFileSync(join(FOLDER, own), encode(ours));
  const theirs = relative(FOLDER, file).split(/[\\/]/).map(encodeURIComponent).join('/');
  const total = ours.data.length;
  const difference =
    different === 0
      ? 'equal to the byte'
      : `${different} of ${total} bytes differ, by ${largest} of 255 at most`;
  return `<figure><div><img src="${theirs}" alt="by ELI5"><img src="${own}" alt="by us"></div>
    <figcaption>${basename(file)}: ${difference}</figcaption></figure>`;
}

/**
 * @param {string} name of a case
 * @returns {Promise<string>}
 */
async function chapter(name) {
  const pairs = await comparePairs(name);
  const pictures = pairs.flatMap((pair) => pair.pictures);
  const equal = pictures.filter(({ different }) => different === 0).length;
  console.log(
    `${name}: ${pairs.length} explanations, ${equal} of ${pictures.length} pictures equal`,
  );
  return `<h2>${name}: ${pairs[0].ours.modelName}</h2>
    <table><tr>${HEADS.map((head) => `<th>${head}</th>`).join('')}</tr>
    ${pairs.map(row).join('\n')}</table>
    <p>${pictures.length} pictures: ELI5’s on the left, on the right ours from our own heat maps;
    ${equal} are equal to the byte.</p>
    <section>${pictures.map((pair) => figure(name, pair)).join('\n')}</section>`;
}

if (SKIP) throw new Error(SKIP);
mkdirSync(FOLDER, { recursive: true });
const chapters = [];
for (const name of explainedCases()) chapters.push(await chapter(name));
const page = join(FOLDER, 'index.html');
writeFileSync(
  page,
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>ELI5 and gradcam-wasm</title>
  <meta name="viewport" content="width=device-width"><style>${STYLE}</style>
  <h1>ELI5 and gradcam-wasm</h1>
  <p>All explanations that ELI5 gave for the models of ${basename(dirname(GOLDEN))}/golden, and
  ours of the same classes at the same layers. The maps of early layers differ by what float32 runs
  differ by.</p>
  ${chapters.join('\n')}</html>`,
);
console.log(`open ${page}`);
