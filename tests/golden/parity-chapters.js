/** ELI5's explanations and pictures beside ours, as HTML with the differences in numbers. */

import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { encode } from 'fast-png';
import { comparePairs, explainedCases } from './explanations.js';

/**
 * Where the pictures go, and how the page refers to ELI5's.
 * @typedef {object} Place
 * @property {string} folder of the page
 * @property {(file: string, name: string) => string} theirs gives the address of a file of ELI5's.
 *   The name is one that no other file has
 */

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
 * @param {Place} place
 * @returns {string} both pictures and their difference
 */
function figure(name, { file, ours, largest, different }, { folder, theirs }) {
  const own = `${name}-${basename(file)}`;
  writeFileSync(join(folder, own), encode(ours));
  const size = `width="${ours.width}" height="${ours.height}" loading="lazy"`;
  const total = ours.data.length;
  const difference =
    different === 0
      ? 'equal to the byte'
      : `${different} of ${total} bytes differ, by ${largest} of 255 at most`;
  return `<figure><div><img src="${theirs(file, `eli5-${own}`)}" alt="by ELI5" ${size}>
    <img src="${own}" alt="by us" ${size}></div>
    <figcaption>${basename(file)}: ${difference}</figcaption></figure>`;
}

/**
 * @param {string} name of a case
 * @param {Place} place
 * @returns {Promise<string>}
 */
async function chapter(name, place) {
  const pairs = await comparePairs(name);
  const pictures = pairs.flatMap((pair) => pair.pictures);
  const equal = pictures.filter(({ different }) => different === 0).length;
  console.log(
    `${name}: ${pairs.length} explanations, ${equal} of ${pictures.length} pictures equal`,
  );
  return `<h2>${name}: ${pairs[0].ours.modelName}</h2>
    <div class="table" tabindex="0"><table>
    <tr>${HEADS.map((head) => `<th>${head}</th>`).join('')}</tr>
    ${pairs.map(row).join('\n')}</table></div>
    <p>${pictures.length} pictures: ELI5’s on the left, on the right ours from our own heat maps;
    ${equal} are equal to the byte.</p>
    <section class="pairs">
    ${pictures.map((pair) => figure(name, pair, place)).join('\n')}</section>`;
}

/**
 * Writes our pictures into a folder.
 * @param {Place} place
 * @returns {Promise<string>} what a page in that folder shows
 */
export async function parityChapters(place) {
  const chapters = [
    `<p>All explanations that ELI5 gave for the models of shared/golden, and ours of the same
    classes at the same layers. The maps of early layers differ by what float32 runs differ by.
    </p>`,
  ];
  for (const name of explainedCases()) chapters.push(await chapter(name, place));
  return chapters.join('\n');
}
