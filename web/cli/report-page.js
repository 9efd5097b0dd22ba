/** Writes the page of a report. It needs no script and no other file. */

import { printable } from '../package/base/errors.js';
import { STYLE } from './report-style.js';

/** @import { PictureFile } from './pictures.js' */
/** @import { PictureRecord, Place, ReportState } from './report-state.js' */

/** The most classes that a table of all pairs shows. */
const LARGEST_TABLE = 30;
/** How many pairs of classes are listed where there are more. */
const PAIRS = 50;

/**
 * @typedef {object} Report
 * @property {Record<string, unknown>} settings
 * @property {PictureFile[]} pictures
 * @property {ReportState} state
 * @property {string[]} failures
 */

/**
 * A place with the class of its folder.
 * @typedef {Place & { truth: number, truthLabel: string }} KnownPlace
 */

/**
 * The page, part by part, so that memory holds one picture at most.
 * @param {Report} report
 * @returns {AsyncGenerator<string>}
 */
export async function* pageParts({ settings, pictures, state, failures }) {
  const places = [...state.places.values()].sort((a, b) => b.score - a.score);
  const known = places.filter((place) => place.truth !== null);
  const title = `${settings.model}: ${places.length} pictures`;
  yield head(title);
  yield `<h1>${text(title)}</h1>\n`;
  yield summary(places, /** @type {KnownPlace[]} */ (known), pictures);
  if (failures.length > 0) {
    yield details(`Pictures that failed (${failures.length})`, list(failures));
  }
  yield details('Settings', `<pre>${text(JSON.stringify(settings, null, 2))}</pre>\n`);
  for (const [name, about, section] of sections(places)) {
    if (section.length === 0) continue;
    yield `<h2 id="${name}">${text(about)} (${section.length})</h2>\n`;
    for (const place of section) yield figure(await state.record(place));
  }
  yield '</main>\n</body>\n</html>\n';
}

/**
 * Mistakes come first. Within a section the surest picture is the first.
 * @param {Place[]} places
 * @returns {[id: string, title: string, places: Place[]][]}
 */
function sections(places) {
  const isKnown = (/** @type {Place} */ { truth }) => truth !== null;
  const isRight = (/** @type {Place} */ { truth, index }) => truth === index;
  return [
    ['mistakes', 'Mistakes, the surest first', places.filter((p) => isKnown(p) && !isRight(p))],
    ['right', 'Right, the surest first', places.filter(isRight)],
    ['pictures', 'Pictures, the surest first', places.filter((place) => !isKnown(place))],
  ];
}

