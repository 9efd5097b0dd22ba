/** A folder of pictures as a sheet of maps, in Chromium. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { zipSync } from 'fflate';
import { manifest } from '../../models/fetch.js';
import { inBuild } from '../../wasm-build/tools.js';
import { violationsInColors } from './axe.js';
import { launchChromium, SKIP } from './chromium.js';
import { DemoPage } from './demo-page.js';
import { RGB, writePng } from './png.js';
import { dogs, served } from './served.js';

/** @import { BrowserContextOptions, Locator } from 'playwright-core' */

const PHOTO = 'dogs/labrador retriever/photo.jpg';

/** @param {number} shade */
const stripes = (shade) =>
  writePng({
    ...{ width: 40, height: 30, type: RGB },
    row: () => Uint8Array.from({ length: 120 }, (_, i) => (i < 60 ? 30 + (i % 3) * 60 : shade)),
  });

/** Pictures in folders, some of which name classes of the dog model. */
const PICTURES = {
  ...Object.fromEntries(
    ['bull_mastiff', 'n02110958-pug', 'SIBERIAN-HUSKY', 'holidays'].flatMap((folder, i) =>
      [1, 2, 10].map((n) => [`dogs/${folder}/${n}.png`, stripes(20 * n + 7 * i)]),
    ),
  ),
  // The dog model takes the giraffe for a Labrador Retriever, and the folder agrees.
  [PHOTO]: readFileSync(inBuild('pictures', manifest.firstPicture + '.jpg')),
};

