/**
 * Apps of frameworks and runtimes that are not among the project's own packages. Each is installed
 * from the registry at the versions of frameworks.json, into build/pack-apps.
 *
 *     npm run test:pack
 *     npm run test:pack -- rspack workerd
 */

import assert from 'node:assert/strict';
import {
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { zipSync } from 'fflate';
import { inBuild, root } from '../../wasm-build/tools.js';
import { launchChromium } from '../browser/chromium.js';
import { serve } from '../browser/server.js';
import { DEFAULT_MODEL, DOG_PICTURE } from '../js/fixtures.js';
import { run } from './tarball.js';

const FOLDER = inBuild('pack-apps');
const FILES = join(FOLDER, 'files');

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const TARBALL = join(FOLDER, `gradcam-wasm-${version}.tgz`);

/** @type {Record<string, Record<string, string>>} packages of each framework, with versions */
const FRAMEWORKS = JSON.parse(readFileSync(join(root, 'tests/pack/frameworks.json'), 'utf8'));

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

/**
 * Installs a framework and the packed package beside the files of an app.
 * @param {string} name in frameworks.json
 * @param {string[]} files of tests/pack/apps
 * @returns {string} the folder
 */
function install(name, files) {
  const folder = join(FOLDER, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const file of files) {
    const source = join(root, 'tests/pack/apps', file);
    cpSync(source, file.includes('.') ? join(folder, file) : folder, { recursive: true });
  }
  const dependencies = { ...FRAMEWORKS[name], 'gradcam-wasm': `file:${TARBALL}` };
  const manifest = { private: true, type: 'module', dependencies };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'tsconfig.json'), '{}\n');
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], folder);
  return folder;
}

/** @type {Finding} */
let expected;
before(() => {
  mkdirSync(FILES, { recursive: true });
  run('npm', ['pack', '--pack-destination', FOLDER], root);
  for (const [file, name] of [
    [DEFAULT_MODEL, 'model.h5'],
    [DOG_PICTURE, 'picture.jpg'],
  ]) {
    rmSync(join(FILES, name), { force: true });
    symlinkSync(file, join(FILES, name));
  }
  writeFileSync(join(FILES, 'other.zip'), zipSync({ 'note.txt': new Uint8Array(9) }));
  writeFileSync(join(FILES, 'favicon.ico'), '');
  const folder = join(FOLDER, 'node');
  install('node', ['node']);
  expected = JSON.parse(run(process.execPath, ['main.js'], folder));
});

/**
 * A test of a framework. It is left out if the arguments choose others.
 * @param {string} name
 * @param {() => unknown} check
 */
function framework(name, check) {
  const chosen = process.argv.slice(2);
  if (chosen.length === 0 || chosen.includes(name)) test(name, async () => void (await check()));
}

/**
 * The program of a runtime. npm installs only the package that this machine can run.
 * @param {string} folder
 * @param {string} scope of the packages with the program
 * @param {string} file in it
 */
function programOf(folder, scope, file) {
  const [name] = readdirSync(join(folder, 'node_modules', scope));
  return join(folder, 'node_modules', scope, name, file);
}

describe('runtimes', () => {
  framework('bun', () => {
    const folder = install('bun', ['node']);
    assertSame(
      JSON.parse(run(programOf(folder, '@oven', 'bin/bun'), ['main.js'], folder)),
      expected,
    );
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

describe('pages', () => {
  /** @type {import('playwright-core').Browser} */
  let browser;
  before(async () => (browser = await launchChromium()));
  after(() => browser?.close());

  /**
   * Builds an app, and compares what it finds on the page and in a worker.
   * @param {string} name
   * @param {string[]} files
   * @param {string[]} command under node_modules, and its arguments
   */
  async function check(name, files, [script, ...args]) {
    const folder = install(name, files);
    run(process.execPath, [join(folder, 'node_modules', script), ...args], folder);
    const site = await serve({ folders: { '/': [join(folder, 'dist'), folder, FILES] } });
    const page = await browser.newPage();
    try {
      await page.goto(site.address);
      await page.waitForFunction('globalThis.results');
      const results = /** @type {Finding[]} */ (await page.evaluate('results'));
      const [onPage, inWorker] = results;
      assertSame(onPage, expected);
      assertSame(inWorker, expected);
    } finally {
      await page.close();
      await site.close();
    }
  }

  framework('rspack', () =>
    check('rspack', ['index.html', 'main.js', 'rspack'], ['@rspack/cli/bin/rspack.js', 'build']),
  );
});
