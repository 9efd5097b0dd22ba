/**
 * The tables of docs/environments.md. A row says which test knows its state, and a test checks that
 * there is such a test. Versions in braces are those that the tests install.
 *
 *     node tests/pack/environments.js
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { format } from 'prettier';
import { isMain, root, writeAtomically } from '../../wasm-build/tools.js';

export const DOCUMENT = join(root, 'docs/environments.md');

/**
 * Who knows the state of a row: a test of `npm test`, as its file and name, or the app of `npm run
 * test:pack`, or neither.
 * @typedef {[file: string, name: string] | [app: string] | []} Source
 */

/** @typedef {{ what: string, state: string, write: string, source: Source }} Row */

/**
 * @param {string} what
 * @param {string} state
 * @param {string} write what a user has to write
 * @param {Source} source
 * @returns {Row}
 */
const row = (what, state, write, ...source) => ({ what, state, write, source });

const PACK = 'tests/pack/pack.test.js';
const EXAMPLES = 'tests/pack/examples.js';
const ORIGINS = 'tests/browser/origins.test.js';
const URLS = 'tests/js/url.test.js';
const MODEL = 'tests/js/model.test.js';
const FOREIGN = 'tests/browser/foreign-pictures.test.js';

export const ENVIRONMENTS = [
  row('Node 20', 'map', 'nothing', PACK, 'node'),
  row('Node 22, `import` and `require`', 'map', 'nothing', 'node-22'),
  row('Node 24, `import` and `require`', 'map', 'nothing', 'node-24'),
  row('Node 26, `import` and `require`', 'map', 'nothing', 'node-26'),
  row(
    'Node, a path with `#`, `?` or `%`',
    'works',
    'nothing',
    URLS,
    'a path may have any characters',
  ),
  row(
    'Node on Windows, emulated: commands and paths',
    'works',
    'nothing',
    URLS,
    'the command line works where the folder is one of Windows',
  ),
  row('Bun {bun}', 'map', 'nothing', 'bun'),
  row('Deno {deno}', 'map', '`--allow-read`', 'deno'),
  row('Cloudflare Workers (workerd of miniflare 4)', 'map', '`wasmModule`', 'workerd'),
  row('Vite {vite}, built, with a worker', 'map', 'nothing', PACK, 'vite'),
  row('Vite {vite}, development', 'map', 'nothing', PACK, 'development server of vite'),
  row('Vite 7, built, with a worker', 'map', 'two lines', PACK, 'vite-7'),
  row('Vite 7, development', 'map', 'two lines', PACK, 'development server of vite-7'),
  row('webpack {webpack}, with a worker', 'map', 'nothing', PACK, 'webpack'),
  row('Rollup {rollup}, with a worker', 'map', 'a copy of `dist`', PACK, 'rollup'),
  row('esbuild {esbuild}, with a worker', 'map', 'a copy of `dist`', PACK, 'esbuild'),
  row('Rspack {@rspack/core}, with a worker', 'map', 'nothing', 'rspack'),
  row('Rsbuild {@rsbuild/core}, with a worker', 'map', 'nothing', 'rsbuild'),
  row('Parcel {parcel}, built, with a worker', 'map', 'a setting, a switch', 'parcel'),
  row('React {react}, built', 'overlay', 'nothing', EXAMPLES, 'react'),
  row(
    'React {react}, StrictMode, mounted twice while the model loads',
    'no worker is left',
    'nothing',
    EXAMPLES,
    'React in StrictMode leaves no worker and no error',
  ),
  row('Vue {vue}, model and run in `ref()` and `reactive()`', 'map', 'nothing', 'vue'),
  row('Next {next}, Turbopack, page and worker, route handler', 'map', 'a line', 'next'),
  row('Nuxt {nuxt} with Vite 8, page and worker, server route', 'map', 'nothing', 'nuxt'),
  row('SvelteKit {@sveltejs/kit} with Vite 8, built, with a worker', 'map', 'nothing', 'sveltekit'),
  row('Astro {astro}, built and development, with a worker', 'map', 'two lines', 'astro'),
  row(
    'Angular {@angular/core}, built and `ng serve`, with a worker',
    'map',
    'two settings',
    'angular',
  ),
  row('no bundler', 'map', 'nothing', PACK, 'no bundler'),
  row(
    'the package from another origin, with a worker',
    'map',
    'nothing',
    ORIGINS,
    'the worker front end works from the server of another origin',
  ),
  row(
    'service worker, `.safetensors`',
    'works',
    'nothing',
    ORIGINS,
    'a service worker opens .safetensors files, and says what opens others',
  ),
  row(
    'service worker, all kinds of models',
    'works',
    'import `gradcam-wasm/whole`',
    ORIGINS,
    'gradcam-wasm/whole does everything in a service worker',
  ),
  row(
    'two copies of the package on one page',
    'work',
    'nothing',
    'tests/js/own.test.js',
    'of another copy of the package is known',
  ),
  row(
    "tracing of a server's files (`@vercel/nft`)",
    'finds all files',
    'nothing',
    PACK,
    'is found whole by tools that trace the files of a server',
  ),
  row('Vitest {vitest}: node, jsdom, happy-dom', 'map', 'nothing', 'vitest'),
  row('Jest {jest}, node', 'map', '`--experimental-vm-modules`', 'jest'),
  row('TypeScript 5.9, `nodenext` and `bundler`', 'types hold', 'nothing', PACK, 'nodenext'),
  row(
    'TypeScript 5.9 that knows no browser',
    'types hold',
    'nothing',
    PACK,
    'has types that hold in a program that knows no browser',
  ),
  row('TypeScript 5.4, with and without a browser', 'types hold', 'nothing', 'typescript-5.4'),
  row('TypeScript 6, with and without a browser', 'types hold', 'nothing', 'typescript-6'),
  row('Next with webpack, standalone, edge routes', 'not run: the tests have no such app', ''),
  row(
    'Next, a server component that loads a model at build time',
    'not run: the tests have no such app',
    '',
  ),
  row('Jest with jsdom', 'reported to fail: its jsdom has no `TextDecoder`', ''),
  row(
    "Bun's HTML server and compiled programs",
    'reported to fail: files have no address there',
    '`wasmBinary`',
  ),
  row("Bun's bundler, `deno compile`", 'not run: the tests have no such app', ''),
  row('Electron', 'not run: no registry of packages has its program', ''),
  row('real Windows, macOS, Safari', 'not run: the tests have no such machine', ''),
];

