/** Addresses and paths are told apart. */

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { main } from '../../web/cli/main.js';
import { resolveUrl } from '../../web/package/base/url.js';
import { loadModel } from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE } from './fixtures.js';

const cwd = process.cwd;

/**
 * What addresses become in a folder. Only the name of the folder is emulated.
 * @param {string} folder
 * @param {Record<string, string>} expected
 */
function check(folder, expected) {
  process.cwd = () => folder;
  try {
    const found = Object.keys(expected).map((text) => [text, resolveUrl(text).href]);
    assert.deepEqual(Object.fromEntries(found), expected);
  } finally {
    process.cwd = cwd;
  }
}

describe('in Node', () => {
  test('a path may have any characters', () => {
    check('/home/a b', {
      'p #1/50%.h5': 'file:///home/a%20b/p%20%231/50%25.h5',
      'a%20b.keras': 'file:///home/a%20b/a%2520b.keras',
      '/x?y/é.h5': 'file:///x%3Fy/%C3%A9.h5',
      '//x/y.h5': 'file:///x/y.h5',
      '../up.h5': 'file:///home/up.h5',
      'C:\\m.h5': 'file:///home/a%20b/C%3A%5Cm.h5',
    });
    check('/', { 'm.h5': 'file:///m.h5' });
  });

  test('a path of Windows is on a drive or on a server', () => {
    check('C:\\Users\\me\\app', {
      'm.keras': 'file:///C:/Users/me/app/m.keras',
      'models/m #1.keras': 'file:///C:/Users/me/app/models/m%20%231.keras',
      'models\\50%.h5': 'file:///C:/Users/me/app/models/50%25.h5',
      'D:\\m.h5': 'file:///D:/m.h5',
      'd:/m.h5': 'file:///d:/m.h5',
      '\\m.h5': 'file:///C:/m.h5',
      '..\\up.h5': 'file:///C:/Users/me/up.h5',
      '\\\\server\\share\\m.h5': 'file://server/share/m.h5',
    });
    check('C:\\', { 'm.h5': 'file:///C:/m.h5' });
    check('\\\\server\\share\\app', {
      'm.h5': 'file://server/share/app/m.h5',
      'C:\\m.h5': 'file:///C:/m.h5',
    });
  });

  test('a text with a scheme is an address', () => {
    const addresses = ['https://host/a%20b?c#d', 'file:///C:/a%20b', 'data:,x', 'blob:x/y'];
    const same = Object.fromEntries(addresses.map((text) => [text, text]));
    check('/home', same);
    check('C:\\app', same);
    process.cwd = () => 'C:\\app';
    assert.equal(resolveUrl(new URL('file:///C:/a%20b')).href, 'file:///C:/a%20b');
    process.cwd = cwd;
    assert.throws(() => resolveUrl('https://'), { code: 'INVALID_ARGUMENT' });
  });

  test('a model is loaded from a path with such characters', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'url-'));
    after(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, 'p #1'));
    const path = join(folder, 'p #1', '50%.h5');
    copyFileSync(DEFAULT_MODEL, path);
    const model = await loadModel(path);
    assert.equal(model.classCount, 19);
    model.dispose();
  });

  test('the command line works where the folder is one of Windows', async () => {
    process.cwd = () => 'C:\\Users\\me';
    const { status, output, error } = await main(['predict', DEFAULT_MODEL, DOG_PICTURE, '--json']);
    process.cwd = cwd;
    assert.equal(status, 0, error);
    assert.equal(JSON.parse(output).predictions.length, 19);
  });
});
