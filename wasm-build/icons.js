// Draws the icons of the installed page as PNG files, after web/demo/icon.svg.

import fs from 'node:fs';
import path from 'node:path';
import { encode } from 'fast-png';
import { root, writeAtomically } from './tools.js';

/**
 * An icon. A system cuts a maskable one into a shape of its own, so its colours fill the square.
 * @typedef {{ file: string, size: number, purpose: 'any' | 'maskable' }} Icon
 */

/** @type {Icon[]} */
export const icons = [
  { file: 'icon-192.png', size: 192, purpose: 'any' },
  { file: 'icon-512.png', size: 512, purpose: 'any' },
  { file: 'icon-maskable.png', size: 512, purpose: 'maskable' },
];

/** The icon of a home screen, which cuts it too. */
const TOUCH = { file: 'icon-touch.png', size: 180, purpose: 'maskable' };

/** Points per pixel and direction, for smooth edges. */
const SAMPLES = 4;

/** The rounded square of icon.svg, in shares of the picture. */
const SQUARE = { from: 2 / 32, to: 30 / 32, radius: 8 / 32 };
const WHOLE = { from: 0, to: 1, radius: 0 };

/** The centre and the radius of its gradient, in shares of the square. */
const GRADIENT = { x: 0.6, y: 0.4, radius: 0.7 };

/** @typedef {{ offset: number, color: number[] }} Stop */

/**
 * The colours of icon.svg, from the centre outwards.
 * @returns {Stop[]}
 */
function readStops() {
  const text = fs.readFileSync(path.join(root, 'web/demo/icon.svg'), 'utf8');
  const stops = text.matchAll(/<stop offset="([\d.]+)" stop-color="#(\w{6})"/g);
  return Array.from(stops, ([, offset, hex]) => ({
    offset: Number(offset),
    color: [...Buffer.from(hex, 'hex')],
  }));
}

/**
 * @param {Stop[]} stops
 * @param {number} t distance from the centre, 1 at the gradient's radius
 */
function colorAt(stops, t) {
  const after = stops.findIndex(({ offset }) => offset > t);
  if (after < 0) return stops[stops.length - 1].color;
  const [a, b] = [stops[Math.max(0, after - 1)], stops[after]];
  const share = a === b ? 0 : (t - a.offset) / (b.offset - a.offset);
  return a.color.map((value, i) => value + share * (b.color[i] - value));
}

/**
 * Whether a point lies in the square with round corners.
 * @param {number} x
 * @param {number} y
 * @param {typeof SQUARE} square
 */
function isInside(x, y, { from, to, radius }) {
  const beyond = (/** @type {number} */ v) => Math.max(from + radius - v, v - to + radius, 0);
  const isInBox = Math.min(x, y) >= from && Math.max(x, y) <= to;
  return isInBox && Math.hypot(beyond(x), beyond(y)) <= radius + 1e-9;
}

/**
 * @param {Icon['purpose']} purpose
 * @param {number} size
 * @returns {Uint8ClampedArray} RGBA
 */
function draw(purpose, size) {
  const stops = readStops();
  const square = purpose === 'any' ? SQUARE : WHOLE;
  const data = new Uint8ClampedArray(size * size * 4);
  for (let i = 0; i < size * size; i++) {
    data.set(
      drawPixel(stops, square, [(i % size) / size, Math.floor(i / size) / size], size),
      i * 4,
    );
  }
  return data;
}

/**
 * The mean colour of a pixel, and the share of it that the square covers.
 * @param {Stop[]} stops
 * @param {typeof SQUARE} square
 * @param {[left: number, top: number]} corner
 * @param {number} size
 */
function drawPixel(stops, square, [left, top], size) {
  const sum = [0, 0, 0];
  let covered = 0;
  for (let k = 0; k < SAMPLES * SAMPLES; k++) {
    const x = left + ((k % SAMPLES) + 0.5) / SAMPLES / size;
    const y = top + (Math.floor(k / SAMPLES) + 0.5) / SAMPLES / size;
    if (!isInside(x, y, square)) continue;
    const side = square.to - square.from;
    const dx = (x - square.from) / side - GRADIENT.x;
    const dy = (y - square.from) / side - GRADIENT.y;
    const color = colorAt(stops, Math.hypot(dx, dy) / GRADIENT.radius);
    covered++;
    color.forEach((value, i) => (sum[i] += value));
  }
  return [...sum.map((value) => value / Math.max(1, covered)), (255 * covered) / SAMPLES ** 2];
}

/** @param {string} folder */
export function writeIcons(folder) {
  for (const { file, size, purpose } of [...icons, /** @type {Icon} */ (TOUCH)]) {
    const picture = { width: size, height: size, data: draw(purpose, size), channels: 4 };
    writeAtomically(path.join(folder, file), encode(picture));
  }
}
