/** Memory comes back. Large work of short life and disposed models leave nothing in an engine. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import workerThreads from 'node:worker_threads';
import { Engine } from '../../web/package/engine/engine.js';
import { Instance } from '../../web/package/engine/instance.js';
import { Network } from '../../web/package/engine/network.js';
import { readPicture, resize } from '../../web/package/pictures/image.js';
import { pictureToInput } from '../../web/package/pictures/preprocessing.js';
import { convertModel, formatAsImage, init, loadModel } from '../../web/package/index.js';
import { RGB, RGBA, writePng } from '../browser/png.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails } from './fixtures.js';

/** @typedef {import('gradcam-wasm').WasmOptions} WasmOptions */

const FILE = readFileSync(DEFAULT_MODEL);
const PICTURE = readFileSync(DOG_PICTURE);
const [WIDTH, HEIGHT] = [2500, 2000];

/** A module that was not used before gets an engine of its own. @param {string} [file] */
const newModule = (file = 'gradcam') =>
  WebAssembly.compile(readFileSync(join(ROOT, `build/wasm/${file}.wasm`)));

/** @param {number} [threads] */
async function newEngine(threads = 1) {
  const file = threads > 1 ? 'gradcam-threads' : 'gradcam';
  const options = { wasmModule: await newModule(file), threads };
  return { engine: await init(options), options };
}

/** An engine that does all work in its one memory. */
async function plainEngine() {
  const instance = await WebAssembly.instantiate(await newModule(), {
    env: { emscripten_notify_memory_growth: () => {}, gc_host_read: () => {} },
  });
  return new Engine(new Instance(instance), () => {});
}

/** A picture above the size from which it gets a memory of its own. */
const LARGE = {
  data: new Uint8ClampedArray(WIDTH * HEIGHT * 4),
  width: WIDTH,
  height: HEIGHT,
};
for (let i = 0; i < LARGE.data.length; i++) LARGE.data[i] = (i * i) >> 3;

/** A small file of a large picture. */
function largePng() {
  const row = (/** @type {number} */ y) => new Uint8Array(3 * WIDTH).fill(y);
  return writePng({ width: WIDTH, height: HEIGHT, type: RGB, row });
}

