/**
 * Gives a picture to the user as a PNG file.
 * @param {ImageData} pixels
 * @param {string} name of the file
 */
export async function savePicture(pixels, name) {
  const canvas = new OffscreenCanvas(pixels.width, pixels.height);
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  const address = URL.createObjectURL(await canvas.convertToBlob({ type: 'image/png' }));
  const link = document.createElement('a');
  Object.assign(link, { href: address, download: name });
  link.click();
  // The click starts the download, but some browsers read the address later.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
