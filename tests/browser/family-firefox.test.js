/** Two classes against each other, all ways, and panes together, in Firefox. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WAYS } from '../../web/demo/ways.js';
import { Firefox, SKIP } from './firefox.js';
import { dogs, served } from './served.js';

/** Waits in the page until all is there, and gives what a user reads. */
const READ = `(async () => {
  const panes = () => [...document.querySelectorAll('.pane')];
  const isRested = (pane) => pane.ariaBusy === 'false' && pane.dataset.rest === 'true';
  const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
  while (panes().length === 0 || !panes().every(isRested)) await pause();
  const texts = (selector) => [...document.querySelectorAll(selector)].map((e) => e.textContent);
  return { headlines: texts('.headline'), where: texts('.where'), facts: texts('.facts') };
})`;

describe('the page in Firefox', { skip: SKIP }, () => {
  const given = served(() => Firefox.launch());

  /** @param {string} rest of the address */
  async function read(rest) {
    await given.browser.open('about:blank');
    await given.browser.open(`${given.site.address}#model=${dogs.id}${rest}`);
    return given.browser.call(READ);
  }

  test('sets a class against another', async () => {
    await read('');
    await given.browser.call("(() => (document.querySelectorAll('.mark')[1].click(), true))");
    const { headlines, where } = await given.browser.call(READ);
    assert.match(headlines[0], /% \| .*%$/);
    assert.match(where[0], /Blue speaks for|Nothing speaks for/);
  });

  test('attributes, and shows all ways', async () => {
    const { facts, where } = await read('&method=integratedGradients');
    assert.match(facts[0], /· Integrated Gradients ·/);
    assert.match(where[0], /so .*% is unexplained\.$/);
    const count = await given.browser.call(`(async () => {
      document.querySelector('#ways').showPopover();
      const list = document.querySelector('#way-list');
      while (list.ariaBusy !== 'false') await new Promise((resolve) => setTimeout(resolve, 50));
      return list.querySelectorAll('.way').length;
    })`);
    assert.equal(count, WAYS.length);
  });

  test('compares panes', async () => {
    const { facts } = await read(`&difference=1&with=${dogs.id}|3~~layerCam|`);
    assert.match(facts[1], /· LayerCAM ·/);
    const headline = await given.browser.call(`(async () => {
      const find = () => document.querySelector('.difference .headline')?.textContent ?? '';
      while (!find().startsWith('Red')) await new Promise((resolve) => setTimeout(resolve, 50));
      return find();
    })`);
    assert.match(headline, /blue is stronger in pane 2/);
  });
});
