/**
 * Serves the page of this package on this machine, with files of the user. Other sites in the same
 * browser can neither read the files nor show the page in a frame.
 */

import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { lookup } from 'mrmime';
import sirv from 'sirv';
import { GradCamError } from '../package/index.js';

/** @import { IncomingMessage, Server, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */

/**
 * A file on disk or in memory.
 * @typedef {{ name: string } & ({ path: string } | { bytes: Uint8Array })} ServedFile
 */

const HOST = '127.0.0.1';
/** Where the page begins. Its scripts take the package from the folder above. */
const PAGE = '/page/';

/** What the page may do, as its own policy says. Workers have no other policy than this one. */
export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; " +
  "style-src 'self'; img-src 'self' blob:; connect-src 'self'; manifest-src 'self'; " +
  "base-uri 'none'; form-action 'none'";

/** With the first three a browser gives the page memory for threads. */
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': `${POLICY}; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
};

/**
 * @param {Map<string, ServedFile>} files by their addresses relative to the page
 * @param {number} [port] default: a free one
 * @returns {Promise<{ address: string, close: () => Promise<void> }>}
 */
export async function servePage(files, port = 0) {
  const folder = fileURLToPath(new URL('../../dist/', import.meta.url));
  if (!existsSync(`${folder}page/index.html`)) {
    throw new GradCamError('INTERNAL', `the page is missing in ${folder}page`);
  }
  const serveFolder = sirv(folder, { dev: true });
  const server = createServer(async (request, response) => {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    const { url = '', method = '' } = request;
    const [path] = url.split('?');
    const file = path.startsWith(PAGE) ? files.get(path.slice(PAGE.length)) : undefined;
    if (!isOfPage(request)) response.writeHead(403).end();
    else if (!['GET', 'HEAD'].includes(method)) response.writeHead(405).end();
    else if (path === '/') response.writeHead(302, { location: PAGE }).end();
    else if (file) await sendFile(file, response);
    else serveFolder(request, response);
  });
  const address = `http://${HOST}:${await listen(server, port)}${PAGE}`;
  return { address, close: () => close(server) };
}

/**
 * Whether a request names this machine as its host. A site that gives its own name the address of
 * this machine does not.
 * @param {IncomingMessage} request
 */
function isOfPage({ headers, socket }) {
  return [HOST, 'localhost'].some((host) => headers.host === `${host}:${socket.localPort}`);
}

/**
 * @param {ServedFile} file
 * @param {ServerResponse} response
 */
async function sendFile(file, response) {
  response.setHeader('content-type', lookup(file.name) ?? 'application/octet-stream');
  if ('bytes' in file) {
    response.end(file.bytes);
    return;
  }
  try {
    response.setHeader('content-length', (await stat(file.path)).size);
    await pipeline(createReadStream(file.path), response);
  } catch {
    // The file is gone, or the browser wants no more of it.
    if (response.headersSent) response.destroy();
    else response.writeHead(404, { 'content-length': 0 }).end();
  }
}

/**
 * @param {Server} server
 * @param {number} port
 * @returns {Promise<number>} the port
 */
function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ cause) => {
      const isTaken = cause.code === 'EADDRINUSE';
      const reason = isTaken ? 'is in use' : `cannot be used: ${cause.code}`;
      const text = `the port ${port} ${reason}; without --port a free one is taken`;
      reject(new GradCamError('INVALID_ARGUMENT', text, { cause }));
    });
    server.listen(port, HOST, () => resolve(/** @type {AddressInfo} */ (server.address()).port));
  });
}

/**
 * @param {Server} server
 * @returns {Promise<void>}
 */
function close(server) {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
