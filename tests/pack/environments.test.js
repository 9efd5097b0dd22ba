/** docs/environments.md has the rows of its tables, and every row has the test that it names. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { root } from '../../wasm-build/tools.js';
import { DOCUMENT, ENVIRONMENTS, HABITS, environmentsDocument } from './environments.js';

/** @param {string} file */
const read = (file) => readFileSync(join(root, file), 'utf8');

/** Rows with the test or the app that knows their state. */
const rows = [...ENVIRONMENTS, ...HABITS];

describe('docs/environments.md', () => {
  test('is up to date: node tests/pack/environments.js', async () => {
    assert.equal(readFileSync(DOCUMENT, 'utf8'), await environmentsDocument());
  });

  test('names tests that there are', () => {
    for (const { what, source } of rows.filter(({ source }) => source.length === 2)) {
      const [file, name] = source;
      assert.ok(read(/** @type {string} */ (file)).includes(`${name}'`) || hasKey(source), what);
    }
  });

  test('has every app of npm run test:pack, and no other', () => {
    const named = rows.flatMap(({ source }) => (source.length === 1 ? source : []));
    const apps = Object.keys(JSON.parse(read('tests/pack/frameworks.json')));
    assert.deepEqual([...new Set(named)].sort(), apps.sort());
    const runner = read('tests/pack/frameworks.js');
    for (const app of apps) assert.ok(runner.includes(`'${app}'`), app);
  });

  test('has a reason where no test knows the state', () => {
    for (const { what, state, source } of rows) {
      assert.ok(source.length > 0 || /: /.test(state), what);
    }
  });
});

/**
 * Whether a file has the name as a key of what it tests.
 * @param {string[]} source
 */
function hasKey([file, name]) {
  return read(file).includes(`{ ${name}: `);
}
