/**
 * The package in frameworks and runtimes that are not among the project's own packages. Each app
 * is written as docs/bundlers.md says, and its heat map is compared with Node's.
 *
 *     npm run test:pack
 *     npm run test:pack -- rspack workerd
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launchChromium } from '../browser/chromium.js';
import { serve } from '../browser/server.js';
import {
  FILES,
  addPublicFiles,
  install,
  nodeOf,
  prepare,
  programOf,
  remove,
  runInstalled,
  withServer,
} from './registry.js';
import { run } from './tarball.js';

/** Maps of the variants of the engine differ by rounding, and by nothing else. */
const ROUNDING = 1e-4;

/** @typedef {{ target: number, heatmap: number[] }} Finding */

/**
 * @param {Finding} found
 * @param {Finding} expected
 */
function assertSame(found, expected) {
  assert.equal(found.target, expected.target, JSON.stringify(found));
  const differences = expected.heatmap.map((value, i) => Math.abs(value - found.heatmap[i]));
  assert.ok(Math.max(...differences) < ROUNDING, `${Math.max(...differences)}`);
}

/** @type {Finding} */
let expected;
before(() => {
  prepare();
  expected = JSON.parse(run(process.execPath, ['main.js'], install('node', ['node'])));
});

/**
 * A test of a framework. It is left out if the arguments choose others.
 * @param {string} name
 * @param {() => unknown} check
 */
function framework(name, check) {
  const chosen = process.argv.slice(2);
  if (chosen.length > 0 && !chosen.includes(name)) return;
  test(name, async () => {
    failures++;
    await check();
    failures--;
    remove(name);
  });
}

/** How many apps do not work. They are left for a look at them. */
let failures = 0;
after(() => {
  if (failures === 0) remove();
});

describe('runtimes', () => {
  for (const name of ['node-22', 'node-24', 'node-26']) {
    framework(name, () => {
      const folder = install(name, ['node']);
      for (const main of ['main.js', 'main.cjs']) {
        assertSame(JSON.parse(run(nodeOf(folder), [main], folder)), expected);
      }
    });
  }

  framework('bun', () => {
    const folder = install('bun', ['node']);
    const program = programOf(folder, '@oven', 'bin/bun');
    // Where npm runs Bun's script, this moves the program.
    const moved = join(folder, 'node_modules/bun/bin/bun.exe');
    const found = existsSync(program) ? program : moved;
    assertSame(JSON.parse(run(found, ['main.js'], folder)), expected);
  });

  framework('deno', () => {
    const folder = install('deno', ['node']);
    const program = programOf(folder, '@deno', 'deno');
    const args = ['run', '--allow-read', '--allow-env', '--allow-sys', 'main.js'];
    assertSame(JSON.parse(run(program, args, folder)), expected);
  });

  framework('workerd', () => {
    const folder = install('workerd', ['workerd']);
    const [found, bare] = JSON.parse(run(process.execPath, ['main.js'], folder));
    assertSame(found, expected);
    assert.match(bare, /^FETCH_FAILED: .* wasmModule/);
  });

  framework('vue', () => {
    const folder = install('vue', ['vue']);
    assertSame(JSON.parse(run(process.execPath, ['main.js'], folder)), expected);
  });
});

describe('TypeScript', () => {
  for (const name of ['typescript-5.4', 'typescript-6']) {
    framework(name, () => {
      const folder = install(name, ['types']);
      for (const project of ['tsconfig.json', 'tsconfig.node.json']) {
        const options = ['--project', project, '--module', 'nodenext'];
        runInstalled(folder, ['typescript/lib/tsc.js', ...options]);
      }
    });
  }
});

describe('runners of tests', () => {
  /** @param {string} folder of an app whose test writes what it found */
  function takeFound(folder) {
    const found = JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8'));
    rmSync(join(folder, 'found.json'));
    return found;
  }

  framework('vitest', () => {
    const folder = install('vitest', ['vitest']);
    for (const environment of ['node', 'jsdom', 'happy-dom']) {
      runInstalled(folder, ['vitest/vitest.mjs', 'run', '--environment', environment]);
      assertSame(takeFound(folder), expected);
    }
  });

  framework('jest', () => {
    const folder = install('jest', ['jest']);
    const jest = join(folder, 'node_modules/jest/bin/jest.js');
    run(process.execPath, ['--experimental-vm-modules', jest], folder);
    assertSame(takeFound(folder), expected);
  });
});

