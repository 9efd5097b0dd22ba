/** The bytes of a model file, wherever they come from. */

import { GradCamError, show } from './errors.js';
import { readFileUrl, resolveUrl } from './url.js';

/**
 * Where a model file is: an address, a file that was chosen or dropped, or its bytes.
 * @typedef {string | URL | Blob | ArrayBuffer | ArrayBufferView} ModelSource
 */

/**
 * How far a model is loaded. `fetch` counts bytes of the file (`total` is 0 where the server does not
 * tell), `weights` counts values handed to the engine, `plan` prepares the network.
 * @typedef {{ phase: 'fetch' | 'weights' | 'plan', loaded: number, total: number }} Progress
 */

/**
 * @typedef {object} ReadOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * @param {ModelSource} source
 * @param {ReadOptions} options
 * @returns {Promise<Uint8Array>}
 */
export async function readSource(source, options) {
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) {
    return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  }
  if (source instanceof Blob) return readStream(source.stream(), source.size, options);
  if (typeof source === 'string' || source instanceof URL) {
    return readUrl(resolveUrl(source), options);
  }
  const allowed = 'an address, a File or Blob, an ArrayBuffer or a Uint8Array';
  throw new GradCamError('INVALID_SOURCE', `the model is ${show(source)}; allowed: ${allowed}`);
}

/**
 * @param {URL} url
 * @param {ReadOptions} options
 */
async function readUrl(url, options) {
  if (url.protocol === 'file:') {
    return readFileUrl(url).catch((cause) => {
      throw new GradCamError('FETCH_FAILED', `cannot read ${url.href}: ${cause.message}`, {
        cause,
      });
    });
  }
  const response = await fetch(url, { signal: options.signal }).catch((cause) => {
    options.signal?.throwIfAborted();
    throw new GradCamError('FETCH_FAILED', `cannot fetch ${url.href}: ${cause.message}`, { cause });
  });
  if (!response.ok || !response.body) {
    const status = `${response.status} ${response.statusText}`.trim();
    throw new GradCamError('FETCH_FAILED', `nothing at ${url.href} (${status})`);
  }
  // The length in the header is that of the compressed bytes where the server compresses.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  return readStream(response.body, total, options);
}

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {number} total bytes that are expected, 0 if unknown
 * @param {ReadOptions} options
 */
async function readStream(stream, total, { onProgress, signal }) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let loaded = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      if (done) return concat(chunks, loaded);
      chunks.push(value);
      loaded += value.byteLength;
      onProgress?.({ phase: 'fetch', loaded, total });
    }
  } catch (cause) {
    reader.cancel().catch(() => {});
    signal?.throwIfAborted();
    throw new GradCamError('FETCH_FAILED', `reading stopped after ${loaded} bytes`, {
      cause,
    });
  }
}

/**
 * @param {Uint8Array[]} chunks
 * @param {number} length
 */
function concat(chunks, length) {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
