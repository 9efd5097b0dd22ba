/** The option `workers`. */

import { GradCamError, show } from './errors.js';

/** The most workers. Each has a copy of the network. */
const MOST = 64;

/**
 * @param {unknown} workers as the caller gives it
 * @returns {number} 0 if it is left out
 */
export function readWorkers(workers) {
  const count = Number(workers ?? 0);
  const isNumber = typeof (workers ?? 0) === 'number';
  if (isNumber && Number.isInteger(count) && count >= 0 && count <= MOST) return count;
  const text = `workers is ${show(workers)}; allowed: whole numbers from 0 to ${MOST}`;
  throw new GradCamError('INVALID_ARGUMENT', text);
}
