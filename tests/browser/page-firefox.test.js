/** The page in Firefox: an answer, the lists, the address and files. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { loadModel } from '../../web/package/index.js';
import { manifest } from '../../models/fetch.js';
import { serveDemo } from '../../wasm-build/demo.js';
import { inBuild } from '../../wasm-build/tools.js';
import { Firefox, SKIP } from './firefox.js';

const dogs = manifest.models.find(({ id }) => id === 'dog-breeds') ?? manifest.models[0];
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

  test('answers, lists, proves, and lasts', async () => {
    await browser.open(`${site.address}#model=${dogs.id}&pic=${id}`);
    const seen = await browser.call(SEEN);
    const model = await loadModel(readFileSync(inBuild('models', dogs.small.file)));
    const run = await model.run(readFileSync(inBuild('pictures', picture.file)));
    const names = run.decodePredictions({ top: 99 }).map(({ label }) => label);
    model.dispose();
    assert.match(seen.headline, new RegExp(`^${names[0]} \\d+\\.\\d%$`));
    assert.match(seen.where, /^(Strongest|What speaks)/);
    assert.deepEqual(seen.names, names);
    assert.deepEqual([seen.maps, seen.alert, seen.scroll], [6, '', 0]);
    assert.ok(seen.proofs.every((/** @type {string} */ proof) => /→/.test(proof)));

    await browser.call("(() => (document.querySelectorAll('#class-rows .row')[1].click(), true))");
    const other = await browser.call(SEEN);
    assert.match(other.headline, new RegExp(`^${names[1]} `));
    await browser.call(`(() => {
      const strip = document.querySelector('#strip');
      strip.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home', cancelable: true }));
      return new Promise((resolve) => setTimeout(resolve, 500, true));
    })`);
    const early = await browser.call(SEEN);
    assert.notEqual(early.facts, other.facts);
    assert.match(early.hash, /class=\d+.*layer=/);

    await browser.open('about:blank');
    await browser.open(`${site.address}${early.hash}`);
    const again = await browser.call(SEEN);
    assert.deepEqual([again.headline, again.where], [early.headline, early.where]);
  });

  test('opens with the saved answer, and then with the model', async () => {
    await browser.open('about:blank');
    await browser.open(site.address);
    const seen = await browser.call(SEEN);
    assert.match(seen.headline, /^zebra \d\d\.\d%$/);
    assert.match(seen.facts, / run /);
  });
});
