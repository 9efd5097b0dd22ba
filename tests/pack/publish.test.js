/**
 * What can be known of a publication without a network: npm packs the package and finds no fault,
 * and the addresses in package.json come from one constant. Only a registry can tell whether the
 * name is free and who may publish. Only the host of a build can give the token of a provenance.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  ADDRESSED,
  REPOSITORY,
  addressFields,
  writeAddresses,
} from '../../wasm-build/addresses.js';
import { root } from '../../wasm-build/tools.js';

/** There is no registry at this address, so that nothing leaves the machine. */
const NOWHERE = ['--registry', 'http://127.0.0.1:9', '--fetch-retries', '0'];

/**
 * What `npm publish` would publish.
 * @param {string} folder
 */
function rehearse(folder) {
  const args = ['publish', '--dry-run', '--json', '--ignore-scripts', ...NOWHERE];
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /auto-corrected|errors corrected/i);
  const made = JSON.parse(stdout);
  return made.files ? made : made['gradcam-wasm'];
}

/** @param {string} folder */
const readPackage = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** @param {Record<string, unknown>} about a package.json */
const addressesOf = (about) =>
  Object.fromEntries(
    ADDRESSED.filter((field) => field in about).map((field) => [field, about[field]]),
  );

describe('npm publish', () => {
  test('takes the package in a dry run', () => {
    const { name, version, files } = rehearse(root);
    assert.deepEqual([name, version], ['gradcam-wasm', readPackage(root).version]);
    const paths = files.map((/** @type {{ path: string }} */ { path }) => path);
    for (const path of ['README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'docs/api.md']) {
      assert.ok(paths.includes(path), path);
    }
  });

  test('has the addresses that the constant gives', () => {
    assert.deepEqual(addressesOf(readPackage(root)), addressFields(REPOSITORY));
  });

  test('finds no fault with these addresses, which can be filled in and taken out', () => {
    const folder = mkdtempSync(join(tmpdir(), 'publish-'));
    const file = join(folder, 'package.json');
    copyFileSync(join(root, 'package.json'), file);
    try {
      writeAddresses('https://example.org/owner/name', file);
      rehearse(folder);
      assert.deepEqual(addressesOf(readPackage(folder)), {
        repository: { type: 'git', url: 'git+https://example.org/owner/name.git' },
        homepage: 'https://example.org/owner/name#readme',
        bugs: 'https://example.org/owner/name/issues',
      });
      writeAddresses(REPOSITORY, file);
      assert.equal(readFileSync(file, 'utf8'), readFileSync(join(root, 'package.json'), 'utf8'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('can have a provenance, as far as the package decides', (t) => {
    const { private: isPrivate, publishConfig, license } = readPackage(root);
    assert.deepEqual([isPrivate, publishConfig, license], [undefined, undefined, 'MIT']);
    const { stdout } = spawnSync('npm', ['publish', '--help'], { encoding: 'utf8' });
    assert.match(stdout, /--provenance/);
    if (REPOSITORY === '') t.diagnostic('REPOSITORY of wasm-build/addresses.js is empty still');
    else assert.match(REPOSITORY, /^https:\/\/[^/]+\/[^/]+\/[^/]+(?<!\.git)$/);
  });
});
