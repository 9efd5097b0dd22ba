// Makes build/generated/colormaps.h from Matplotlib's colour maps, one table of 256 colours a map.
// The data come from Matplotlib's wheel. They are interpolated here as Matplotlib does it, in
// double precision and in the same order of operations, because a colour is truncated to a byte.

import fs from 'node:fs';
import { downloadWheel, inBuild, readIfExists, say, sha256, writeAtomically } from './tools.js';
import { fileURLToPath } from 'node:url';
import { readAssignment } from './python-literal.js';
import { readZipMembers } from './zip.js';

// The files that are read are the same in all wheels, so every machine takes this one.
export const matplotlib = {
  package: 'matplotlib',
  version: '3.11.2',
  file: 'matplotlib-3.11.2-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
  sha256: '07d9b9fa60cd4c393692f50d0bb03123242ddf61c99bb0e95e75feb354e7c1a8',
  options: [
    ...['--platform', 'manylinux2014_x86_64', '--implementation', 'cp'],
    ...['--python-version', '3.11', '--abi', 'cp311'],
  ],
};

/** The maps. The first one, viridis, is the default. */
const names = [
  ...['viridis', 'cividis', 'magma', 'inferno', 'plasma', 'turbo', 'jet', 'gray', 'hot'],
  ...['coolwarm', 'binary', 'seismic', 'RdBu'],
];

/** Colours in a map. */
const size = 256;

/** Makes the header, unless this version of this file has made it. */
export function ensureColormaps() {
  const header = inBuild('generated', 'colormaps.h');
  const hash = sha256(fileURLToPath(import.meta.url));
  const version = `/* Made by wasm-build/colormaps.js ${hash} */\n`;
  if (readIfExists(header)?.startsWith(version)) return;
  say(`making the colour maps of Matplotlib ${matplotlib.version}`);
  writeAtomically(header, version + headerText(colormaps()));
}

/**
 * The maps by name. Each has 256 colours of red, green and blue, from 0 to 255.
 * @returns {Map<string, number[][]>}
 */
export function colormaps() {
  const wheel = fs.readFileSync(downloadWheel(matplotlib));
  const members = ['matplotlib/_cm_listed.py', 'matplotlib/_cm.py'];
  const files = readZipMembers(wheel, members).map((bytes) => new TextDecoder().decode(bytes));
  return new Map(names.map((name) => [name, toBytes(colours(files, `_${name}_data`))]));
}

/**
 * The colours of one map, each channel in [0, 1].
 * @param {string[]} files texts of _cm_listed.py, with lists of colours, and _cm.py, with segments
 * @param {string} variable
 * @returns {number[][]}
 */
function colours([listed, segmented], variable) {
  if (new RegExp(`^${variable} *=`, 'm').test(listed)) {
    const list = /** @type {number[][]} */ (readAssignment(listed, variable));
    if (list.length !== size) throw new Error(`${variable} has ${list.length} colours`);
    return list;
  }
  const data = readAssignment(segmented, variable);
  const channels = ['red', 'green', 'blue'].map((channel, i) => {
    if (data instanceof Map) return interpolate(/** @type {number[][]} */ (data.get(channel)));
    return interpolate(evenSegments(/** @type {number[][]} */ (data), i));
  });
  return channels[0].map((_, i) => channels.map((channel) => channel[i]));
}

/**
 * numpy.linspace(0, 1, count). The values are multiples of the step, and the last is exactly 1.
 * @param {number} count
 */
function linspace(count) {
  const step = 1 / (count - 1);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? 1 : i * step));
}

/**
 * LinearSegmentedColormap.from_list, which places colours at equal distances.
 * @param {number[][]} list
 * @param {number} channel
 * @returns {number[][]}
 */
function evenSegments(list, channel) {
  const positions = linspace(list.length);
  return list.map((colour, i) => [positions[i], colour[channel], colour[channel]]);
}

/**
 * One channel of LinearSegmentedColormap. At the fraction t between the points i - 1 and i it is
 *     y = t (y0[i] - y1[i-1]) + y1[i-1]
 * A point has two values. y0 ends the segment below it, and y1 begins the segment above it.
 * @param {number[][]} points [x, y0, y1], x rising from 0 to 1
 * @returns {number[]} the values at 256 equal distances
 */
function interpolate(points) {
  const x = points.map((point) => point[0] * (size - 1));
  const values = linspace(size).map((fraction, k) => {
    if (k === 0) return points[0][2];
    if (k === size - 1) return points[points.length - 1][1];
    const at = (size - 1) * fraction;
    const i = x.findIndex((position) => position >= at);
    const t = (at - x[i - 1]) / (x[i] - x[i - 1]);
    return t * (points[i][1] - points[i - 1][2]) + points[i - 1][2];
  });
  return values.map((value) => Math.min(Math.max(value, 0), 1));
}

/** @param {number[][]} list */
function toBytes(list) {
  return list.map((colour) => colour.map((value) => Math.trunc(value * 255)));
}

/** @param {Map<string, number[][]>} maps */
function headerText(maps) {
  const tables = [...maps].map(([name, list]) => {
    const colours = list.map((colour) => `{${colour.join(',')}}`);
    return `{"${name}", {\n${colours.join(',\n')}}}`;
  });
  return [
    '#include <stdint.h>',
    'static const struct {',
    '    const char *name;',
    `    uint8_t rgb[${size}][3]; /* a value v in [0, 1] has colour min(floor(v * 256), 255) */`,
    `} gc_colormaps[${maps.size}] = {`,
    `${tables.join(',\n')}};`,
    '',
  ].join('\n');
}
