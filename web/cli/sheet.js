/** Makes a contact sheet: the maps of several layers, classes or methods in one picture. */

import { formatAsImage, loadImage, methodInfo, methods } from '../package/index.js';
import { isLoop } from '../package/model/methods.js';
import { ADVANCE, HEIGHT, writeText } from './letters.js';
import { explain, opener } from './picture-run.js';
import { findPictures } from './pictures.js';
import { UsageError } from './usage-error.js';
import { checkFree, pngFile, writeOutput } from './write.js';

/** @import { Layer, Method, Pixels, TargetExplanation } from 'gradcam-wasm' */
/** @import { Messages, Opened } from './picture-run.js' */
/** @import { Request } from './usage.js' */

/** The longer side of a picture in the sheet, and the distance between two. */
const SIDE = 240;
const GAP = 12;
/** Of the letters. */
const SCALE = 2;
const LINE = HEIGHT(SCALE) + 6;
/** How many layers are shown, spread over the network, unless --layer chooses. */
const LAYERS = 23;

/**
 * What the cells of a sheet show, and the two lines below a cell.
 * @type {Record<string, { choose: (opened: Opened, request: Request) => Partial<Request>,
 *   lines: (entry: TargetExplanation) => string[] }>}
 */
const KINDS = {
  layers: {
    choose: ({ model }, { layer }) => ({ layer: layer ?? spread(model.layers) }),
    lines: ({ layer, heatmap }) => [lastPart(layer), `${heatmap.width} x ${heatmap.height}`],
  },
  classes: {
    choose: ({ run }, { targets, top }) => ({
      targets: targets ?? run.decodePredictions({ top }).map(({ index }) => index),
    }),
    lines: ({ label, score }) => [label, score.toFixed(4)],
  },
  methods: {
    choose: (_, { methods: given }) => ({ methods: given.length > 1 ? given : quickMethods() }),
    lines: ({ method, layer }) => [methodInfo(method).title, lastPart(layer)],
  },
};

/**
 * @param {Request} request
 * @param {Messages} messages
 */
export async function sheet(request, messages) {
  const { output = 'sheet.png', force, by, images } = request;
  if (output !== '-') await checkFree(output, force);
  const [picture, ...others] = await findPictures(images);
  if (others.length > 0) throw new UsageError(`sheet takes one picture, not ${others.length + 1}`);
  const { run } = await opener(request, messages);
  const opened = await run(picture);
  const { choose, lines } = KINDS[by];
  const asked = { ...request, ...choose(opened, request) };
  const method = /** @type {Method[]} */ (request.allMethods ? methods() : asked.methods);
  const { image, targets } = await explain(opened, asked, method, messages);
  const small = await loadImage(image, { targetSize: smallSize(image), interpolation: 'bilinear' });
  const { colormap, alphaLimit } = request;
  const cells = targets.map((entry) => ({
    picture: formatAsImage({ heatmap: entry.heatmap, image: small }, { colormap, alphaLimit }),
    lines: lines(entry),
  }));
  const drawn = compose([{ picture: small, lines: headLines(targets[0], by) }, ...cells]);
  const file = await pngFile(
    drawn,
    `${by} of ${picture.inside}`,
    targets.map((t) => t.settings),
  );
  if (output === '-') return messages.print(file);
  await writeOutput(output, file, force);
  await messages.print(`${output}: ${cells.length} maps\n`);
}

/**
 * What all cells share.
 * @param {TargetExplanation} entry
 * @param {string} by
 */
function headLines({ label, score, layer, method }, by) {
  const explained = `${label} ${score.toFixed(4)}`;
  const { title } = methodInfo(method);
  if (by === 'layers') return [explained, title];
  return by === 'classes' ? [lastPart(layer), title] : [explained, ''];
}

/** @param {string} path */
function lastPart(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The methods that do not take many runs. */
function quickMethods() {
  return methods().filter((name) => !isLoop(name));
}

/**
 * Layers with more than one position, spread over the network, the last one included.
 * @param {readonly Layer[]} layers
 */
function spread(layers) {
  const mapped = layers.filter(({ outputShape, dataFormat }) => {
    const sides = dataFormat === 'channels_first' ? outputShape.slice(2) : outputShape.slice(1, 3);
    return outputShape.length === 4 && sides.some((side) => side !== 1);
  });
  const count = Math.min(LAYERS, mapped.length);
  return Array.from({ length: count }, (_, i) => {
    return mapped[Math.round(((i + 1) * mapped.length) / count) - 1].name;
  });
}

/**
 * @param {{ width: number, height: number }} picture
 * @returns {[height: number, width: number]}
 */
function smallSize({ width, height }) {
  const scale = SIDE / Math.max(width, height);
  return [Math.max(1, Math.round(height * scale)), Math.max(1, Math.round(width * scale))];
}

/**
 * Sets the cells in rows, on white.
 * @param {{ picture: Pixels, lines: string[] }[]} cells of one size
 * @returns {Pixels}
 */
function compose(cells) {
  const { width: side, height: high } = cells[0].picture;
  const wide = Math.max(side, ADVANCE(SCALE) * 16);
  const columns = Math.min(
    cells.length,
    Math.ceil(Math.sqrt((cells.length * (high + 40)) / wide)) + 1,
  );
  const [across, down] = [wide + GAP, high + 2 * LINE + GAP];
  const width = columns * across + GAP;
  const height = Math.ceil(cells.length / columns) * down + GAP;
  const sheet = { data: new Uint8ClampedArray(4 * width * height).fill(255), width, height };
  for (const [i, { picture, lines }] of cells.entries()) {
    const left = GAP + (i % columns) * across;
    const top = GAP + Math.floor(i / columns) * down;
    place(sheet, picture, left, top);
    for (const [k, line] of lines.entries()) {
      const to = { left, top: top + high + 4 + k * LINE, width: wide, scale: SCALE };
      writeText(sheet, line, to);
    }
  }
  return sheet;
}

/**
 * @param {Pixels} sheet
 * @param {Pixels} picture
 * @param {number} left
 * @param {number} top
 */
function place(sheet, { data, width, height }, left, top) {
  for (let y = 0; y < height; y++) {
    const row = data.subarray(4 * y * width, 4 * (y + 1) * width);
    sheet.data.set(row, 4 * ((top + y) * sheet.width + left));
  }
}
