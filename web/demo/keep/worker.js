/** Writes the files of an entry into the browser's file system for the page. */

/** What the types of the browser lack here. */
/** @typedef {{ write: (bytes: Uint8Array, options: { at: number }) => number,
 *   truncate: (size: number) => void, close: () => void }} Access */

/**
 * @param {FileSystemDirectoryHandle} folder
 * @param {string} name
 * @param {Blob} file
 */
async function write(folder, name, file) {
  const handle = /** @type {any} */ (await folder.getFileHandle(name, { create: true }));
  /** @type {Access} */
  const access = await handle.createSyncAccessHandle();
  try {
    access.truncate(0);
    const reader = file.stream().getReader();
    let at = 0;
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const written = access.write(part.value, { at });
      if (written < part.value.length) throw new DOMException('full', 'QuotaExceededError');
      at += written;
    }
  } finally {
    access.close();
  }
}

addEventListener('message', async ({ data }) => {
  const { folder: name, key, files, description } = data;
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(name, { create: true });
  try {
    const entry = await folder.getDirectoryHandle(key, { create: true });
    for (const [i, file] of files.entries()) await write(entry, String(i), file);
    // Last, because an entry without it was not finished.
    await write(entry, description.name, new Blob([description.text]));
    postMessage({});
  } catch (error) {
    await folder.removeEntry(key, { recursive: true }).catch(() => {});
    const { name, message } = /** @type {DOMException} */ (error);
    postMessage({ error: { name, message } });
  }
});
