/** The page's inspector, in Firefox. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { manifest } from '../../models/fetch.js';
import { serveDemo } from '../../wasm-build/demo.js';
import { Firefox, SKIP } from './firefox.js';

const dogs = manifest.models.find(({ id }) => id === 'dog-breeds') ?? manifest.models[0];
const LAYER = 'mobilenetv2_1.00_160/block_5_expand_relu';

describe('the inspector in Firefox', { skip: SKIP }, () => {
  /** @type {Firefox} */
  let browser;
  /** @type {{ address: string, close: () => Promise<void> }} */
  let site;

  before(async () => {
    [site, browser] = await Promise.all([serveDemo(0), Firefox.launch()]);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  test('shows the graph, and a channel on the stage', async () => {
    await browser.open(`${site.address}#model=${dogs.id}&inspect=graph&at=${LAYER}`);
    const { title, nodes, headline } = await browser.call(`(async () => {
      const find = async (selector) => {
        while (!document.querySelector(selector)) await new Promise((done) => setTimeout(done, 50));
        return document.querySelector(selector);
      };
      (await find('.inspect-channel')).click();
      return {
        title: (await find('[role=treeitem][aria-selected=true] title')).textContent,
        nodes: document.querySelectorAll('[role=treeitem]').length,
        headline: (await find('.headline')).textContent,
      };
    })`);
    assert.equal(title, 'block_5_expand_relu, ReLU · 20 × 20 × 192');
    assert.ok(nodes > 30, `${nodes}`);
    assert.match(headline, /^Channel \d+ of block_5_expand_relu speaks for /);
  });
});
