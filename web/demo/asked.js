/** Reads the model that ask.js has asked for. */

import { listening } from './abort.js';

/** @import { Progress } from 'gradcam-wasm' */

/**
 * @param {Asked} asked
 * @param {AbortSignal} signal
 * @param {(progress: Progress) => void} onProgress
 * @returns {Promise<File | undefined>} undefined if it does not come. The package then asks again,
 *   and says what is wrong
 */
export async function receive({ address, response, controller }, signal, onProgress) {
  const read = async () => {
    const { ok, body, headers } = await response;
    if (!ok || !body) return undefined;
    // The header of a compressed answer has the length of the compressed bytes.
    const total = headers.has('content-encoding') ? 0 : Number(headers.get('content-length'));
    const onLoaded = (/** @type {number} */ loaded) =>
      onProgress({ phase: 'fetch', loaded, total });
    return new File(await readAll(body, onLoaded), address.slice(address.lastIndexOf('/') + 1));
  };
  try {
    return await listening(signal, () => controller.abort(signal.reason), read);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/**
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} body
 * @param {(loaded: number) => void} onLoaded
 */
async function readAll(body, onLoaded) {
  const reader = body.getReader();
  const chunks = [];
  let loaded = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return chunks;
    chunks.push(value);
    loaded += value.length;
    onLoaded(loaded);
  }
}
