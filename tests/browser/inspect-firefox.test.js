/** The page's inspector, in Firefox. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Firefox, SKIP } from './firefox.js';
import { dogs, served } from './served.js';

const LAYER = 'mobilenetv2_1.00_160/block_5_expand_relu';

describe('the inspector in Firefox', { skip: SKIP }, () => {
  const given = served(() => Firefox.launch());

  test('shows the graph, and a channel on the stage', async () => {
    await given.browser.open(`${given.site.address}#model=${dogs.id}&inspect=graph&at=${LAYER}`);
    const { title, nodes, headline } = await given.browser.call(`(async () => {
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
