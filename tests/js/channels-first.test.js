/**
 * Models with the channels first. Each network is made twice, in both orders of axes and with the
 * same weights. Scores, maps, activations and gradients must agree.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { init, loadModel } from '../../web/package/index.js';
import { Network, SCORE } from '../../web/package/engine/network.js';
import { plainPicture, SHARED, SKIP_SHARED, smallModel } from './fixtures.js';

/**
 * A layer of a network with its inputs. It takes the layer before it if there are none.
 * @typedef {[type: string, name: string, config?: Record<string, unknown>, inputs?: string[]]} Line
 */

/** How a network in one of the two orders writes its axes.
 * @typedef {object} Order
 * @property {boolean} first
 * @property {{ data_format: string }} format
 * @property {number} channels the axis of the channels
 * @property {number} rows
 * @property {number} columns
 * @property {(size: [number, number, number]) => number[]} shape of height, width and channels
 */

/** @type {Order} */
const LAST = {
  first: false,
  format: { data_format: 'channels_last' },
  channels: 3,
  rows: 1,
  columns: 2,
  shape: (size) => size,
};

/** @type {Order} */
const FIRST = {
  first: true,
  format: { data_format: 'channels_first' },
  channels: 1,
  rows: 2,
  columns: 3,
  shape: ([height, width, channels]) => [channels, height, width],
};

/** @typedef {[height: number, width: number, channels: number]} Size */

/**
 * A network that is made in both orders.
 * @typedef {object} Case
 * @property {Size} input
 * @property {(order: Order) => Line[]} layers
 * @property {Record<string, [outer: number, pixels: number, channels: number]>} [turned] weights
 *   whose values follow the order of axes
 */

