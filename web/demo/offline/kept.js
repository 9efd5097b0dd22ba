/** What the service worker keeps for a time without a network: the page, and models. */

import { models } from '../catalog.js';
import { offline as texts } from '../keep/texts.js';
import { modelCache } from './names.js';

/**
 * A model that is kept.
 * @typedef {object} KeptModel
 * @property {string} name
 * @property {number} bytes
 * @property {() => Promise<unknown>} forget
 */

/** @returns {Promise<{ status: string, models: KeptModel[] }>} */
export async function readKept() {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (!registration?.active) {
    return { status: navigator.serviceWorker ? texts.notYet : texts.never, models: [] };
  }
  const { scope } = registration;
  const names = await caches.keys();
  const page = names.find((name) => name.startsWith('workbox-precache') && name.endsWith(scope));
  const sizes = page ? await sizesIn(page) : [];
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  const threads = globalThis.crossOriginIsolated ? texts.threads : texts.oneThread;
  const newer = registration.waiting ? ` ${texts.newer}` : '';
  const kept = (await sizesIn(modelCache(scope))).map((entry) => modelOf(scope, entry));
  return { status: `${texts.kept(total)} ${threads}${newer}`, models: kept };
}

/**
 * @param {string} name of a cache
 * @returns {Promise<{ url: string, bytes: number }[]>}
 */
async function sizesIn(name) {
  const cache = await caches.open(name);
  return Promise.all(
    (await cache.keys()).map(async (request) => {
      const response = await cache.match(request);
      return { url: request.url, bytes: (await response?.blob())?.size ?? 0 };
    }),
  );
}

/**
 * @param {string} scope
 * @param {{ url: string, bytes: number }} entry
 * @returns {KeptModel}
 */
function modelOf(scope, { url, bytes }) {
  const path = url.slice(scope.length).replace(/\?.*/, '');
  const name = models.find(({ source }) => source === path)?.name ?? path;
  return { name, bytes, forget: async () => (await caches.open(modelCache(scope))).delete(url) };
}
