/** Addresses and files, which work alike in pages, workers and Node. */

import { GradCamError, show } from './errors.js';
import { importNode, isNode } from './node.js';

/**
 * An address as a URL. In a page or a worker a relative address starts there. In Node a text
 * without a scheme is a path, which may have any characters and is relative to the current folder.
 * @param {string | URL} address
 * @returns {URL}
 */
export function resolveUrl(address) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href;
  try {
    if (address instanceof URL) return new URL(address.href);
    const text = String(address);
    const isPath = base === undefined && isNode && !SCHEME.test(text);
    return isPath ? pathUrl(text, process.cwd()) : new URL(text, base);
  } catch (cause) {
    throw new GradCamError('INVALID_ARGUMENT', `${show(address)} is not an address`, { cause });
  }
}

/** How an address with a scheme starts. One letter is a drive of Windows. */
const SCHEME = /^[a-z][a-z\d+.-]+:/i;
/** How a path of Windows starts, on a drive or on a server. */
const WINDOWS = /^([a-z]:|[\\/]{2}[^\\/]+)/i;

/**
 * The address of a file. On Windows a path may have slashes of both kinds.
 * @param {string} path
 * @param {string} folder where a relative path starts
 */
function pathUrl(path, folder) {
  const [root] = WINDOWS.exec(folder) ?? [''];
  const isWindows = root !== '';
  const isWhole = isWindows ? WINDOWS.test(path) : path.startsWith('/');
  const isRooted = isWindows && /^[\\/]/.test(path);
  const whole = isWhole ? path : `${isRooted ? root : folder}/${path}`;
  if (!isWindows) return fileUrl('', whole.split('/'));
  const [first, ...others] = whole.split(/[\\/]+/);
  return first === '' ? fileUrl(others[0], others.slice(1)) : fileUrl('', others, `/${first}`);
}

/**
 * @param {string} host
 * @param {string[]} parts of a path
 * @param {string} [drive] "/C:"
 */
function fileUrl(host, parts, drive = '') {
  const escaped = parts.filter((part) => part !== '').map(encodeURIComponent);
  return new URL(`file://${[host + drive, ...escaped].join('/')}`);
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
