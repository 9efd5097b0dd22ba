/**
 * Places the nodes of a graph in rows, from the input down. A connection that passes rows goes
 * through a point in each of them, so that it crosses no node.
 */

import { groups } from './tree.js';

/** @typedef {{ width: number, height: number }} Size */
/** @typedef {{ x: number, y: number }} Point the middle of a node */

/**
 * @typedef {object} Layout
 * @property {Point[]} places of the nodes
 * @property {string[]} lines of the connections, as paths of SVG
 * @property {number[]} rows of the nodes
 * @property {number} width
 * @property {number} height
 */

/** Pixels between neighbours of a row, and between rows. */
const BESIDE = 24;
const BELOW = 34;
/** How often the rows are put in order, and how often they are moved. */
const SORTS = 6;
const MOVES = 8;

/**
 * A node, or the point of a connection.
 * @typedef {{ size: Size, ups: number[], downs: number[] }} Item
 */

/**
 * @param {Size[]} sizes of the nodes, in an order in which every connection leads forward
 * @param {[from: number, to: number][]} edges
 * @returns {Layout}
 */
export function layOut(sizes, edges) {
  const rows = rowsOf(sizes.length, edges);
  /** @type {Item[]} */
  const items = sizes.map((size) => ({ size, ups: [], downs: [] }));
  const rowOf = [...rows];
  const routes = edges.map(([from, to]) => route(from, to, items, rowOf));
  /** @type {number[][]} */
  const grid = Array.from({ length: Math.max(0, ...rowOf) + 1 }, () => []);
  rowOf.forEach((row, i) => grid[row].push(i));
  sort(grid, items);
  const xs = spread(grid, items);
  const heights = grid.map((row) => Math.max(...row.map((i) => items[i].size.height)));
  const tops = heights.map((_, row) =>
    heights.slice(0, row).reduce((sum, height) => sum + height + BELOW, 0),
  );
  const left = Math.min(...items.map(({ size }, i) => xs[i] - size.width / 2));
  const right = Math.max(...items.map(({ size }, i) => xs[i] + size.width / 2));
  const point = (/** @type {number} */ i) => {
    return { x: xs[i] - left, y: tops[rowOf[i]] + heights[rowOf[i]] / 2 };
  };
  return {
    places: sizes.map((_, i) => point(i)),
    lines: routes.map((items_) => draw(items_, items, point)),
    rows,
    width: right - left,
    height: (tops.at(-1) ?? 0) + (heights.at(-1) ?? 0),
  };
}

/**
 * Each node is one row below the lowest that it reads. An input is right above what reads it.
 * @param {number} count
 * @param {[number, number][]} edges
 */
function rowsOf(count, edges) {
  const rows = Array.from({ length: count }, () => 0);
  for (const [from, to] of [...edges].sort((a, b) => a[0] - b[0])) {
    rows[to] = Math.max(rows[to], rows[from] + 1);
  }
  const reads = new Set(edges.map(([, to]) => to));
  for (const [from, readers] of groups(edges.map(([from]) => from))) {
    if (!reads.has(from)) rows[from] = Math.min(...readers.map((i) => rows[edges[i][1]])) - 1;
  }
  return rows;
}

/**
 * Adds the points of a connection.
 * @param {number} from
 * @param {number} to
 * @param {Item[]} items
 * @param {number[]} rowOf
 * @returns {number[]} the nodes and points that it goes through
 */
function route(from, to, items, rowOf) {
  const steps = [from];
  for (let row = rowOf[from] + 1; row < rowOf[to]; row++) {
    steps.push(items.push({ size: { width: 4, height: 0 }, ups: [], downs: [] }) - 1);
    rowOf.push(row);
  }
  steps.push(to);
  for (let i = 1; i < steps.length; i++) {
    items[steps[i - 1]].downs.push(steps[i]);
    items[steps[i]].ups.push(steps[i - 1]);
  }
  return steps;
}

/** @param {number[]} values */
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * Puts every row in the order of its neighbours, down and up in turn.
 * @param {number[][]} grid
 * @param {Item[]} items
 */
function sort(grid, items) {
  const order = items.map(() => 0);
  for (const row of grid) row.forEach((item, i) => (order[item] = i));
  for (let turn = 0; turn < SORTS; turn++) {
    const isDown = turn % 2 === 0;
    for (const row of isDown ? grid : [...grid].reverse()) {
      const wanted = new Map(
        row.map((i) => {
          const near = isDown ? items[i].ups : items[i].downs;
          return [i, near.length > 0 ? mean(near.map((other) => order[other])) : order[i]];
        }),
      );
      row.sort((a, b) => Number(wanted.get(a)) - Number(wanted.get(b)) || order[a] - order[b]);
      row.forEach((item, i) => (order[item] = i));
    }
  }
}

/**
 * Moves the items of each row under and above their neighbours.
 * @param {number[][]} grid
 * @param {Item[]} items
 * @returns {number[]} the middle of each item
 */
function spread(grid, items) {
  const xs = items.map(() => 0);
  for (let turn = 0; turn < MOVES; turn++) {
    const isDown = turn % 2 === 0;
    for (const row of isDown ? grid : [...grid].reverse()) {
      const wanted = row.map((i) => {
        const near = isDown ? items[i].ups : items[i].downs;
        return near.length > 0 ? mean(near.map((other) => xs[other])) : xs[i];
      });
      const placed = place(
        wanted,
        row.map((i) => items[i].size.width),
      );
      row.forEach((item, i) => (xs[item] = placed[i]));
    }
  }
  return xs;
}

/**
 * The places nearest to the wanted ones, by least squares, at which nothing overlaps. Without the
 * widths, the places must not fall. Where wanted ones do, all of a run get their mean.
 * @param {number[]} wanted
 * @param {number[]} widths
 */
function place(wanted, widths) {
  let offset = 0;
  const offsets = widths.map((width, i) => {
    if (i > 0) offset += widths[i - 1] / 2 + BESIDE + width / 2;
    return offset;
  });
  /** @type {{ sum: number, count: number }[]} */
  const runs = [];
  wanted.forEach((x, i) => {
    let run = { sum: x - offsets[i], count: 1 };
    for (let last = runs.at(-1); last && last.sum / last.count > run.sum / run.count;) {
      run = { sum: run.sum + last.sum, count: run.count + last.count };
      runs.pop();
      last = runs.at(-1);
    }
    runs.push(run);
  });
  const free = runs.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
  return free.map((x, i) => x + offsets[i]);
}

/**
 * @param {number[]} steps
 * @param {Item[]} items
 * @param {(item: number) => Point} point
 */
function draw(steps, items, point) {
  const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;
  const at = (/** @type {number} */ i, /** @type {number} */ side) => {
    const { x, y } = point(steps[i]);
    return { x: round(x), y: round(y + (side * items[steps[i]].size.height) / 2) };
  };
  const start = at(0, 1);
  let path = `M${start.x} ${start.y}`;
  for (let i = 1; i < steps.length; i++) {
    const [from, to] = [at(i - 1, 1), at(i, -1)];
    const middle = round((from.y + to.y) / 2);
    path += `C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
  }
  return path;
}
