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
    readDrop(event).then(onFiles);
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

/**
 * The dropped files, with those that lie in dropped folders.
 * @param {DragEvent} event
 * @returns {Promise<File[]>}
 */
async function readDrop({ dataTransfer }) {
  // The list of items is empty after the event, so all entries are taken first.
  const entries = [...(dataTransfer?.items ?? [])].map((item) => item.webkitGetAsEntry());
  const files = [...(dataTransfer?.files ?? [])];
  if (!entries.some((entry) => entry?.isDirectory)) return files;
  const lists = await Promise.all(entries.map((entry) => (entry ? readEntry(entry) : [])));
  return lists.flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<File[]>} the file, or the files that lie directly in the folder
 */
async function readEntry(entry) {
  if (entry.isFile) return [await readFile(/** @type {FileSystemFileEntry} */ (entry))];
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const files = [];
  for (;;) {
    // A call gives at most 100 entries in Chromium. The last gives none.
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0) return files;
    for (const child of /** @type {FileSystemEntry[]} */ (entries)) {
      const isShown = child.isFile && !child.name.startsWith('.');
      if (isShown) files.push(await readFile(/** @type {FileSystemFileEntry} */ (child)));
    }
  }
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
function readFile(entry) {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
