/**
 * npm run soak works for minutes with one engine, in Node and in both browsers, and fails unless
 * the memory is flat. It needs the package in dist, which `npm run build` makes.
 *
 *     npm run soak [-- --host node|chromium|firefox] [--threads N] [--parts N]
 *
 * --parts divides all amounts, for a short run.
 */

import path from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { root, runMain, say } from '../../wasm-build/tools.js';
import { launchChromium } from '../browser/chromium.js';
import { Firefox } from '../browser/firefox.js';
import { serve } from '../browser/server.js';
import { findGrowth, work } from './work.js';

/** @typedef {import('./work.js').Amounts} Amounts */
/** @typedef {import('./work.js').Sample} Sample */

/** What a long run does. */
const AMOUNTS = { explanations: 10_000, loads: 200, failures: 1000, crowds: 20 };

const ISOLATED = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/**
 * @param {Amounts} amounts
 * @param {number} threads
 * @returns {Promise<Sample[]>}
 */
async function soakNode(amounts, threads) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  const memory = async () => {
    // Memory that threads share is freed after the worker that had it has ended.
    for (let i = 0; i < 2; i++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      collect();
    }
    return process.memoryUsage().rss;
  };
  const index = pathToFileURL(path.join(root, 'web/package/index.js')).href;
  return work(await import(index), amounts, { memory, options: { threads } });
}

/**
 * Runs in the page.
 * @param {Amounts} amounts
 * @param {number} threads
 */
async function soakPage(amounts, threads) {
  const at = (/** @type {string} */ file) => new URL(file, location.href).href;
  const [gradcam, soak] = await Promise.all([
    import(at('/dist/index.js')),
    import(at('/soak/work.js')),
  ]);
  const memory = async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return /** @type {any} */ (performance).memory?.usedJSHeapSize ?? 0;
  };
  return soak.work(gradcam, amounts, { memory, options: { threads } });
}

/**
 * @param {(address: string) => Promise<Sample[]>} browse
 * @returns {Promise<Sample[]>}
 */
async function withServer(browse) {
  const folders = { '/dist/': [path.join(root, 'dist')], '/soak/': [import.meta.dirname] };
  const texts = { '/index.html': '<!doctype html>' };
  const server = await serve({ folders, texts, headers: ISOLATED });
  try {
    return await browse(server.address);
  } finally {
    await server.close();
  }
}

/** @type {Record<string, (amounts: Amounts, threads: number) => Promise<Sample[]>>} */
export const HOSTS = {
  node: soakNode,
  chromium: (amounts, threads) =>
    withServer(async (address) => {
      const browser = await launchChromium();
      const page = await browser.newPage();
      await page.goto(address);
      const text = `(${soakPage})(${JSON.stringify(amounts)}, ${threads})`;
      return /** @type {Promise<Sample[]>} */ (page.evaluate(text)).finally(() => browser.close());
    }),
  firefox: (amounts, threads) =>
    withServer(async (address) => {
      const browser = await Firefox.launch();
      await browser.open(address);
      return browser.call(`(${soakPage})`, amounts, threads).finally(() => browser.close());
    }),
};

/** @param {Sample[]} samples */
function table(samples) {
  const mb = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(0).padStart(5)} MB`;
  return samples.map(({ part, engine, process }) => {
    const host = process > 0 ? `, host ${mb(process)}` : '';
    return `${part.padEnd(13)} engine ${mb(engine)}${host}`;
  });
}

async function main() {
  const { values } = parseArgs({
    options: {
      host: { type: 'string' },
      threads: { type: 'string', default: '2' },
      parts: { type: 'string', default: '1' },
    },
  });
  const counts = Object.entries(AMOUNTS).map(([part, amount]) => {
    return [part, Math.ceil(amount / Number(values.parts))];
  });
  const amounts = /** @type {Amounts} */ (Object.fromEntries(counts));
  for (const host of values.host ? [values.host] : Object.keys(HOSTS)) {
    say(`${host}: ${counts.map(([part, amount]) => `${amount} ${part}`).join(', ')}`);
    const start = performance.now();
    const samples = await HOSTS[host](amounts, Number(values.threads));
    console.log(table(samples).join('\n'));
    const problems = findGrowth(samples);
    for (const problem of problems) console.log(problem);
    say(`${host}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
    if (problems.length > 0) process.exitCode = 1;
  }
}

if (import.meta.filename === process.argv[1]) await runMain(main);
