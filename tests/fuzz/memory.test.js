/**
 * The shipped module with threads takes its memory from outside. Here the memory may grow to a few
 * pages only, to one more, and so on. A model that does not fit must be refused as OUT_OF_MEMORY at
 * every step of its way, and a small model must work before and after.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, describe, test } from 'node:test';

import { inBuild } from '../../wasm-build/tools.js';
import { GradCamError } from '../../web/package/base/errors.js';
import { Engine } from '../../web/package/engine/engine.js';
import { Instance } from '../../web/package/engine/instance.js';
import { buildModel } from '../../web/package/model/load.js';
import { randomModel, randomWeights } from './random-models.js';
import { RawModel } from './raw-model.js';

/** The pages of 64 KB that the module starts with, and the pages after which the sweep ends. */
const FIRST = 256;
const LAST = 700;
const STEP = 3;

/** A network that needs some 45 MB, for weights and tensors of several sizes. */
const LARGE = JSON.stringify({
  class_name: 'Sequential',
  config: {
    name: 'large',
    layers: [
      ['Conv2D', { filters: 32, kernel_size: 3, batch_input_shape: [null, 160, 160, 3] }],
      ['BatchNormalization', {}],
      ['ReLU', {}],
      ['DepthwiseConv2D', { kernel_size: 3, padding: 'same', activation: 'relu' }],
      ['Conv2D', { filters: 64, kernel_size: 3, strides: 2, padding: 'same' }],
      ['MaxPooling2D', {}],
      ['Conv2DTranspose', { filters: 32, kernel_size: 3, strides: 2, padding: 'same' }],
      ['GlobalAveragePooling2D', {}],
      ['Dense', { units: 4096, activation: 'relu' }],
      ['Dense', { units: 1000, activation: 'softmax' }],
    ].map(([class_name, config], i) => ({
      class_name,
      config: { name: `layer_${i}`, .../** @type {object} */ (config) },
    })),
  },
});

const SMALL = randomModel(3).config;

/** A picture of coloured noise. */
const PICTURE = {
  width: 120,
  height: 100,
  data: Uint8ClampedArray.from({ length: 120 * 100 * 4 }, (_, i) => (i * 37) % 256),
};

describe('a memory that is too small', () => {
  /** @type {WebAssembly.Module} */
  let module;
  /** @type {Record<'small' | 'large', { config: string, weights: object[] }>} */
  let containers;

  before(() => {
    module = new WebAssembly.Module(readFileSync(inBuild('wasm', 'gradcam-threads.wasm')));
    const engine = engineOf(65536);
    containers = { small: contain(engine, SMALL), large: contain(engine, LARGE) };
  });

  /** An engine whose memory grows to so many pages at most. @param {number} maximum */
  function engineOf(maximum) {
    const memory = new WebAssembly.Memory({ initial: FIRST, maximum, shared: true });
    /** @type {WebAssembly.Imports} */
    const imports = { env: { memory } };
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
      if (kind === 'function') (imports[from] ??= {})[name] = () => 52;
    }
    const instance = new WebAssembly.Instance(module, imports);
    return new Engine(new Instance(instance, memory), () => {});
  }

  /**
   * A model as a file would hold it.
   * @param {Engine} engine
   * @param {string} config
   */
  function contain(engine, config) {
    const model = new RawModel(engine, config);
    const weights = model.weights.map(({ path, shape }) => {
      const values = randomWeights(1)(path, shape);
      const read = values.subarray.bind(values);
      return { name: path, shape, size: values.length, read };
    });
    model.dispose();
    return { config, weights };
  }

  /**
   * Loads a model, runs it and explains it at one layer and at all.
   * @param {Engine} engine
   * @param {'small' | 'large'} name
   * @param {(step: string) => void} [enter] is told which step begins
   */
  async function use(engine, name, enter = () => {}) {
    enter('load');
    const container = /** @type {any} */ (containers[name]);
    const model = await buildModel(engine, container, { preprocessing: 'tf' });
    try {
      enter('run');
      const run = await model.run(PICTURE);
      enter('explain');
      const { targets } = await run.explain({ targets: [0, 1] });
      enter('explain all layers');
      await run.explain({ layer: 'all' });
      return { predictions: [...run.predictions], heatmap: [...targets[0].heatmap.data] };
    } finally {
      model.dispose();
    }
  }

  test('refuses a model as OUT_OF_MEMORY, and serves a smaller one', async (t) => {
    const expected = await use(engineOf(65536), 'small');
    /** @type {Record<string, number>} */
    const ends = {};
    for (let pages = FIRST; pages <= LAST; pages += STEP) {
      const engine = engineOf(pages);
      let step = '';
      assert.deepEqual(await use(engine, 'small'), expected);
      try {
        await use(engine, 'large', (next) => (step = next));
        step = 'nothing';
      } catch (error) {
        assert.ok(error instanceof GradCamError, `${pages} pages: ${error}`);
        assert.equal(error.code, 'OUT_OF_MEMORY', `${pages} pages, ${step}: ${error.message}`);
      }
      ends[step] = (ends[step] ?? 0) + 1;
      assert.deepEqual(await use(engine, 'small'), expected, `${pages} pages`);
    }
    t.diagnostic(`what did not fit: ${JSON.stringify(ends)}`);
    for (const step of ['load', 'run', 'explain all layers', 'nothing'])
      assert.ok(ends[step] > 0, step);
  });
});
