// Sets up what the build needs, or runs the steps that are named. A step that is done does nothing.
// A step that was interrupted can be run again.
//
//     node wasm-build/setup.js [STEP...]

import fs from 'node:fs';
import path from 'node:path';
import { canUseApt, installPackages, requirePrograms } from './apt.js';
import { ensureClang } from './clang.js';
import { ensureClangFormat } from './format.js';
import { ensureSources } from './sources.js';
import { ensureToolchain } from './toolchain.js';
import {
  SetupError,
  chromiumNames,
  firefoxNames,
  inBuild,
  installPythonPackages,
  isMain,
  readIfExists,
  root,
  run,
  runMain,
  say,
  sha256,
  which,
  writeAtomically,
} from './tools.js';

// Steps that use npm packages are imported when they run, because `npm ci` is a step before.
/** @type {Record<string, () => void | Promise<void>>} */
const steps = {
  packages: ensurePackages,
  toolchain: ensureToolchain,
  sources: ensureSources,
  colormaps: async () => (await import('./colormaps.js')).ensureColormaps(),
  labels: async () => (await import('../models/fetch.js')).ensureLabels(),
  models: async () => (await import('../models/fetch.js')).ensureModels(),
  'test-models': async () => (await import('../models/test-models.js')).ensureTestModels(),
  clang: ensureClang,
  'clang-format': ensureClangFormat,
  python: ensurePythonLibraries,
  'hdf5-files': ensureHdf5Files,
  chromium: () => ensureBrowser('chromium', chromiumNames),
  firefox: () => ensureBrowser('firefox-esr', firefoxNames),
};

/** Installs the npm packages of package-lock.json, if this file has changed since. */
function ensurePackages() {
  const stamp = path.join(root, 'node_modules', '.package-lock.sha256');
  const lock = sha256(path.join(root, 'package-lock.json'));
  if (readIfExists(stamp) === lock) return;
  say('installing npm packages');
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
  fs.writeFileSync(stamp, lock);
}

/**
 * Installs Python libraries into build/. One reads the .safetensors files that the package writes,
 * and one writes HDF5 files that it reads, for tests. Zopfli compresses the file to publish.
 */
function ensurePythonLibraries() {
  const packages = ['safetensors==0.6.2', 'h5py==3.16.0', 'numpy==2.2.6', 'zopfli==0.4.3'];
  const folder = path.join(root, 'build/python');
  const stamp = path.join(folder, 'installed');
  if (readIfExists(stamp) === packages.join()) return;
  say('installing the Python libraries safetensors, h5py and zopfli');
  installPythonPackages(folder, packages);
  fs.writeFileSync(stamp, packages.join());
}

/** Writes HDF5 files for tests into build/hdf5-files. They are kept until their script changes. */
function ensureHdf5Files() {
  const script = path.join(root, 'tests/files/make-hdf5.py');
  const folder = inBuild('hdf5-files');
  const [stamp, hash] = [path.join(folder, 'script.sha256'), sha256(script)];
  if (readIfExists(stamp) === hash) return;
  say('writing HDF5 files with h5py');
  fs.rmSync(folder, { recursive: true, force: true });
  run('python3', [script, folder], { env: { ...process.env, PYTHONPATH: inBuild('python') } });
  writeAtomically(stamp, hash);
}

/**
 * Installs a browser for the browser tests where that is possible.
 * @param {string} debianPackage
 * @param {string[]} names of its program, on any system
 */
function ensureBrowser(debianPackage, names) {
  if (names.some(which)) return;
  if (canUseApt()) installPackages([debianPackage]);
  else say(`none of ${names.join(', ')} is installed, so tests in this browser will be skipped`);
}

/**
 * Runs steps in the order given.
 * @param {string[]} names
 */
export async function setUp(names) {
  requirePrograms({ make: 'build-essential', cc: 'build-essential' });
  for (const name of names) {
    const step = steps[name];
    if (!step) throw new SetupError(`no step ${name}; there are ${Object.keys(steps).join(', ')}`);
    await step();
  }
}

/** The steps that the build of the package needs. */
export const buildSteps = ['packages', 'toolchain', 'sources', 'colormaps', 'labels'];

if (isMain(import.meta.url)) {
  const names = process.argv.slice(2);
  await runMain(() => setUp(names.length > 0 ? names : buildSteps));
}
