/** The table of a model's layers that model.summary() prints in Keras. */

import { GradCamError, printable, show } from '../base/errors.js';
import { formatTable, roundHalfToEven } from '../base/table.js';

/** @import { Column } from '../base/table.js' */
/** @import { LayerInfo } from '../engine/network.js' */
/** @import { ModelDescription } from './model-info.js' */

/**
 * @typedef {object} SummaryOptions
 * @property {readonly [string, string]} [layerRange] two regular expressions, each for the start of
 *   a name. The table goes from the first layer that matches the first expression to the last layer
 *   that matches the second, both included. The totals are those of the whole model. An expression
 *   is trusted like the caller's own code, and a bad one may take for ever
 * @property {number} [lineLength] characters in a line, 30 to 1000 (default 88, or 108 with the
 *   column "Connected to", as in Keras)
 */

/**
 * What the table is made of.
 * @typedef {Pick<ModelDescription, 'name' | 'layers' | 'isSequential'>} Described
 */

/**
 * A row of the table, which stands for a layer at the top level and all its calls.
 * @typedef {object} Row
 * @property {string} name
 * @property {LayerInfo} layer the last call, whose output shape Keras shows
 * @property {LayerInfo[]} calls
 */

/**
 * The layout for a chain of layers. A network with branches has a column for its connections.
 * @type {{ lineLength: number, positions: number[] }}
 */
const CHAIN = { lineLength: 88, positions: [0.45, 0.8, 1] };
const BRANCHED = { lineLength: 108, positions: [0.3, 0.56, 0.74, 1] };
/** The longest line. The table of the largest network then has a few megabytes. */
const MAX_LINE_LENGTH = 1000;
const HEADINGS = ['Layer (type)', 'Output Shape', 'Param #', 'Connected to'];

/**
 * @param {Described} model
 * @param {SummaryOptions} [options]
 * @returns {string}
 */
export function formatSummary(model, { layerRange, lineLength } = {}) {
  const rows = topLevelRows(model);
  const isChain = model.isSequential || isUnbranched(rows);
  const width = checkLineLength(lineLength ?? (isChain ? CHAIN : BRANCHED).lineLength);
  const table = formatTable(
    columnsOf((isChain ? CHAIN : BRANCHED).positions, width),
    selectRange(rows, layerRange).map((row) => cellsOf(row, model.layers, isChain)),
    width,
  );
  return [`Model: "${printable(model.name)}"`, table, ...totals(rows)].join('\n');
}

/**
 * @param {Described} model
 * @returns {Row[]}
 */
function topLevelRows(model) {
  /** @type {Map<string, Row>} */
  const rows = new Map();
  for (const layer of model.layers) {
    if (layer.parent !== -1 || isHiddenInput(layer, model)) continue;
    const { name } = nameAndCall(layer);
    const calls = rows.get(name)?.calls ?? [];
    rows.set(name, { name, layer, calls: [...calls, layer] });
  }
  return [...rows.values()];
}

/**
 * Whether a layer is the input of a Sequential model, which Keras does not count among its layers.
 * @param {LayerInfo} layer
 * @param {Pick<Described, 'layers' | 'isSequential'>} model
 */
export function isHiddenInput({ type, parent }, { layers, isSequential }) {
  if (type !== 'InputLayer') return false;
  return parent === -1 ? isSequential : layers[parent].type === 'Sequential';
}

/**
 * The name of a layer, and the number of its call. The engine writes "name@1" for the second call.
 * @param {LayerInfo} layer
 */
function nameAndCall({ path }) {
  const [, name, call = '0'] = /** @type {RegExpMatchArray} */ (path.match(/^(.*?)(?:@(\d+))?$/s));
  return { name, call };
}

/**
 * Whether every layer is called once, with one input, and feeds one layer.
 * @param {Row[]} rows
 */
function isUnbranched(rows) {
  const used = rows.flatMap(({ calls }) => calls.flatMap(({ inputs }) => inputs));
  const isChain = rows.every(({ calls }) => calls.length === 1 && calls[0].inputs.length <= 1);
  return isChain && new Set(used).size === used.length;
}

