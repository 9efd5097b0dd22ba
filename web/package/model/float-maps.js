/** Maps of floating-point values, which are enlarged and scaled. */

/**
 * Enlarges a map bilinearly with half-pixel centres. Value i of n lies at (i + 0.5) / n of the map.
 * @param {ArrayLike<number>} map [height][width]
 * @param {{ height: number, width: number }} from
 * @param {{ height: number, width: number }} to
 * @returns {Float64Array} [to.height][to.width]
 */
export function enlarge(map, from, to) {
  const rows = placesOf(from.height, to.height);
  const columns = placesOf(from.width, to.width);
  const out = new Float64Array(to.height * to.width);
  let next = 0;
  for (const [top, bottom, y] of rows) {
    const [above, below] = [top * from.width, bottom * from.width];
    for (const [left, right, x] of columns) {
      const high = map[above + left] + x * (map[above + right] - map[above + left]);
      const low = map[below + left] + x * (map[below + right] - map[below + left]);
      out[next++] = high + y * (low - high);
    }
  }
  return out;
}

/**
 * Between which two values of an axis each new value lies, and how far from the first of them.
 * @param {number} count
 * @param {number} wanted
 * @returns {[first: number, second: number, share: number][]}
 */
function placesOf(count, wanted) {
  return Array.from({ length: wanted }, (_, i) => {
    const place = Math.min(Math.max(((i + 0.5) * count) / wanted - 0.5, 0), count - 1);
    const first = Math.floor(place);
    return [first, Math.min(first + 1, count - 1), place - first];
  });
}

/**
 * Scales a map to 0 .. 1.
 * @param {ArrayLike<number>} map
 * @param {number} small so that a map of equal values is not divided by zero
 * @returns {Float64Array}
 */
export function minmax(map, small) {
  const [min, max] = rangeOf(map);
  return Float64Array.from(map, (value) => (value - min) / (max - min + small));
}

/**
 * NaN if the map holds one.
 * @param {ArrayLike<number>} map
 * @returns {[min: number, max: number]}
 */
export function rangeOf(map) {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < map.length; i++) {
    min = Math.min(min, map[i]);
    max = Math.max(max, map[i]);
  }
  return [min, max];
}

/** @param {ArrayLike<number>} map */
export function positive(map) {
  return Float64Array.from(map, (value) => Math.max(value, 0));
}