/** @param {string} title */
function head(title) {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
`;
}

/**
 * @param {Place[]} places
 * @param {KnownPlace[]} known
 * @param {PictureFile[]} pictures
 */
function summary(places, known, pictures) {
  if (known.length === 0) {
    const hasFolders = pictures.some(({ inside }) => inside.includes('/'));
    return hasFolders ? '<p>No folder has the name of a class, so nothing is counted.</p>\n' : '';
  }
  const right = known.filter(({ truth, index }) => truth === index).length;
  const share = ((100 * right) / known.length).toFixed(1);
  const others = places.length - known.length;
  const rest = others > 0 ? ` ${others} more lie in folders that name no class.` : '';
  return (
    `<p class="accuracy"><strong>${share}%</strong> of ${known.length} pictures have the class ` +
    `of their folder.${rest}</p>\n${confusion(known)}`
  );
}

/** @param {KnownPlace[]} known */
function confusion(known) {
  /** @type {Map<number, string>} */
  const labels = new Map();
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { truth, truthLabel, index, label } of known) {
    labels.set(truth, truthLabel).set(index, label);
    const pair = `${truth} ${index}`;
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
  }
  const classes = [...labels.keys()].sort((a, b) => a - b);
  const count = (/** @type {number} */ t, /** @type {number} */ p) => counts.get(`${t} ${p}`) ?? 0;
  const name = (/** @type {number} */ index) => text(labels.get(index) ?? String(index));
  if (classes.length > LARGEST_TABLE) return pairTable([...counts], name);
  const rows = new Set(known.map(({ truth }) => truth));
  return squareTable(
    classes,
    classes.filter((index) => rows.has(index)),
    count,
    name,
  );
}

/**
 * @param {number[]} classes of the columns
 * @param {number[]} rows classes that folders name
 * @param {(truth: number, index: number) => number} count
 * @param {(index: number) => string} name
 */
function squareTable(classes, rows, count, name) {
  const heads = classes.map((index) => `<th scope="col"><span>${name(index)}</span></th>`).join('');
  const lines = rows.map((truth) => {
    const cells = classes.map((index) => cell(count(truth, index), truth === index));
    const all = classes.reduce((sum, index) => sum + count(truth, index), 0);
    const share = `${((100 * count(truth, truth)) / all).toFixed(0)}%`;
    return `<tr><th scope="row">${name(truth)}</th>${cells.join('')}<td>${share}</td></tr>`;
  });
  return `<div class="scroll" tabindex="0" role="region" aria-label="Confusion table">
<table class="confusion"><caption>How many pictures of a folder (row) got a class (column)</caption>
<thead><tr><td></td>${heads}<th scope="col"><span>right</span></th></tr></thead>
<tbody>${lines.join('\n')}</tbody></table></div>\n`;
}

/**
 * @param {number} count
 * @param {boolean} isRight
 */
function cell(count, isRight) {
  if (count === 0) return '<td></td>';
  return `<td class="${isRight ? 'right' : 'wrong'}">${count}</td>`;
}

/**
 * @param {[pair: string, count: number][]} counts
 * @param {(index: number) => string} name
 */
function pairTable(counts, name) {
  const pairs = counts.map(([pair, count]) => {
    const [truth, index] = pair.split(' ').map(Number);
    return { truth, index, count };
  });
  const wrong = pairs.filter(({ truth, index }) => truth !== index);
  wrong.sort((a, b) => b.count - a.count);
  const lines = wrong.slice(0, PAIRS).map(({ truth, index, count }) => {
    return `<tr><td>${name(truth)}</td><td>${name(index)}</td><td>${count}</td></tr>`;
  });
  return `<table><caption>The mistakes that come most often</caption>
<thead><tr><th scope="col">folder</th><th scope="col">class</th><th scope="col">pictures</th></tr>
</thead><tbody>${lines.join('\n')}</tbody></table>\n`;
}

/** @param {PictureRecord} record */
function figure(record) {
  const { name, label, score, truth, truthLabel, index, top, explained, size } = record;
  const isWrong = truth !== null && truth !== index;
  const verdict = isWrong ? ` <span class="wrong">the folder says ${text(truthLabel)}</span>` : '';
  const scores = top.map((entry) => {
    const width = Math.max(0, Math.min(1, entry.score)) * 100;
    const bar = `<i style="width:${width.toFixed(1)}%"></i>`;
    return `<li><span>${text(entry.label)}</span> ${number(entry.score)}${bar}</li>`;
  });
  const image = (/** @type {string} */ data, /** @type {string} */ what) =>
    `<img src="data:image/jpeg;base64,${data}" width="${size.width}" height="${size.height}" ` +
    `alt="${text(what)}" loading="lazy" decoding="async">`;
  return `<article>
<h3>${text(label)} ${number(score)}${verdict}</h3>
<p class="name">${text(name)}</p>
<div class="images">${image(record.plain, name)}${image(record.map, `Map of ${explained}`)}</div>
<ol class="scores">${scores.join('')}</ol>
<p class="explained">${text(explained)}</p>
${record.sentences.map((sentence) => `<p>${text(sentence)}</p>`).join('\n')}
${record.warnings.map((warning) => `<p class="warning">${text(warning)}</p>`).join('\n')}
</article>
`;
}

/** @param {number} score */
function number(score) {
  return score.toFixed(4);
}

/**
 * @param {string} title
 * @param {string} content
 */
function details(title, content) {
  return `<details><summary>${text(title)}</summary>${content}</details>\n`;
}

/** @param {string[]} items */
function list(items) {
  return `<ul>${items.map((item) => `<li>${text(item)}</li>`).join('')}</ul>`;
}

/** @type {Record<string, string>} */
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/**
 * A text of a file or a model, which may hold anything.
 * @param {unknown} value
 */
function text(value) {
  const lines = String(value).split('\n').map(printable).join('\n');
  return lines.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]);
}
