/**
 * Smallest and largest value.
 * @param {Float32Array} values
 */
export function range(values) {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
