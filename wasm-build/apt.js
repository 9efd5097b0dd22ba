// Debian's packages. Packages of the system are installed as usual. Debian 12 and 13 also read
// packages of trixie (Debian 13), through a configuration apart from the system's.

import fs from 'node:fs';
import path from 'node:path';
import { SetupError, inBuild, output, readIfExists, run, say, which } from './tools.js';

/** After this time package lists are read again, in milliseconds. */
const listsLast = 24 * 60 * 60 * 1000;

/** Debian's version number ("12"), or null on another system. */
function debianVersion() {
  const release = readIfExists('/etc/os-release') ?? '';
  if (!/^ID=debian$/m.test(release)) return null;
  return /^VERSION_ID="?(\d+)/m.exec(release)?.[1] ?? null;
}

/** Whether packages can be installed here, which needs Debian 12 or 13 and root. */
export function canUseApt() {
  return ['12', '13'].includes(debianVersion() ?? '') && process.getuid?.() === 0;
}

/**
 * Makes sure that programs are installed, and installs Debian's packages where it can.
 * @param {Record<string, string>} programs names of Debian's packages by the programs' names
 */
export function requirePrograms(programs) {
  const missing = Object.keys(programs).filter((name) => !which(name));
  if (missing.length === 0) return;
  if (!canUseApt()) throw new SetupError(`not installed: ${missing.join(', ')}`);
  installPackages([...new Set(missing.map((name) => programs[name]))]);
}

/** @param {string[]} packages */
export function installPackages(packages) {
  say(`installing ${packages.join(', ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '--yes', '--quiet=2', '--no-install-recommends', ...packages];
  run('apt-get', ['update', '--quiet=2'], { env });
  run('apt-get', install, { env });
}

/**
 * The address from which this machine gets Debian's packages.
 * @returns {string}
 */
function mirror() {
  const targets = output('apt-get', [
    ...['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)'],
    ...['Created-By: Packages', 'Component: main'],
  ]);
  const codename = /^VERSION_CODENAME=(\w+)/m.exec(readIfExists('/etc/os-release') ?? '')?.[1];
  const names = [codename, 'stable', 'oldstable'];
  const lines = (targets ?? '').split('\n').map((line) => line.split(' '));
  const found = lines.find(([release]) => names.includes(release));
  if (!found) throw new SetupError(`apt has no source for Debian ${codename} main`);
  return found[2];
}

/**
 * Writes a private configuration of apt for trixie and reads trixie's package lists. Returns the
 * options with which apt-get uses it.
 * @returns {string[]}
 */
export function trixie() {
  const folder = inBuild('apt');
  const options = ['-c', path.join(folder, 'apt.conf')];
  const ready = path.join(folder, 'ready');
  if (fs.existsSync(ready) && Date.now() - fs.statSync(ready).mtimeMs < listsLast) return options;
  say('reading the package lists of Debian trixie');
  for (const name of ['lists/partial', 'cache/archives/partial', 'none']) {
    fs.mkdirSync(path.join(folder, name), { recursive: true });
  }
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const source = `[signed-by=${keys}] ${mirror()} trixie main\n`;
  fs.writeFileSync(path.join(folder, 'sources.list'), `deb ${source}deb-src ${source}`);
  fs.writeFileSync(
    path.join(folder, 'apt.conf'),
    [
      `Dir::Etc::SourceList "${folder}/sources.list";`,
      `Dir::Etc::SourceParts "${folder}/none";`,
      `Dir::Etc::Preferences "/dev/null";`,
      `Dir::Etc::PreferencesParts "${folder}/none";`,
      `Dir::State::Lists "${folder}/lists";`,
      `Dir::Cache "${folder}/cache";`,
      // Only graphical installers and translators read these lists.
      `Acquire::Languages "none";`,
      `Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";`,
      // apt's own user cannot write into the project's folder.
      `APT::Sandbox::User "root";`,
      '',
    ].join('\n'),
  );
  run('apt-get', [...options, 'update', '--quiet=2']);
  fs.writeFileSync(ready, '');
  return options;
}
