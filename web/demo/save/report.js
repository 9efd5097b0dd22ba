/** A report: one page that holds all of an answer, needs no other file and runs no script. */

import { paint } from '../paint.js';
import { legendColor } from '../view/legend.js';
import { drawSmall, shrink } from '../view/small.js';
import { SOFTWARE } from './texts.js';
import style from './report.css?inline';

/** @import { HeatMap } from 'gradcam-wasm' */
/** @import { Look } from '../paint.js' */
/** @import { Snapshot } from './snapshot.js' */

/** Classes that are listed. */
const MOST_CLASSES = 20;
/** Pixels of the longer side of small maps. */
const SMALL = 128;
const QUALITY = 0.9;

/**
 * @param {Snapshot} snapshot
 * @param {(share: number) => void} onProgress
 * @returns {Promise<Blob>}
 */
export async function toReport(snapshot, onProgress) {
  const { shown, seen, description } = snapshot;
  const painted = new ImageData(seen.width, seen.height);
  paint(painted, seen, shown.heatmap, shown.look);
  const parts = [
    `<h1>${escape(shown.headline)}</h1><p class="where">${escape(shown.where)}</p>`,
    '<div class="pair">',
    await figure(painted, description, 'With the heat map'),
    await figure(seen, 'The picture without a map', 'Without it'),
    `</div>${legendLine(shown)}`,
  ];
  onProgress(0.3);
  parts.push(await proofSection(snapshot), await classSection(snapshot));
  onProgress(0.5);
  parts.push(await layerSection(snapshot, onProgress), settingSection(snapshot));
  const html = page(escape(shown.headline), parts.join('\n'));
  return new Blob([html], { type: 'text/html' });
}

/**
 * @param {string} title
 * @param {string} body
 */
function page(title, body) {
  const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title} · ${SOFTWARE}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<style>${style}</style>
</head>
<body>
<main>
${body}
</main>
<footer>Made by ${SOFTWARE} in a browser tab. Nothing left the computer.</footer>
</body>
</html>
`;
}

/**
 * @param {ImageData} pixels
 * @param {string} description
 * @param {string} caption
 */
async function figure(pixels, description, caption) {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  return `<figure>${await image(canvas, description)}<figcaption>${caption}</figcaption></figure>`;
}

/**
 * @param {OffscreenCanvas} canvas
 * @param {string} description
 */
async function image(canvas, description) {
  const type = isOpaque(canvas) ? 'image/jpeg' : 'image/png';
  const blob = await canvas.convertToBlob({ type, quality: QUALITY });
  const address = await toDataAddress(blob);
  const { width, height } = canvas;
  const size = `width="${width}" height="${height}"`;
  return `<img src="${address}" alt="${escape(description)}" ${size}>`;
}

/**
 * @param {Blob} blob
 * @returns {Promise<string>}
 */
function toDataAddress(blob) {
  const reader = new FileReader();
  return new Promise((resolve, reject) => {
    reader.addEventListener('load', () => resolve(String(reader.result)));
    reader.addEventListener('error', () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

/** @param {OffscreenCanvas} canvas */
function isOpaque(canvas) {
  const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
  return data?.every((value, i) => i % 4 < 3 || value === 255) ?? true;
}

/** @param {Snapshot['shown']} shown */
function legendLine({ legend, look }) {
  const stops = Array.from({ length: 17 }, (_, i) => {
    return `rgb(${[...legendColor(i / 16, legend, look)].join(' ')})`;
  });
  const [low, high] = legend.words.map(escape);
  const bar = `<i style="background: linear-gradient(to right, ${stops.join(', ')})"></i>`;
  return `<p class="legend">${low}${bar}${high}</p>`;
}

/** @param {Snapshot} snapshot */
async function proofSection({ proof }) {
  if (!proof) return '';
  const [hidden, kept] = proof.pairs.map(escape);
  return [
    '<section><h2>Is it so? Hide and look again</h2><div class="pair">',
    await figure(proof.hidden.picture, 'The hot part is blurred', `Hot part blurred: ${hidden}`),
    await figure(proof.kept.picture, 'All else is blurred', `All else blurred: ${kept}`),
    `</div><p>${escape(proof.verdict)}</p></section>`,
  ].join('\n');
}

/** @param {Snapshot} snapshot */
async function classSection(snapshot) {
  const { classRows, classes } = snapshot;
  const maps = new Map(classes.map(({ target, heatmap }) => [target, heatmap]));
  const small = shrink(snapshot.seen, SMALL);
  const rows = [];
  for (const { index, name, score, share } of classRows.slice(0, MOST_CLASSES)) {
    const map = maps.get(index);
    const picture = map ? await smallMap(small, map, snapshot.shown.look, `Map of ${name}`) : '';
    const meter = `<meter value="${Math.max(0, Math.min(1, share))}"></meter>`;
    rows.push(
      `<tr><td>${picture}</td><th scope="row">${escape(name)}</th><td>${index}</td>` +
        `<td>${escape(score)}</td><td>${meter}</td></tr>`,
    );
  }
  const more = classRows.length - rows.length;
  const names = ['Map', 'Class', 'Number', 'Score', 'Share'];
  const head = names.map((name) => `<th scope="col">${name}</th>`).join('');
  const table = `<table><thead><tr>${head}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  return `<section><h2>Classes</h2>${table}${more > 0 ? `<p>${more} more.</p>` : ''}</section>`;
}

/**
 * @param {Snapshot} snapshot
 * @param {(share: number) => void} onProgress
 */
async function layerSection({ layers, seen, shown }, onProgress) {
  if (layers.length === 0) return '';
  const small = shrink(seen, SMALL);
  const figures = [];
  for (const { layer, heatmap } of layers) {
    const name = escape(layer.slice(layer.lastIndexOf('/') + 1));
    const picture = await smallMap(small, heatmap, shown.look, `Map at ${layer}`);
    const size = `${heatmap.height} × ${heatmap.width}`;
    figures.push(`<figure>${picture}<figcaption>${name}<br>${size}</figcaption></figure>`);
    onProgress(0.5 + (0.5 * figures.length) / layers.length);
  }
  return (
    `<section><h2>All layers, first to last</h2><div class="strip">${figures.join('\n')}` +
    '</div></section>'
  );
}

/**
 * @param {OffscreenCanvas} picture
 * @param {HeatMap} heatmap
 * @param {Look} look
 * @param {string} description
 */
async function smallMap(picture, heatmap, look, description) {
  const { width, height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (context) drawSmall(context, picture, heatmap, look, [0, 0, width, height]);
  return image(canvas, description);
}

/** @param {Snapshot} snapshot */
function settingSection({ rows, settings }) {
  const all = [...rows, ['Address', `#${settings.state}`]];
  const items = all.map(([name, value]) => `<dt>${name}</dt><dd>${escape(value)}</dd>`);
  return `<section><h2>Settings</h2><dl>${items.join('\n')}</dl></section>`;
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
