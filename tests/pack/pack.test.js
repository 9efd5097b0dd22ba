/** What npm publishes: its contents, and apps of every kind that install it. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { loadModel } from '../../web/package/index.js';
import { root } from '../../wasm-build/tools.js';
import { SKIP, launchChromium } from '../browser/chromium.js';
import { serve } from '../browser/server.js';
import { DEFAULT_MODEL, DOG_PICTURE } from '../js/fixtures.js';
import { testExamples } from './examples.js';
import { createApp, inPack, packAndInstall, run, runScript } from './tarball.js';

/** Bytes with brotli of all that a page loads before it opens a model. HDF5's reader is in them. */
const START_BUDGET = 252_000;
/** Bytes of the tarball without the page of the command line. */
const TARBALL_BUDGET = 1_200_000;
/** Bytes of the page in the tarball. */
const PAGE_BUDGET = 100_000;

/** The variants of the engine, of which a page loads one. */
const MODULES = ['', '-relaxed', '-threads', '-relaxed-threads'].map((v) => `gradcam${v}.wasm`);

/**
 * The only one whose address stands in the code that a page starts with. Frameworks such as Nuxt
 * tell the page to fetch all files in advance whose addresses stand there.
 */
const FIRST_MODULE = 'gradcam-relaxed.wasm';

/** A content security policy as strict as the package allows. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
].join('; ');

/** The files that may be in it. */
const PUBLISHED = [
  /^(package\.json|models\/manifest\.json|LICENSE)$/,
  /^((README|CHANGELOG|SECURITY)\.md|docs\/[\w-]+\.md)$/,
  /^dist\/([\w-]+\.js|gradcam(-relaxed)?(-threads)?\.wasm|(LICENSE|THIRD_PARTY_NOTICES)\.txt)$/,
  /^dist\/page\/(index\.html|assets\/[\w-]+\.(js|css|svg))$/,
  /^dist\/types\/([\w-]+\/)?[\w-]+\.d\.ts$/,
];

/** @type {string} its path */
let tarball;
before(() => (tarball = packAndInstall()));

/** @param {string} name of a file in the installed package */
const installed = (name) => readFileSync(inPack('node_modules/gradcam-wasm', name), 'utf8');

/** @param {number} bytes */
const inKilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

