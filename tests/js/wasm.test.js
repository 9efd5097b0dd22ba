/** Finding, compiling and starting the WebAssembly module. */

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { colormaps, heatmapToImage, init, methodInfo, methods } from '../../web/package/index.js';
import { WorkerSession } from '../../web/package/worker/index.js';
import { Engine } from '../../web/package/engine/engine.js';
import { Instance } from '../../web/package/engine/instance.js';
import { ROOT, assertFails } from './fixtures.js';

/** @type {import('gradcam-wasm').HeatMap} */
const HEATMAP = { data: new Float32Array(1), width: 1, height: 1 };

const WASM = join(ROOT, 'build/wasm/gradcam.wasm');

describe('the engine', () => {
  /** @type {string} */
  let folder;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'gradcam-'))));
  after(() => rmSync(folder, { recursive: true }));

  /**
   * @param {string} name
   * @param {string | Uint8Array} contents
   */
  function file(name, contents) {
    writeFileSync(join(folder, name), contents);
    return pathToFileURL(join(folder, name));
  }

  test('is needed by the synchronous calls on pictures', () =>
    assertFails(() => heatmapToImage(HEATMAP), 'NOT_READY', /init\(\)/));

  test('is not needed for names', async () => {
    const names = colormaps();
    assert.ok(names.includes('viridis'));
    // What is called in a worker's place starts none.
    const session = new WorkerSession(() => assert.fail('a worker was started'));
    assert.deepEqual(await session.colormaps(), names);
    assert.deepEqual(await session.methods(), methods());
    assert.deepEqual(await session.methodInfo('gradCam'), methodInfo('gradCam'));
    await assertFails(() => session.methodInfo(/** @type {any} */ ('x')), 'INVALID_ARGUMENT', /x/);
  });

  test('has the colour maps that are named', async () => {
    const engine = await init();
    const pointers = [...colormaps(), 'none more'].map((_, i) =>
      engine.call('gc_colormap_name', i),
    );
    assert.equal(pointers.pop(), 0);
    assert.deepEqual(
      pointers.map((pointer) => engine.text(pointer)),
      colormaps(),
    );
  });

  test('is started once by calls at the same time', async () => {
    const [first, second] = await Promise.all([init(), init()]);
    assert.equal(first, second);
    assert.ok(colormaps().includes('viridis'));
  });

  test('takes bytes, a compiled module, an address and a path', async () => {
    const wasmBinary = readFileSync(WASM);
    const wasmModule = await WebAssembly.compile(wasmBinary);
    for (const options of [
      { wasmBinary },
      { wasmBinary: new Uint8Array(wasmBinary).buffer },
      { wasmModule },
      { wasmUrl: pathToFileURL(WASM) },
      { wasmUrl: pathToFileURL(WASM).href },
    ]) {
      const engine = await init(options);
      assert.equal(engine.text(engine.call('gc_colormap_name', 0)), colormaps()[0]);
    }
  });

  test('says what is wrong with a file, and starts when it is put right', async () => {
    const missing = pathToFileURL(join(folder, 'none.wasm'));
    await assertFails(() => init({ wasmUrl: missing }), 'FETCH_FAILED', /none\.wasm/);
    const page = file('page.wasm', '<!doctype html><p>Not found');
    await assertFails(() => init({ wasmUrl: page }), 'WASM_FAILED', /HTML page/);
    const broken = file('broken.wasm', 'no wasm');
    await assertFails(() => init({ wasmUrl: broken }), 'WASM_FAILED', /does not compile/);
    await assertFails(() => init({ wasmUrl: 'http://[' }), 'INVALID_ARGUMENT', /address/);
    file('broken.wasm', readFileSync(WASM));
    await init({ wasmUrl: broken });
  });

  test('is not used again after a trap', async () => {
    let calls = 0;
    let failures = 0;
    const trap = () => {
      calls++;
      throw new WebAssembly.RuntimeError('unreachable');
    };
    const exports = { memory: new WebAssembly.Memory({ initial: 1 }), trap };
    const engine = new Engine(new Instance({ exports }), () => failures++);
    await assertFails(() => engine.call('trap'), 'WASM_FAILED', /trap.*unreachable/);
    await assertFails(() => engine.call('trap'), 'WASM_FAILED', /load the model again/);
    assert.deepEqual([calls, failures], [1, 1]);
  });

  test('comes from a server, whatever type the server gives it', () =>
    withServer(async (base) => {
      await init({ wasmUrl: `${base}/typed` });
      await init({ wasmUrl: `${base}/untyped` });
    }));

  test('says what a server answers in its place', async () => {
    const gone = await withServer(async (base) => {
      await assertFails(() => init({ wasmUrl: `${base}/none` }), 'FETCH_FAILED', /404/);
      await assertFails(() => init({ wasmUrl: `${base}/page` }), 'WASM_FAILED', /HTML page/);
      await assertFails(() => init({ wasmUrl: `${base}/half` }), 'FETCH_FAILED', /cut off/);
      return base;
    });
    await assertFails(() => init({ wasmUrl: gone }), 'FETCH_FAILED', /wasmUrl/);
  });

  test('is fetched once by calls at the same time, and once more after they failed', () =>
    withServer(async (base, paths) => {
      const wasmUrl = `${base}/late`;
      const failed = await Promise.allSettled([init({ wasmUrl }), init({ wasmUrl })]);
      assert.deepEqual(
        failed.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      const engines = await Promise.all([init({ wasmUrl }), init({ wasmUrl })]);
      assert.equal(engines[0], engines[1]);
      assert.equal(await init({ wasmUrl }), engines[0]);
      assert.deepEqual(paths, ['/late', '/late']);
    }));

  test('takes nothing else for the wasm', async () => {
    const binary = /** @type {any} */ ('gradcam.wasm');
    await assertFails(() => init({ wasmBinary: binary }), 'INVALID_ARGUMENT', /ArrayBuffer/);
    const module = /** @type {any} */ (readFileSync(WASM));
    await assertFails(
      () => init({ wasmModule: module }),
      'INVALID_ARGUMENT',
      /WebAssembly\.Module/,
    );
  });
});

/**
 * Runs `work` with a server. It has the wasm at /typed and /untyped, and at /late from the second
 * request on. At /page and, with status 404, at /none it sends HTML. The answer at /half breaks
 * off.
 * @template T
 * @param {(base: string, paths: string[]) => Promise<T>} work gets the address of the server
 *   and the requested paths
 */
async function withServer(work) {
  /** @type {string[]} */
  const paths = [];
  const server = createServer(({ url = '' }, response) => {
    const isFirst = !paths.includes(url);
    paths.push(url);
    if (url === '/none' || (url === '/late' && isFirst)) response.writeHead(404).end('<html>');
    else if (url === '/page') response.end('<html>');
    else if (url === '/half') {
      response.setHeader('content-length', 1000);
      response.write('half', () => response.destroy());
    } else {
      const type = url === '/untyped' ? 'text/plain' : 'application/wasm';
      response.setHeader('content-type', type).end(readFileSync(WASM));
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(0)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  try {
    return await work(`http://127.0.0.1:${port}`, paths);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
