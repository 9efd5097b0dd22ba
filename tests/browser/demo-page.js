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
/** The window of a visit whose options name none. */
const WINDOW = { width: 1280, height: 720 };

/**
 * How a visit is made. One with a new tab finds an empty history and nothing that others have kept.
 * A script runs before those of the page.
 * @typedef {import('playwright-core').BrowserContextOptions &
 *   { isNewTab?: boolean, script?: string }} VisitOptions
 */

/**
 * The last visit of each browser that ended well, by its options. The next one takes its tab,
 * because a new process for each visit would double the time of a start.
 * @type {WeakMap<Browser, Map<string, DemoPage>>}
 */
const ended = new WeakMap();

let visits = 0;

/**
 * An address of the same page that no visit had. One that differs only behind its # would be a step
 * of the same document.
 * @param {string} address
 */
function elsewhere(address) {
  const url = new URL(address);
  url.searchParams.set('visit', `${++visits}`);
  return url.href;
}

export class DemoPage {
  /** Whether the visit makes the page drop what it fetches. */
  mayCancel = false;
  /** @type {string[]} */
  #problems = [];
  /** @type {import('playwright-core').Request[]} requests that the browser ended */
  #aborted = [];
  /** How many documents the tab has had. One counts as soon as the browser has read it. */
  #documents = 0;
  /** @type {WeakMap<import('playwright-core').Request, number>} the documents at its beginning */
  #began = new WeakMap();
  /** @type {string | undefined} the options of visits that may take the tab */
  #kind;

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
   * @param {VisitOptions} [options]
   */
  static async open(browser, address, { isNewTab = false, script, ...options } = {}) {
    const { viewport = WINDOW, colorScheme = 'light', ...more } = options;
    const { origin } = new URL(address);
    const kind = isNewTab ? undefined : JSON.stringify([origin, script, more]);
    const last = kind ? DemoPage.#take(browser, kind) : undefined;
    if (last) await last.#forget({ viewport, colorScheme });
    const demo = last ?? (await DemoPage.#begin(browser, address, { script, ...options }));
    demo.#kind = kind;
    await demo.page.goto(last ? elsewhere(address) : address);
    await demo.settled();
    return demo;
  }

  /**
   * The last visit of a kind, if it ended well.
   * @param {Browser} browser
   * @param {string} kind
   */
  static #take(browser, kind) {
    const last = ended.get(browser)?.get(kind);
    ended.get(browser)?.delete(kind);
    return last;
  }

  /**
   * Opens a tab, which is watched, without the page.
   * @param {Browser} browser
   * @param {string} address of the page
   * @param {VisitOptions} options
   */
  static async #begin(browser, address, { script, ...options }) {
    const demo = new DemoPage(await browser.newPage({ serviceWorkers: 'block', ...options }));
    if (script) await demo.page.addInitScript(script);
    demo.watch(address);
    return demo;
  }

  /**
   * Makes ready for another visit.
   * @param {{ viewport: VisitOptions['viewport'], colorScheme: VisitOptions['colorScheme'] }} look
   */
  async #forget({ viewport, colorScheme }) {
    const { page } = this;
    if (viewport) await page.setViewportSize(viewport);
    await page.emulateMedia({ colorScheme });
    await page.mouse.move(-10, -10);
    this.mayCancel = false;
    this.#problems = [];
    this.#aborted = [];
  }

  /** What no visit must show: errors, failed requests, requests to others. */
  get problems() {
    const isOfPage = (/** @type {import('playwright-core').Request} */ request) => {
      const began = this.#began.get(request) ?? 0;
      return this.#documents === 1 || began === this.#documents;
    };
    // A document that is left takes the requests with it that are under way.
    const dropped = this.mayCancel ? [] : this.#aborted.filter(isOfPage);
    return [...this.#problems, ...dropped.map((request) => `${request.url()} failed`)];
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
    // The end of a visit ends its requests, too.
    const { problems } = this;
    const context = this.page.context();
    const browser = context.browser();
    if (problems.length === 0 && this.#kind && browser) {
      const kinds = ended.get(browser) ?? new Map();
      ended.set(browser, kinds.set(this.#kind, this));
    } else {
      await context.close();
    }
    assert.deepEqual(problems, []);
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

  /**
   * Notes the problems of the visit from now on.
   * @param {string} address of the page
   */
  watch(address) {
    const { origin } = new URL(address);
    const { page } = this;
    const add = (/** @type {string} */ problem) => this.#problems.push(problem);
    page.on('console', (message) => {
      if (BLOCKED.test(message.text())) return;
      if (['error', 'warning'].includes(message.type())) add(message.text());
    });
    page.on('pageerror', (error) => add(`${error}`));
    page.on('domcontentloaded', () => this.#documents++);
    page.on('requestfailed', (request) => {
      if (request.failure()?.errorText === 'net::ERR_ABORTED') this.#aborted.push(request);
      else add(`${request.url()} failed`);
    });
    page.on('response', (response) => {
      if (!response.ok() && response.status() !== 304)
        add(`${response.url()} answers ${response.status()}`);
    });
    page.on('request', (request) => {
      this.#began.set(request, this.#documents);
      const { protocol, origin: asked } = new URL(request.url());
      if (protocol !== 'blob:' && asked !== origin) add(`asks for ${request.url()}`);
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