/** @param {unknown} lineLength */
function checkLineLength(lineLength) {
  const length = Number.isInteger(lineLength) ? Number(lineLength) : 0;
  if (length >= 30 && length <= MAX_LINE_LENGTH) return length;
  const allowed = `whole numbers from 30 to ${MAX_LINE_LENGTH}`;
  const text = `lineLength is ${show(lineLength)}; allowed: ${allowed}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {number[]} positions where the columns end, as fractions of the line
 * @param {number} lineLength
 * @returns {Column[]}
 */
function columnsOf(positions, lineLength) {
  let end = 0;
  return positions.map((position, i) => {
    const width = Math.trunc(position * lineLength) - end;
    end += width;
    return { heading: HEADINGS[i], width, align: i === 2 ? 'right' : 'left' };
  });
}

/**
 * @param {Row[]} rows
 * @param {unknown} range
 */
function selectRange(rows, range) {
  if (range === undefined || range === null) return rows;
  if (!Array.isArray(range) || range.length !== 2 || range.some((end) => typeof end !== 'string')) {
    const text = `layerRange is ${show(range)}; allowed: [first name, last name]`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const [from, to] = range.map((pattern) => matchingRows(rows, pattern));
  const first = Math.min(...from);
  const last = Math.max(...to);
  if (first <= last) return rows.slice(first, last + 1);
  return rows.slice(Math.min(...to), Math.max(...from) + 1);
}

/**
 * Indices of the rows whose name begins with a pattern.
 * @param {Row[]} rows
 * @param {string} pattern
 */
function matchingRows(rows, pattern) {
  let start;
  try {
    start = new RegExp(`^(?:${pattern})`);
  } catch (cause) {
    const text = `layerRange: ${show(pattern)} is not a regular expression`;
    throw new GradCamError('INVALID_ARGUMENT', text, { cause });
  }
  const matches = [...rows.keys()].filter((i) => start.test(rows[i].name));
  if (matches.length > 0) return matches;
  throw new GradCamError(
    'UNKNOWN_LAYER',
    `layerRange: no layer's name begins with ${show(pattern)}`,
  );
}

/**
 * @param {Row} row
 * @param {LayerInfo[]} layers
 * @param {boolean} isChain
 */
function cellsOf({ name, layer, calls }, layers, isChain) {
  const shape = ['None', ...layer.shape.map((axis) => axis ?? 'None')];
  const cells = [
    printable(`${name} (${layer.type})`),
    `(${shape.join(', ')})`,
    layer.params.toLocaleString('en-US'),
  ];
  return isChain ? cells : [...cells, printable(connections(calls, layers))];
}

/**
 * The tensors that a layer reads, each as the name, call and output of the layer that makes it.
 * @param {LayerInfo[]} calls
 * @param {LayerInfo[]} layers
 */
function connections(calls, layers) {
  const tensors = calls.flatMap(({ inputs }) =>
    inputs.map((input) => {
      const { name, call } = nameAndCall(layers[input]);
      return `${name}[${call}][0]`;
    }),
  );
  return tensors.join(', ') || '-';
}

/**
 * @param {Row[]} rows
 * @returns {string[]} lines
 */
function totals(rows) {
  const total = rows.reduce((sum, { layer }) => sum + layer.params, 0);
  const trainable = rows.reduce((sum, { layer }) => sum + layer.trainableParams, 0);
  return [
    ` Total params: ${count(total)}`,
    ` Trainable params: ${count(trainable)}`,
    ` Non-trainable params: ${count(total - trainable)}`,
  ];
}

/** @param {number} params */
function count(params) {
  return `${params.toLocaleString('en-US')} (${memorySize(params * 4)})`;
}

/**
 * @param {number} bytes
 * @returns {string} in the largest unit that is not larger than the size
 */
function memorySize(bytes) {
  const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  const hundredths = roundHalfToEven((bytes / 1024 ** power) * 100);
  return `${(hundredths / 100).toFixed(2)} ${units[power]}`;
}
