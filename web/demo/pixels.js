/** Reads the pixels of decoded pictures. */

/**
 * @param {ImageBitmap} bitmap which is closed
 * @param {number} width of the pixels
 * @param {number} height
 */
export function pixelsOf(bitmap, width, height) {
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('The browser cannot draw a picture of that size.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}
