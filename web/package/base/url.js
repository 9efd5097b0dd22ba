/** Addresses and files, which work alike in pages, workers and Node. */

import { GradCamError, show } from './errors.js';
import { importNode } from './node.js';

/**
 * An address as a URL. A relative address starts at the page, at the worker or, in Node, at the
 * current folder.
 * @param {string | URL} address
 * @returns {URL}
 */
export function resolveUrl(address) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href ?? nodeBase();
  try {
    return new URL(address, base);
  } catch (cause) {
    throw new GradCamError('INVALID_ARGUMENT', `${show(address)} is not an address`, { cause });
  }
}

/**
 * The last part of an address, without its escapes where they can be decoded.
 * @param {URL} url
 */
export function fileName({ pathname }) {
  const name = pathname.slice(pathname.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

function nodeBase() {
  return `file://${process.cwd().split('/').map(encodeURIComponent).join('/')}/`;
}

/**
 * Reads the file of a `file:` address, which fetch in Node cannot.
 * @param {URL} url
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function readFileUrl(url) {
  const { readFile } = await importNode('fs/promises');
  return readFile(url);
}

/**
 * Whether bytes look like an HTML page. Some servers send one in place of a missing file.
 * @param {Uint8Array} bytes
 */
export function isHtml(bytes) {
  const start = new TextDecoder().decode(bytes.subarray(0, 256));
  return /^\s*<(!doctype|html|head|body|!--)/i.test(start);
}
