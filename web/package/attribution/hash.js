/** The engine's hash, gc_uniform of src/engine/change.c. It makes the same values everywhere. */

/**
 * A value in 0 .. 1, below 1, of an element of a stream.
 * @param {number} seed
 * @param {number} stream
 * @param {number} index
 */
export function uniform(seed, stream, index) {
  let x = (index + Math.imul(stream, 0x9e3779b9) + seed) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}
