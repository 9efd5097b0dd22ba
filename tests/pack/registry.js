/**
 * Apps of frameworks that are not among the project's own packages. Each is installed from the
 * registry at the versions of frameworks.json, into a temporary folder. Inside the project's own
 * folder many frameworks would take the project for a workspace that the app belongs to.
 */

import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { zipSync } from 'fflate';
import { root } from '../../wasm-build/tools.js';
import { DEFAULT_MODEL, DOG_PICTURE } from '../js/fixtures.js';
import { run } from './tarball.js';

const FOLDER = mkdtempSync(join(tmpdir(), 'gradcam-wasm-'));

/** The model, the picture and a zip that is no model, which every app serves or reads. */
export const FILES = join(FOLDER, 'files');

/** How long a server of a framework may take to answer, in milliseconds. */
const START_TIMEOUT = 120_000;

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const TARBALL = join(FOLDER, `gradcam-wasm-${version}.tgz`);

/** @type {Record<string, Record<string, string>>} packages of each framework, with versions */
const FRAMEWORKS = JSON.parse(readFileSync(join(root, 'tests/pack/frameworks.json'), 'utf8'));

/** Frameworks report who uses them, unless they are told not to. */
const QUIET = {
  ASTRO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NG_CLI_ANALYTICS: 'false',
  NUXT_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
};

/** Packs the package and puts the files there that the apps read. */
export function prepare() {
  Object.assign(process.env, QUIET);
  mkdirSync(FILES);
  run('npm', ['pack', '--pack-destination', FOLDER], root);
  for (const [file, name] of [
    [DEFAULT_MODEL, 'model.h5'],
    [DOG_PICTURE, 'picture.jpg'],
  ]) {
    symlinkSync(file, join(FILES, name));
  }
  writeFileSync(join(FILES, 'other.zip'), zipSync({ 'note.txt': new Uint8Array(9) }));
  writeFileSync(join(FILES, 'favicon.ico'), '');
}

/**
 * Installs a framework and the packed package beside the files of an app.
 * @param {string} name in frameworks.json
 * @param {string[]} files of tests/pack/apps, or folders there whose contents are meant
 * @returns {string} the folder
 */
export function install(name, files) {
  const folder = join(FOLDER, name);
  mkdirSync(folder);
  for (const file of files) {
    const source = join(root, 'tests/pack/apps', file);
    cpSync(source, file.includes('.') ? join(folder, file) : folder, { recursive: true });
  }
  const manifest = join(folder, 'package.json');
  const settings = existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')) : {};
  const dependencies = { ...FRAMEWORKS[name], 'gradcam-wasm': `file:${TARBALL}` };
  const contents = { private: true, type: 'module', ...settings, dependencies };
  writeFileSync(manifest, JSON.stringify(contents));
  run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], folder);
  return folder;
}

/**
 * Deletes an app that works. Some frameworks take hundreds of megabytes.
 * @param {string} [name] or all that is left
 */
export function remove(name = '.') {
  rmSync(join(FOLDER, name), { recursive: true, force: true });
}

/**
 * Copies the files of the apps into the folder that a framework serves as it is.
 * @param {string} folder of the app
 */
export function addPublicFiles(folder) {
  cpSync(FILES, join(folder, 'public'), { recursive: true, dereference: true });
}

/**
 * The program of a runtime. npm installs only the package that this machine can run.
 * @param {string} folder
 * @param {string} scope of the packages with the program
 * @param {string} file in it
 */
export function programOf(folder, scope, file) {
  const [name] = readdirSync(join(folder, 'node_modules', scope));
  return join(folder, 'node_modules', scope, name, file);
}

/**
 * The newer Node of an app, if it has one, or else the Node that runs the tests.
 * @param {string} folder
 */
export function nodeOf(folder) {
  const installed = join(folder, 'node_modules/node/bin/node');
  return existsSync(installed) ? installed : process.execPath;
}

/**
 * Runs a script that npm installed in an app.
 * @param {string} folder of the app
 * @param {string[]} command the script under node_modules, and its arguments
 */
export function runInstalled(folder, [script, ...args]) {
  return run(nodeOf(folder), [join(folder, 'node_modules', script), ...args], folder);
}

/** @returns {Promise<number>} a port of this machine that is free */
async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts a server of a framework, and ends it after use.
 * @param {string} folder of the app
 * @param {string[]} command a script of the app and its arguments, in which PORT is the port
 * @param {(address: string) => Promise<void>} use
 */
export async function withServer(folder, [script, ...args], use) {
  const port = `${await freePort()}`;
  const command = [join(folder, script), ...args.map((arg) => arg.replace('PORT', port))];
  const env = { ...process.env, PORT: port, HOST: '127.0.0.1' };
  const options = { cwd: folder, env, detached: true };
  const server = spawn(nodeOf(folder), command, options);
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (text) => (output += text));
  }
  try {
    const address = `http://127.0.0.1:${port}/`;
    if (!(await answers(address, server))) throw new Error(`no answer:\n${output}`);
    await use(address);
  } finally {
    // The server may have children of its own. They are in its group.
    if (server.exitCode === null) process.kill(-Number(server.pid), 'SIGKILL');
  }
}

/**
 * Waits until a server answers.
 * @param {string} address
 * @param {import('node:child_process').ChildProcess} server
 */
async function answers(address, server) {
  const end = Date.now() + START_TIMEOUT;
  while (Date.now() < end && server.exitCode === null) {
    const response = await fetch(address).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(200);
  }
  return false;
}
