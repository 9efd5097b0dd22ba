/** The page in Firefox: an answer, the lists, the address and files. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { manifest } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { Firefox, SKIP } from './firefox.js';
import { dogs, served } from './served.js';

const [picture] = manifest.pictures;
const id = picture.file.replace(/\.\w+$/, '');

/** Waits in the page until all is there, and gives what a user sees. */
const SEEN = `(async () => {
  const isRested = () => document.querySelector('.pane[aria-busy=false][data-rest=true]');
  while (!isRested()) await new Promise((resolve) => setTimeout(resolve, 50));
  const text = (selector) => document.querySelector(selector).textContent;
  const proofs = [...document.querySelectorAll('.proof-pair strong')];
  return {
    headline: text('.headline'),
    where: text('.where'),
    facts: text('.facts'),
    alert: text('#alert'),
    names: [...document.querySelectorAll('#class-rows .name')].map((name) => name.textContent),
    maps: document.querySelectorAll('#class-rows canvas').length,
    layers: document.querySelector('#strip').getAttribute('aria-valuemax'),
    proofs: proofs.map((proof) => proof.textContent),
    scroll: document.documentElement.scrollHeight - innerHeight,
    hash: location.hash,
  };
})`;

describe('the page in Firefox', { skip: SKIP }, () => {
  const given = served(() => Firefox.launch());

  test('answers, lists, proves, and lasts', async () => {
    await given.browser.open(`${given.site.address}#model=${dogs.id}&pic=${id}`);
    const seen = await given.browser.call(SEEN);
    const model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
    const run = await model.run(readFileSync(inBuild('pictures', picture.file)));
    const names = run.decodePredictions({ top: 99 }).map(({ label }) => label);
    model.dispose();
    assert.match(seen.headline, new RegExp(`^${names[0]} \\d+\\.\\d%$`));
    assert.match(seen.where, /^(Strongest|What speaks)/);
    assert.deepEqual(seen.names, names);
    assert.deepEqual([seen.maps, seen.alert, seen.scroll], [6, '', 0]);
    assert.ok(seen.proofs.every((/** @type {string} */ proof) => /→/.test(proof)));

    await given.browser.call(
      "(() => (document.querySelectorAll('#class-rows .row')[1].click(), true))",
    );
    const other = await given.browser.call(SEEN);
    assert.match(other.headline, new RegExp(`^${names[1]} `));
    await given.browser.call(`(async () => {
      const strip = document.querySelector('#strip');
      strip.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', cancelable: true }));
      while (!location.hash.includes('layer=')) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return true;
    })`);
    const early = await given.browser.call(SEEN);
    assert.notEqual(early.facts, other.facts);
    assert.match(early.hash, /class=\d+.*layer=/);

    await given.browser.open('about:blank');
    await given.browser.open(`${given.site.address}${early.hash}`);
    const again = await given.browser.call(SEEN);
    assert.deepEqual([again.headline, again.where], [early.headline, early.where]);
  });

  test('opens with the saved answer, and then with the model', async () => {
    await given.browser.open('about:blank');
    await given.browser.open(given.site.address);
    const seen = await given.browser.call(SEEN);
    assert.match(seen.headline, /^zebra \d\d\.\d%$/);
    assert.match(seen.facts, / run /);
  });
});
