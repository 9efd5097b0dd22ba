/** Checks the options of metrics. */

import { GradCamError, show } from '../base/errors.js';

/**
 * @param {string} name
 * @param {unknown} value
 * @param {{ least: number, most?: number }} range
 * @returns {number}
 */
export function wholeNumber(name, value, { least, most = 2 ** 32 - 1 }) {
  const number = Number(value);
  if (typeof value === 'number' && Number.isInteger(value) && number >= least && number <= most) {
    return number;
  }
  const text = `${name} is ${show(value)}; allowed: whole numbers from ${least} to ${most}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {{ above: number, below?: number }} range both ends left out
 * @returns {number}
 */
export function numberBetween(name, value, { above, below = Infinity }) {
  if (typeof value === 'number' && value > above && value < below) return value;
  const limit = below === Infinity ? '' : ` and below ${below}`;
  const text = `${name} is ${show(value)}; allowed: numbers above ${above}${limit}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}
