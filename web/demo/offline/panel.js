/** Says what the browser keeps for a time without a network, and forgets models. */

import { models } from '../catalog.js';
import { offline as texts } from '../texts.js';
import { element } from '../view/element.js';
import { modelCache } from './names.js';

const status = element('offline-status', HTMLElement);
const list = element('offline-list', HTMLElement);

/** Shows the panel with what is kept now. */
export async function openPanel() {
  element('offline', HTMLElement).showPopover();
  await show();
}

async function show() {
  const registration = await navigator.serviceWorker?.getRegistration().catch(() => undefined);
  if (!registration?.active) {
    status.textContent = navigator.serviceWorker ? texts.notYet : texts.never;
    return list.replaceChildren();
  }
  const { scope } = registration;
  const names = await caches.keys();
  const page = names.find((name) => name.startsWith('workbox-precache') && name.endsWith(scope));
  const sizes = page ? await sizesIn(page) : [];
  const bytes = sizes.reduce((sum, { size }) => sum + size, 0);
  const threads = globalThis.crossOriginIsolated ? texts.threads : texts.oneThread;
  const newer = registration.waiting ? ` ${texts.newer}` : '';
  status.textContent = `${texts.kept(bytes)} ${threads}${newer}`;
  const kept = await sizesIn(modelCache(scope));
  list.replaceChildren(...kept.map((entry) => row(scope, entry)));
}

/**
 * @param {string} name of a cache
 * @returns {Promise<{ url: string, size: number }[]>} sizes in bytes
 */
async function sizesIn(name) {
  const cache = await caches.open(name);
  return Promise.all(
    (await cache.keys()).map(async (request) => {
      const response = await cache.match(request);
      return { url: request.url, size: (await response?.blob())?.size ?? 0 };
    }),
  );
}

/**
 * @param {string} scope
 * @param {{ url: string, size: number }} entry a model that is kept
 */
function row(scope, { url, size }) {
  const path = url.slice(scope.length).replace(/\?.*/, '');
  const name = models.find(({ source }) => source === path)?.name ?? path;
  const item = document.createElement('li');
  const button = document.createElement('button');
  Object.assign(button, {
    type: 'button',
    textContent: texts.forget,
    ariaLabel: texts.forgets(name),
  });
  button.addEventListener('click', async () => {
    await (await caches.open(modelCache(scope))).delete(url);
    await show();
    element('offline-close', HTMLElement).focus();
  });
  item.append(`${texts.model(name, size)} `, button);
  return item;
}
