/** Checks the options of attributions. */

import { GradCamError, choose, show } from '../base/errors.js';
import { ATTRIBUTIONS } from './methods.js';
import { RULES } from './rules.js';

/** @import { Input } from '../engine/network.js' */
/** @import { AttributionMethod } from './methods.js' */

/** The largest number of steps and samples, which would take days. */
const MOST_STEPS = 1e6;
/** The points of gaussLegendre take the square of their number of operations. */
const MOST_POINTS = 10_000;

/** What RISE divides by. */
const DENOMINATORS = { expected: true, masks: true };

/**
 * The options of a method, checked, with its defaults. An option of another method is refused,
 * because the caller expects something of it.
 * @param {AttributionMethod} method
 * @param {Record<string, any>} given
 * @param {Input} input
 * @returns {Record<string, any>}
 */
export function methodOptions(method, given, input) {
  const { defaults } = choose(ATTRIBUTIONS, method, 'method');
  const names = Object.keys(defaults);
  const others = Object.values(ATTRIBUTIONS).flatMap((other) => Object.keys(other.defaults));
  for (const name of others) {
    if (names.includes(name) || (given[name] ?? undefined) === undefined) continue;
    const allowed = names.length === 0 ? 'none' : names.join(', ');
    const text = `${name} is no option of ${method}; its options: ${allowed}`;
    throw new GradCamError('INVALID_ARGUMENT', text);
  }
  const options = Object.entries(defaults).map(([name, value]) => [name, given[name] ?? value]);
  const all = Object.fromEntries(options);
  // A small picture has no 7 rows.
  if ('grid' in all) all.grid = given.grid ?? Math.min(all.grid, largestSide(input));
  return checkOptions(all, input);
}

/** @param {Input} input */
function largestSide({ height, width }) {
  return Math.max(height, width);
}

/**
 * @param {Record<string, any>} options
 * @param {Input} input
 */
function checkOptions(options, input) {
  const { rule } = options;
  /** @type {Record<string, (value: unknown) => unknown>} */
  const checks = {
    rule: (value) => (choose(RULES, value, 'rule'), value),
    steps: (value) => wholeNumber('steps', value, rule === 'riemannTrapezoid' ? 2 : 1, MOST_POINTS),
    samples: (value) => wholeNumber('samples', value, 1, MOST_STEPS),
    seed: (value) => wholeNumber('seed', value, 0, 2 ** 32 - 1),
    noise: (value) => numberBetween('noise', value, 0, 100),
    grid: (value) => wholeNumber('grid', value, 1, largestSide(input)),
    p: (value) => numberBetween('p', value, 1e-6, 1),
    denominator: (value) => (choose(DENOMINATORS, value, 'denominator'), value),
  };
  const checked = Object.entries(options).map(([name, value]) => [
    name,
    checks[name] ? checks[name](value) : value,
  ]);
  const all = Object.fromEntries(checked);
  return 'window' in all ? { ...all, ...windows(all, input) } : all;
}

/**
 * The windows of occlusion. By default a window is a quarter of the picture's height and width, and
 * moves by half of its own.
 * @param {{ window?: unknown, stride?: unknown }} options
 * @param {Input} input
 * @returns {{ window: [number, number], stride: [number, number] }} heights and widths
 */
function windows({ window, stride }, { height, width }) {
  const sizes = pair('window', window ?? [Math.ceil(height / 4), Math.ceil(width / 4)], [
    height,
    width,
  ]);
  // A longer stride would leave pixels without any window.
  const strides = pair('stride', stride ?? sizes.map((size) => Math.ceil(size / 2)), sizes);
  return { window: sizes, stride: strides };
}

/**
 * @param {string} name
 * @param {unknown} value one number for both, or two
 * @param {[number, number]} most
 * @returns {[number, number]}
 */
function pair(name, value, most) {
  const list = Array.isArray(value) ? value : [value, value];
  if (list.length !== 2) {
    const allowed = 'a number, or [height, width]';
    throw new GradCamError('INVALID_ARGUMENT', `${name} is ${show(value)}; allowed: ${allowed}`);
  }
  const [height, width] = list.map((size, i) => wholeNumber(name, size, 1, most[i]));
  return [height, width];
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {number}
 */
export function wholeNumber(name, value, least, most) {
  const number = Number(value);
  if (typeof value === 'number' && Number.isInteger(number) && number >= least && number <= most) {
    return number;
  }
  const text = `${name} is ${show(value)}; allowed: whole numbers from ${least} to ${most}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {number} least
 * @param {number} most
 * @returns {number}
 */
function numberBetween(name, value, least, most) {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  const text = `${name} is ${show(value)}; allowed: ${least} to ${most}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}
