/** Serves the demo page as a slow line brings it. All answers share the line. */

import fs from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.jpg': 'image/jpeg',
};

/** What a server compresses. */
const TEXTS = /\.(html|css|js|json|svg|wasm)$/;
/** Bytes that go over the line at once. */
const PIECE = 4096;

/** Timers are late. The line makes up for so much of it, in milliseconds. */
const MAKE_UP = 20;

/** A line on which pieces go one after another. */
class Line {
  #free = 0;
  #bytesPerMs;
  bytes = 0;

  /** @param {number} megabits a second */
  constructor(megabits) {
    this.#bytesPerMs = (megabits * 1e6) / 8 / 1000;
  }

  /**
   * Waits until the line has taken some bytes.
   * @param {number} count
   */
  async take(count) {
    const now = performance.now();
    this.#free = Math.max(this.#free, now - MAKE_UP) + count / this.#bytesPerMs;
    this.bytes += count;
    await pause(this.#free - now);
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * @param {string} folder
 * @param {{ megabits: number, latency: number }} line `latency` is the time of a request before its
 *   answer begins, in milliseconds
 * @returns {Promise<{ address: string, bytes: () => number, close: () => void }>} `bytes` says how
 *   many went over the line
 */
export async function serveSlowly(folder, { megabits, latency }) {
  const line = new Line(megabits);
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
    const file = join(folder, path.endsWith('/') ? 'index.html' : path);
    await pause(latency);
    if (!fs.existsSync(file)) return void response.writeHead(404).end();
    const isText = TEXTS.test(file);
    const body = isText ? gzipSync(fs.readFileSync(file)) : fs.readFileSync(file);
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': body.length,
      ...(isText && { 'content-encoding': 'gzip' }),
      'cache-control': 'max-age=600',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    for (let at = 0; at < body.length && !response.destroyed; at += PIECE) {
      const piece = body.subarray(at, at + PIECE);
      await line.take(piece.length);
      response.write(piece);
    }
    response.end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { address: `http://127.0.0.1:${port}/`, bytes: () => line.bytes, close };
}