describe('the tarball', () => {
  test('holds what is used, and nothing else', (t) => {
    const folder = inPack('node_modules/gradcam-wasm');
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    const files = paths.filter((path) => statSync(join(folder, path)).isFile());
    const page = files.filter((path) => path.startsWith('dist/page/'));
    const pageSize = gzipSync(Buffer.concat(page.map((name) => readFileSync(join(folder, name)))));
    const rest = statSync(tarball).size - pageSize.length;
    const sizes = `${inKilobytes(rest)} and ${inKilobytes(pageSize.length)} of the page`;
    t.diagnostic(sizes);
    assert.ok(rest < TARBALL_BUDGET && pageSize.length < PAGE_BUDGET, sizes);
    assert.deepEqual(
      files.filter((path) => !PUBLISHED.some((pattern) => pattern.test(path))),
      [],
    );
    const entries = [
      'index.js',
      'whole.js',
      'worker-session.js',
      'worker.js',
      'thread.js',
      'imagenet.js',
      'element.js',
      'cli.js',
    ];
    for (const name of [...entries, ...MODULES]) {
      assert.ok(files.includes(`dist/${name}`), name);
    }
  });

  test('depends on no other package', () => {
    const kinds = Object.keys(JSON.parse(installed('package.json'))).filter((key) =>
      key.endsWith('ependencies'),
    );
    assert.deepEqual(kinds, ['devDependencies']);
  });

  test('has the addresses in the form that bundlers look for', () => {
    for (const name of MODULES) {
      const file = name === FIRST_MODULE ? 'core.js' : 'wasm-files.js';
      const address = `new URL("./${name}", import.meta.url)`;
      assert.ok(installed(`dist/${file}`).includes(address), name);
    }
    const workers = { 'worker-start.js': 'worker.js', 'core.js': 'thread.js' };
    for (const [file, script] of Object.entries(workers)) {
      const address = `new Worker(new URL("./${script}", import.meta.url), { type: "module" })`;
      assert.ok(installed(`dist/${file}`).includes(address), script);
    }
  });

  test('exports the files that a program may name', () => {
    const { exports, main, types } = JSON.parse(installed('package.json'));
    for (const name of [...MODULES, 'worker.js', 'thread.js']) {
      assert.equal(exports[`./${name}`], `./dist/${name}`);
    }
    assert.deepEqual({ default: main, types }, exports['.']);
  });

  test('is found whole by tools that trace the files of a server', async () => {
    const { nodeFileTrace } = await import('@vercel/nft');
    const folder = createApp('traced', ['node']);
    const { fileList } = await nodeFileTrace([join(folder, 'main.js')], { base: inPack() });
    const found = MODULES.filter((name) => fileList.has(`node_modules/gradcam-wasm/dist/${name}`));
    assert.deepEqual(found, MODULES);
  });

  test('has the text of its licence', () => {
    const { license } = JSON.parse(installed('package.json'));
    const own = installed('LICENSE');
    assert.equal(license, 'MIT');
    assert.ok(own.startsWith(`SPDX-License-Identifier: ${license}\n`));
    const [, copyright] = own.match(/^(Copyright \(c\) \d{4} the gradcam-wasm authors)$/m) ?? [];
    assert.ok(copyright, own);
    // React has the same licence: all that differs are the copyright line and where lines end.
    const react = readFileSync(join(root, 'node_modules/react/LICENSE'), 'utf8');
    const expected = react.replace(/^Copyright .*$/m, copyright);
    assert.deepEqual(installed('dist/LICENSE.txt').split(/\s+/), expected.split(/\s+/));
  });

  test('has the licences of all that it contains', () => {
    const notices = installed('dist/THIRD_PARTY_NOTICES.txt');
    const sources = JSON.parse(readFileSync(join(root, 'wasm-build/sources.json'), 'utf8'));
    const libraries = ['fflate', 'mrmime', '.*\\bopen', '.*\\bsirv'];
    for (const name of [...Object.keys(sources), 'musl', 'ImageNet', ...libraries]) {
      assert.match(notices, new RegExp(`^${name}\\b.* \\(in .*\\)\\n=+\\n\\n.{10}`, 'ms'), name);
    }
    for (const holder of [
      'Luke Edwards',
      'Sindre Sorhus',
      'Google LLC',
      'Sean Barrett',
      'Matplotlib',
      'Cynthia Brewer',
    ]) {
      assert.ok(notices.includes(holder), holder);
    }
  });

  test('pleases publint', () => {
    runScript('publint/src/cli.js', ['run', tarball, '--strict'], root);
  });

  test('has types that resolve everywhere that can import it', () => {
    const scripts = [...MODULES, 'worker.js', 'thread.js'];
    const args = [tarball, '--profile', 'esm-only', '--exclude-entrypoints', ...scripts];
    runScript('@arethetypeswrong/cli/dist/index.js', args, root);
  });

  for (const [module, resolution] of Object.entries({ nodenext: 'nodenext', esnext: 'bundler' })) {
    test(`has types that hold, with module resolution "${resolution}"`, () => {
      const folder = createApp(`types-${resolution}`, ['types']);
      const options = ['--module', module, '--moduleResolution', resolution];
      runScript('typescript/bin/tsc', ['--project', '.', ...options], folder);
    });
  }

  test('has types that hold in a program that knows no browser', () => {
    const folder = createApp('types-node', ['types']);
    runScript('typescript/bin/tsc', ['--project', 'tsconfig.node.json'], folder);
  });

  test('has no internal types, and none that TypeScript 5.4 cannot read', () => {
    const types = inPack('node_modules/gradcam-wasm/dist/types');
    const names = readdirSync(types, { recursive: true, encoding: 'utf8' });
    assert.ok(!names.includes('architectures'));
    for (const name of names.filter((name) => name.endsWith('.d.ts'))) {
      const code = readFileSync(join(types, name), 'utf8').replaceAll(/^ *\/?\*.*$/gm, '');
      assert.doesNotMatch(code, /(Array|View)<ArrayBuffer/, name);
    }
  });

  for (const [what, entries] of Object.entries({
    'a page': ['index.js', 'gradcam-relaxed.wasm'],
    'a page without relaxed SIMD': ['index.js', 'wasm-files.js', 'gradcam.wasm'],
    'a page with threads': [
      'index.js',
      'thread.js',
      'wasm-files.js',
      'gradcam-relaxed-threads.wasm',
    ],
    'a page with a worker': ['worker-session.js', 'worker.js', 'gradcam-relaxed.wasm'],
  })) {
    test(`is light at the start of ${what}`, (t) => {
      const files = withImports(entries);
      const contents = files.map((name) =>
        readFileSync(inPack('node_modules/gradcam-wasm/dist', name)),
      );
      const brotli = sum(contents.map((bytes) => brotliCompressSync(bytes).length));
      const gzip = sum(contents.map((bytes) => gzipSync(bytes, { level: 9 }).length));
      const sizes = `${inKilobytes(brotli)} with brotli, ${inKilobytes(gzip)} with gzip`;
      t.diagnostic(`${files.join(' + ')}: ${sizes}`);
      assert.ok(brotli < START_BUDGET, sizes);
    });
  }
});

