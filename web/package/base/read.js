/** Reads the bytes of one file from a server, a disk or memory. */

import { checkFileBeside, fetchBeside, tooLong } from './beside.js';
import { joinBytes } from './bytes.js';
import { GradCamError } from './errors.js';
import { readFileUrl } from './url.js';

/** @import { Progress } from './source.js' */

/**
 * @typedef {object} ReadOptions
 * @property {(progress: Progress) => void} [onProgress]
 * @property {AbortSignal} [signal]
 */

/**
 * That a model names the file, and how many bytes it may have.
 * @typedef {{ model: URL, limit: number }} Beside
 */

/** The longest file. The engine's memory takes no more. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * @param {URL} url
 * @param {ReadOptions} options
 * @param {Beside} [beside]
 * @returns {Promise<Uint8Array>}
 */
export async function readUrl(url, options, beside) {
  if (url.protocol === 'file:') return readFile(url, beside);
  const response = await request(url, options.signal, beside);
  if (!response.ok || !response.body) {
    const status = `${response.status} ${response.statusText}`.trim();
    throw new GradCamError('FETCH_FAILED', `there is nothing at ${url.href} (${status})`);
  }
  // If the server compresses, the header has the length of the compressed bytes.
  const encoded = response.headers.has('content-encoding');
  const total = encoded ? 0 : Number(response.headers.get('content-length') ?? 0);
  const limit = beside && { bytes: beside.limit, error: () => tooLong(url, beside.limit) };
  return readStream(response.body, total, options, limit);
}

/**
 * @param {URL} url
 * @param {Beside} [beside]
 */
async function readFile(url, beside) {
  try {
    if (beside) await checkFileBeside(url, beside.model, beside.limit);
    return await readFileUrl(url);
  } catch (cause) {
    if (cause instanceof GradCamError) throw cause;
    const reason = /** @type {Error} */ (cause).message;
    throw new GradCamError('FETCH_FAILED', `cannot read ${url.href}: ${reason}`, { cause });
  }
}

/**
 * @param {URL} url
 * @param {AbortSignal | undefined} signal
 * @param {Beside} [beside]
 */
async function request(url, signal, beside) {
  try {
    return await (beside ? fetchBeside(url, signal) : fetch(url, { signal }));
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof GradCamError) throw cause;
    const reason = /** @type {Error} */ (cause).message;
    throw new GradCamError('FETCH_FAILED', `cannot fetch ${url.href}: ${reason}`, { cause });
  }
}

/**
 * The most bytes that a stream may give, and what makes the error if it gives more.
 * @typedef {{ bytes: number, error: () => GradCamError }} Limit
 */

/** @type {Limit} */
const OWN_LIMIT = {
  bytes: MAX_BYTES,
  error: () => new GradCamError('TOO_LARGE', `the file has more than ${MAX_BYTES} bytes`),
};

/**
 * @param {ReadableStream<Uint8Array>} stream
 * @param {number} total bytes that are expected, 0 if unknown
 * @param {ReadOptions} options
 * @param {Limit} [limit]
 */
export async function readStream(stream, total, { onProgress, signal }, limit = OWN_LIMIT) {
  /** @type {Uint8Array[]} */
  const chunks = [];
  let loaded = 0;
  const reader = stream.getReader();
  try {
    for (;;) {
      signal?.throwIfAborted();
      if (Math.max(loaded, total) > limit.bytes) throw limit.error();
      const { done, value } = await reader.read();
      if (done) return joinBytes(chunks);
      chunks.push(value);
      loaded += value.byteLength;
      onProgress?.({ phase: 'fetch', loaded, total });
    }
  } catch (cause) {
    reader.cancel().catch(() => {});
    signal?.throwIfAborted();
    if (cause instanceof GradCamError) throw cause;
    throw new GradCamError('FETCH_FAILED', `reading stopped after ${loaded} bytes`, {
      cause,
    });
  }
}
