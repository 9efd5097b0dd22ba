/** Models that name files elsewhere, and servers and disks that never stop. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { main } from '../../web/cli/main.js';
import { loadModel } from '../../web/package/index.js';
import { besideUrl } from '../../web/package/base/beside.js';
import { fileName } from '../../web/package/base/url.js';
import { DOG_PICTURE, assertFails } from './fixtures.js';
import { SMALL, smallSafetensors, smallTfjs } from './hostile-files.js';

const OPTIONS = { threads: 1, wasmVariant: /** @type {const} */ ('simd') };

/** @type {string} */
let folder;
before(() => (folder = mkdtempSync(join(tmpdir(), 'hostile-'))));
after(() => rmSync(folder, { recursive: true }));

/** Paths that lead out of the folder of any model. */
const OUTSIDE = [
  '../s.bin',
  'a/../../s.bin',
  '/s.bin',
  '\t/s.bin',
  '\\s.bin',
  '..\\s.bin',
  '%2e%2e/s.bin',
  '..%2fs.bin',
  '..%5Cs.bin',
  '//127.0.0.1/s.bin',
  'http://127.0.0.1:9/s.bin',
  'file:///etc/passwd',
  'data:,s',
  'blob:http://host/s',
  'http://[',
  '?s',
  '#s',
  '.',
];

describe('a path in model.json', () => {
  for (const model of [
    'http://host/m/model.json',
    'http://host/model.json',
    'file:///m/model.json',
  ]) {
    test(`leads down from ${model}`, async () => {
      const url = new URL(model);
      for (const path of OUTSIDE) {
        await assertFails(() => besideUrl(url, path), 'INVALID_MODEL', /the model names/);
      }
      for (const path of ['s.bin', 'a/s.bin', './s.bin', 'a/../s.bin', 's.bin?x', 'a b.bin']) {
        assert.equal(besideUrl(url, path).href, new URL(path, url).href);
      }
    });
  }

  test('keeps the key of a signed address', () => {
    const url = new URL('http://host/m/model.json?key=1');
    assert.equal(besideUrl(url, 's.bin').href, 'http://host/m/s.bin?key=1');
  });
});

test('an address may have escapes that say nothing', async () => {
  assert.equal(fileName(new URL('http://host/a%20b.h5')), 'a b.h5');
  assert.equal(fileName(new URL('http://host/100%.h5')), '100%.h5');
  await assertFails(() => loadModel('http://127.0.0.1:1/100%.h5', OPTIONS), 'FETCH_FAILED');
});

