/**
 * The page without a network, and in a folder of a server that sends no headers, as free hosts of
 * static files do. In Firefox.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { manifest } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { Firefox, SKIP } from './firefox.js';
import { serve } from './server.js';

const BASE = '/some/folder/';
/** Milliseconds after which a page that does not come is given up. */
const timeout = 180_000;
/** Milliseconds after which a call is asked anew. */
const ANSWER = 10_000;

/** What a user sees, or null while the page is at work. */
const SEEN = `(async () => {
  const text = (selector) => document.querySelector(selector)?.textContent ?? '';
  const isRested = document.querySelector('.pane[aria-busy=false][data-rest=true]');
  if (!isRested || !/ run /.test(text('.facts'))) return null;
  const { width, height } = document.querySelector('.overlay');
  const { data } = document.querySelector('.overlay').getContext('2d')
    .getImageData(0, 0, width, height);
  const hash = await crypto.subtle.digest('SHA-256', data);
  const names = (await caches.keys()).filter((name) => name.startsWith('models '));
  const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
  return {
    isIsolated: crossOriginIsolated,
    models: kept.flat().length,
    headline: text('.headline'),
    alert: text('#alert'),
    pixels: Array.from(new Uint8Array(hash)).join(' '),
  };
})`;

describe('the page offline in Firefox', { skip: SKIP }, () => {
  /** @type {Firefox} */
  let browser;
  /** @type {{ address: string, close: () => Promise<void> }} */
  let site;
  before(async () => {
    const folders = { [BASE]: [inBuild('demo')] };
    [site, browser] = await Promise.all([serve({ folders }), Firefox.launch()]);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  /**
   * Waits for what a user sees. The page may be reloaded in the meantime. That ends a call, or
   * leaves it without an answer.
   * @param {(seen: any) => boolean} isIt
   */
  async function seen(isIt) {
    for (;;) {
      const late = sleep(ANSWER, null, { ref: false });
      const now = await Promise.race([browser.call(SEEN), late]).catch(() => null);
      if (now && isIt(now)) return now;
      await sleep(100);
    }
  }

  test('has threads after a reload, and works when the server is gone', { timeout }, async () => {
    const address = `${site.address}${BASE.slice(1)}`;
    await browser.open(address);
    const online = await seen(({ isIsolated, models }) => isIsolated && models === 1);
    assert.match(online.headline, /^zebra \d+\.\d%$/);
    await site.close();
    await assert.rejects(fetch(address));

    await browser.open('about:blank');
    await browser.open(address);
    const offline = await seen(() => true);
    assert.deepEqual(offline, online);
    const [{ title }] = manifest.pictures;
    await browser.call(
      `((title) => {
      const [image] = [...document.images].filter(({ alt }) => alt === title);
      image.parentElement.click();
      return true;
    })`,
      title,
    );
    const other = await seen(({ headline }) => headline !== online.headline);
    assert.deepEqual([other.isIsolated, other.alert], [true, '']);
    assert.match(other.headline, /\d%$/);
  });
});