/** A large file, a bitmap. */
function largeBmp() {
  const bytes = Buffer.alloc(54 + 3 * WIDTH * HEIGHT, 99);
  bytes.fill(0, 0, 54);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(54, 10);
  bytes.writeUInt32LE(40, 14);
  bytes.writeInt32LE(WIDTH, 18);
  bytes.writeInt32LE(HEIGHT, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes;
}

/** What is done with large pictures, and gives the same bytes in any memory. */
const LARGE_WORK = {
  /** @param {Engine} engine */
  'a small file is decoded': (engine) => readPicture(engine, largePng()),
  /** @param {Engine} engine */
  'a large file is decoded': (engine) => readPicture(engine, largeBmp()),
  /** @param {Engine} engine */
  'pixels become an input': (engine) => {
    const size = { width: 224, height: 224, channels: 3 };
    return pictureToInput(engine, LARGE, size, 'tf', 'lanczos');
  },
  /** @param {Engine} engine */
  'pixels are resized': (engine) => resize(engine, LARGE, { width: 300, height: 200 }, 'bicubic'),
};

test('a PNG takes the memory of its pixels in RGBA, also with 16 bits a channel', async () => {
  for (const depth of [8, 16]) {
    const engine = await plainEngine();
    const before = engine.memorySize;
    const row = (/** @type {number} */ y) => new Uint8Array(((4 * depth) / 8) * WIDTH).fill(y);
    const file = writePng({ width: WIDTH, height: HEIGHT, type: RGBA, depth, row });
    await readPicture(engine, file);
    const taken = engine.memorySize - before - 4 * WIDTH * HEIGHT - file.length;
    assert.ok(taken < 2 ** 20, `${depth} bits took ${taken} bytes more`);
  }
});

describe('a large picture leaves no memory behind', () => {
  for (const threads of [1, 3]) {
    for (const [what, work] of Object.entries(LARGE_WORK)) {
      test(`${what}, threads: ${threads}`, async () => {
        const { engine } = await newEngine(threads);
        const before = engine.memorySize;
        const plain = await plainEngine();
        assert.deepEqual(await work(engine), await work(plain));
        assert.equal(engine.memorySize, before);
        assert.ok(plain.memorySize > before);
      });
    }

    test(`a heat map is laid over it, threads: ${threads}`, async () => {
      const { engine, options } = await newEngine(threads);
      const model = await loadModel(FILE, options);
      const run = await model.run(PICTURE, { image: LARGE });
      const before = engine.memorySize;
      const overlay = formatAsImage(await run.explain());
      assert.deepEqual([overlay.width, overlay.height], [WIDTH, HEIGHT]);
      const after = engine.memorySize;
      assert.ok(after - before < 4 * WIDTH * HEIGHT, `${before} to ${after}`);
      model.dispose();
    });
  }

  test('where there is no memory for another instance, its own is taken', async (context) => {
    const { engine } = await newEngine();
    const before = engine.memorySize;
    context.mock.method(WebAssembly, 'Instance', function () {
      throw new RangeError('could not allocate memory');
    });
    const pixels = await readPicture(engine, largePng());
    assert.equal(pixels.data.length, WIDTH * HEIGHT * 4);
    assert.ok(engine.memorySize > before);
  });
});

test('a large configuration that is refused leaves no memory behind', async () => {
  const { engine, options } = await newEngine();
  const model = await loadModel(FILE, options);
  const before = engine.memorySize;
  const layer = { class_name: 'None', config: { name: 'x', text: 'x'.repeat(2 ** 25) } };
  const config = JSON.stringify({ class_name: 'Sequential', config: { layers: [layer] } });
  await assertFails(() => new Network(engine, config), 'INVALID_MODEL');
  assert.equal(engine.memorySize, before);
  model.dispose();
  assert.equal(engine.memorySize, 0);
});

describe('the last model takes the memory with it', () => {
  /** @param {WasmOptions} options */
  async function explain(options) {
    const model = await loadModel(FILE, options);
    const explanation = await (await model.run(PICTURE)).explain();
    return { model, explanation, overlay: formatAsImage(explanation) };
  }

  test('and explanations are drawn by a fresh instance', async () => {
    const { engine, options } = await newEngine();
    const [first, second] = [await explain(options), await explain(options)];
    first.model.dispose();
    first.model.dispose();
    assert.ok(engine.memorySize > 2 ** 24);
    second.model.dispose();
    assert.equal(engine.memorySize, 0);
    assert.deepEqual(formatAsImage(first.explanation), first.overlay);
    assert.ok(engine.isUsable && engine.memorySize > 0);
    const third = await explain(options);
    assert.deepEqual(third.explanation.targets, first.explanation.targets);
    third.model.dispose();
    assert.equal(engine.memorySize, 0);
    assert.equal(await init(options), engine);
    assert.ok(engine.memorySize > 0);
    await assertFails(() => first.model.run(PICTURE), 'DISPOSED');
  });

  test('so does a load that fails, and a conversion', async () => {
    const { engine, options } = await newEngine();
    await assertFails(() => loadModel(FILE, { ...options, labels: ['one'] }), 'INVALID_ARGUMENT');
    assert.equal(engine.memorySize, 0);
    const small = await convertModel(FILE, options);
    assert.equal(engine.memorySize, 0);
    const model = await loadModel(small, options);
    await assertFails(() => loadModel(FILE, { ...options, labels: ['one'] }), 'INVALID_ARGUMENT');
    assert.ok((await model.run(PICTURE)).predictions.length > 0);
    model.dispose();
  });

  test('models that are disposed of while others load do not disturb them', async () => {
    const { engine, options } = await newEngine();
    const expected = await explain(options);
    const models = await Promise.all(
      Array.from({ length: 6 }, async (_, i) => {
        const { model, explanation } = await explain(options);
        assert.deepEqual(explanation.targets, expected.explanation.targets);
        if (i % 2 === 0) model.dispose();
        return model;
      }),
    );
    expected.model.dispose();
    for (const model of models) model.dispose();
    assert.equal(engine.memorySize, 0);
  });
});

describe('the threads of an engine', () => {
  const { Worker } = workerThreads;
  /** @type {Set<workerThreads.Worker>} */
  const running = new Set();
  workerThreads.Worker = class extends Worker {
    /** @param {URL} url @param {import('node:worker_threads').WorkerOptions} options */
    constructor(url, options) {
      super(url, options);
      running.add(this);
      this.on('exit', () => running.delete(this));
    }
  };
  syncBuiltinESMExports();
  afterEach(() => {
    workerThreads.Worker = Worker;
    syncBuiltinESMExports();
  });

  test('end with its last model, and start again with the next', async () => {
    const before = running.size;
    const { engine, options } = await newEngine(3);
    for (let round = 0; round < 3; round++) {
      const model = await loadModel(FILE, options);
      while (engine.threads < 3) await sleep(1);
      assert.equal(running.size, before + 2);
      assert.ok((await model.run(PICTURE)).predictions.length > 0);
      model.dispose();
      assert.deepEqual([engine.memorySize, engine.threads], [0, 1]);
      while (running.size > before) await sleep(1);
    }
  });
});
