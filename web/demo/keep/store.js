/**
 * The files that the page remembers, in the browser's own file system for the page. Each entry is a
 * folder with the key of the address as its name. Its description is written last, so that an entry
 * without one was not finished.
 */

/** @import { ModelChoice } from '../models.js' */
/** @import { PictureChoice } from '../picture.js' */

/**
 * @typedef {object} Description
 * @property {'picture' | 'model'} kind
 * @property {string} name
 * @property {{ id: string, source: string }} [base] a model that comes with the page and has the
 *   user's labels
 * @property {boolean} hasLabels whether the last file names the classes
 * @property {{ name: string, type: string, lastModified: number, size: number }[]} files
 */

/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} name
 * @property {number} bytes
 * @property {ModelChoice | PictureChoice} choice
 */

const FOLDER = 'kept';
const DESCRIPTION = 'description.json';

/** @returns {Promise<FileSystemDirectoryHandle>} rejects if the browser keeps no files */
export async function openFolder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/**
 * All entries that were finished.
 * @returns {Promise<Entry[]>}
 */
export async function listEntries() {
  const folder = await openFolder();
  const entries = [];
  /** @type {AsyncIterable<[string, FileSystemDirectoryHandle]>} */
  const members = /** @type {any} */ (folder).entries();
  for await (const [key, inside] of members) {
    const entry = await readEntry(key, inside).catch(() => undefined);
    if (entry) entries.push(entry);
  }
  return entries;
}

/**
 * @param {string} key
 * @param {FileSystemDirectoryHandle} folder
 * @returns {Promise<Entry>}
 */
async function readEntry(key, folder) {
  const text = await (await readFile(folder, DESCRIPTION)).text();
  /** @type {Description} */
  const { kind, name, base, hasLabels, files } = JSON.parse(text);
  const read = await Promise.all(
    files.map(async ({ name, type, lastModified }, i) => {
      const file = await readFile(folder, String(i));
      return new File([file], name, { type, lastModified });
    }),
  );
  const bytes = read.reduce((sum, { size }) => sum + size, 0);
  if (kind === 'picture') return { key, name, bytes, choice: { name, source: read[0] } };
  const labels = hasLabels ? read.pop() : undefined;
  const source = base?.source ?? read;
  return { key, name, bytes, choice: { id: base?.id, name, source, labels } };
}

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 */
async function readFile(folder, name) {
  return (await folder.getFileHandle(name)).getFile();
}

/** @param {string} key */
export async function removeEntry(key) {
  const folder = await openFolder();
  await folder.removeEntry(key, { recursive: true });
}

/**
 * Copies the files of a choice. A worker writes, because all browsers can write there.
 * @param {string} key
 * @param {ModelChoice | PictureChoice} choice
 */
export async function writeEntry(key, choice) {
  const { files, description } = describe(choice);
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
  try {
    await new Promise((resolve, reject) => {
      worker.addEventListener('error', ({ message }) => reject(new Error(message)));
      worker.addEventListener('message', ({ data }) => {
        if (data.error) reject(new DOMException(data.error.message, data.error.name));
        else resolve(undefined);
      });
      const text = JSON.stringify(description);
      const last = { name: DESCRIPTION, text };
      worker.postMessage({ folder: FOLDER, key, files, description: last });
    });
  } finally {
    worker.terminate();
  }
}

/**
 * @param {ModelChoice | PictureChoice} choice
 * @returns {{ files: Blob[], description: Description }}
 */
function describe(choice) {
  const { name, source } = choice;
  const labels = 'labels' in choice ? choice.labels : undefined;
  const isModel = Array.isArray(source) || labels !== undefined;
  const own = Array.isArray(source) ? source : typeof source === 'string' ? [] : [source];
  const files = [...own, ...(labels ? [labels] : [])];
  /** @type {Description} */
  const description = {
    kind: isModel ? 'model' : 'picture',
    name,
    hasLabels: labels !== undefined,
    files: files.map((file) => ({
      name: file instanceof File ? file.name : name,
      type: file.type,
      lastModified: file instanceof File ? file.lastModified : 0,
      size: file.size,
    })),
    ...(typeof source === 'string' && choice.id && { base: { id: choice.id, source } }),
  };
  return { files, description };
}
