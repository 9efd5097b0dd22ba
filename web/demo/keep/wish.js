/** Whether the user wants the page to remember files. The browser keeps the answer. */

const NAME = 'gradcam-wasm keeps files';

export function isKeeping() {
  try {
    return localStorage.getItem(NAME) === 'yes';
  } catch {
    // A browser may keep nothing at all.
    return false;
  }
}

/** @param {boolean} wish */
export function setKeeping(wish) {
  if (wish) localStorage.setItem(NAME, 'yes');
  else localStorage.removeItem(NAME);
}
