/** What the documents name exists: paths, links and scripts. The limits are those of the header. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../../wasm-build/tools.js';

/** Documents that name files of the project, and so must be right about them. */
const MAPS = ['CONTRIBUTING.md', 'docs/architecture.md', 'examples/README.md', 'SECURITY.md'];

/** The start of a path in the project. What is made is not there before it is made. */
const PATH = /^(src|web|wasm-build|models|tests|bench|examples|docs)\//;

/** @param {string} name */
const read = (name) => readFileSync(join(root, name), 'utf8');

/** Every document, relative to the root. */
function documents() {
  const folders = ['.', 'docs', 'examples', ...folderNames('examples')];
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
  );
}

/** @param {string} folder */
function folderNames(folder) {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}

/**
 * The anchors of a document's headings, as pages on the web make them.
 * @param {string} text
 */
function anchors(text) {
  return Array.from(text.matchAll(/^#+ (.*)$/gm), ([, heading]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/**
 * The scripts of the package in a folder; none where no package is.
 * @param {string} folder
 */
function scriptsIn(folder) {
  const file = join(folder, 'package.json');
  return existsSync(join(root, file)) ? JSON.parse(read(file)).scripts : {};
}

/** @param {number} a @param {number} b */
const ascending = (a, b) => a - b;

/** @param {string} text */
const withoutCode = (text) => text.replaceAll(/^```.*?^```/gms, '');

describe('documents', () => {
  const names = documents();

  test('are found', () => {
    for (const name of ['README.md', 'docs/api.md', 'examples/vite/README.md']) {
      assert.ok(names.includes(name), name);
    }
  });

  for (const name of names) {
    test(`${name}: its links lead somewhere`, () => {
      const text = withoutCode(read(name));
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https:/.test(target)) continue;
        const [path, anchor] = target.split('#');
        const file = path === '' ? name : join(dirname(name), path);
        assert.ok(existsSync(join(root, file)), target);
        if (anchor) assert.ok(anchors(read(file)).includes(anchor), target);
      }
    });

    test(`${name}: the scripts that it names exist`, () => {
      const scripts = { ...scriptsIn('.'), ...scriptsIn(dirname(name)) };
      for (const [, script] of read(name).matchAll(/npm run ([\w:]+)/g)) {
        assert.ok(script in scripts, script);
      }
    });
  }

  for (const name of MAPS) {
    test(`${name}: the paths that it names exist`, () => {
      const spans = Array.from(read(name).matchAll(/`([^`\n]+)`/g), ([, span]) => span);
      const paths = spans.filter((span) => PATH.test(span) && !/[\s*{}]/.test(span));
      assert.ok(paths.length > 0);
      const missing = paths.filter((path) => !existsSync(join(root, path)));
      assert.deepEqual(missing, []);
    });
  }

  test('SECURITY.md states the limits of the header', () => {
    const table = read('SECURITY.md').matchAll(/^\| \w.*\| +([\d,]+) ?(\w*) +\|$/gm);
    const stated = Array.from(table, ([, number, unit]) => {
      const factor = { MiB: 2 ** 20, GiB: 2 ** 30 }[unit] ?? 1;
      return Number(number.replaceAll(',', '')) * factor;
    });
    const [, section = ''] = read('src/gradcam.h').match(/---- Limits(.*?)---- Status/s) ?? [];
    const defined = section.matchAll(/^#define GC_MAX_\w+ +\(?(\d+)(?: << (\d+))?/gm);
    const limits = Array.from(defined, ([, n, shift]) => Number(n) * 2 ** Number(shift ?? 0));
    assert.ok(limits.length > 0);
    assert.deepEqual(stated.sort(ascending), limits.sort(ascending));
  });
});
