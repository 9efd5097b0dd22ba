/**
 * The first visit of the demo page on a slow line and a slow processor, for
 * `npm run bench -- --page`. Chromium slows the page's own thread. It cannot slow the worker.
 */

import fs from 'node:fs';
import { launchChromium } from '../tests/browser/chromium.js';
import { SetupError, inBuild } from '../wasm-build/tools.js';
import { manifest } from '../models/fetch.js';
import { median, quantile } from './measure.js';
import { usePage } from './page-use.js';
import { table } from './report.js';
import { serveSlowly } from './slow-server.js';

const LINE = { megabits: 10, latency: 40 };
const SLOWER = 4;

/**
 * What a visit has shown, with times in milliseconds since it began.
 * @typedef {{ overlay: number, own: number, bytes: number, shift: number }} Visit
 */

/** @import { Use } from './page-use.js' */

/**
 * @template Found
 * @typedef {{ what: keyof Found, name: string, limit: number, unit: string, digits: number }} Goal
 */

/** @type {Goal<Visit>[]} */
const VISIT_GOALS = [
  { what: 'overlay', name: 'first overlay', limit: 1.5, unit: ' s', digits: 2 },
  { what: 'own', name: 'own picture explained', limit: 8, unit: ' s', digits: 2 },
  { what: 'bytes', name: 'bytes until then', limit: 8.5, unit: ' MB', digits: 2 },
  { what: 'shift', name: 'cumulative layout shift', limit: 0.02, unit: '', digits: 3 },
];

/** A browser tells no task that is shorter than 50 ms. It counts as 0. */
const LONGEST = { limit: 50, unit: ' ms', digits: 0 };

/** @type {Goal<Use>[]} */
const USE_GOALS = [
  { what: 'step', name: 'step on the film strip', limit: 16, unit: ' ms', digits: 1 },
  { what: 'open', name: 'longest task, 48 megapixels are opened', ...LONGEST },
  { what: 'save', name: 'longest task, 48 megapixels are saved', ...LONGEST },
];

/** How often the page is used. Each time takes half a minute. */
const USES = 3;

/**
 * @param {number} rounds
 * @returns {Promise<string>} a table in Markdown
 */
export async function measurePage(rounds) {
  if (!fs.existsSync(inBuild('demo/index.html'))) throw new SetupError('run npm run build first');
  const browser = await launchChromium();
  /** @type {Visit[]} */
  const visits = [];
  /** @type {Use[]} */
  const uses = [];
  try {
    for (let round = 0; round < rounds; round++) visits.push(await visit(browser));
    for (let round = 0; round < USES; round++) uses.push(await usePage(browser));
  } finally {
    await browser.close();
  }
  const { megabits, latency } = LINE;
  const conditions = `${megabits} Mbit/s, ${latency} ms, page's thread ${SLOWER} x slower`;
  return [
    `${conditions}, ${rounds} visits.`,
    tableOf(VISIT_GOALS, visits),
    `The page in use, not slowed, ${USES} times.`,
    tableOf(USE_GOALS, uses),
  ].join('\n\n');
}

/**
 * @template Found
 * @param {Goal<Found>[]} goals
 * @param {Found[]} found
 */
function tableOf(goals, found) {
  const rows = goals.map(({ what, name, limit, unit, digits }) => {
    const values = found.map((one) => Number(one[what]));
    const [middle, ...ends] = [median(values), quantile(values, 0.1), quantile(values, 0.9)];
    const [low, high] = ends.map((value) => value.toFixed(digits));
    const state = middle < limit ? 'yes' : 'no';
    return [name, `${middle.toFixed(digits)}${unit} [${low}, ${high}]`, `${limit}${unit}`, state];
  });
  return table(['', 'median', 'less than', 'met'], rows);
}

/**
 * Opens the page, and drops a picture on it as soon as it shows a heat map.
 * @param {import('playwright-core').Browser} browser
 * @returns {Promise<Visit>}
 */
async function visit(browser) {
  const server = await serveSlowly(inBuild('demo'), LINE);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    const picture = fs.readFileSync(inBuild('pictures', manifest.pictures[1].file));
    await page.addInitScript(watch, picture.toString('base64'));
    await page.goto(server.address, { waitUntil: 'commit' });
    await page.waitForFunction(() => Object.hasOwn(globalThis, 'visit'), undefined, {
      timeout: 120_000,
      polling: 100,
    });
    const seen = await page.evaluate(() => /** @type {any} */ (globalThis).visit);
    const [overlay, own] = [seen.overlay / 1000, seen.own / 1000];
    return { overlay, own, shift: seen.shift, bytes: server.bytes() / 1e6 };
  } finally {
    await context.close();
    server.close();
  }
}

/**
 * Runs in the page. It looks again and again, drops a picture, and leaves the times in `visit`. A
 * look at every frame would make frames that no visitor has.
 * @param {string} picture in base64
 */
function watch(picture) {
  let [overlay, shift] = [0, 0];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) shift += /** @type {any} */ (entry).value;
  }).observe({ type: 'layout-shift', buffered: true });
  const says = (/** @type {string} */ place, /** @type {RegExp} */ pattern) =>
    pattern.test(document.querySelector(place)?.textContent ?? '');
  const drop = () => {
    const bytes = Uint8Array.from(atob(picture), (character) => character.charCodeAt(0));
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([bytes], 'own.jpg', { type: 'image/jpeg' }));
    const init = { bubbles: true, cancelable: true, dataTransfer };
    document.body.dispatchEvent(new DragEvent('drop', init));
  };
  const look = () => {
    const isPainted = document.querySelector('.room')?.ariaBusy !== 'true';
    const isThere = isPainted && says('.headline', /\d%/);
    if (isThere && overlay === 0) {
      overlay = performance.now();
      drop();
    } else if (isThere && says('.facts', / run /)) {
      Object.assign(globalThis, { visit: { overlay, own: performance.now(), shift } });
      return;
    }
    setTimeout(look, 20);
  };
  look();
}
