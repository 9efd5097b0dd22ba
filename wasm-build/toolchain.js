// Emscripten. If the one on PATH is new enough, it is used. Otherwise Debian 12 and 13 make one
// from Debian's packages. The Makefile calls build/toolchain/bin/emcc in both cases.

import fs from 'node:fs';
import path from 'node:path';
import { canUseApt, installPackages, trixie } from './apt.js';
import { SetupError, inBuild, output, readIfExists, run, say, which } from './tools.js';

const oldest = [3, 1, 69];
const folder = inBuild('toolchain');
const emcc = path.join(folder, 'bin', 'emcc');
/** Holds the compiler's path, so that a checkout that was moved gets a new one. Written last. */
const stamp = path.join(folder, 'ready');

/** Makes build/toolchain/bin/emcc, unless it is there and works. */
export function ensureToolchain() {
  const target = readIfExists(stamp);
  if (target && fs.existsSync(target) && version(emcc)) return;
  fs.rmSync(folder, { recursive: true, force: true });
  const installed = which('emcc');
  const found = installed && version(installed);
  if (installed && found && isNewEnough(found)) {
    say(`using ${installed}, version ${found.join('.')}`);
    finish(installed, {});
  } else if (canUseApt()) {
    makeFromDebian();
  } else {
    throw new SetupError(
      `no emcc ${oldest.join('.')} or newer is on PATH. Install Emscripten's emsdk and activate it`,
    );
  }
}

/** The folder of Emscripten's own files, with the sources of its libraries. */
export function emscriptenFolder() {
  return path.dirname(fs.realpathSync(fs.readFileSync(stamp, 'utf8')));
}

/**
 * @param {string} program
 * @returns {number[] | null}
 */
function version(program) {
  const text = output(program, ['--version']);
  const match = /(\d+)\.(\d+)\.(\d+)/.exec(text ?? '');
  return match && match.slice(1).map(Number);
}

/** @param {number[]} found */
function isNewEnough(found) {
  const difference = found.map((part, i) => part - oldest[i]).find((d) => d !== 0) ?? 0;
  return difference >= 0;
}

/**
 * Writes a script that calls the compiler, then the stamp.
 * @param {string} program
 * @param {Record<string, string>} environment
 */
function finish(program, environment) {
  const exports = Object.entries(environment).map(([name, value]) => `export ${name}="${value}"\n`);
  fs.mkdirSync(path.dirname(emcc), { recursive: true });
  fs.writeFileSync(emcc, `#!/bin/sh\n${exports.join('')}exec "${program}" "$@"\n`, { mode: 0o755 });
  if (!version(emcc)) throw new SetupError(`${program} --version does not work`);
  fs.writeFileSync(stamp, program);
}

/**
 * Unpacks trixie's Emscripten, because the one of Debian 12 is too old. It needs a newer libc,
 * which is unpacked too, and its Binaryen programs are made to use this libc. LLVM 19 is in both
 * releases.
 */
function makeFromDebian() {
  say('making a toolchain from Debian packages (about a minute)');
  const downloads = inBuild('downloads', 'toolchain');
  fs.mkdirSync(downloads, { recursive: true });
  const packages = ['emscripten', 'binaryen', 'libc6', 'libstdc++6', 'libgcc-s1'];
  const options = trixie();
  say(`downloading ${packages.join(', ')} (250 MB)`);
  run('apt-get', [...options, 'download', '--quiet=2', ...packages], { cwd: downloads });
  installPackages(['clang-19', 'lld-19', 'llvm-19', 'patchelf']);
  say('unpacking');
  const files = fs.readdirSync(downloads).filter((name) => name.endsWith('.deb'));
  for (const name of files) unpack(path.join(downloads, name));
  pointToOwnLibc();
  // Emscripten's scripts are CommonJS. Without this file the project's "type": "module" would hold.
  fs.writeFileSync(path.join(folder, 'package.json'), '{}\n');
  const config = path.join(folder, 'emscripten.config');
  fs.writeFileSync(
    config,
    [
      `LLVM_ROOT = '/usr/bin'`,
      `BINARYEN_ROOT = '${folder}/usr'`,
      `NODE_JS = '${process.execPath}'`,
      `FROZEN_CACHE = True`,
      // Debian calls its programs clang-19 and so on.
      `LLVM_ADD_VERSION = '19'`,
      `CLANG_ADD_VERSION = '19'`,
      '',
    ].join('\n'),
  );
  finish(path.join(folder, 'usr/share/emscripten/emcc'), { EM_CONFIG: config });
  fs.rmSync(downloads, { recursive: true });
}

/**
 * Unpacks a package into the toolchain's folder, without a gigabyte that no build here reads.
 * @param {string} file
 */
function unpack(file) {
  const libraries = ['*/wasm64-emscripten', '*/lib/*/lto*', '*/lib/*/pic', '*-ww*.a'];
  const excluded = [...libraries, './usr/share/emscripten/test', './usr/share/doc'];
  fs.mkdirSync(folder, { recursive: true });
  const pipe = 'file=$1; shift; dpkg-deb --fsys-tarfile "$file" | tar -x "$@"';
  const flags = excluded.map((pattern) => `--exclude=${pattern}`);
  run('sh', ['-c', pipe, 'sh', file, '-C', folder, ...flags]);
}

/** Makes the unpacked Binaryen programs use the unpacked libc. */
function pointToOwnLibc() {
  const programs = path.join(folder, 'usr/bin');
  const libraries = path.join(folder, 'usr/lib', multiarchTriplet());
  const loader = fs.readdirSync(libraries).find((name) => /^ld-linux.*\.so/.test(name));
  if (!loader) throw new SetupError(`no dynamic loader in ${libraries}`);
  const interpreter = ['--set-interpreter', path.join(libraries, loader)];
  for (const name of fs.readdirSync(programs).filter((name) => name.startsWith('wasm'))) {
    run('patchelf', [...interpreter, '--set-rpath', libraries, path.join(programs, name)]);
  }
  run('patchelf', ['--set-rpath', libraries, path.join(libraries, 'libbinaryen.so')]);
}

/** Debian's name for this processor's folder of libraries, "x86_64-linux-gnu". */
function multiarchTriplet() {
  const lib = path.join(folder, 'usr/lib');
  const found = fs.readdirSync(lib).find((name) => name.endsWith('-linux-gnu'));
  if (!found) throw new SetupError(`no libraries in ${lib}`);
  return found;
}