/** @type {Record<string, Case>} */
const CASES = {
  'convolutions, poolings and a Flatten in Keras’ order': {
    input: [17, 13, 3],
    layers: ({ format, channels }) => [
      [
        'Conv2D',
        'a',
        { filters: 6, kernel_size: 3, padding: 'same', activation: 'relu', ...format },
      ],
      ['BatchNormalization', 'bn', { axis: channels }],
      ['MaxPooling2D', 'mp', { pool_size: 3, strides: 2, padding: 'same', ...format }],
      ['Conv2D', 'c', { filters: 4, kernel_size: [3, 2], strides: 2, ...format }],
      ['Flatten', 'f'],
      ['Dense', 'd', { units: 3, activation: 'softmax' }],
    ],
    turned: { 'd/kernel': [1, 12, 4] },
  },
  'a Flatten that puts the channels last': {
    input: [9, 7, 3],
    layers: ({ format }) => [
      ['Conv2D', 'a', { filters: 5, kernel_size: 3, ...format }],
      ['Flatten', 'f', { ...format }],
      ['Dense', 'd', { units: 3, activation: 'sigmoid' }],
    ],
  },
  'separable and depthwise convolutions, and an end of 1 x 1 pixels': {
    input: [16, 12, 3],
    layers: ({ format, channels }) => [
      [
        'ZeroPadding2D',
        'zp',
        {
          padding: [
            [1, 2],
            [3, 0],
          ],
          ...format,
        },
      ],
      ['SeparableConv2D', 'a', { filters: 6, kernel_size: 3, activation: 'tanh', ...format }],
      ['BatchNormalization', 'bn', { axis: [channels] }],
      ['DepthwiseConv2D', 'dw', { kernel_size: 3, strides: 2, depth_multiplier: 2, ...format }],
      ['AveragePooling2D', 'ap', { pool_size: 2, padding: 'same', ...format }],
      ['GlobalAveragePooling2D', 'g', { keepdims: true, ...format }],
      ['Conv2D', 'h', { filters: 3, kernel_size: 1, ...format }],
      ['Flatten', 'f'],
      ['Activation', 's', { activation: 'softmax' }],
    ],
  },
  'branches that are merged': {
    input: [12, 10, 3],
    layers: ({ format, channels, shape }) => [
      ['Conv2D', 'a', { filters: 4, kernel_size: 3, padding: 'same', ...format }],
      ['Conv2D', 'b', { filters: 4, kernel_size: 5, padding: 'same', ...format }, ['input']],
      ['Concatenate', 'cat', { axis: channels }, ['a', 'b']],
      ['Add', 'add', {}, ['a', 'b']],
      ['MaxPooling2D', 'mp', { pool_size: 2, ...format }],
      ['UpSampling2D', 'up', { size: 2, interpolation: 'bilinear', ...format }],
      ['Concatenate', 'both', { axis: channels }, ['cat', 'up']],
      [
        'Cropping2D',
        'crop',
        {
          cropping: [
            [1, 0],
            [0, 2],
          ],
          ...format,
        },
      ],
      ['GlobalAveragePooling2D', 'gs', { ...format }],
      ['Dense', 'sd', { units: 12, activation: 'sigmoid' }],
      ['Reshape', 'sr', { target_shape: shape([1, 1, 12]) }],
      ['Multiply', 'mul', {}, ['crop', 'sr']],
      ['SpatialDropout2D', 'drop', { rate: 0.3, ...format }],
      ['GlobalMaxPooling2D', 'g', { ...format }],
      ['Dense', 'd', { units: 3, activation: 'softmax' }],
    ],
  },
  'normalisations and activations along axes': {
    input: [8, 6, 3],
    layers: ({ format, channels, rows, columns }) => [
      ['Rescaling', 'scale', { scale: 0.5, offset: 0.25 }],
      ['Conv2D', 'a', { filters: 8, kernel_size: 3, padding: 'same', ...format }],
      ['GroupNormalization', 'gn', { groups: 4, axis: channels }],
      ['PReLU', 'p', { shared_axes: [rows, columns] }],
      ['LayerNormalization', 'ln', { axis: channels }],
      ['LayerNormalization', 'lw', { axis: columns }],
      ['BatchNormalization', 'br', { axis: rows }],
      ['Softmax', 'sm', { axis: channels }],
      ['UnitNormalization', 'un', { axis: channels }],
      ['PReLU', 'whole'],
      ['GlobalAveragePooling2D', 'g', { ...format }],
      ['Dense', 'd', { units: 3 }],
    ],
    turned: { 'whole/alpha': [1, 48, 8] },
  },
  'layers that change the size': {
    input: [6, 5, 3],
    layers: ({ format }) => [
      ['Conv2DTranspose', 't', { filters: 4, kernel_size: 3, strides: 2, ...format }],
      ['Resizing', 'r', { height: 9, width: 7, ...format }],
      ['CenterCrop', 'cc', { height: 8, width: 6, ...format }],
      ['Conv2D', 'g2', { filters: 4, kernel_size: 3, groups: 2, dilation_rate: 2, ...format }],
      ['AdaptiveAveragePooling2D', 'aa', { output_size: [3, 2], ...format }],
      ['SpectralNormalization', 'sn', { layer: inner({ filters: 3, kernel_size: 2, ...format }) }],
      ['GlobalAveragePooling2D', 'g', { ...format }],
    ],
  },
  'a picture made of a list': {
    input: [5, 4, 3],
    layers: ({ format, shape }) => [
      ['Conv2D', 'a', { filters: 2, kernel_size: 3, ...format }],
      ['GlobalAveragePooling2D', 'ga', { ...format }],
      ['Dense', 'd', { units: 24 }],
      ['Reshape', 'rs', { target_shape: shape([3, 2, 4]) }],
      ['Conv2D', 'b', { filters: 3, kernel_size: 2, padding: 'same', ...format }],
      ['Conv2D', 'c', { filters: 3, kernel_size: 1, ...format }, ['rs']],
      ['Add', 'add', {}, ['b', 'c']],
      ['GlobalAveragePooling2D', 'g', { ...format }],
    ],
    turned: { 'd/kernel': [2, 6, 4], 'd/bias': [1, 6, 4] },
  },
};

/** @param {Record<string, unknown>} config */
function inner(config) {
  return { class_name: 'Conv2D', config: { name: 'inside', ...config } };
}

/** @type {Awaited<ReturnType<typeof init>>} */
let engine;

before(async () => {
  engine = await init({ threads: 1 });
});

/**
 * @param {Case} network
 * @param {Order} order
 */
function configOf({ input, layers }, order) {
  const lines = layers(order);
  const first = { name: 'input', batch_shape: [null, ...order.shape(input)] };
  const last = lines[lines.length - 1][1];
  const config = {
    name: 'net',
    layers: [
      { class_name: 'InputLayer', name: 'input', config: first, inbound_nodes: [] },
      ...lines.map(([type, name, own, inputs], i) => ({
        class_name: type,
        name,
        config: { name, ...own },
        inbound_nodes: [
          (inputs ?? [i === 0 ? 'input' : lines[i - 1][1]]).map((from) => [from, 0, 0, {}]),
        ],
      })),
    ],
    input_layers: [['input', 0, 0]],
    output_layers: [[last, 0, 0]],
  };
  return JSON.stringify({ class_name: 'Functional', config });
}

/**
 * Values that look random and depend on a text.
 * @param {string} text
 * @param {number} count
 */
