/** The picture that an element shows, and how large heat maps are drawn. */

/** @import { Picture } from '../index.js' */
/** @import { Front } from './models.js' */

/**
 * The longest side of a picture that heat maps are drawn on, in pixels. A page with many photos of
 * a camera would need gigabytes for their canvases.
 */
const LONGEST_SIDE = 1600;

/** Files up to this size have few pixels, and need not be measured. */
const SMALL_FILE = 200_000;

/**
 * Fetches a picture.
 * @param {Front} front
 * @param {string} address
 */
export async function fetchPicture({ GradCamError }, address) {
  const fail = (/** @type {string} */ reason, /** @type {unknown} */ cause) =>
    new GradCamError('FETCH_FAILED', `cannot fetch the picture ${address} (${reason})`, { cause });
  const response = await fetch(address).catch((cause) => {
    const { origin } = new URL(address, document.baseURI);
    const isForeign = origin !== location.origin;
    const hint = 'its server must allow it by access-control-allow-origin';
    throw fail(isForeign ? `${cause.message}; ${hint}` : cause.message, cause);
  });
  if (!response.ok) throw fail(`${response.status} ${response.statusText}`.trim(), undefined);
  return response.blob();
}

/**
 * The picture to draw on, which is smaller than the given one if that is very large.
 * @param {Picture} picture
 * @returns {Promise<Picture>}
 */
export async function toDraw(picture) {
  if (!(picture instanceof Blob) || picture.size <= SMALL_FILE) return picture;
  const bitmap = await createImageBitmap(picture).catch(() => undefined);
  if (!bitmap) return picture;
  const { width, height } = bitmap;
  const scale = LONGEST_SIDE / Math.max(width, height);
  try {
    if (scale >= 1) return picture;
    return await createImageBitmap(bitmap, {
      resizeWidth: Math.max(1, Math.round(width * scale)),
      resizeHeight: Math.max(1, Math.round(height * scale)),
      resizeQuality: 'high',
    });
  } finally {
    bitmap.close();
  }
}
