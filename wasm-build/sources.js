// The C libraries that the engine is built with, as sources.json pins them: from Debian's source
// packages on Debian, else a git checkout of the same commit. Each ends in build/sources/<name>.

import fs from 'node:fs';
import path from 'node:path';
import { canUseApt, requirePrograms, trixie } from './apt.js';
import { inBuild, readIfExists, root, run, say, verify } from './tools.js';

/**
 * @typedef {object} Source
 * @property {string} what what the library is for
 * @property {string} licence
 * @property {string} package name of Debian's source package
 * @property {string} file the original tarball of that package
 * @property {string} sha256 of that tarball
 * @property {number} leadingFolders how many folders enclose the sources in the tarball
 * @property {string} git address of the upstream repository
 * @property {string} commit the commit that the tarball was made from
 */

/** @type {Record<string, Source>} */
const sources = JSON.parse(fs.readFileSync(path.join(root, 'wasm-build/sources.json'), 'utf8'));

/** Brings every library that is not there yet, or is there in another version. */
export function ensureSources() {
  const folder = inBuild('sources');
  for (const [name, source] of Object.entries(sources)) {
    const target = path.join(folder, name);
    // The folder gets its name only when it is complete, with its commit noted inside.
    if (readIfExists(path.join(target, '.commit')) === source.commit) continue;
    const partial = path.join(folder, `${name}.partial`);
    fs.rmSync(partial, { recursive: true, force: true });
    fs.mkdirSync(partial, { recursive: true });
    say(`getting the sources of ${name} (${source.what}; ${source.licence})`);
    if (canUseApt()) unpackPackage(source, partial);
    else checkOut(source, partial);
    fs.writeFileSync(path.join(partial, '.commit'), source.commit);
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(partial, target);
  }
}

/**
 * @param {Source} source
 * @param {string} folder
 */
function unpackPackage(source, folder) {
  const file = downloadSourcePackage(source.package, source.file, source.sha256);
  run('tar', ['-xf', file, '-C', folder, `--strip-components=${source.leadingFolders}`]);
}

/**
 * Downloads the original tarball of one of trixie's source packages and checks it.
 * @param {string} name of the source package
 * @param {string} tarball name of the file
 * @param {string} hash its SHA-256
 * @returns {string} its path
 */
export function downloadSourcePackage(name, tarball, hash) {
  const downloads = inBuild('downloads');
  const file = path.join(downloads, tarball);
  requirePrograms({ xz: 'xz-utils' });
  if (!fs.existsSync(file)) {
    fs.mkdirSync(downloads, { recursive: true });
    const options = ['--quiet=2', '--download-only', '--tar-only', '--only-source'];
    run('apt-get', [...trixie(), 'source', ...options, name], { cwd: downloads });
  }
  verify(file, hash);
  return file;
}

/**
 * @param {Source} source
 * @param {string} folder
 */
function checkOut(source, folder) {
  requirePrograms({ git: 'git' });
  const git = (/** @type {string[]} */ ...args) => run('git', ['-C', folder, ...args]);
  git('init', '--quiet');
  git('fetch', '--quiet', '--depth=1', source.git, source.commit);
  git('checkout', '--quiet', 'FETCH_HEAD');
}
