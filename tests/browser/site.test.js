/** The About pages, and what people without a server or JavaScript find. In Chromium. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { decode } from 'fast-png';
import { inBuild, root } from '../../wasm-build/tools.js';
import { violationsInColors } from './axe.js';
import { SKIP, launchChromium } from './chromium.js';
import { serve } from './server.js';

const about = inBuild('demo', 'about');

/** @param {string} name */
const read = (name) => readFileSync(join(about, name), 'utf8');

const pages = readdirSync(about).filter((name) => name.endsWith('.html'));

describe('the About pages', () => {
  test('are made of every document', () => {
    const documents = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    for (const name of documents) assert.ok(pages.includes(name.replace('.md', '.html')), name);
    assert.match(read('index.html'), /<h1 id="gradcam-wasm">/);
  });

  test('link to pages, anchors and pictures that are there', () => {
    for (const page of pages) {
      for (const [, link] of read(page).matchAll(/(?:href|src)="([^"]*)"/g)) {
        if (/^https:/.test(link) || link === '../') continue;
        const [file, anchor] = link.split('#');
        const text = readFileSync(join(about, decodeURI(file) || page), 'utf8');
        if (anchor) assert.ok(text.includes(`id="${anchor}"`), `${page}: ${link}`);
      }
    }
  });

  test('have an anchor for every method', () => {
    for (const name of ['gradCam', 'rise']) {
      assert.match(read('methods.html'), new RegExp(`<span id="${name}">`));
    }
  });
});

test('the workflow runs a script that there is', () => {
  const workflow = readFileSync(join(root, '.github/workflows/pages.yml'), 'utf8');
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [, script] = /run: npm run (\S+)/.exec(workflow) ?? [];
  assert.ok(script in scripts, script);
  const folder = /path: (\S+)/.exec(workflow)?.[1] ?? '';
  assert.ok(readFileSync(join(root, 'wasm-build/site.js'), 'utf8').includes(folder));
});

test('the manifest has icons of the sizes that it says', () => {
  const manifest = JSON.parse(readFileSync(inBuild('demo', 'manifest.webmanifest'), 'utf8'));
  assert.ok(manifest.icons.length >= 3);
  for (const { src, sizes } of manifest.icons) {
    const { width, height } = decode(readFileSync(inBuild('demo', src)));
    assert.equal(`${width}x${height}`, sizes);
  }
});

describe('the site in a browser', { skip: SKIP }, () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  /** @type {{ address: string, close: () => Promise<void> }} */
  let site;
  before(async () => {
    const folders = { '/folder/': [inBuild('demo')] };
    [site, browser] = await Promise.all([serve({ folders }), launchChromium()]);
  });
  after(async () => {
    await browser?.close();
    await site?.close();
  });

  test('axe finds nothing in the About pages', async () => {
    const page = await browser.newPage({ bypassCSP: true });
    for (const name of ['index.html', 'methods.html', 'parity.html']) {
      await page.goto(`${site.address}folder/about/${name}`);
      assert.deepEqual(await violationsInColors(page), [], name);
    }
    await page.context().close();
  });

  test('the About pages fit a narrow window, and load without an error', async () => {
    const page = await browser.newPage({ viewport: { width: 320, height: 600 } });
    /** @type {string[]} */
    const problems = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('requestfailed', (request) => {
      // A page that is left takes the request of its icon with it.
      if (request.failure()?.errorText !== 'net::ERR_ABORTED') problems.push(request.url());
    });
    for (const name of pages) {
      await page.goto(`${site.address}folder/about/${name}`);
      const { scrollWidth, clientWidth } = await page.evaluate(() => document.documentElement);
      assert.equal(scrollWidth, clientWidth, name);
    }
    assert.deepEqual(problems, []);
    await page.close();
  });

  test('the page leads to the About pages, and they lead back', async () => {
    const page = await browser.newPage({ serviceWorkers: 'block' });
    await page.goto(`${site.address}folder/`);
    await page.getByRole('link', { name: 'About' }).click();
    await page.waitForURL('**/folder/about/');
    await page.getByRole('link', { name: 'Where did the classifier look?' }).click();
    await page.waitForURL('**/folder/');
    await page.close();
  });

  test('without JavaScript, and from a file, the page says what to do', async () => {
    const still = await browser.newPage({ javaScriptEnabled: false });
    await still.goto(`${site.address}folder/`);
    await still.locator('noscript .no-start').waitFor();
    await still.close();

    const page = await browser.newPage();
    page.setDefaultTimeout(60_000);
    await page.goto(pathToFileURL(inBuild('demo', 'index.html')).href);
    await page.getByText('Start a server in its folder').waitFor();
    await page.close();
  });
});
