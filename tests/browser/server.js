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
  '.png': 'image/png',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/**
 * What a server serves. The start of a path names a list of folders, and the first folder that has
 * the file is used.
 * @typedef {object} Contents
 * @property {Record<string, string[]>} folders by the start of the path, which ends in "/"
 * @property {Record<string, string>} [texts] texts by their whole path
 * @property {Record<string, string>} [headers] of every answer
 * @property {boolean} [fallback] whether /index.html is sent in place of a missing file, as servers
 *   of single-page apps do
 */

/**
 * @param {Contents} contents
 * @returns {Promise<{ address: string, close: () => Promise<void> }>} on 127.0.0.1
 */
export async function serve({ folders, texts = {}, headers = {}, fallback = false }) {
  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = pathname.endsWith('/') ? `${pathname}index.html` : decodeURIComponent(pathname);
    const file =
      findFile(folders, path) ?? (fallback ? findFile(folders, '/index.html') : undefined);
    const type = TYPES[extname(file ?? path)] ?? 'application/octet-stream';
    if (!(path in texts) && file === undefined) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': type, ...headers });
    if (path in texts) response.end(texts[path]);
    else createReadStream(/** @type {string} */ (file)).pipe(response);
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