function values(text, count) {
  let state = [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 + (/variance|gamma/.test(text) ? 0.5 : -0.5);
  });
}

/**
 * Turns [outer][pixels][channels][inner] to [outer][channels][pixels][inner].
 * @param {Float32Array} data
 * @param {number} outer
 * @param {number} pixels
 * @param {number} channels
 */
function turn(data, outer, pixels, channels) {
  const size = data.length / outer / pixels / channels;
  return data.map((_, i) => {
    const [row, at] = [Math.floor(i / size), i % size];
    const [pixel, rest] = [row % pixels, Math.floor(row / pixels)];
    const from = Math.floor(rest / channels) * pixels + pixel;
    return data[(from * channels + (rest % channels)) * size + at];
  });
}

/**
 * @param {Case} network
 * @param {Order} order
 */
function build(network, order) {
  const built = new Network(engine, configOf(network, order));
  for (let i = 0; i < built.weightCount; i++) {
    const path = built.weightPath(i);
    const count = built.weightShape(i).reduce((product, size) => product * size, 1);
    const turned = order.first ? network.turned?.[path] : undefined;
    const data = values(path, count);
    built.setWeight(i, turned ? turn(data, ...turned) : data);
  }
  return built;
}

/**
 * @param {ArrayLike<number>} found
 * @param {ArrayLike<number>} expected
 * @param {string} what
 */
function assertClose(found, expected, what) {
  assert.equal(found.length, expected.length, what);
  const largest = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < found.length; i++) {
    const off = Math.abs(found[i] - expected[i]);
    assert.ok(off <= 1e-5 * largest + 1e-9, `${what}: ${found[i]} at ${i}, not ${expected[i]}`);
  }
}

/**
 * The tensor of a layer as the network with the channels last has it.
 * @param {Float32Array} data [channels][pixels]
 * @param {number} channels
 */
function channelsLast(data, channels) {
  return turn(data, 1, channels, data.length / channels);
}

describe('channels first and last give the same', () => {
  for (const [name, network] of Object.entries(CASES))
    test(name, () => {
      const [last, first] = [build(network, LAST), build(network, FIRST)];
      const [height, width, channels] = network.input;
      const data = values(name, height * width * channels);
      const input = { data, height, width, channels };
      assert.ok(first.channelsFirst);
      assert.deepEqual(first.pictureShape, network.input);
      assertClose(first.outputs(input, SCORE), last.outputs(input, SCORE), 'scores');
      const seed = Float32Array.of(1, -0.5, 0.25);
      const layers = last.layers;
      first.layers.forEach((layer, i) => {
        const { path, shape } = layers[i];
        const isPicture = shape.length === 3;
        const [a, b, c] = shape.map(Number);
        assert.deepEqual(layer.shape, isPicture ? FIRST.shape([a, b, c]) : shape, path);
        assert.equal(layer.channelsFirst, isPicture, path);
        if (!isPicture) return;
        const activation = channelsLast(first.activation(input, i), c);
        assertClose(activation, last.activation(input, i), `activation of ${path}`);
        const [gradient] = first.gradients(input, SCORE, seed, [i]);
        const [expected] = last.gradients(input, SCORE, seed, [i]);
        assertClose(channelsLast(gradient, c), expected, `gradient of ${path}`);
        assertMaps(first, last, input, seed, i);
      });
      first.dispose();
      last.dispose();
    });
});

/**
 * @param {Network} first
 * @param {Network} last
 * @param {import('../../web/package/engine/network.js').Input} input
 * @param {Float32Array} seed
 * @param {number} layer
 */
function assertMaps(first, last, input, seed, layer) {
  const [[[found]]] = first.explain(['gradCam'], input, [seed], SCORE, [layer]);
  const [[[expected]]] = last.explain(['gradCam'], input, [seed], SCORE, [layer]);
  const what = `map of layer ${layer}`;
  assert.deepEqual([found.height, found.width], [expected.height, expected.width], what);
  const range = Math.max(Math.abs(expected.rawMin), Math.abs(expected.rawMax));
  assert.ok(Math.abs(found.rawMax - expected.rawMax) <= 1e-5 * range + 1e-9, what);
  if (expected.rawMax > 1e-3 * range && range > 1e-4)
    found.heatmap.forEach((value, i) => {
      assert.ok(Math.abs(value - expected.heatmap[i]) < 1e-3, `${what} at ${i}`);
    });
}

