/** Engines with threads give the same results. Without shared memory they have one thread. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { syncBuiltinESMExports } from 'node:module';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import workerThreads from 'node:worker_threads';
import '../../wasm-build/enable-relaxed-simd.js';
import { init, loadModel } from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails } from './fixtures.js';

/** @typedef {import('gradcam-wasm').WasmOptions} WasmOptions */

const FILE = readFileSync(DEFAULT_MODEL);
const PICTURE = readFileSync(DOG_PICTURE);

const VARIANTS = /** @type {const} */ (['simd', 'relaxed']);

/** An engine when all of its threads run. @param {WasmOptions & { threads: number }} options */
async function startAll(options) {
  const engine = await init(options);
  while (engine.threads < options.threads) await sleep(1);
  return engine;
}

/** A module with threads that was not used before, and so gets an engine of its own. */
const newModule = () =>
  WebAssembly.compile(readFileSync(join(ROOT, 'build/wasm/gradcam-threads.wasm')));

/**
 * Logits and the maps of all layers that have one.
 * @param {import('gradcam-wasm').Model} model
 */
async function explainAll(model) {
  const run = await model.run(PICTURE);
  const maps = [];
  for (const layer of ['Conv1', 'block_2_expand', 'block_9_depthwise', 'Conv_1']) {
    const { targets } = await run.explain({ layer, targets: [0, 11] });
    maps.push(...targets.map(({ heatmap }) => heatmap.data));
  }
  return { logits: run.logits, maps };
}

/** @param {WasmOptions} options */
async function explainOn(options) {
  const model = await loadModel(FILE, options);
  const result = await explainAll(model);
  model.dispose();
  return result;
}

describe('threads', () => {
  for (const wasmVariant of VARIANTS) {
    test(`change no bit: ${wasmVariant}`, async () => {
      const expected = await explainOn({ wasmVariant, threads: 1 });
      for (const threads of [2, 3, 5]) {
        await startAll({ wasmVariant, threads });
        for (let round = 0; round < 3; round++) {
          assert.deepEqual(await explainOn({ wasmVariant, threads }), expected, `${threads}`);
        }
      }
    });
  }

  test('of two engines do not meet', async () => {
    const options = await Promise.all(
      [2, 3].map(async (threads) => ({ wasmModule: await newModule(), threads })),
    );
    const engines = await Promise.all(options.map(startAll));
    assert.notEqual(engines[0], engines[1]);
    const models = await Promise.all(options.map((one) => loadModel(FILE, one)));
    const expected = await explainOn({ wasmVariant: 'simd', threads: 1 });
    for (let round = 0; round < 3; round++) {
      for (const result of await Promise.all(models.map(explainAll))) {
        assert.deepEqual(result, expected);
      }
    }
  });

  test('serve many short runs', async () => {
    const options = { wasmVariant: VARIANTS[0], threads: 3 };
    await startAll(options);
    const model = await loadModel(FILE, options);
    const { input, logits } = await model.run(PICTURE);
    const tensor = { data: input.data, shape: [1, input.height, input.width, input.channels] };
    for (let i = 0; i < 200; i++) assert.deepEqual((await model.run(tensor)).logits, logits);
    model.dispose();
  });

  test('are as many as are wanted, or refused', async () => {
    assert.equal((await startAll({ threads: 4 })).threads, 4);
    for (const threads of [0, -1, 1.5, 65, NaN, /** @type {any} */ ('2')]) {
      await assertFails(() => init({ threads }), 'INVALID_ARGUMENT', /threads is .* 1 to 64/);
    }
  });

  test('do not keep a process that has done its work', () => {
    const script = `
      import { init } from ${JSON.stringify(join(ROOT, 'web/package/index.js'))};
      const engine = await init({ threads: 3 });
      while (engine.threads < 3) await new Promise((resolve) => setTimeout(resolve, 1));
      console.log(engine.threads);`;
    const args = ['--input-type=module', '--eval', script];
    const result = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 60_000 });
    assert.deepEqual([result.stdout, result.status], ['3\n', 0], result.stderr);
  });
});

describe('one thread', () => {
  /** @type {number} */
  let copies = 0;

  /** Starts the loader anew. @param {WasmOptions} options */
  async function startFresh(options) {
    /** @type {typeof import('../../web/package/engine/start.js')} */
    const loader = await import(`${'../../web/package/engine/start.js'}?threads=${copies++}`);
    return loader.init(options);
  }

  test('is what a page has that is not cross-origin isolated', async () => {
    Object.assign(globalThis, { crossOriginIsolated: false });
    try {
      const engine = await startFresh({ threads: 2 });
      assert.equal(engine.threads, 1);
      const wasmModule = await newModule();
      await assertFails(() => startFresh({ wasmModule }), 'WASM_FAILED', /cross-origin isolated/);
    } finally {
      Reflect.deleteProperty(globalThis, 'crossOriginIsolated');
    }
  });

  test('is what there is where no memory can be shared', async (context) => {
    const { Memory } = WebAssembly;
    /** @type {number[]} */
    const tried = [];
    context.mock.method(
      WebAssembly,
      'Memory',
      /** @param {WebAssembly.MemoryDescriptor} descriptor */
      function (descriptor) {
        tried.push(Number(descriptor.maximum));
        if (descriptor.shared) throw new RangeError('could not allocate memory');
        return new Memory(descriptor);
      },
    );
    const engine = await startFresh({ wasmVariant: 'simd', threads: 2 });
    assert.equal(engine.threads, 1);
    assert.deepEqual(tried, [65536, 32768, 16384]);
  });

  for (const [what, failing] of /** @type {[string, any][]} */ ([
    ['cannot be created', Object.assign(() => {}, { prototype: undefined })],
    [
      'do not start',
      class extends workerThreads.Worker {
        /** @param {URL} url @param {import('node:worker_threads').WorkerOptions} options */
        constructor(url, options) {
          super(new URL('./no-such-file.js', url), options);
        }
      },
    ],
  ])) {
    test(`does all the work where workers ${what}`, async () => {
      const { Worker } = workerThreads;
      workerThreads.Worker = failing;
      syncBuiltinESMExports();
      try {
        const options = { wasmModule: await newModule(), threads: 3 };
        const result = await explainOn(options);
        assert.deepEqual(result, await explainOn({ wasmVariant: 'simd', threads: 1 }));
        assert.equal((await init(options)).threads, 1);
      } finally {
        workerThreads.Worker = Worker;
        syncBuiltinESMExports();
      }
    });
  }
});
