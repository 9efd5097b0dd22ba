/** Takes files that a user drops, pastes or chooses. */

/**
 * @param {HTMLElement} target shown while files are dragged over the page
 * @param {(files: File[]) => void} onFiles
 * @param {(link: URL) => void} onLink
 */
export function takeDroppedFiles(target, onFiles, onLink) {
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
    if (hasFiles(event) || hasLink(event)) event.preventDefault();
  });
  addEventListener('drop', (event) => {
    setDepth(0);
    if (hasFiles(event)) {
      event.preventDefault();
      readDrop(event).then(onFiles);
    } else {
      takeLink(event, event.dataTransfer, onLink);
    }
  });
}

/**
 * @param {(files: File[]) => void} onFiles
 * @param {(link: URL) => void} onLink
 */
export function takePastedFiles(onFiles, onLink) {
  addEventListener('paste', (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      onFiles(files);
    } else if (!(event.target instanceof HTMLInputElement)) {
      takeLink(event, event.clipboardData, onLink);
    }
  });
}

/**
 * @param {Event} event
 * @param {DataTransfer | null} data
 * @param {(link: URL) => void} onLink
 */
function takeLink(event, data, onLink) {
  const text = data?.getData('text/uri-list') || data?.getData('text/plain') || '';
  const [line] = text.trim().split(/\r?\n/);
  if (!/^https?:/.test(line) || !URL.canParse(line)) return;
  event.preventDefault();
  onLink(new URL(line));
}

/**
 * Lets a button open a file dialog. The input element stays hidden.
 * @param {HTMLElement | undefined} button
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} onFiles
 */
export function takeChosenFiles(button, input, onFiles) {
  button?.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = Array.from(input.files ?? [], (file) => withPath(file, file.webkitRelativePath));
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

/** More files than this are no model. */
const MAX_FILES = 10_000;

/**
 * @param {FileSystemEntry} entry
 * @param {File[]} [files] to which its files are added
 * @returns {Promise<File[]>} the file, or all files of the folder and of folders in it
 */
async function readEntry(entry, files = []) {
  if (entry.isFile) {
    files.push(await readFile(/** @type {FileSystemFileEntry} */ (entry)));
    return files;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // A call gives at most 100 entries in Chromium. The last gives none.
    const entries = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (entries.length === 0 || files.length > MAX_FILES) return files;
    for (const child of /** @type {FileSystemEntry[]} */ (entries)) {
      const isHidden = child.name.startsWith('.') || child.name === '__MACOSX';
      if (!isHidden) await readEntry(child, files);
    }
  }
}

/**
 * A file of a folder, with its path as its name. The package needs the path to tell which files
 * belong together.
 * @param {File} file
 * @param {string} path empty for a file without a folder
 */
function withPath(file, path) {
  if (path === '' || path === file.name) return file;
  const { type, lastModified } = file;
  return new File([file], path, { type, lastModified });
}

/**
 * @param {FileSystemFileEntry} entry
 * @returns {Promise<File>}
 */
async function readFile(entry) {
  /** @type {File} */
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
  return withPath(file, entry.fullPath.replace(/^\//, ''));
}

/** @param {DragEvent} event */
function hasLink(event) {
  return event.dataTransfer?.types.includes('text/uri-list') ?? false;
}

/** @param {DragEvent} event */
function hasFiles(event) {
  return event.dataTransfer?.types.includes('Files') ?? false;
}
