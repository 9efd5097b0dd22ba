// The licences in the published package, its own and those of the software that it contains. Each
// is read from where it was fetched to.

import fs from 'node:fs';
import path from 'node:path';
import { readLabelsModule } from '../models/fetch.js';
import { matplotlib } from './colormaps.js';
import { emscriptenFolder } from './toolchain.js';
import { libraryNotices, licenceIn, mitLicence } from './libraries.js';
import { downloadWheel, inBuild, root } from './tools.js';
import { readZipMembers } from './zip.js';

/** @import { Notice } from './libraries.js' */

/** @returns {string} the text of THIRD_PARTY_NOTICES.txt */
export function thirdPartyNotices() {
  const notices = [
    ...[...compiledSources(), cLibrary(), colourData(), classNames()],
    ...libraryNotices(),
  ];
  const parts = notices.map(({ name, where, text }) => {
    const title = `${name} (in ${where})`;
    return `${title}\n${'='.repeat(title.length)}\n\n${text.trim()}\n`;
  });
  return ['gradcam-wasm contains parts of the following software.\n', ...parts].join('\n\n');
}

/**
 * The text of LICENSE.txt, which is the standard text with the copyright line of LICENSE.
 * @returns {string}
 */
export function ownLicence() {
  const own = fs.readFileSync(path.join(root, 'LICENSE'), 'utf8');
  const [line] = /^Copyright .*$/m.exec(own) ?? [];
  if (!line) throw new Error('no copyright line in the licence');
  return `${mitLicence(line)}\n`;
}

/** @returns {Notice[]} what sources.json names */
function compiledSources() {
  const sources = JSON.parse(fs.readFileSync(path.join(root, 'wasm-build/sources.json'), 'utf8'));
  return Object.keys(sources).map((name) => {
    const text = licenceIn(inBuild('sources', name));
    if (!text) throw new Error(`no licence of ${name}`);
    return { name, where: 'gradcam.wasm', text };
  });
}

/** @returns {Notice} */
function cLibrary() {
  const file = path.join(emscriptenFolder(), 'system/lib/libc/musl/COPYRIGHT');
  return {
    name: "musl, Emscripten's C library",
    where: 'gradcam.wasm',
    text: fs.readFileSync(file, 'utf8'),
  };
}

/**
 * Matplotlib's own licence and those of the colour maps in it. The wheel's file has many more, for
 * fonts and the like.
 * @returns {Notice}
 */
function colourData() {
  const wheel = fs.readFileSync(downloadWheel(matplotlib));
  const member = `matplotlib-${matplotlib.version}.dist-info/LICENSE`;
  const [bytes] = readZipMembers(wheel, [member]);
  const [own, ...others] = new TextDecoder().decode(bytes).split(/^(?=Name: )/m);
  const ofColours = others.filter((part) => /^Files:.*_cm/m.test(part));
  const text = [own.replace(/^This binary[^]*/m, ''), ...ofColours].join('\n');
  return { name: "Matplotlib's colour maps", where: 'gradcam.wasm', text };
}

/**
 * The package with the names has no file with its licence. Its module begins with the notice.
 * @returns {Notice}
 */
function classNames() {
  const [notice] = /\/\*\*[^]*?\*\//.exec(readLabelsModule()) ?? [];
  const file = path.join(root, 'node_modules/spdx-license-list/licenses/Apache-2.0.json');
  const { licenseText } = JSON.parse(fs.readFileSync(file, 'utf8'));
  if (!notice) throw new Error("the names of ImageNet's classes have no notice");
  return { name: "ImageNet's names", where: 'imagenet.js', text: `${notice}\n\n${licenseText}` };
}