/**
 * Files and what they import, but for what is loaded on demand.
 * @param {string[]} files of dist/
 * @returns {string[]}
 */
function withImports(files) {
  const found = new Set(files);
  for (const file of found) {
    const imports = installed(`dist/${file}`).matchAll(/^(?:import|export) .*?"\.\/(.+?)";$/gms);
    for (const [, name] of imports) found.add(name);
  }
  return [...found];
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

test('docs/bundlers.md tells what the apps do', () => {
  const text = readFileSync(join(root, 'docs/bundlers.md'), 'utf8');
  const files = [
    'vite-7/vite.config.js',
    'rollup/rollup.config.js',
    'esbuild/build.js',
    'astro/astro.config.mjs',
    'next/next.config.mjs',
    'parcel/package.json',
  ];
  for (const file of files) {
    const code = readFileSync(join(root, 'tests/pack/apps', file), 'utf8');
    const shown = `\n${code.replace("'vite-7'", "'vite'")}\`\`\`\n`;
    assert.ok(text.includes(shown), file);
  }
  const angular = readFileSync(join(root, 'tests/pack/apps/angular/angular.json'), 'utf8');
  const [, section] = text.split(/^## (?:Angular|Parcel)$/m);
  const blocks = [...section.matchAll(/^```json\n\{(.*?)\}\n```/gms)];
  assert.equal(blocks.length, 2);
  const packed = (/** @type {string} */ code) => code.replaceAll(/\s/g, '');
  for (const [, setting] of blocks) assert.ok(packed(angular).includes(packed(setting)), setting);
});

describe('apps', () => {
  /**
   * What an app finds; the variants of the engine differ by rounding.
   * @typedef {{ target: number, heatmap: number[], zipCode: string }} Finding
   */
  /** @type {Finding} */
  let expected;
  /** @type {Finding} */
  let expectedInBrowser;
  const files = inPack('files');

  before(async () => {
    mkdirSync(files);
    symlinkSync(DEFAULT_MODEL, join(files, 'model.h5'));
    symlinkSync(DOG_PICTURE, join(files, 'picture.jpg'));
    writeFileSync(join(files, 'other.zip'), zipSync({ 'note.txt': new Uint8Array(9) }));
    writeFileSync(join(files, 'favicon.ico'), '');
    expected = await find();
    await import('../../wasm-build/enable-relaxed-simd.js');
    expectedInBrowser = await find({ wasmVariant: 'relaxed' });
  });

  /**
   * @param {import('gradcam-wasm').WasmOptions} [options]
   * @returns {Promise<Finding>}
   */
  async function find(options) {
    const model = await loadModel(readFileSync(DEFAULT_MODEL), options);
    const run = await model.run(readFileSync(DOG_PICTURE));
    const { target, heatmap } = (await run.explain()).targets[0];
    model.dispose();
    return { target: Number(target), heatmap: [...heatmap.data], zipCode: 'INVALID_MODEL' };
  }

  test('Node', () => {
    const folder = createApp('node', ['node']);
    assert.deepEqual(JSON.parse(run(process.execPath, ['main.js'], folder)), expected);
  });

  test('command line', () => {
    const args = ['explain', '../files/model.h5', '../files/picture.jpg', '--json'];
    const tool = inPack('node_modules/.bin/gradcam-wasm');
    const { targets } = JSON.parse(run(tool, [...args, '--output', 'overlay.png'], inPack('node')));
    assert.deepEqual(targets[0].heatmap.data, expected.heatmap);
    assert.deepEqual([...readFileSync(inPack('node/overlay.png')).subarray(1, 4)], [80, 78, 71]);
  });

  test('page of the command line', async () => {
    const tool = inPack('node_modules/.bin/gradcam-wasm');
    const child = spawn(tool, ['open', '../files/model.h5', '--no-browser'], {
      cwd: inPack('node'),
    });
    const [address] = await once(child.stdout.setEncoding('utf8'), 'data');
    const html = await (await fetch(address.trim())).text();
    const [, script] = /src="(\.\/assets\/index-.*?\.js)"/.exec(html) ?? [];
    const scripts = [script, 'assets/../../worker-session.js', 'assets/../../gradcam.wasm'];
    for (const name of scripts) {
      const { status, headers } = await fetch(new URL(name, address.trim()));
      assert.deepEqual(
        [status, headers.get('cross-origin-embedder-policy')],
        [200, 'require-corp'],
      );
    }
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });

  describe('in a browser', { skip: SKIP }, () => {
    /** @type {import('playwright-core').Browser} */
    let browser;
    before(async () => (browser = await launchChromium()));
    after(() => browser?.close());

    /**
     * What the app at an address finds on the page and in a worker.
     * @param {string} address
     * @returns {Promise<{ results: unknown[], problems: string[] }>}
     */
    async function visit(address) {
      const page = await browser.newPage();
      /** @type {string[]} */
      const problems = [];
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type()))
          problems.push(`${message.text()} ${message.location().url}`);
      });
      page.on('pageerror', (error) => problems.push(`${error}`));
      await page.goto(address);
      const results = await page.evaluate('results').catch((error) => [String(error)]);
      await page.close();
      return { results, problems };
    }

    /**
     * Visits an app on a server under a strict content security policy.
     * @param {string} folder
     * @param {{ fallback?: boolean }} [options]
     */
    async function visitBuilt(folder, options) {
      const folders = { '/': [join(folder, 'dist'), folder, files] };
      const headers = { 'content-security-policy': POLICY };
      const site = await serve({ folders, headers, ...options });
      try {
        return await visit(site.address);
      } finally {
        await site.close();
      }
    }

    /**
     * Visits an app on Vite's development server.
     * @param {'vite' | 'vite-7'} version
     * @param {string} folder
     */
    async function visitDevelopment(version, folder) {
      const { createServer } = await import(version);
      const server = await createServer({
        root: folder,
        publicDir: files,
        server: { host: '127.0.0.1', port: 0 },
        logLevel: 'silent',
      });
      await server.listen();
      try {
        return await visit(server.resolvedUrls.local[0]);
      } finally {
        await server.close();
      }
    }

    /** @param {{ results: unknown[], problems: string[] }} visited */
    function assertExpected({ results, problems }) {
      assert.deepEqual(problems, []);
      assert.deepEqual(results, [expectedInBrowser, expectedInBrowser]);
    }

    const page = ['index.html', 'main.js', 'explain.js'];

    for (const [name, app, script, args] of /** @type {[string, string[], string, string[]][]} */ ([
      ['vite', [], 'vite/bin/vite.js', ['build', '--logLevel', 'warn']],
      ['vite-7', ['vite-7'], 'vite-7/bin/vite.js', ['build', '--logLevel', 'warn']],
      ['webpack', ['webpack'], 'webpack/bin/webpack.js', []],
      ['rollup', ['rollup'], 'rollup/dist/bin/rollup', ['-c', '--silent']],
    ])) {
      test(name, async () => {
        const folder = createApp(name, [...page, ...app]);
        runScript(script, args, folder);
        assertExpected(await visitBuilt(folder));
      });
    }

    test('esbuild', async () => {
      const folder = createApp('esbuild', [...page, 'esbuild']);
      run(process.execPath, ['build.js'], folder);
      assertExpected(await visitBuilt(folder));
    });

    test('no bundler', async () => {
      const folder = createApp('plain', page);
      const explain = readFileSync(join(folder, 'explain.js'), 'utf8')
        .replace("'gradcam-wasm'", "'./node_modules/gradcam-wasm/dist/index.js'")
        .replace("'gradcam-wasm/worker'", "'./node_modules/gradcam-wasm/dist/worker-session.js'");
      writeFileSync(join(folder, 'explain.js'), explain);
      assertExpected(await visitBuilt(folder));
    });

    test('development server of vite', async () => {
      assertExpected(await visitDevelopment('vite', createApp('vite-development', page)));
    });

    test('development server of vite-7', async () => {
      const folder = createApp('vite-7-development', [...page, 'vite-7']);
      assertExpected(await visitDevelopment('vite-7', folder));
    });

    test('without the line that Vite 7 needs, the error names the cause', async () => {
      const { results } = await visitDevelopment('vite-7', createApp('vite-7-bare', page));
      const cause = /^WASM_FAILED: .*gradcam\.wasm is an HTML page.* optimizeDeps\.exclude/;
      assert.match(String(results[0]), cause);
      assert.match(String(results[1]), /^WORKER_FAILED: /);
    });

    test('where files were not copied, the error names the cause', async () => {
      const folder = createApp('bare', page);
      const options = ['main.js', '--bundle', '--format=esm', '--outdir=dist'];
      run(join(root, 'node_modules/.bin/esbuild'), [...options, '--log-level=error'], folder);
      const fallback = await visitBuilt(folder, { fallback: true });
      assert.match(String(fallback.results[0]), /^WASM_FAILED: .*gradcam\.wasm is an HTML page/);
      assert.match(String(fallback.results[1]), /^WORKER_FAILED: .*worker\.js/);
      const missing = await visitBuilt(folder);
      assert.match(String(missing.results[0]), /^FETCH_FAILED: .*gradcam\.wasm \(404/);
      assert.match(String(missing.results[1]), /^WORKER_FAILED: .*worker\.js/);
    });
  });
});

testExamples();
