/** Which engine does the work, where a page has several. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import {
  expandHeatmap,
  formatAsImage,
  heatmapToImage,
  imageToArray,
  init,
  loadImage,
  loadModel,
} from '../../web/package/index.js';
import { DEFAULT_MODEL, DOG_PICTURE, ROOT, assertFails } from './fixtures.js';

/** @typedef {import('../../web/package/engine/engine.js').Engine} Engine */
/** @typedef {import('gradcam-wasm').Explanation} Explanation */

const model = readFileSync(DEFAULT_MODEL);
const picture = readFileSync(DOG_PICTURE);
const wasmBinary = readFileSync(join(ROOT, 'build/wasm/gradcam.wasm'));

/**
 * Whether a function calls an engine.
 * @param {Engine} engine
 * @param {() => unknown} work
 */
async function isUsed(engine, work) {
  const call = engine.call.bind(engine);
  let used = false;
  engine.call = (...args) => ((used = true), call(...args));
  await work();
  engine.call = call;
  return used;
}

/**
 * Lets an engine fail for good.
 * @param {Engine} engine
 */
function breakEngine(engine) {
  assert.throws(() => engine.call('no such function'), { code: 'WASM_FAILED' });
}

/**
 * Explains with a model that has its own engine.
 * @returns {Promise<{ engine: Engine, explanation: Explanation }>}
 */
async function explainOnOwnEngine() {
  const options = { wasmModule: await WebAssembly.compile(wasmBinary), threads: 1 };
  const own = await loadModel(model, options);
  const run = await own.run(picture);
  const explanation = await run.explain({ targets: [3, 11] });
  return { engine: await init(options), explanation };
}

describe('with two engines', () => {
  /** @type {Engine} */
  let first;
  /** @type {Engine} */
  let second;
  /** @type {Explanation} */
  let explanation;

  before(async () => {
    first = await init();
    ({ engine: second, explanation } = await explainOnOwnEngine());
  });

  test('an explanation and its heat maps use the engine of their model', async () => {
    const [{ heatmap }] = explanation.targets;
    const other = { data: new Uint8ClampedArray(400), width: 10, height: 10 };
    const drawn = { ...explanation, image: /** @type {any} */ (other) };
    for (const work of [
      () => formatAsImage(explanation, { index: 1 }),
      () => formatAsImage(drawn),
      () => heatmapToImage(heatmap),
      () => expandHeatmap(heatmap, { width: 9, height: 9 }),
      () => assertFails(() => formatAsImage(drawn, { colormap: 'none' }), 'INVALID_ARGUMENT'),
    ]) {
      assert.deepEqual([await isUsed(second, work), await isUsed(first, work)], [true, false]);
    }
  });

  test('plain data use the engine that was started first', async () => {
    const copy = structuredClone(explanation);
    const pixels = { data: new Uint8ClampedArray(400), width: 10, height: 10 };
    for (const work of [
      () => formatAsImage(copy),
      () => heatmapToImage(copy.targets[0].heatmap),
      () => imageToArray(pixels),
      () => loadImage(picture),
    ]) {
      assert.deepEqual([await isUsed(first, work), await isUsed(second, work)], [true, false]);
    }
    assert.deepEqual(formatAsImage(copy), formatAsImage(explanation));
  });

  test('an explanation outlives its engine', async () => {
    const expected = formatAsImage(explanation);
    breakEngine(second);
    assert.ok(await isUsed(first, () => formatAsImage(explanation)));
    assert.deepEqual(formatAsImage(explanation), expected);
  });

  test('the next engine that is started takes the place of the first, if that fails', async () => {
    breakEngine(first);
    await assertFails(() => formatAsImage(explanation), 'NOT_READY', /init\(\) or loadModel\(\)/);
    const next = await init();
    assert.notEqual(next, first);
    assert.ok(await isUsed(next, () => formatAsImage(explanation)));
  });
});
