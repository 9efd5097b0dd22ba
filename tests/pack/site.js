/** A server of files on this machine, under a content security policy as strict as the package allows. */

import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';

const TYPES = new Map([
  ['.html', 'text/html'],
  ['.js', 'text/javascript'],
  ['.wasm', 'application/wasm'],
]);

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
].join('; ');

/**
 * @param {string[]} folders the first that has a file serves it
 * @param {{ fallback?: boolean }} [options] whether the page is served in place of what is missing, as
 *   servers of single-page apps do
 */
export async function serve(folders, { fallback = false } = {}) {
  /** @param {string} path @returns {string | undefined} */
  const find = (path) =>
    folders
      .map((folder) => join(folder, path))
      .find((file) => existsSync(file) && statSync(file).isFile());

  const server = createServer(({ url = '/' }, response) => {
    const { pathname } = new URL(url, 'http://localhost');
    const path = pathname === '/' ? '/index.html' : pathname;
    const file = find(path) ?? (fallback ? find('/index.html') : undefined);
    if (!file) return response.writeHead(404).end();
    const type = TYPES.get(extname(file)) ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    address: `http://127.0.0.1:${port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
