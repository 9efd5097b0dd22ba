/** Serves folders of this machine to a browser on it. */

import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
  '.jpg': 'image/jpeg',
};

/**
 * What a server has: folders, of which the first that has a file gives it, and texts, by their path.
 * @typedef {{ folders: Record<string, string[]>, texts: Record<string, string> }} Contents
 */

/**
 * @param {Contents} contents by the start of the path, which ends in "/", and by the whole path
 * @returns {Promise<{ address: string, close: () => Promise<void> }>} on 127.0.0.1
 */
export async function serve({ folders, texts }) {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const type = TYPES[extname(pathname)] ?? 'application/octet-stream';
    const file = pathname in texts ? undefined : findFile(folders, decodeURIComponent(pathname));
    if (pathname in texts) response.setHeader('content-type', type).end(texts[pathname]);
    else if (file === undefined) response.writeHead(404).end();
    else createReadStream(file).pipe(response.setHeader('content-type', type));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve(undefined)));
  };
  return { address: `http://127.0.0.1:${port}/`, close: async () => void (await close()) };
}

/**
 * @param {Contents['folders']} folders
 * @param {string} path
 */
function findFile(folders, path) {
  const start = Object.keys(folders).find((start) => path.startsWith(start));
  const name = normalize(path.slice(start?.length)).replace(/^[/\\]+/, '');
  if (start === undefined || name.startsWith('..')) return undefined;
  return folders[start]
    .map((folder) => join(folder, name))
    .find((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
}