describe('a folder of pictures', { skip: SKIP }, () => {
  const given = served(launchChromium);
  const folder = mkdtempSync(join(tmpdir(), 'folder-'));

  before(async () => {
    for (const [name, bytes] of Object.entries(PICTURES)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    writeFileSync(join(folder, 'dogs/notes.doc'), 'notes');
  });
  after(async () => {
    rmSync(folder, { recursive: true });
  });

  /**
   * @param {(demo: DemoPage) => Promise<void>} work
   * @param {BrowserContextOptions} [options]
   */
  const visit = (work, options) => async () => {
    const demo = await DemoPage.open(
      given.browser,
      `${given.site.address}#model=${dogs.id}`,
      options,
    );
    await work(demo);
    await demo.close();
  };

  /** @param {DemoPage} demo */
  async function choose({ page }) {
    const chooser = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'Folder of pictures' }).click();
    await (await chooser).setFiles(join(folder, 'dogs'));
    const sheet = page.getByRole('dialog', { name: 'dogs' });
    await sheet.waitFor();
    return sheet;
  }

  /** @param {Locator} sheet */
  const explained = (sheet) => sheet.getByText(/^\d+ pictures explained/).waitFor();

  /** @param {Locator} sheet */
  const cardsOf = (sheet) => sheet.getByRole('listbox').getByRole('option');

  /** @param {Locator} sheet */
  const files = (sheet) =>
    cardsOf(sheet).evaluateAll((cards) => cards.map((card) => card.getAttribute('title') ?? ''));

  /** @param {Locator} sheet */
  const barOf = (sheet) =>
    sheet.locator('progress').evaluate((bar) => /** @type {HTMLProgressElement} */ (bar).value);

  /** @param {Locator} sheet */
  const order = (sheet) => sheet.getByRole('combobox', { name: 'Order' });

  test(
    'shows each picture with its map, and tells how many are as their folders say',
    visit(async (demo) => {
      const sheet = await choose(demo);
      await explained(sheet);
      const paths = Object.keys(PICTURES);
      const found = await files(sheet);
      assert.deepEqual(found.toSorted(), paths.toSorted());
      const first = found.filter((path) => path.includes('bull'));
      assert.deepEqual(
        first.map((path) => path.split('/')[2]),
        ['1.png', '2.png', '10.png'],
      );
      assert.match(
        await sheet.getByRole('status').innerText(),
        /^13 pictures explained\. 1 of 10 are .* and 3 pictures lie in folders that name no class/,
      );
      const maps = await cardsOf(sheet).evaluateAll((cards) => {
        const looks = cards.map(async (card) => {
          const canvas = /** @type {HTMLCanvasElement} */ (card.querySelector('canvas'));
          const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          const image = /** @type {HTMLImageElement} */ (card.querySelector('img'));
          await image.decode();
          return { colors: new Set(data).size, width: image.naturalWidth };
        });
        return Promise.all(looks);
      });
      assert.ok(maps.every(({ colors, width }) => colors > 5 && width > 20));
    }),
  );

  test(
    'says of a picture what the page says of it',
    visit(async (demo) => {
      const sheet = await choose(demo);
      await explained(sheet);
      const card = cardsOf(sheet).and(demo.page.getByTitle(PHOTO));
      const said = (await card.locator('.card-class').innerText()).replace(/\s+/g, ' ');
      await card.click();
      await sheet.waitFor({ state: 'hidden' });
      await demo.settled();
      assert.equal(await demo.headline(), said);
      const taken = demo.page.locator('#tray').getByRole('button', { name: 'photo.jpg' });
      assert.equal(await taken.getAttribute('aria-pressed'), 'true');
      // The sheet is as it was, and opens another picture beside that one.
      await demo.page.getByRole('button', { name: 'Folder of pictures' }).click();
      await explained(sheet);
      assert.equal(await card.getAttribute('aria-selected'), 'true');
    }),
  );

  test(
    'orders by how sure the answers are, and by mistakes',
    visit(async (demo) => {
      const sheet = await choose(demo);
      await explained(sheet);
      const percents = async () =>
        (await sheet.locator('.card-class').allInnerTexts()).map((text) =>
          parseFloat(/([\d.]+)%$/.exec(text)?.[1] ?? 'NaN'),
        );
      await order(sheet).selectOption('Most sure first');
      const falling = await percents();
      assert.deepEqual(
        falling,
        falling.toSorted((a, b) => b - a),
      );
      await order(sheet).selectOption('Least sure first');
      assert.deepEqual(await percents(), falling.toReversed());
      await order(sheet).selectOption('Mistakes first');
      const marks = await cardsOf(sheet).evaluateAll((cards) =>
        cards.map((card) => card.classList.contains('mistake')),
      );
      const mistakes = marks.filter((mark) => mark).length;
      assert.equal(mistakes, 9);
      assert.equal((await files(sheet))[9], PHOTO);
      assert.ok(marks.slice(0, mistakes).every((mark) => mark));
      const texts = await sheet.locator('.card.mistake').allInnerTexts();
      assert.ok(texts.every((text) => /folder: (Bull Mastiff|Pug|Siberian Husky)/.test(text)));
      const last = (await files(sheet)).slice(-3);
      assert.ok(last.every((path) => path.includes('holidays')));
    }),
  );

  test(
    'is used by keys alone',
    visit(async (demo) => {
      const { page } = demo;
      const sheet = await choose(demo);
      await explained(sheet);
      const active = () =>
        page.evaluate(() => {
          const id = document.activeElement?.getAttribute('aria-activedescendant');
          return id && document.getElementById(id)?.title;
        });
      const all = await files(sheet);
      assert.equal(await active(), all[0]);
      await page.keyboard.press('ArrowRight');
      assert.equal(await active(), all[1]);
      await page.keyboard.press('End');
      assert.equal(await active(), all.at(-1));
      await page.keyboard.press('Home');
      const columns = await sheet
        .locator('.sheet-cells')
        .evaluate((cells) => getComputedStyle(cells).gridTemplateColumns.split(' ').length);
      await page.keyboard.press('ArrowDown');
      assert.equal(await active(), all[columns]);
      await page.keyboard.press('Enter');
      await sheet.waitFor({ state: 'hidden' });
      await demo.settled();
      const name = all[columns].split('/').at(-1) ?? '';
      const taken = page.locator('#tray').getByRole('button', { name });
      assert.equal(await taken.getAttribute('aria-pressed'), 'true');
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'choose-folder');
    }),
  );

  test(
    'begins again when the page explains with another model',
    visit(async (demo) => {
      const sheet = await choose(demo);
      await explained(sheet);
      const before = await sheet.locator('.card-class').allInnerTexts();
      await demo.page.keyboard.press('Escape');
      await demo.chooseModel(manifest.models[0].title);
      await demo.page.getByRole('button', { name: 'Folder of pictures' }).click();
      await explained(sheet);
      const after = await sheet.locator('.card-class').allInnerTexts();
      assert.equal(after.length, before.length);
      assert.ok(after.every((text, i) => text !== before[i]));
    }),
  );

  test(
    'draws what is in view of a thousand pictures, and stops on demand',
    visit(async (demo) => {
      const { page } = demo;
      // The small maps of the page would hold the sheet up.
      await demo.rested();
      const bytes = stripes(90);
      const entries = Array.from({ length: 1000 }, (_, i) => [`many/${i}.png`, bytes]);
      entries.push(['many/broken.png', Buffer.from('no picture')]);
      const zip = zipSync(Object.fromEntries(entries), { level: 0 });
      await demo.give({ name: 'many.zip', bytes: zip });
      const sheet = page.getByRole('dialog', { name: 'many.zip' });
      await sheet.getByText(/^\d{2,} of 1001 pictures explained/).waitFor();
      await sheet.getByRole('button', { name: 'Stop' }).click();
      await sheet.getByRole('button', { name: 'Go on' }).waitFor();
      const stopped = await barOf(sheet);
      assert.ok(stopped < 1000);
      const cards = await cardsOf(sheet).count();
      assert.ok(cards > 10 && cards < 150, `${cards} cards`);
      // What is in view comes first.
      await sheet.getByRole('listbox').press('End');
      await page.waitForTimeout(1500);
      assert.equal(await barOf(sheet), stopped);
      const last = cardsOf(sheet).last();
      assert.equal(await last.getAttribute('aria-posinset'), '1001');
      assert.match(await last.innerText(), /waits/);
      await sheet.getByRole('button', { name: 'Go on' }).click();
      await last
        .getByText(/broken|not a picture|no picture|cannot/i)
        .first()
        .waitFor();
      await sheet.getByText(/ 1 picture could not be read/).waitFor();
      assert.ok((await barOf(sheet)) < 900);
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'hidden' });
    }),
  );

  test(
    'leaves few pictures to the tray',
    visit(async (demo) => {
      const few = [1, 2, 3].map((n) => ({ name: `few-${n}.png`, bytes: stripes(40 * n) }));
      await demo.drop(...few);
      assert.equal(await demo.page.locator('dialog[open]').count(), 0);
      assert.equal(await demo.page.locator('#tray button[title^=few]').count(), 3);
    }),
  );

  test(
    'shows axe nothing',
    visit(async (demo) => {
      const sheet = await choose(demo);
      await explained(sheet);
      await order(sheet).selectOption('Mistakes first');
      assert.deepEqual(await violationsInColors(demo.page), []);
    }),
  );
});