describe('where the channels of the input are', () => {
  const first = { data_format: 'channels_first' };
  const conv = { filters: 2, kernel_size: 1 };
  /** @type {[string, Line[], number[], boolean][]} */
  const cases = [
    ['a convolution says it', [['Conv2D', 'c', { ...conv, ...first }]], [3, 6, 5], true],
    ['nothing says it', [['Flatten', 'f']], [3, 6, 5], false],
    [
      'a layer behind layers of any axes says it',
      [
        ['RandomFlip', 'r', { data_format: 'channels_last' }],
        ['BatchNormalization', 'b', { axis: 1 }],
        ['Conv2D', 'c', { ...conv, ...first }],
      ],
      [3, 6, 5],
      true,
    ],
    [
      'Permute puts them last',
      [
        ['Permute', 'p', { dims: [2, 3, 1] }],
        ['Conv2D', 'c', { ...conv }],
      ],
      [3, 6, 5],
      true,
    ],
    [
      'Permute puts them first',
      [
        ['Permute', 'p', { dims: [3, 1, 2] }],
        ['Conv2D', 'c', { ...conv, ...first }],
      ],
      [6, 5, 3],
      false,
    ],
    ['the shape contradicts', [['Conv2D', 'c', { ...conv, ...first }]], [9, 5, 3], false],
  ];
  for (const [name, lines, shape, isFirst] of cases)
    test(name, () => {
      const [a, b, c] = shape;
      /** @type {Case} */
      const network = { input: [a, b, c], layers: () => lines };
      const built = build(network, LAST);
      assert.equal(built.channelsFirst, isFirst);
      assert.deepEqual(built.pictureShape, isFirst ? [b, c, a] : shape);
      assert.deepEqual(built.layers[0].shape, shape);
      built.dispose();
    });
});

describe('a model with the channels first', () => {
  const format = { data_format: 'channels_first' };
  const conv = { name: 'conv', filters: 2, kernel_size: 1, ...format };
  const weights = { kernel: [1, 0, 0, 1, 0, 0], bias: [0, 0] };
  /** @type {import('./fixtures.js').SmallLayer[]} */
  const layers = [
    ['Conv2D', conv, weights],
    ['GlobalAveragePooling2D', { name: 'pool', ...format }],
  ];

  test('takes a picture, and a tensor as Keras does', async () => {
    const model = await smallModel(layers, { inputShape: [3, 4, 6] });
    assert.deepEqual(model.inputShape, [null, 3, 4, 6]);
    assert.equal(model.dataFormat, 'channels_first');
    assert.deepEqual(model.layers[0].outputShape, [null, 2, 4, 6]);
    assert.equal(model.layers[0].dataFormat, 'channels_first');
    const picture = plainPicture([10, 20, 30, 255], 6, 4);
    assert.deepEqual([...(await model.run(picture)).predictions], [10, 20]);
    const data = Float32Array.from({ length: 72 }, (_, i) => Math.floor(i / 24));
    const run = await model.run({ data, shape: [1, 3, 4, 6] });
    assert.deepEqual([...run.predictions], [0, 1]);
    const { targets } = await run.explain({ targets: 0, layer: 'conv' });
    assert.deepEqual([targets[0].heatmap.height, targets[0].heatmap.width], [4, 6]);
    model.dispose();
  });

  test('may leave its size open', async () => {
    const model = await smallModel(layers, { inputShape: [3, null, null], inputSize: [2, 5] });
    assert.deepEqual(model.inputShape, [null, 3, 2, 5]);
    assert.deepEqual(model.layers[0].outputShape, [null, 2, 2, 5]);
    const picture = plainPicture([7, 9, 30, 255], 20, 8);
    assert.deepEqual([...(await model.run(picture)).predictions], [7, 9]);
    model.dispose();
  });
});

test('Keras’ own values', { skip: SKIP_SHARED }, async () => {
  const folder = join(SHARED, 'field/keras/channels_first');
  if (!existsSync(folder)) return;
  const golden = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
  const file = new File([readFileSync(join(folder, golden.files[0]))], golden.files[0]);
  const model = await loadModel(file, { threads: 1 });
  const [{ data, shape }] = golden.inputs;
  const run = await model.run({ data: Float32Array.from(data), shape });
  assertClose(run.predictions, golden.predictions, 'predictions');
  for (const { layer, target, map } of golden.maps) {
    const { targets } = await run.explain({ targets: target, layer, logits: false });
    map.forEach((/** @type {number} */ value, /** @type {number} */ i) => {
      const off = Math.abs(targets[0].heatmap.data[i] - value);
      assert.ok(off <= golden.tolerance, `${layer} at ${i}`);
    });
  }
  model.dispose();
});
