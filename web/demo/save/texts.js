/** The words of what is saved and of the panel that saves it. */

export const SOFTWARE = 'gradcam-wasm';

export const panel = {
  title: 'Save and copy',
  captioned: 'Picture with legend and caption',
  plain: 'Picture alone',
  sheet: 'All panes side by side',
  numbers: 'Numbers and settings',
  report: 'Report, one page with all of it',
  code: 'The same from your own code',
  carry: 'Put my own picture into the PNG, so that dropping it here opens that too',
  noHeat: 'The heat map is switched off, so the pictures are without it.',
  close: 'Close',
  cancel: 'Cancel',
  failed: 'That did not work.',
};

export const done = {
  saved: (/** @type {string} */ name, /** @type {number} */ bytes) =>
    `${name}, ${size(bytes)}, is on its way to your downloads.`,
  copied: (/** @type {string} */ what) => `${what} copied.`,
  picture: 'Picture',
  code: 'Code',
  cancelled: 'Cancelled.',
};

export const noCommand = {
  versus: 'The command line has no difference of two classes. Copy JavaScript has it.',
};

export const restored = {
  title: 'The page is as it was when this was saved.',
  asPicture: 'Open the PNG as a picture',
  lacks: (/** @type {string[]} */ missing) =>
    `The page saved this PNG, but it does not hold ${missing.join(' and ')}. ` +
    'Open it first, and drop the PNG again.',
};

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
