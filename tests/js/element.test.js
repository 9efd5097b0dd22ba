/** The element's document names all that the element has, and servers can import its module. */

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../../wasm-build/tools.js';
import { GradCamElement } from '../../web/package/element/index.js';

const FOLDER = join(root, 'web/package/element');

const sources = readdirSync(FOLDER)
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'))
  .join('\n');

/**
 * The names in the first column of a table.
 * @param {string} heading of that column
 */
function documented(heading) {
  const text = readFileSync(join(root, 'docs/element.md'), 'utf8');
  const [, table = ''] = new RegExp(`^\\| ${heading} .*\\n((?:\\|.*\\n)+)`, 'm').exec(text) ?? [];
  return Array.from(table.matchAll(/^\| `(.*?)`/gm), ([, name]) => name).sort();
}

/** @param {Iterable<string>} names */
const sorted = (names) => [...new Set(names)].sort();

describe('docs/element.md has all', () => {
  test('attributes', () => {
    assert.deepEqual(documented('attribute'), sorted(GradCamElement.observedAttributes));
  });

  test('properties, one for each attribute', () => {
    for (const name of [...GradCamElement.observedAttributes, 'options']) {
      const { get, set } = Object.getOwnPropertyDescriptor(GradCamElement.prototype, name) ?? {};
      assert.ok(get && set, name);
    }
  });

  test('events', () => {
    const found = sources.matchAll(/new (?:Custom|Error|Progress)Event\('(\w+)'/g);
    assert.deepEqual(documented('event'), sorted(Array.from(found, ([, name]) => name)));
  });

  test('parts', () => {
    const found = sources.matchAll(/\bpart: '([\w ]+)'|'part', '([\w ]+)'/g);
    const names = Array.from(found, ([, one, other]) => (one ?? other).split(' ')).flat();
    assert.deepEqual(documented('part'), sorted(names));
  });

  test('custom properties', () => {
    const found = sources.matchAll(/var\((--grad-cam[\w-]+)/g);
    const names = Array.from(found, ([, name]) => name);
    assert.deepEqual(documented('custom property'), sorted(names));
  });
});

test('a server that imports the module defines nothing', () => {
  assert.equal('customElements' in globalThis, false);
  assert.equal(typeof GradCamElement, 'function');
});
