// Paths, messages, child processes and checked downloads, for all set-up scripts. This file imports
// only Node's own modules, because it runs before `npm ci`.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root folder. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** A path under build/, where everything lies that is made. @param {string[]} parts */
export const inBuild = (...parts) => path.join(root, 'build', ...parts);

/** A failure of which the user sees only the message. */
export class SetupError extends Error {}

/** Prints what happens now. @param {string} message */
export function say(message) {
  console.log(`* ${message}`);
}

/**
 * Runs a command with its output shown.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnSyncOptions} [options]
 */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) throw new SetupError(`${command}: ${result.error.message}`);
  if (result.status !== 0) {
    const how = result.signal ? `was ended by ${result.signal}` : `failed (exit ${result.status})`;
    throw new SetupError(`${command} ${args.slice(0, 3).join(' ')} ${how}`);
  }
}

/**
 * Runs a command and returns its standard output, or null if it failed.
 * @param {string} command
 * @param {string[]} args
 * @returns {string | null}
 */
export function output(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  return result.status === 0 ? result.stdout : null;
}

/**
 * The full path of a program on PATH, or null.
 * @param {string} name
 * @returns {string | null}
 */
export function which(name) {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(folder, name);
    try {
      fs.accessSync(file, fs.constants.X_OK);
      if (folder && fs.statSync(file).isFile()) return file;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** @param {string} file */
export function sha256(file) {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex');
}

/**
 * Fails if the contents of a file are not the pinned ones, and removes the file.
 * @param {string} file
 * @param {string} expected SHA-256 in hex
 */
export function verify(file, expected) {
  const actual = sha256(file);
  if (actual === expected) return;
  fs.rmSync(file);
  throw new SetupError(
    `${path.basename(file)} was removed, because its SHA-256 is ${actual}, not ${expected}`,
  );
}

/**
 * Writes a file whole or not at all, even if the run is interrupted.
 * @param {string} file
 * @param {string | Uint8Array} contents
 */
export function writeAtomically(file, contents) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const partial = `${file}.partial`;
  fs.writeFileSync(partial, contents);
  fs.renameSync(partial, file);
}

/** @param {string} file */
export function readIfExists(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : null;
}

/** The number of compilers that may run at once. */
export const jobs = os.availableParallelism();

/**
 * Runs pip.
 * @param {string} command
 * @param {string[]} args
 */
function pip(command, args) {
  const program = which('pip3') ?? which('pip');
  if (!program) throw new SetupError('pip is not installed. Install Python 3 with pip');
  const env = { ...process.env, PIP_ROOT_USER_ACTION: 'ignore' };
  run(program, [command, '--disable-pip-version-check', '--no-deps', ...args], { env });
}

/**
 * Installs Python packages into a folder of their own, in place of what it held.
 * @param {string} folder
 * @param {string[]} packages with their versions
 */
export function installPythonPackages(folder, packages) {
  fs.rmSync(folder, { recursive: true, force: true });
  pip('install', ['--quiet', '--target', folder, ...packages]);
}

/**
 * A package that is downloaded and not installed.
 * @typedef {object} Download
 * @property {string} package
 * @property {string} version
 * @property {string} file its name in build/downloads
 * @property {string} sha256
 * @property {string[]} [options] of pip, that choose a wheel
 */

/**
 * Downloads one wheel from the Python package index into build/downloads and checks it.
 * @param {Download} wheel
 * @returns {string} its path
 */
export function downloadWheel(wheel) {
  const folder = inBuild('downloads');
  const file = path.join(folder, wheel.file);
  if (!fs.existsSync(file)) {
    say(`downloading ${wheel.package} ${wheel.version}`);
    const options = ['--only-binary=:all:', '--dest', folder, ...(wheel.options ?? [])];
    pip('download', [...options, `${wheel.package}==${wheel.version}`]);
    if (!fs.existsSync(file)) throw new SetupError(`pip did not bring ${wheel.file}`);
  }
  verify(file, wheel.sha256);
  return file;
}

/**
 * Downloads one package from npm's registry into build/downloads and reads some of its files.
 * @param {Download} npm
 * @param {string[]} members paths in the tarball
 * @returns {Buffer[]} their contents, in the order of the paths
 */
export function readNpmPackage(npm, members) {
  const folder = inBuild('downloads');
  const file = path.join(folder, npm.file);
  if (!fs.existsSync(file)) {
    say(`downloading ${npm.package} ${npm.version}`);
    fs.mkdirSync(folder, { recursive: true });
    const options = ['--silent', '--pack-destination', folder];
    run('npm', ['pack', ...options, `${npm.package}@${npm.version}`], { stdio: 'ignore' });
    if (!fs.existsSync(file)) throw new SetupError(`npm did not bring ${npm.file}`);
  }
  verify(file, npm.sha256);
  return members.map((member) => {
    const options = { maxBuffer: 2 ** 28 };
    const { status, stdout } = spawnSync('tar', ['-xzOf', file, member], options);
    if (status !== 0) throw new SetupError(`${npm.file} has no ${member}`);
    return stdout;
  });
}

/**
 * Whether a module is the program that runs. Another module may import it instead.
 * @param {string} url the module's import.meta.url
 */
export function isMain(url) {
  return (
    process.argv[1] !== undefined &&
    fs.realpathSync(process.argv[1]) === fs.realpathSync(fileURLToPath(url))
  );
}

/**
 * Runs a script's main function. A SetupError is printed as one line, with exit status 1.
 * @param {() => void | Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  }
}

/** The names of browsers on the PATH. */
export const chromiumNames = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
];
export const firefoxNames = ['firefox-esr', 'firefox'];