describe('a server', () => {
  /** @type {string[]} what the other server was asked */
  const asked = [];
  /** @type {import('node:http').Server[]} */
  const servers = [];
  /** @type {string} */
  let address;

  /** @param {import('node:http').RequestListener} listener */
  async function serve(listener) {
    const server = createServer(listener);
    servers.push(server);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    return `http://127.0.0.1:${port}`;
  }

  before(async () => {
    const { shard } = smallTfjs();
    const other = await serve((request, response) => {
      asked.push(String(request.url));
      response.end(shard);
    });
    address = await serve(({ url = '' }, response) => {
      const [, name] = url.split('/m/');
      if (/json$/.test(name)) response.end(smallTfjs(name.replace('.json', '')).json);
      else if (name === 'away') response.writeHead(302, { location: `${other}/x` }).end();
      else if (name === 'near') response.writeHead(302, { location: 'good' }).end();
      else if (name === 'circle') response.writeHead(302, { location: 'circle' }).end();
      else if (name === 'good') response.end(shard);
      else if (name === 'large') response.end(Buffer.alloc(shard.length + 1));
      else {
        const send = () => {
          while (response.write(Buffer.alloc(2 ** 16)));
        };
        response.on('drain', send);
        send();
      }
    });
  });
  after(() => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** @param {string} name */
  const load = (name) => loadModel(`${address}/m/${name}.json`, OPTIONS);

  test('may send a request on to itself', async () => {
    for (const name of ['good', 'near']) (await load(name)).dispose();
  });

  test('may not send a request on to another server, which is not asked', async () => {
    await assertFails(() => load('away'), 'INVALID_MODEL', /redirected to another server/);
    await assertFails(() => load('circle'), 'INVALID_MODEL', /redirected too often/);
    assert.deepEqual(asked, []);
  });

  test('may not do so in a browser, which follows before it tells', async (context) => {
    let isLeft = false;
    const body = { cancel: async () => (isLeft = true) };
    /** @type {any[]} */
    const responses = [
      new Response(smallTfjs('s.bin').json),
      { type: 'opaqueredirect', status: 0 },
      { type: 'cors', url: 'http://elsewhere/s.bin', ok: true, body },
    ];
    context.mock.method(globalThis, 'fetch', async () => responses.shift());
    const load = () => loadModel('http://host/m/model.json', OPTIONS);
    await assertFails(load, 'INVALID_MODEL', /redirected to another server/);
    assert.ok(isLeft);
  });

  test('cannot send more than the model needs', { timeout: 60_000 }, async () => {
    for (const name of ['large', 'endless']) {
      await assertFails(() => load(name), 'INVALID_MODEL', /longer than the \d+ bytes/);
    }
  });

  test('is left when the signal says so', async () => {
    const reason = new Error('enough');
    const call = () => loadModel(`${address}/endless`, { signal: AbortSignal.abort(reason) });
    await assert.rejects(call, (error) => error === reason);
  });
});

describe('a folder', () => {
  /**
   * @param {string} name
   * @param {string} path of the shard
   */
  function make(name, path) {
    const at = join(folder, name);
    mkdirSync(at);
    writeFileSync(join(at, 'model.json'), smallTfjs(path).json);
    return at;
  }
  /** @param {string} at */
  const load = (at) => loadModel(pathToFileURL(join(at, 'model.json')), OPTIONS);

  test('may have its shard in it, by a link too', async () => {
    const at = make('good', 'link.bin');
    writeFileSync(join(at, 's.bin'), smallTfjs().shard);
    symlinkSync('s.bin', join(at, 'link.bin'));
    (await load(at)).dispose();
  });

  test('may not link to a file elsewhere', async () => {
    const at = make('linked', 's.bin');
    writeFileSync(join(folder, 'other.bin'), smallTfjs().shard);
    symlinkSync(join(folder, 'other.bin'), join(at, 's.bin'));
    await assertFails(() => load(at), 'INVALID_MODEL', /is a link to a file outside/);
  });

  test('may not have a pipe, a folder or a longer file', { timeout: 60_000 }, async () => {
    const pipe = make('pipe', 's.bin');
    assert.equal(spawnSync('mkfifo', [join(pipe, 's.bin')]).status, 0);
    await assertFails(() => load(pipe), 'INVALID_MODEL', /no regular file/);
    await assertFails(() => load(make('folder', '../folder/')), 'INVALID_MODEL');
    const long = make('long', 's.bin');
    writeFileSync(join(long, 's.bin'), Buffer.alloc(5000));
    await assertFails(() => load(long), 'INVALID_MODEL', /longer than the \d+ bytes/);
    await assertFails(() => load(make('none', 's.bin')), 'FETCH_FAILED', /ENOENT/);
  });
});

describe('the command line', () => {
  const CONTROL = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e]/;
  const EVIL = '\x1b]0;PWNED\x07\x1b[2J\x9b31m\u202e\r\nfake line';
  /** @type {string} */
  let model;
  before(() => {
    model = join(folder, 'evil.safetensors');
    const config = JSON.stringify(SMALL)
      .replaceAll('"m"', JSON.stringify(`m${EVIL}`))
      .replaceAll('"l1"', JSON.stringify(EVIL));
    const labels = JSON.stringify([EVIL, `b${EVIL}`, 'c']);
    writeFileSync(model, smallSafetensors({ labels }, config));
  });

  test('shows no control character of a name', async () => {
    const explain = ['explain', model, DOG_PICTURE];
    const summary = await main(['summary', model]);
    const text = await main(explain);
    const json = await main([...explain, '--json']);
    for (const { status, output, error } of [summary, text, json]) {
      assert.equal(status, 0, error);
      assert.doesNotMatch(output, CONTROL);
      assert.doesNotMatch(output, /^fake/m);
    }
    assert.match(text.output, /\\x1b\]0;PWNED\\x07/);
    assert.equal(JSON.parse(json.output).model, `m${EVIL}`);
    const failures = [
      [...explain, '--layer', EVIL],
      ['summary', EVIL],
      [EVIL],
      ['predict', `${EVIL}`],
    ];
    for (const args of failures) {
      const { status, error } = await main(args);
      assert.notEqual(status, 0);
      assert.doesNotMatch(error.slice(0, -1), CONTROL);
      assert.doesNotMatch(error.slice(0, -1), /\n/);
    }
  });

  test('overwrites a file only with --force', async () => {
    const before = readFileSync(model);
    const existing = join(folder, 'existing');
    writeFileSync(existing, 'mine');
    /** @type {string[][]} */
    const calls = [
      ['convert', model, model],
      ['convert', model, existing],
      ['explain', model, DOG_PICTURE, '--output', existing],
    ];
    for (const args of calls) {
      const { status, error } = await main(args);
      assert.equal(status, 1);
      assert.match(error, /exists; --force overwrites it\n$/);
    }
    assert.deepEqual(readFileSync(model), before);
    assert.equal(readFileSync(existing, 'utf8'), 'mine');
    for (const args of [calls[1], ['convert', model, '/dev/null'], calls[2]]) {
      const { status, error } = await main([...args, '--force']);
      assert.equal(status, 0, error);
    }
    assert.notEqual(readFileSync(existing, 'utf8'), 'mine');
  });
});
