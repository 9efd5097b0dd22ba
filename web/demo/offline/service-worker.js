/**
 * The service worker. It keeps the page's files and the models that were used, and answers from
 * them. A new version keeps its own files beside the old ones, so a page never gets both.
 */

import { clientsClaim } from 'workbox-core';
import { addPlugins, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst, NetworkFirst, Strategy } from 'workbox-strategies';
import { files, models } from 'virtual:site-files';
import { hasRelaxedSimd } from '../../package/engine/wasm.js';
import { KEEP, TAKE_OVER, modelCache } from './names.js';

/** @import { WorkboxPlugin } from 'workbox-core' */
/** @import { StrategyHandler } from 'workbox-strategies' */

/** @typedef {MessageEvent & { waitUntil: (work: Promise<unknown>) => void }} Message */

/**
 * The part of a service worker's global object that is used here. The types for pages lack it.
 * @typedef {object} ServiceWorkerScope
 * @property {{ scope: string }} registration
 * @property {{ matchAll: (options: object) => Promise<{ url: string }[]> }} clients
 * @property {() => Promise<void>} skipWaiting
 * @property {(type: 'message', listener: (event: Message) => void) => void} addEventListener
 */

const worker = /** @type {ServiceWorkerScope} */ (/** @type {unknown} */ (self));
const { scope } = worker.registration;

/** With these headers a browser gives a page memory for threads. Not every host can send them. */
const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
};

/** @type {WorkboxPlugin} */
const isolate = {
  async handlerWillRespond({ response }) {
    const { body, status, statusText } = response;
    const headers = new Headers(response.headers);
    for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
    return new Response(body, { status, statusText, headers });
  },
};

/**
 * The revision of a model is a part of its key, so another model in a file of the same name is not
 * taken for it.
 * @type {WorkboxPlugin}
 */
const revise = {
  cacheKeyWillBeUsed: async ({ request }) => `${request.url}?${models[pathOf(request.url)]}`,
};

/**
 * The path of a file in the page's folder.
 * @param {string | URL} address
 */
function pathOf(address) {
  const { href } = new URL(address);
  return href.startsWith(scope) ? href.slice(scope.length).replace(/[?#].*/, '') : '';
}

/** @param {string | URL} address */
const isPage = (address) => ['', 'index.html'].includes(pathOf(address));

/** Replaces the old service worker. Pages of the old one could miss its files. */
async function takeOver() {
  const windows = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const pages = windows.filter(({ url }) => url.startsWith(scope) && isPage(url));
  if (pages.length < 2) await worker.skipWaiting();
}

/**
 * Answers from the cache, or else lets the server's answer pass. The answer is not copied into the
 * cache on its way, because a copy would load on when the page wants the model no more.
 */
class Passing extends Strategy {
  /**
   * @param {Request} request
   * @param {StrategyHandler} handler
   * @returns {Promise<Response>}
   */
  async _handle(request, handler) {
    return (await handler.cacheMatch(request)) ?? handler.fetch(request);
  }
}

/**
 * Keeps models that the page has loaded.
 * @param {string[]} addresses
 * @param {Message} event
 */
async function keep(addresses, event) {
  const works = addresses.map(async (address) => {
    // The browser has just had the model, and may have it still.
    const request = new Request(address, { cache: 'force-cache' });
    const [response, done] = keeping.handleAll({ request, event: /** @type {any} */ (event) });
    await (await response).body?.cancel();
    await done;
  });
  await Promise.allSettled(works);
  event.ports[0]?.postMessage('kept');
}

// A browser needs the engine's modules of one kind.
const kind = hasRelaxedSimd() ? 'relaxed' : 'simd';

const cachedModels = { cacheName: modelCache(scope), plugins: [revise, isolate] };
const keeping = new CacheFirst(cachedModels);

addPlugins([isolate]);
precacheAndRoute(files.filter(({ variant = kind }) => variant === kind));
registerRoute(
  ({ request, url }) => request.mode === 'navigate' && url.href.startsWith(scope) && isPage(url),
  createHandlerBoundToURL('index.html'),
);
registerRoute(({ url }) => pathOf(url) in models, new Passing(cachedModels));
registerRoute(
  ({ url }) => pathOf(url).startsWith('about/'),
  new NetworkFirst({ cacheName: `about ${scope}`, plugins: [isolate] }),
);
clientsClaim();
worker.addEventListener('message', (event) => {
  const { type, addresses } = event.data;
  if (type === TAKE_OVER) event.waitUntil(takeOver());
  if (type === KEEP) event.waitUntil(keep(addresses, event));
});
