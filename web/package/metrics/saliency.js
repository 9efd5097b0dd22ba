/** Saliency, the largest gradient of each pixel. */

/**
 * @param {Float32Array} gradient [height][width][channels]
 * @param {number} channels
 * @returns {Float32Array} [height][width], the largest absolute value over the channels
 */
export function saliencyOf(gradient, channels) {
  const saliency = new Float32Array(gradient.length / channels);
  for (let i = 0; i < gradient.length; i++) {
    const pixel = Math.floor(i / channels);
    saliency[pixel] = Math.max(saliency[pixel], Math.abs(gradient[i]));
  }
  return saliency;
}