describe('pages', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  /**
   * Compares what an app finds on the page and in a worker.
   * @param {string} address
   */
  async function checkPage(address) {
    const page = await browser.newPage();
    try {
      await page.goto(address);
      await page.waitForFunction('globalThis.results');
      const results = /** @type {Finding[]} */ (await page.evaluate('results'));
      for (const result of results) assertSame(result, expected);
      assert.equal(results.length, 2);
    } finally {
      await page.close();
    }
  }

  /**
   * Builds an app, and serves what was built as it is.
   * @param {string} folder
   * @param {string[]} command
   */
  async function checkBuilt(folder, command) {
    runInstalled(folder, command);
    const site = await serve({ folders: { '/': [join(folder, 'dist'), folder, FILES] } });
    try {
      await checkPage(site.address);
    } finally {
      await site.close();
    }
  }

  /**
   * @param {string} address of a server's own answer
   */
  async function checkAnswer(address) {
    assertSame(/** @type {any} */ (await (await fetch(address)).json()), expected);
  }

  const files = ['index.html', 'main.js', 'explain.js'];

  framework('rspack', () =>
    checkBuilt(install('rspack', [...files, 'rspack']), ['@rspack/cli/bin/rspack.js', 'build']),
  );

  framework('rsbuild', () =>
    checkBuilt(install('rsbuild', [...files, 'rsbuild']), [
      '@rsbuild/core/bin/rsbuild.js',
      'build',
    ]),
  );

  framework('parcel', async () => {
    const folder = install('parcel', [...files, 'parcel']);
    const build = ['parcel/lib/bin.js', 'build', 'index.html'];
    await checkBuilt(folder, [...build, '--no-scope-hoist']);
    const hint = /WORKER_FAILED: .*--no-scope-hoist/;
    await assert.rejects(checkBuilt(folder, build), hint, 'the error names the cause');
  });

  framework('sveltekit', () =>
    checkBuilt(install('sveltekit', ['explain.js', 'sveltekit']), ['vite/bin/vite.js', 'build']),
  );

  framework('astro', async () => {
    const folder = install('astro', ['main.js', 'explain.js', 'astro']);
    addPublicFiles(folder);
    await checkBuilt(folder, ['astro/astro.js', 'build']);
    const develop = ['node_modules/astro/astro.js', 'dev', '--port', 'PORT', '--host', '127.0.0.1'];
    await withServer(folder, develop, checkPage);
  });

  framework('angular', async () => {
    const folder = install('angular', ['explain.js', 'angular']);
    addPublicFiles(folder);
    await checkBuilt(folder, ['@angular/cli/bin/ng.js', 'build']);
    const develop = ['node_modules/@angular/cli/bin/ng.js', 'serve', '--port', 'PORT'];
    await withServer(folder, [...develop, '--host', '127.0.0.1'], checkPage);
  });

  framework('next', async () => {
    const folder = install('next', ['explain.js', 'next']);
    addPublicFiles(folder);
    runInstalled(folder, ['next/dist/bin/next', 'build']);
    const start = ['node_modules/next/dist/bin/next', 'start', '--port', 'PORT'];
    await withServer(folder, start, async (address) => {
      await checkPage(address);
      await checkAnswer(`${address}api/explain`);
    });
  });

  framework('nuxt', async () => {
    const folder = install('nuxt', ['explain.js', 'nuxt']);
    addPublicFiles(folder);
    runInstalled(folder, ['nuxt/bin/nuxt.mjs', 'build']);
    await withServer(folder, ['.output/server/index.mjs'], async (address) => {
      await checkPage(address);
      await checkAnswer(`${address}api/explain`);
    });
  });
});
