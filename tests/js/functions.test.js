/**
 * Functions of keras.ops and of TensorFlow on the outputs of layers. functions.json has the layers
 * as Keras 3.15 and tf_keras 2.21 write them, and what they compute. `output` is the output for an
 * input of `inputs`. `gradient` is the gradient of the sum of the output times `seed`.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Network, SCORE } from '../../web/package/engine/network.js';
import { init } from '../../web/package/engine/start.js';

/** @typedef {{ class_name: string, name: string, config: object }} Layer */

/**
 * A case. `input` is the number of its input.
 * @typedef {object} Case
 * @property {string} name
 * @property {Layer[]} layers
 * @property {number} input
 * @property {number[]} output
 * @property {number[]} gradient
 */

/**
 * @type {{
 *   shape: number[],
 *   inputs: number[][],
 *   seed: number[],
 *   cases: Case[],
 * }}
 */
const { shape, inputs, seed, cases } = JSON.parse(
  readFileSync(new URL('functions.json', import.meta.url), 'utf8'),
);

/** The values in the file have five digits. */
const TOLERANCE = 1e-4;

/** @param {Layer[]} layers of which the last one gives the output */
function configOf(layers) {
  const input = {
    class_name: 'InputLayer',
    name: 'in',
    config: { name: 'in', batch_shape: [null, ...shape.slice(1)] },
    inbound_nodes: [],
  };
  const config = {
    name: 'functions',
    layers: [input, ...layers],
    input_layers: [['in', 0, 0]],
    output_layers: [[layers[layers.length - 1].name, 0, 0]],
  };
  return JSON.stringify({ class_name: 'Functional', config });
}

/**
 * @param {Float32Array} found
 * @param {number[]} expected
 * @param {string} what
 */
function assertNear(found, expected, what) {
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  assert.equal(found.length, expected.length, what);
  found.forEach((value, i) => {
    const distance = Math.abs(value - expected[i]);
    assert.ok(distance <= TOLERANCE * largest, `${what} ${i} is ${value}, not ${expected[i]}`);
  });
}

for (const { name, layers, input: number, output, gradient } of cases)
  test(name, async () => {
    const network = new Network(await init({ threads: 1 }), configOf(layers));
    const [, height, width, channels] = shape;
    const input = { data: Float32Array.from(inputs[number]), height, width, channels };
    assertNear(network.outputs(input, SCORE), output, 'output');
    const used = Float32Array.from(seed.slice(0, output.length));
    const [found] = network.gradients(input, SCORE, used, [network.findLayer('in')]);
    assertNear(found, gradient, 'gradient');
    network.dispose();
  });
