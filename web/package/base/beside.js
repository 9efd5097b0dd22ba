/**
 * Files that a model names beside itself. A model may come from a stranger, so that the names may
 * point anywhere. Only files in the model's own folder and below it are read.
 */

import { GradCamError, show } from './errors.js';
import { importNode } from './node.js';

/** How often a server may send a request on, as in browsers. */
const MAX_REDIRECTS = 20;
const REDIRECTS = [301, 302, 303, 307, 308];

/**
 * @param {string} what a path or an address
 * @param {string} [reason]
 */
function outside(what, reason = 'is not in its own folder') {
  const text = `the model names ${show(what)}, which ${reason}; give all its files together`;
  return new GradCamError('INVALID_MODEL', text);
}

/**
 * The address of a file that a model names.
 * @param {URL} model address of its main file
 * @param {string} path
 */
export function besideUrl(model, path) {
  const beside = resolve(path, model);
  if (beside?.protocol !== model.protocol || beside.host !== model.host) {
    throw outside(path, 'is on another server');
  }
  if (!isRelative(model, path)) throw outside(path);
  if (beside.search === '') beside.search = model.search;
  return beside;
}

/**
 * @param {string} path
 * @param {URL} base
 */
function resolve(path, base) {
  try {
    return new URL(path, base);
  } catch {
    return undefined;
  }
}

/**
 * Whether a path leads down from any folder. It is resolved from a folder that does not exist, so
 * that a path from the root or out of the folder shows. A server may take %2f for a slash.
 * @param {URL} model
 * @param {string} path
 */
function isRelative(model, path) {
  const folder = new URL('a-folder-of-its-own/', model);
  const { pathname } = new URL(path, folder);
  const isBelow = pathname.startsWith(folder.pathname) && pathname !== folder.pathname;
  return isBelow && !/%(2f|5c|00)/i.test(new URL(path, 'http://host/').pathname);
}

/**
 * Fetches a file beside a model. A redirect to another server is refused. In Node the other server
 * is not even asked. A browser does not tell where a redirect leads before it has followed it.
 * @param {URL} url
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<Response>}
 */
export async function fetchBeside(url, signal) {
  let next = url;
  for (let i = 0; i < MAX_REDIRECTS; i++) {
    const response = await fetch(next, { signal, redirect: 'manual' });
    if (response.type === 'opaqueredirect') return followed(url, await fetch(next, { signal }));
    const location = REDIRECTS.includes(response.status) && response.headers.get('location');
    if (!location) return response;
    await response.body?.cancel();
    next = new URL(location, next);
    checkOrigin(url, next);
  }
  throw outside(url.href, 'is redirected too often');
}

/**
 * @param {URL} url
 * @param {Response} response
 */
async function followed(url, response) {
  try {
    checkOrigin(url, new URL(response.url));
  } catch (error) {
    await response.body?.cancel();
    throw error;
  }
  return response;
}

/**
 * @param {URL} url
 * @param {URL} next where the server sends the request on
 */
function checkOrigin(url, next) {
  if (next.origin === url.origin) return;
  throw outside(url.href, `is redirected to another server, ${show(next.origin)}`);
}

/**
 * Refuses a file on disk that is a link out of the model's folder, no regular file or too long. A
 * pipe or a device may never end.
 * @param {URL} url
 * @param {URL} model
 * @param {number} limit bytes
 */
export async function checkFileBeside(url, model, limit) {
  const { realpath, stat } = await importNode('fs/promises');
  const [real, folder] = await Promise.all([realpath(url), realpath(new URL('.', model))]);
  const { sep } = await importNode('path');
  const isBelow = real.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  if (!isBelow) throw outside(url.pathname, 'is a link to a file outside of its folder');
  const info = await stat(real);
  if (!info.isFile()) throw outside(url.pathname, 'is no regular file');
  if (info.size > limit) throw tooLong(url, limit);
}

/**
 * @param {URL} url
 * @param {number} limit bytes
 */
export function tooLong(url, limit) {
  const text = `${url.href} is longer than the ${limit} bytes that the model's weights need`;
  return new GradCamError('INVALID_MODEL', text);
}
