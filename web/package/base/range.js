/**
 * The smallest and the largest value. NaN is skipped.
 * @param {Float32Array} values
 */
export function range(values) {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
