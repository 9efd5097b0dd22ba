/** Models, pictures and helpers that the JavaScript tests share. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init } from '../../web/package/index.js';
import { Network } from '../../web/package/engine/network.js';
import { buildModel } from '../../web/package/model/load.js';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const SHARED = join(ROOT, '../shared');

/** A real model that set-up fetches, so that every machine has it. */
export const DEFAULT_MODEL = join(ROOT, 'build/models/dog_breed_mobilenetv2.h5');
/** A picture that set-up fetches. */
export const DOG_PICTURE = join(ROOT, 'build/pictures/dog.jpg');

/** Why tests on shared data are skipped. In CI the data must be there, or the tests fail. */
export const SKIP_SHARED =
  !existsSync(SHARED) && !process.env.CI && 'the test data (../shared) are not on this machine';

/** @param {string} name */
export function sharedModel(name) {
  return readFileSync(join(SHARED, 'models', name));
}

/** @param {string} name */
export function sharedImage(name) {
  return readFileSync(join(SHARED, 'images', name));
}

/**
 * A layer of a small model with Keras' class, the configuration, and the weights in row-major
 * order.
 * @typedef {[type: string, config: { name: string, [key: string]: unknown },
 *   weights?: Record<string, number[]>]} SmallLayer
 */

/**
 * A Sequential model in which a test knows every weight. Its input are pixels from 0 to 255.
 * @param {SmallLayer[]} layers
 * @param {import('gradcam-wasm').LoadOptions & { inputShape?: (number | null)[] }} [options]
 *   `inputShape` is [height, width, channels]
 */
export async function smallModel(layers, { inputShape = [4, 4, 3], ...options } = {}) {
  const input = ['InputLayer', { name: 'input', batch_shape: [null, ...inputShape] }];
  const config = {
    name: 'small',
    layers: [input, ...layers].map(([type, config]) => ({ class_name: type, config })),
  };
  const json = JSON.stringify({ class_name: 'Sequential', config });
  const engine = await init();
  const arrays = layers.flatMap(([, { name: layer }, arrays = {}]) =>
    Object.entries(arrays).map(([name, values]) => ({ name: `${layer}/${name}`, values })),
  );
  const names = arrays.map(({ name }) => name);
  const shapes = neededShapes(engine, json, names);
  const weights = arrays.map(({ name, values }, i) => {
    return { name, shape: shapes[i], size: values.length, read: () => Float32Array.from(values) };
  });
  return buildModel(engine, { config: json, weights }, { preprocessing: 'none', ...options });
}

/**
 * The shapes that a model needs of weights.
 * @param {import('../../web/package/engine/engine.js').Engine} engine
 * @param {string} config
 * @param {string[]} names
 */
export function neededShapes(engine, config, names) {
  const network = new Network(engine, config);
  try {
    return names.map((name) => network.weightShape(network.findWeight(name)));
  } finally {
    network.dispose();
  }
}

/**
 * A picture of one colour.
 * @param {number[]} color red, green, blue, alpha
 * @param {number} width
 * @param {number} height
 */
export function plainPicture(color, width, height) {
  const data = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => color[i % 4]);
  return { data, width, height };
}

/**
 * Asserts that a call throws, or its promise rejects with, a GradCamError.
 * @param {() => unknown} call
 * @param {string} code
 * @param {RegExp} [message]
 */
export async function assertFails(call, code, message = /./) {
  await assert.rejects(
    async () => call(),
    (/** @type {any} */ error) => {
      assert.equal(error.name, 'GradCamError', String(error.stack ?? error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      return true;
    },
  );
}
