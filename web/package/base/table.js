/** Text tables with wrapped cells. Their layout is that of the library with which Keras prints. */

/**
 * A column with its heading, its width in characters and the alignment of its cells.
 * @typedef {{ heading: string, width: number, align: 'left' | 'right' }} Column
 */

/** Characters around the text of a cell, one space on either side. */
const PADDING = 2;

/**
 * @param {Column[]} columns
 * @param {string[][]} rows one text a column
 * @param {number} width of the whole table, borders included
 * @returns {string}
 */
export function formatTable(columns, rows, width) {
  const widths = fitWidths(columns, width);
  /** @type {(ends: string[]) => string} */
  const rule = ([left, line, cross, right]) =>
    left + widths.map((cell) => line.repeat(cell + PADDING)).join(cross) + right;
  /** @type {(texts: string[], border: string) => string[]} */
  const row = (texts, border) => formatRow(texts, columns, widths, border);
  const heading = row(
    columns.map((column) => column.heading),
    '┃',
  );
  const body = rows.map((texts) => row(texts, '│').join('\n'));
  return [
    rule(['┏', '━', '┳', '┓']),
    ...heading,
    rule(['┡', '━', '╇', '┩']),
    body.join(`\n${rule(['├', '─', '┼', '┤'])}\n`),
    rule(['└', '─', '┴', '┘']),
  ].join('\n');
}

/**
 * The widths of the columns, reduced by equal parts until the table fits.
 * @param {Column[]} columns
 * @param {number} width of the whole table
 * @returns {number[]}
 */
function fitWidths(columns, width) {
  const borders = columns.length + 1;
  const cells = columns.map((column) => column.width + PADDING);
  let excess = cells.reduce((sum, cell) => sum + cell, 0) - (width - borders);
  if (excess <= 0) return columns.map((column) => column.width);
  return cells.map((cell, i) => {
    const part = Math.min(cell, roundHalfToEven(excess / (cells.length - i)));
    excess -= part;
    return Math.max(cell - part - PADDING, 1);
  });
}

/**
 * Python's round().
 * @param {number} value
 */
export function roundHalfToEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * @param {string[]} texts
 * @param {Column[]} columns
 * @param {number[]} widths
 * @param {string} border
 * @returns {string[]} lines
 */
function formatRow(texts, columns, widths, border) {
  const cells = texts.map((text, i) => wrap(text, widths[i]));
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) => {
    const padded = cells.map((lines, i) => {
      const text = lines[line] ?? '';
      return columns[i].align === 'left' ? text.padEnd(widths[i]) : text.padStart(widths[i]);
    });
    return `${border} ${padded.join(` ${border} `)} ${border}`;
  });
}

/**
 * Breaks a text between words. A word longer than a line is cut and ends in "…".
 * @param {string} text
 * @param {number} width
 * @returns {string[]}
 */
function wrap(text, width) {
  const lines = [''];
  for (const word of text.match(/\S+\s*/g) ?? []) {
    const last = lines[lines.length - 1];
    const fits = last.length + word.trimEnd().length <= width;
    if (fits || last === '') lines[lines.length - 1] += word;
    else lines.push(word);
  }
  return lines.map((line) => ellipsis(line.trimEnd(), width));
}

/**
 * @param {string} text
 * @param {number} width
 */
function ellipsis(text, width) {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
