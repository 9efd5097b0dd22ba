/**
 * Starts the service worker, and reloads the page where that gives it threads or a newer version.
 * The page is reloaded only while the user has touched nothing, so that nothing is lost.
 */

import { KEEP, TAKE_OVER } from './names.js';

/** @import { PageState } from '../state.js' */

/** Remembers in the tab that it was reloaded for threads. A second reload could change nothing. */
const TRIED = 'gradcam-isolation-tried';

/** @type {Promise<ServiceWorkerRegistration | undefined> | undefined} */
let registration;

/**
 * Keeps the page and the models of its state. The first call starts the service worker.
 * @param {PageState} state
 * @param {() => boolean} holdsFiles whether the page has files of the user, which a reload loses
 */
export async function keep({ panes }, holdsFiles) {
  const isUntouched = () =>
    // A page in the background is left alone, because it may have been touched before.
    document.visibilityState === 'visible' &&
    navigator.userActivation?.hasBeenActive === false &&
    !holdsFiles();
  const isFirst = !registration;
  registration ??= register();
  const started = await registration;
  if (!started) return;
  if (isFirst) renew(started, isUntouched);
  await keepModels(
    panes.flatMap(({ model }) =>
      typeof model?.source === 'string' ? [new URL(model.source, document.baseURI).href] : [],
    ),
  );
  if (isFirst) isolate(isUntouched);
}

/** Starts the service worker, if the browser and the server let it start. */
async function register() {
  try {
    return await navigator.serviceWorker?.register('./service-worker.js');
  } catch {
    // The page works without, and needs the network then.
    return undefined;
  }
}

/**
 * Settles when the service worker has the models.
 * @param {string[]} addresses
 */
async function keepModels(addresses) {
  const { active } = await navigator.serviceWorker.ready;
  const { port1, port2 } = new MessageChannel();
  const kept = new Promise((resolve) => (port1.onmessage = resolve));
  active?.postMessage({ type: KEEP, addresses }, [port2]);
  await kept;
}

/**
 * Lets a newer service worker take over, and reloads the page then.
 * @param {ServiceWorkerRegistration} started
 * @param {() => boolean} isUntouched
 */
function renew(started, isUntouched) {
  const { serviceWorker } = navigator;
  // The first service worker replaces none.
  if (!serviceWorker.controller) return;
  const offer = () => {
    if (started.waiting && isUntouched()) started.waiting.postMessage({ type: TAKE_OVER });
  };
  const watch = () => started.installing?.addEventListener('statechange', offer);
  serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  started.addEventListener('updatefound', watch);
  watch();
  offer();
}

/**
 * Reloads a page that came without the headers that threads need. The service worker adds them.
 * @param {() => boolean} isUntouched
 */
async function isolate(isUntouched) {
  if (globalThis.crossOriginIsolated !== false || navigator.hardwareConcurrency < 2) return;
  await controlled();
  try {
    if (!isUntouched() || sessionStorage.getItem(TRIED)) return;
    sessionStorage.setItem(TRIED, 'yes');
    location.reload();
  } catch {
    // Without a memory of the tab the page could be reloaded again and again.
  }
}

/** Settles when the service worker answers for this page. */
function controlled() {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return undefined;
  return new Promise((resolve) =>
    serviceWorker.addEventListener('controllerchange', resolve, { once: true }),
  );
}
