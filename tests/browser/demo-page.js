/** The demo page for tests, with methods for what a user does and sees. */

import assert from 'node:assert/strict';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Browser} Browser */

/**
 * A file as a test makes it.
 * @typedef {{ name: string, type?: string, bytes: Uint8Array, lastModified?: number }} TestFile
 */

/** Longer than any answer takes on a slow machine. */
const PATIENCE = 60_000;
/** What Playwright writes to the console when it blocks the service worker. */
const BLOCKED = /^Service Worker registration blocked by Playwright/;

export class DemoPage {
  /** @type {string[]} what no visit must show: errors, failed requests, requests to others */
  problems = [];

  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    page.setDefaultTimeout(PATIENCE);
  }

  /**
   * Opens the page and waits until the sample is explained. The page gets no service worker, unless
   * the options allow one, because each visit would fetch all files for it.
   * @param {Browser} browser
   * @param {string} address
   * @param {import('playwright-core').BrowserContextOptions} [options]
   */
  static async open(browser, address, options) {
    const demo = new DemoPage(await browser.newPage({ serviceWorkers: 'block', ...options }));
    demo.#watch(new URL(address).origin);
    await demo.page.goto(address);
    await demo.settled();
    return demo;
  }

  /** Waits until the page has answered whatever it was asked. */
  async settled() {
    await this.page.waitForFunction(() => {
      const panes = [...document.querySelectorAll('.pane')];
      const isReading = document.body.ariaBusy === 'true';
      return !isReading && panes.every((pane) => pane.ariaBusy === 'false') && panes.length > 0;
    });
  }

  /** Waits until the small maps are there too. */
  async rested() {
    await this.settled();
    await this.page.waitForFunction(() =>
      [...document.querySelectorAll('.pane')].every(
        (pane) => /** @type {HTMLElement} */ (pane).dataset.rest === 'true',
      ),
    );
  }

  /** The class that is explained with its score, "Bull Mastiff 71.8%". */
  headline(pane = 0) {
    return this.#pane(pane).locator('.headline').innerText();
  }

  /** The sentence that says where the network looked. */
  where(pane = 0) {
    return this.#pane(pane).locator('.where').innerText();
  }

  /** Layer, size of its map, times. */
  caption(pane = 0) {
    return this.#pane(pane)
      .locator('.facts')
      .evaluate((facts) => facts.textContent ?? '');
  }

  /** What the page says went wrong, or an empty text. */
  alert() {
    return this.page.getByRole('alert').innerText();
  }

  /**
   * Names of a list's rows, those that are drawn.
   * @param {'Class' | 'Layer'} list
   */
  async rows(list) {
    if (list === 'Class') {
      await this.page.locator('#class-rows[aria-busy=false]').waitFor({ state: 'attached' });
      return this.page.locator('#class-rows .row .name').allInnerTexts();
    }
    const texts = await this.#layers().locator('option').allInnerTexts();
    return texts.map((text) => text.split(',')[0]);
  }

  /**
   * The row that is chosen.
   * @param {'Class' | 'Layer'} list
   */
  async chosen(list) {
    if (list === 'Class') {
      return this.page.locator('#class-rows [aria-selected=true] .name').innerText();
    }
    const texts = await this.#layers().evaluate((select) =>
      [.../** @type {HTMLSelectElement} */ (select).selectedOptions].map(({ text }) => text),
    );
    return texts[0].split(',')[0];
  }

  /**
   * Chooses a row of a list and waits for the answer.
   * @param {'Class' | 'Layer'} list
   * @param {string} name
   */
  async choose(list, name) {
    if (list === 'Class') {
      await this.page.locator('#class-rows').getByText(name, { exact: true }).click();
    } else {
      const at = (await this.rows('Layer')).indexOf(name);
      await this.#layers().selectOption({ index: at });
    }
    await this.settled();
  }

  /**
   * Chooses a model of the list and waits for its answer.
   * @param {string} title
   */
  async chooseModel(title) {
    await this.page.getByRole('combobox', { name: 'Model', exact: true }).selectOption(title);
    await this.settled();
  }

  /**
   * Drops files on the page and waits until the page has reacted.
   * @param {TestFile[]} files
   */
  async drop(...files) {
    await this.#give('drop', files);
    await this.settled();
  }

  /**
   * Drops files on the page, and does not wait.
   * @param {TestFile[]} files
   */
  give(...files) {
    return this.#give('drop', files);
  }

  /**
   * Pastes a text into the page.
   * @param {string} text
   */
  async pasteText(text) {
    await this.page.evaluate((text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', text);
      const init = { bubbles: true, cancelable: true, clipboardData };
      document.body.dispatchEvent(new ClipboardEvent('paste', init));
    }, text);
  }

  /**
   * Pastes files into the page and waits until the page has reacted.
   * @param {TestFile[]} files
   */
  async paste(...files) {
    await this.#give('paste', files);
    await this.settled();
  }

  /**
   * The pixels on the screen, RGBA.
   * @returns {Promise<{ data: Buffer, width: number, height: number }>}
   */
  async picture(pane = 0) {
    const overlay = this.#pane(pane).locator('.overlay');
    const { width, height, url } = await overlay.evaluate(async (element) => {
      const canvas = /** @type {HTMLCanvasElement} */ (element);
      const { width, height } = canvas;
      // The pixels come from a copy because Chromium warns if a canvas is read again and again.
      const copy = /** @type {OffscreenCanvasRenderingContext2D} */ (
        new OffscreenCanvas(width, height).getContext('2d')
      );
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, width, height);
      const reader = new FileReader();
      const read = new Promise((resolve) => reader.addEventListener('load', resolve));
      reader.readAsDataURL(new Blob([data]));
      await read;
      return { width, height, url: String(reader.result) };
    });
    return { data: Buffer.from(url.split(',')[1], 'base64'), width, height };
  }

  /** Ends the visit, and fails if it had problems. */
  async close() {
    await this.page.context().close();
    assert.deepEqual(this.problems, []);
  }

  /** Opens what says how a picture goes in. */
  async openPixels() {
    await this.page.getByRole('button', { name: /^Pixels/ }).click();
    return this.page.getByRole('dialog', { name: 'How a picture goes in' });
  }

  /** @param {number} pane */
  #pane(pane) {
    return this.page.locator('.pane').nth(pane);
  }

  #layers() {
    return this.page.getByRole('combobox', { name: 'Layer', exact: true, includeHidden: true });
  }

  /** @param {string} origin */
  #watch(origin) {
    const { page, problems } = this;
    page.on('console', (message) => {
      if (BLOCKED.test(message.text())) return;
      if (['error', 'warning'].includes(message.type())) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(`${error}`));
    page.on('requestfailed', (request) => {
      // A reload ends the icon that the browser still fetches.
      const isLeft = /\/icon[\w-]*\.\w+$/.test(request.url());
      if (!(isLeft && request.failure()?.errorText === 'net::ERR_ABORTED'))
        problems.push(`${request.url()} failed`);
    });
    page.on('response', (response) => {
      if (!response.ok() && response.status() !== 304)
        problems.push(`${response.url()} answers ${response.status()}`);
    });
    page.on('request', (request) => {
      const { protocol, origin: asked } = new URL(request.url());
      if (protocol !== 'blob:' && asked !== origin) problems.push(`asks for ${request.url()}`);
    });
  }

  /**
   * @param {'drop' | 'paste'} way
   * @param {TestFile[]} files
   */
  async #give(way, files) {
    const sent = files.map(({ name, type = '', bytes, lastModified }) => {
      return { name, type, lastModified, base64: Buffer.from(bytes).toString('base64') };
    });
    await this.page.evaluate(
      ({ way, sent }) => {
        const transfer = new DataTransfer();
        for (const { name, type, base64, lastModified } of sent) {
          const text = atob(base64);
          const bytes = new Uint8Array(text.length);
          for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
          transfer.items.add(new File([bytes], name, { type, lastModified }));
        }
        const init = { bubbles: true, cancelable: true };
        const event =
          way === 'drop'
            ? new DragEvent('drop', { ...init, dataTransfer: transfer })
            : new ClipboardEvent('paste', { ...init, clipboardData: transfer });
        document.body.dispatchEvent(event);
      },
      { way, sent },
    );
  }
}
