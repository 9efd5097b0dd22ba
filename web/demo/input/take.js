/** Takes files that a user drops, pastes or chooses. */

/**
 * @param {HTMLElement} target shown while files are dragged over the page
 * @param {(files: File[]) => void} onFiles
 */
export function takeDroppedFiles(target, onFiles) {
  // A pointer that moves over a child leaves its parent, so the elements under it are counted.
  let depth = 0;
  /** @param {number} value */
  const setDepth = (value) => {
    depth = value;
    target.classList.toggle('active', depth > 0);
  };
  addEventListener('dragenter', (event) => {
    if (hasFiles(event)) setDepth(depth + 1);
  });
  addEventListener('dragleave', (event) => {
    if (hasFiles(event)) setDepth(Math.max(0, depth - 1));
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    setDepth(0);
    onFiles([...(event.dataTransfer?.files ?? [])]);
  });
}

/** @param {(files: File[]) => void} onFiles */
export function takePastedFiles(onFiles) {
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    onFiles(files);
  });
}

/**
 * Lets a button open a file dialog. The input element stays hidden.
 * @param {HTMLElement} button
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} onFiles
 */
export function takeChosenFiles(button, input, onFiles) {
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // Without this, choosing the same file again would not be a change.
    input.value = '';
    if (files.length > 0) onFiles(files);
  });
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
