/** Maps of layers that give tokens, which are drawn as a square picture of patches. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Network, SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';
import { loadModel } from '../../web/package/index.js';
import { SHARED, SKIP_SHARED } from './fixtures.js';

const CHANNELS = 3;

/**
 * A network that turns the rows of its input into tokens.
 * @param {number} tokens
 */
function configOf(tokens) {
  const layer = (/** @type {string} */ type, /** @type {string} */ name, config = {}) => ({
    class_name: type,
    config: { name, ...config },
  });
  return JSON.stringify({
    class_name: 'Sequential',
    config: {
      name: 'tokens',
      layers: [
        layer('InputLayer', 'in', { batch_input_shape: [null, tokens, 1, CHANNELS] }),
        layer('Reshape', 'tokens', { target_shape: [tokens, CHANNELS] }),
        layer('Activation', 'mixed', { activation: 'softsign' }),
        layer('Flatten', 'flat'),
        layer('Activation', 'scores', { activation: 'softmax' }),
      ],
    },
  });
}

/** @param {number} tokens */
async function networkOf(tokens) {
  const network = new Network(await init({ threads: 1 }), configOf(tokens));
  const data = Float32Array.from({ length: tokens * CHANNELS }, (_, i) => Math.sin(3 * i) + 0.3);
  return { network, input: { data, height: tokens, width: 1, channels: CHANNELS } };
}

/** A seed with a weight for each output. @param {number} count */
const seedOf = (count) => Float32Array.from({ length: count }, (_, i) => Math.cos(i * i));

/**
 * Grad-CAM by its formula.
 * @param {Float32Array} activation [tokens][channels]
 * @param {Float32Array} gradient
 * @param {number} first tokens that are left out
 */
function gradCam(activation, gradient, first) {
  const tokens = activation.length / CHANNELS;
  const kept = Array.from({ length: tokens - first }, (_, i) => i + first);
  const raw = kept.map((t) => {
    let sum = 0;
    for (let k = 0; k < CHANNELS; k++) {
      const mean = kept.reduce((all, u) => all + gradient[u * CHANNELS + k], 0) / kept.length;
      sum += mean * activation[t * CHANNELS + k];
    }
    return Math.max(sum, 0);
  });
  const largest = Math.max(...raw);
  return raw.map((value) => value / (largest + 1e-7));
}

/** A layer, and the token in front of its patches. */
for (const [tokens, side, first] of [
  [16, 4, 0],
  [17, 4, 1],
  [4, 2, 0],
  [5, 2, 1],
])
  test(`${tokens} tokens are ${side} x ${side} patches, without the first ${first}`, async () => {
    const { network, input } = await networkOf(tokens);
    const layer = network.findLayer('mixed');
    const seed = seedOf(tokens * CHANNELS);
    const [[[map]]] = network.explain(['gradCam'], input, [seed], SCORE, [layer]);
    const [gradient] = network.gradients(input, SCORE, seed, [layer]);
    const expected = gradCam(network.activation(input, layer), gradient, first);
    assert.deepEqual([map.height, map.width], [side, side]);
    assert.ok(Math.max(...expected) > 0.9);
    expected.forEach((value, i) => assert.ok(Math.abs(value - map.heatmap[i]) < 1e-4, `${i}`));
    for (const method of network.methods.filter((name) => name !== 'ablationCam')) {
      const [[[{ heatmap }]]] = network.explain([method], input, [seed], SCORE, [layer]);
      assert.equal(heatmap.length, side * side);
    }
    network.dispose();
  });

for (const tokens of [1, 2, 3, 18, 20])
  test(`${tokens} tokens have no map`, async () => {
    const { network, input } = await networkOf(tokens);
    const layer = network.findLayer('mixed');
    const explain = () =>
      network.explain(['gradCam'], input, [seedOf(tokens * CHANNELS)], SCORE, [layer]);
    assert.throws(explain, {
      code: 'INVALID_LAYER',
      message: new RegExp(
        `\\(${tokens}, 3\\): no rows and columns, and no square number of tokens`,
      ),
    });
    network.dispose();
  });

test('the map of tokens is that of the picture they were', { skip: SKIP_SHARED }, async () => {
  const folder = join(SHARED, 'field/keras/layer_vit');
  const golden = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const bytes = readFileSync(join(folder, golden.files[0]));
  const model = await loadModel(new File([bytes], golden.files[0]), { threads: 1 });
  const [{ data, shape }] = golden.inputs;
  const run = await model.run({ data: Float32Array.from(data), shape });
  const mapOf = async (/** @type {string} */ layer) =>
    (await run.explain({ targets: 2, layer })).targets[0].heatmap;
  assert.deepEqual(await mapOf('tokens'), await mapOf('patches'));
  for (const layer of ['ln1', 'mha', 'add1', 'dense', 'add2']) {
    const { height, width } = await mapOf(layer);
    assert.deepEqual([height, width], [4, 4]);
  }
  model.dispose();
});
