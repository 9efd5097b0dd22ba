// The C libraries that the engine is built with. sources.json pins their versions. On Debian they
// come from Debian's source packages, elsewhere from a git checkout of the same commit. Each ends
// up in build/sources/<name>.

import fs from 'node:fs';
import path from 'node:path';
import { canUseApt, requirePrograms, trixie } from './apt.js';
import { SetupError, inBuild, readIfExists, root, run, say, verify } from './tools.js';

/**
 * @typedef {object} Source
 * @property {string} what purpose of the library
 * @property {string} licence
 * @property {string} package name of Debian's source package
 * @property {string} file the original tarball of that package
 * @property {string} sha256 of that tarball
 * @property {number} leadingFolders number of folders around the sources in the tarball
 * @property {string} git address of the upstream repository
 * @property {string} commit the commit that the tarball was made from
 * @property {Patch[]} [patches] mistakes of the library that are mended after it was unpacked
 */

/**
 * A text of a library that is replaced. The text must occur exactly as often as the patch says, or
 * set-up fails.
 * @typedef {object} Patch
 * @property {string} why
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 * @property {number} [times] 1 without it
 */

/** @type {Record<string, Source>} */
const sources = JSON.parse(fs.readFileSync(path.join(root, 'wasm-build/sources.json'), 'utf8'));

/** Gets every library that is missing or has another version. */
export function ensureSources() {
  for (const [name, source] of Object.entries(sources)) ensureSource(name, source);
}

/**
 * Gets one library, or another source package.
 * @param {string} name of its folder
 * @param {Source} source
 * @returns {string} the folder
 */
export function ensureSource(name, source) {
  const folder = inBuild('sources', name);
  // The folder gets its name when it is complete, with the commit and the patches in a file inside.
  const stamp = [source.commit, ...(source.patches ?? []).map((patch) => JSON.stringify(patch))];
  if (readIfExists(path.join(folder, '.commit')) === stamp.join('\n')) return folder;
  const partial = `${folder}.partial`;
  fs.rmSync(partial, { recursive: true, force: true });
  fs.mkdirSync(partial, { recursive: true });
  say(`getting ${name}: ${source.what} (${source.licence})`);
  if (canUseApt()) unpackPackage(source, partial);
  else checkOut(source, partial);
  for (const patch of source.patches ?? []) applyPatch(partial, patch);
  fs.writeFileSync(path.join(partial, '.commit'), stamp.join('\n'));
  fs.rmSync(folder, { recursive: true, force: true });
  fs.renameSync(partial, folder);
  return folder;
}

/**
 * @param {string} folder of the library
 * @param {Patch} patch
 */
export function applyPatch(folder, { why, file, find, replace, times = 1 }) {
  const name = path.join(folder, file);
  const parts = fs.readFileSync(name, 'utf8').split(find);
  if (parts.length - 1 !== times) {
    const counts = `${parts.length - 1} times, not ${times}`;
    throw new SetupError(`${file}: the patch "${why}" finds its text ${counts}: ${find}`);
  }
  fs.writeFileSync(name, parts.join(replace));
}

/**
 * Unpacks the original tarball of a source package of trixie.
 * @param {Source} source
 * @param {string} folder
 */
function unpackPackage(source, folder) {
  const tarball = inBuild('downloads', source.file);
  requirePrograms({ xz: 'xz-utils' });
  if (!fs.existsSync(tarball)) {
    // An interrupted download stays in its own folder.
    const downloads = inBuild('downloads', 'partial');
    fs.mkdirSync(downloads, { recursive: true });
    const options = ['--quiet=2', '--download-only', '--tar-only', '--only-source'];
    run('apt-get', [...trixie(), 'source', ...options, source.package], { cwd: downloads });
    verify(path.join(downloads, source.file), source.sha256);
    fs.renameSync(path.join(downloads, source.file), tarball);
  }
  run('tar', ['-xf', tarball, '-C', folder, `--strip-components=${source.leadingFolders}`]);
}

/**
 * Checks out the pinned commit, where there are no Debian packages.
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
