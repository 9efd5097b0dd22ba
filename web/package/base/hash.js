/** Numbers that look random and are the same on every device. They have no state. */

/**
 * @param {number} seed
 * @param {number} stream tells sequences of one seed apart
 * @param {number} index
 * @returns {number} from 0 to below 1
 */
export function uniform(seed, stream, index) {
  let x = (index + Math.imul(stream, 0x9e3779b9) + seed) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
}
