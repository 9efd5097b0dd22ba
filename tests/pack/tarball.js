/** The package as npm makes and installs it, in build/pack. */

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTarball } from '../../wasm-build/tarball.js';
import { inBuild, root } from '../../wasm-build/tools.js';

/** Where the tarball is made and installed; the apps are folders beside `node_modules`. */
const FOLDER = inBuild('pack');

/** The project's own npm packages that the examples depend on, or folders of them. */
const PACKAGES = ['react', 'react-dom', 'vue', '@vitejs'];

/** @param {string[]} names */
export const inPack = (...names) => join(FOLDER, ...names);

/**
 * Runs a command and returns its standard output.
 * @param {string} command
 * @param {string[]} args
 * @param {string} cwd
 */
export function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/**
 * Runs a program of one of the project's own npm packages.
 * @param {string} script its file under node_modules
 * @param {string[]} args
 * @param {string} cwd
 */
export function runScript(script, args, cwd) {
  return run(process.execPath, [join(root, 'node_modules', script), ...args], cwd);
}

/**
 * Packs the project and installs the tarball, without network: the package depends on no other.
 * @returns {string} the tarball's path
 */
export function packAndInstall() {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const tarball = makeTarball(FOLDER);
  writeFileSync(inPack('package.json'), '{ "private": true, "type": "module" }\n');
  // The project's own would lead bundlers to its sources.
  writeFileSync(inPack('tsconfig.json'), '{}\n');
  const options = ['--offline', '--no-audit', '--no-fund', '--no-package-lock'];
  run('npm', ['install', ...options, tarball], FOLDER);
  for (const name of PACKAGES) {
    symlinkSync(join(root, 'node_modules', name), inPack('node_modules', name));
  }
  return tarball;
}

/**
 * Puts an app into a folder of its own, with the installed package.
 * @param {string} name
 * @param {string[]} files of tests/pack/apps, or folders there whose contents are meant
 * @param {string} [from] another place of the files, relative to the root
 * @returns {string} the folder
 */
export function createApp(name, files, from = 'tests/pack/apps') {
  const folder = inPack(name);
  mkdirSync(folder);
  for (const file of files) {
    const source = join(root, from, file);
    cpSync(source, file.includes('.') ? join(folder, file) : folder, { recursive: true });
  }
  symlinkSync('../node_modules', join(folder, 'node_modules'));
  return folder;
}
