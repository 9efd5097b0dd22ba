/** The words of the sheet of a folder. */

export const title = 'Folder';
export const close = 'Close';
export const another = 'Another folder';
export const stop = 'Stop';
export const goOn = 'Go on';
export const list = 'Pictures. Arrow keys move, Enter opens one';
export const order = 'Order';
export const opening = 'The model is opening.';
export const noModel = 'No model is open. Close this, and choose one.';
export const waiting = 'waits';

/** How pictures are ordered. Mistakes are known where folders name classes. */
export const orders = {
  folder: 'As in the folder',
  sure: 'Most sure first',
  unsure: 'Least sure first',
  mistakes: 'Mistakes first',
};

const pictures = (/** @type {number} */ count) =>
  `${count} ${count === 1 ? 'picture' : 'pictures'}`;

/**
 * @param {number} done
 * @param {number} count
 */
export const progress = (done, count) =>
  done < count ? `${done} of ${pictures(count)} explained.` : `${pictures(count)} explained.`;

/** @param {number} count of pictures that are no pictures */
export const failed = (count) => ` ${pictures(count)} could not be read.`;

/**
 * How many answers agree with the folders' names.
 * @param {number} right
 * @param {number} count of answers in folders that name a class
 * @param {number} others in folders that name none
 */
export function agreement(right, count, others) {
  if (count === 0) return '';
  const rest = others > 0 ? `, and ${pictures(others)} lie in folders that name no class` : '';
  return ` ${right} of ${count} are of the class that their folder names${rest}.`;
}

/** @param {string} name of the class that the folder names */
export const mistake = (name) => `folder: ${name}`;

export const tooltip = (/** @type {string} */ path, /** @type {string} */ what) =>
  `${path}: ${what}`;