export const HABITS = [
  row('a model in `ref()` or another proxy', 'works', 'nothing', 'vue'),
  row(
    'two labels for one sigmoid',
    'two classes with a map each',
    'nothing',
    'tests/js/binary.test.js',
    'has the maps that Keras gives, of both classes',
  ),
  row(
    "the package's own results as options, in TypeScript",
    'types hold',
    'nothing',
    PACK,
    'has types that hold in a program that knows no browser',
  ),
  row(
    '`showPrediction` draws on the photo',
    'works',
    'nothing',
    EXAMPLES,
    'the lines of the README',
  ),
  row(
    '`colormaps()` before a model, and in a worker',
    'works',
    'nothing',
    'tests/js/worker.test.js',
    'everything is as without',
  ),
  row(
    '`convertModel` in a worker',
    'works',
    'nothing',
    'tests/js/worker.test.js',
    'a model is converted, too',
  ),
  row(
    'pixels divided by 255',
    'works',
    "`preprocessing: 'unit'`",
    'tests/js/preprocessing.test.js',
    'unit divides by 255 in float32',
  ),
  row(
    'a class by its label',
    'works',
    'nothing',
    'tests/js/target-labels.test.js',
    'a label means its class',
  ),
  row(
    'a misspelt label',
    'is refused with the nearest',
    '',
    'tests/js/target-labels.test.js',
    'an unknown label is refused with the nearest ones',
  ),
  row(
    'a misspelt option',
    'is refused with the nearest',
    '',
    'tests/js/option-names.test.js',
    'is answered with the nearest names',
  ),
  row(
    '`model.run` with a path or an address',
    'works',
    'nothing',
    'tests/js/picture-sources.test.js',
    'a picture is read from its path or address',
  ),
  row(
    'an explanation as JSON and back',
    'works',
    '`explanationToJson`',
    'tests/js/stored.test.js',
    'an explanation comes back from a text',
  ),
  row(
    'a PNG file in Node',
    'works',
    '`encodePng`',
    'tests/js/encode-png.test.js',
    'writes opaque pixels without alpha, and others with it',
  ),
  row(
    'a picture of another server without CORS',
    'is refused, the error names CORS',
    '',
    FOREIGN,
    'a picture of another server that does not allow it',
  ),
  row('a canvas with WebGL', 'is refused, the error says why', '', FOREIGN, 'a canvas with WebGL'),
  row(
    '`gradcam-wasm/worker` in Node',
    'is refused, the error says why',
    '',
    'tests/js/picture-sources.test.js',
    'without workers the front end of the worker says so',
  ),
  row('`using model = ...`', 'works', 'nothing', MODEL, 'at the end of a block'),
  row(
    'runs that overlap',
    'work one after another',
    'nothing',
    MODEL,
    'calls in parallel give what they give one after another',
  ),
];

/** @type {Record<string, Record<string, string>>} */
const APPS = JSON.parse(readFileSync(join(root, 'tests/pack/frameworks.json'), 'utf8'));
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const VERSIONS = Object.assign({}, devDependencies, ...Object.values(APPS));

/** Writes a version as its first two numbers. @param {string} text */
const withVersions = (text) =>
  text.replace(/\{(.+?)\}/g, (_, name) => {
    const [major, minor] = VERSIONS[name].split('.');
    return Number(major) < 10 || minor !== '0' ? `${major}.${minor}` : major;
  });

/** @param {Source} source */
function sourceText(source) {
  if (source.length === 0) return '';
  return source.length === 1 ? '`npm run test:pack`' : '`npm test`';
}

/**
 * @param {string} head of the first column
 * @param {Row[]} rows
 */
function table(head, rows) {
  const lines = rows.map(({ what, state, write, source }) => {
    return `| ${withVersions(what)} | ${state} | ${write} | ${sourceText(source)} |`;
  });
  const heads = `| ${head} | state | what to write | known by |\n| --- | --- | --- | --- |`;
  return `${[heads, ...lines].join('\n')}\n`;
}

/** The whole document. */
export async function environmentsDocument() {
  const text = [
    '# Environments\n',
    'What the package was run in, and what it needs there. "map" means that the heat map of one ' +
      'picture is the one that Node gives, but for rounding. [bundlers.md](bundlers.md) has the ' +
      'lines to write.\n',
    table('environment', ENVIRONMENTS),
    '`npm run test:pack` installs the frameworks at the versions of ' +
      '`tests/pack/frameworks.json`. `npm run test:pack -- rspack` runs one of them. ' +
      'A row that no test knows says why.\n',
    '## What people write\n',
    table('habit', HABITS),
    'The tables are made by `node tests/pack/environments.js`, and a test checks that every row ' +
      'has its test.\n',
  ].join('\n');
  return format(text, { parser: 'markdown', singleQuote: true, printWidth: 100 });
}

if (isMain(import.meta.url)) writeAtomically(DOCUMENT, await environmentsDocument());
