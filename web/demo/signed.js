/**
 * Maps with signs. What speaks for is red, what speaks against is blue, and both are white near
 * zero. The colours are those of the package's attributions.
 */

/** @import { HeatMap } from 'gradcam-wasm' */

export const RED = [215, 25, 28];
export const BLUE = [33, 102, 216];

/**
 * A map of signed values. Its heat is their magnitude.
 * @param {Float32Array} values
 * @param {{ width: number, height: number }} size
 * @param {number} [full] the magnitude that becomes 1 (default: the largest)
 * @returns {HeatMap}
 */
export function signedMap(values, { width, height }, full = largest(values)) {
  const data = values.map((value) => (full > 0 ? Math.min(1, Math.abs(value) / full) : 0));
  const colors = new Uint8Array(data.length * 3);
  data.forEach((heat, i) => colors.set(signedColor(values[i] < 0 ? -heat : heat), i * 3));
  return { data, width, height, colors };
}

/** @param {Float32Array} values */
export function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/**
 * The colour of a value.
 * @param {number} value -1 .. 1
 */
export function signedColor(value) {
  const color = value < 0 ? BLUE : RED;
  return color.map((part) => Math.round(255 + Math.abs(value) * (part - 255)));
}

/**
 * Whether a value of a map speaks against.
 * @param {HeatMap} heatmap
 * @param {number} i
 */
export function isAgainst({ colors }, i) {
  return colors !== undefined && colors[3 * i + 2] > colors[3 * i];
}

/**
 * The values of a map, negative where it speaks against.
 * @param {HeatMap} heatmap
 */
export function signedValues(heatmap) {
  return heatmap.data.map((value, i) => (isAgainst(heatmap, i) ? -value : value));
}

/**
 * What speaks for, or what speaks against, alone. A map without signs speaks for.
 * @param {HeatMap} heatmap
 * @param {boolean} [against]
 * @returns {HeatMap}
 */
export function sideOf(heatmap, against = false) {
  const { data, width, height } = heatmap;
  if (!heatmap.colors && !against) return heatmap;
  const side = data.map((value, i) => (isAgainst(heatmap, i) === against ? value : 0));
  return { data: side, width, height };
}
