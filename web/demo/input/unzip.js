/**
 * Takes pictures, models and names out of a zip. A zip without pictures is left to the package,
 * which opens models in zips.
 */

import { PICTURE } from './files.js';

/** More bytes than this are not unpacked. */
const MOST_BYTES = 2 ** 30;

/**
 * The files, with those inside of zips that have pictures.
 * @param {File[]} files
 * @returns {Promise<File[]>}
 */
export async function unpackZips(files) {
  const lists = await Promise.all(
    files.map((file) => (/\.zip$/i.test(file.name) ? unpack(file) : [file])),
  );
  return lists.flat();
}

/**
 * @param {File} file
 * @returns {Promise<File[]>} the zip itself, if it has no pictures or cannot be read
 */
async function unpack(file) {
  try {
    const { unzipSync } = await import('fflate');
    const bytes = new Uint8Array(await file.arrayBuffer());
    let hasPictures = false;
    let total = 0;
    unzipSync(bytes, {
      filter({ name, originalSize }) {
        hasPictures ||= PICTURE.test(name) && !isHidden(name);
        total += originalSize;
        return false;
      },
    });
    if (!hasPictures || total > MOST_BYTES) return [file];
    const filter = (/** @type {{ name: string }} */ { name }) =>
      !name.endsWith('/') && !isHidden(name);
    const { lastModified } = file;
    const members = Object.entries(unzipSync(bytes, { filter }));
    // A folder's name in front says that the files came together.
    return members.map(
      ([name, data]) => new File([data.slice()], `${file.name}/${name}`, { lastModified }),
    );
  } catch {
    // The package says what is wrong with it.
    return [file];
  }
}

/** @param {string} path */
function isHidden(path) {
  return path.split('/').some((part) => part.startsWith('.') || part === '__MACOSX');
}
