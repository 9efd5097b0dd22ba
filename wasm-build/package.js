// Makes dist/, which npm publishes. It has the bundled JavaScript, the modules, the types and the
// licences. `npm pack` runs this first.

import fs from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { writeAddresses } from './addresses.js';
import { bytesOf, modulesIn, writeIfChanged } from './bundles.js';
import { publishDeclarations } from './declarations.js';
import { checkLibraries } from './libraries.js';
import { make } from './make.js';
import { buildSteps, setUp } from './setup.js';
import { inBuild, isMain, root, run, runMain, say } from './tools.js';
import { WHOLE, wholeEntry } from './whole.js';

/** A path in dist/. @param {string} name */
const inDist = (name) => path.join(root, 'dist', name);

/** The files of dist/ that are asked for by name, and the modules that they are bundled from. */
const input = {
  index: 'web/package/page.js',
  whole: WHOLE,
  'worker-session': 'web/package/worker/index.js',
  worker: 'web/package/worker/worker.js',
  thread: 'web/package/engine/thread.js',
  imagenet: 'web/package/files/imagenet.js',
  element: 'web/package/element/index.js',
  cli: 'web/cli/gradcam-wasm.js',
};

/** The variants of the module. */
const moduleFiles = ['', '-relaxed', '-threads', '-relaxed-threads'].map((v) => `gradcam${v}.wasm`);

/**
 * Everything that the entries share, in one file. So a page loads few files, not thirty, and there
 * is one class GradCamError however the package is imported. What import() loads stays apart.
 * @type {import('rolldown').CodeSplittingGroup}
 */
const core = {
  name: 'core',
  test: new RegExp(
    '/web/package/(?!worker/(?!protocol.js)|element/' +
      '|(page|base/worker-start|engine/(thread|twin)|files/imagenet).js)',
  ),
  tags: ['$initial'],
  includeDependenciesRecursively: false,
};

/**
 * What starts workers on a page. It is no part of the core, which workers share.
 * @type {import('rolldown').CodeSplittingGroup}
 */
const workerStart = { name: 'worker-start', test: /\/package\/(page|base\/worker-start)\.js$/ };

/**
 * Addresses relative to a module, as they are in dist/. Bundlers look for this very form.
 * @type {import('rolldown').Plugin}
 */
const addresses = {
  name: 'addresses',
  transform: {
    filter: { id: /\/web\/(package|cli)\// },
    handler: (code) =>
      code
        .replaceAll(`new URL('../../../build/wasm/`, `new URL('./`)
        .replaceAll(`new URL('../worker/`, `new URL('./`)
        .replaceAll(`new URL('../../`, `new URL('../`),
  },
};

/** Bundles the JavaScript and puts the module beside it: dist/ but for types and licences. */
export async function bundlePackage() {
  say('bundling the package');
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    cwd: root,
    input,
    platform: 'neutral',
    external: [/^node:/, ...builtinModules],
    plugins: [wholeEntry, addresses],
    preserveEntrySignatures: 'allow-extension',
  });
  // Not minified: who minds kilobytes has a bundler, and who reads a stack trace has names.
  const { output } = await bundle.generate({
    codeSplitting: { groups: [core, workerStart] },
    chunkFileNames: fileName,
    minifyInternalExports: false,
    comments: { legal: true, annotation: true, jsdoc: false },
  });
  checkLibraries(modulesIn(output));
  const files = new Map(output.map((file) => [file.fileName, bytesOf(file)]));
  for (const name of moduleFiles) files.set(name, fs.readFileSync(inBuild('wasm', name)));
  for (const [name, bytes] of files) writeIfChanged(inDist(name), bytes);
  removeOthers(files);
  const { buildOpenPage } = await import('./open-page.js');
  await buildOpenPage();
}

/**
 * A library's file has the library's name.
 * @param {import('rolldown').PreRenderedChunk} chunk
 */
function fileName({ name, facadeModuleId }) {
  const library = /.*node_modules\/([^/]+)/.exec(facadeModuleId ?? '')?.[1];
  return `${library ?? name}.js`;
}

/**
 * Removes what an earlier version made.
 * @param {Map<string, Buffer>} files
 */
function removeOthers(files) {
  for (const name of fs.readdirSync(inDist('.'))) {
    if (/\.(js|wasm)$/.test(name) && !files.has(name)) fs.rmSync(inDist(name));
  }
}

/** The declarations that package.json names, relative to those of the package. */
function publicTypes() {
  const { exports } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
  const entries = /** @type {{ types?: string }[]} */ (Object.values(exports));
  const types = entries.flatMap((entry) => entry.types ?? []);
  return types.map((file) => path.relative(inDist('types'), path.join(root, file)));
}

/** Makes all of dist/. */
export async function buildPackage() {
  writeAddresses();
  await bundlePackage();
  say('declaring the types of the package');
  const tsc = 'node_modules/typescript/bin/tsc';
  run(process.execPath, [tsc, '--project', 'wasm-build/tsconfig.types.json']);
  publishDeclarations(inDist('types'), publicTypes());
  const { ownLicence, thirdPartyNotices } = await import('./notices.js');
  writeIfChanged(inDist('LICENSE.txt'), Buffer.from(ownLicence()));
  writeIfChanged(inDist('THIRD_PARTY_NOTICES.txt'), Buffer.from(thirdPartyNotices()));
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    await setUp(buildSteps);
    make(['wasm']);
    await buildPackage();
  });
}
