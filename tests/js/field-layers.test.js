/**
 * Layers of models that people have. The values of the field cases are Keras' own. Layers without a
 * case are compared with layers that compute the same.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { init, loadModel } from 'gradcam-wasm';
import { buildModel } from '../../web/package/model/load.js';
import { SHARED, SKIP_SHARED, assertFails, neededShapes, smallModel } from './fixtures.js';

const FIELD = join(SHARED, 'field/keras');
const SKIP = SKIP_SHARED || (!existsSync(FIELD) && 'the field cases are not on this machine');

const CASES = [
  'center_crop',
  'embedding_l2',
  'inceptionresnetv2_scale',
  'layer_adaptive_avg',
  'layer_attention_cnn',
  'layer_dot_bilinear',
  'layer_gap1d',
  'layer_groupnorm',
  'layer_repeatvector',
  'layer_rmsnorm',
  'layer_spectralnorm',
  'layer_timedistributed_dense',
  'layer_unitnorm',
  'layer_up_bicubic',
  'layer_vit',
  'resizing_bicubic',
  'resizing_nearest',
  'resizing_tutorial',
  'resizing_up_inside',
];

/**
 * @param {ArrayLike<number>} found
 * @param {ArrayLike<number>} expected
 * @param {number} tolerance
 * @param {string} what
 */
function assertNear(found, expected, tolerance, what) {
  assert.equal(found.length, expected.length, what);
  for (let i = 0; i < found.length; i++) {
    const distance = Math.abs(found[i] - expected[i]);
    assert.ok(distance <= tolerance, `${what}, value ${i}: ${found[i]}, not ${expected[i]}`);
  }
}

describe('field cases', { skip: SKIP }, () => {
  for (const name of CASES) {
    test(name, async () => {
      const folder = join(FIELD, name);
      const golden = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'));
      const [{ shape, data }] = golden.inputs;
      for (const file of golden.files) {
        const bytes = readFileSync(join(folder, file));
        const model = await loadModel(new File([bytes], file), { threads: 1 });
        const run = await model.run({ data: Float32Array.from(data), shape });
        const largest = Math.max(...golden.predictions.map(Math.abs));
        assertNear(run.predictions, golden.predictions, 1e-5 * largest, `${file}: predictions`);
        for (const { layer, target, of, map } of golden.maps) {
          if (of !== 'score' && of !== 'logit') continue;
          const options = { targets: target, layer, logits: of === 'logit' };
          const { targets } = await run.explain(options);
          assertNear(targets[0].heatmap.data, map, 1e-4, `${file}: map of ${layer}`);
        }
        model.dispose();
      }
    });
  }
});

/**
 * Numbers without a pattern.
 * @param {number} count
 * @param {number} seed
 */
const numbers = (count, seed) =>
  Array.from({ length: count }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

const INPUT = { data: Float32Array.from(numbers(48, 1)), shape: [1, 4, 4, 3] };

/** @param {import('./fixtures.js').SmallLayer[]} layers */
async function outputs(layers) {
  const flatten = /** @type {import('./fixtures.js').SmallLayer} */ (['Flatten', { name: 'out' }]);
  const model = await smallModel([...layers, flatten]);
  const { predictions } = await model.run(INPUT);
  model.dispose();
  return predictions;
}

/**
 * Two lists of layers that compute the same.
 * @type {Record<string, import('./fixtures.js').SmallLayer[][]>}
 */
const EQUAL = {
  'Conv1D and a Conv2D of one column': [
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      [
        'Conv1D',
        { name: 'c', filters: 2, kernel_size: [3], strides: [2], padding: 'same' },
        { kernel: numbers(18, 2), bias: [0.5, -1] },
      ],
    ],
    [
      ['Reshape', { name: 'r', target_shape: [16, 1, 3] }],
      [
        'Conv2D',
        { name: 'c', filters: 2, kernel_size: [3, 1], strides: [2, 1], padding: 'same' },
        { kernel: numbers(18, 2), bias: [0.5, -1] },
      ],
    ],
  ],
  'a causal Conv1D and zeros before the first step': [
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      [
        'Conv1D',
        { name: 'c', filters: 2, kernel_size: 2, dilation_rate: 3, padding: 'causal' },
        { kernel: numbers(12, 2), bias: [0.5, -1] },
      ],
    ],
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      ['ZeroPadding1D', { name: 'z', padding: [3, 0] }],
      [
        'Conv1D',
        { name: 'c', filters: 2, kernel_size: 2, dilation_rate: 3 },
        { kernel: numbers(12, 2), bias: [0.5, -1] },
      ],
    ],
  ],
  'SeparableConv1D and its two parts': [
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      [
        'SeparableConv1D',
        { name: 'c', filters: 2, kernel_size: 3, activation: 'relu' },
        { depthwise_kernel: numbers(9, 3), pointwise_kernel: numbers(6, 4), bias: [0.5, -1] },
      ],
    ],
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      [
        'DepthwiseConv1D',
        { name: 'd', kernel_size: 3, use_bias: false },
        { kernel: numbers(9, 3) },
      ],
      [
        'Dense',
        { name: 'p', units: 2, activation: 'relu' },
        { kernel: numbers(6, 4), bias: [0.5, -1] },
      ],
    ],
  ],
  'pooling of a sequence and of one column': [
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      ['MaxPooling1D', { name: 'm', pool_size: [3], strides: [2] }],
      ['AveragePooling1D', { name: 'a', pool_size: 2 }],
      ['UpSampling1D', { name: 'u', size: 3 }],
      ['Cropping1D', { name: 'c', cropping: [1, 2] }],
    ],
    [
      ['Reshape', { name: 'r', target_shape: [16, 1, 3] }],
      ['MaxPooling2D', { name: 'm', pool_size: [3, 1], strides: [2, 1] }],
      ['AveragePooling2D', { name: 'a', pool_size: [2, 1] }],
      ['UpSampling2D', { name: 'u', size: [3, 1] }],
      [
        'Cropping2D',
        {
          name: 'c',
          cropping: [
            [1, 2],
            [0, 0],
          ],
        },
      ],
    ],
  ],
  'GlobalMaxPooling1D and 2D': [
    [
      ['Reshape', { name: 'r', target_shape: [16, 3] }],
      ['GlobalMaxPooling1D', { name: 'm', keepdims: true }],
    ],
    [['GlobalMaxPooling2D', { name: 'm' }]],
  ],
  'EinsumDense over one axis and Dense': [
    [
      [
        'EinsumDense',
        {
          name: 'e',
          equation: '...x,xy->...y',
          output_shape: 5,
          bias_axes: 'y',
          activation: 'relu',
        },
        { kernel: numbers(15, 5), bias: numbers(5, 6) },
      ],
    ],
    [
      [
        'Dense',
        { name: 'e', units: 5, activation: 'relu' },
        { kernel: numbers(15, 5), bias: numbers(5, 6) },
      ],
    ],
  ],
  'EinsumDense over two axes and Dense': [
    [
      [
        'EinsumDense',
        { name: 'e', equation: 'abcd,cdef->abef', output_shape: [null, 2, 3], bias_axes: 'ef' },
        { kernel: numbers(72, 5), bias: numbers(6, 6) },
      ],
    ],
    [
      ['Reshape', { name: 'r', target_shape: [4, 12] }],
      ['Dense', { name: 'e', units: 6 }, { kernel: numbers(72, 5), bias: numbers(6, 6) }],
    ],
  ],
  'GroupNormalization in one group and LayerNormalization': [
    [['GroupNormalization', { name: 'g', groups: 1, scale: false }, { beta: [0, 0, 0] }]],
    [
      [
        'LayerNormalization',
        { name: 'g', axis: [1, 2, 3], scale: false, center: false, epsilon: 1e-3 },
      ],
    ],
  ],
  'GroupNormalization of each channel and LayerNormalization': [
    [['GroupNormalization', { name: 'g', groups: -1, scale: false, center: false }]],
    [
      [
        'LayerNormalization',
        { name: 'g', axis: [1, 2], scale: false, center: false, epsilon: 1e-3 },
      ],
    ],
  ],
  'TimeDistributed and Dense': [
    [
      [
        'TimeDistributed',
        { name: 't', layer: { class_name: 'Dense', config: { name: 'd', units: 2 } } },
        { kernel: numbers(6, 7), bias: [1, 2] },
      ],
    ],
    [['Dense', { name: 't', units: 2 }, { kernel: numbers(6, 7), bias: [1, 2] }]],
  ],
  'a crop in the middle by CenterCrop and Cropping2D': [
    [['CenterCrop', { name: 'c', height: 2, width: 1 }]],
    [
      [
        'Cropping2D',
        {
          name: 'c',
          cropping: [
            [1, 1],
            [1, 2],
          ],
        },
      ],
    ],
  ],
  'Resizing that crops and the two steps': [
    [
      [
        'Resizing',
        { name: 'r', height: 2, width: 4, interpolation: 'bilinear', crop_to_aspect_ratio: true },
      ],
    ],
    [
      [
        'Cropping2D',
        {
          name: 'c',
          cropping: [
            [1, 1],
            [0, 0],
          ],
        },
      ],
      ['Resizing', { name: 'r', height: 2, width: 4 }],
    ],
  ],
  'Resizing that pads and the two steps': [
    [
      [
        'Resizing',
        { name: 'r', height: 3, width: 6, interpolation: 'bicubic', pad_to_aspect_ratio: true },
      ],
    ],
    [
      ['ZeroPadding2D', { name: 'z', padding: [0, 2] }],
      ['Resizing', { name: 'r', height: 3, width: 6, interpolation: 'bicubic' }],
    ],
  ],
};

describe('layers that compute the same', () => {
  for (const [name, [a, b]] of Object.entries(EQUAL)) {
    test(name, async () => assertNear(await outputs(a), await outputs(b), 1e-6, name));
  }
});

/** @param {string} name of the layer that gives the tensor */
function tensor(name) {
  return { class_name: '__keras_tensor__', config: { keras_history: [name, 0, 0] } };
}

/**
 * A Functional model that ends in attention. The layer "r" gives the pixels, "t" their tanh.
 * @param {{ type?: string, config?: object, args?: unknown[], kwargs?: object,
 *   weights?: Record<string, number[]> }} [call] by default the pixels' attention to each other
 */
async function attentionModel({ type = 'Attention', config = {}, args, kwargs, weights } = {}) {
  const node = (/** @type {unknown[]} */ args, kwargs = {}) => [{ args, kwargs }];
  const layers = [
    ['InputLayer', { name: 'in', batch_shape: [null, 4, 4, 3] }, []],
    ['Reshape', { name: 'r', target_shape: [16, 3] }, node([tensor('in')])],
    ['Activation', { name: 't', activation: 'tanh' }, node([tensor('r')])],
    [type, { name: 'a', ...config }, node(args ?? [[tensor('r'), tensor('r')]], kwargs)],
    ['Flatten', { name: 'f' }, node([tensor('a')])],
  ].map(([class_name, config, inbound_nodes]) => {
    const { name } = /** @type {{ name: string }} */ (config);
    // Keras writes `trainable` of every layer, and of no function.
    const written = { trainable: true, .../** @type {object} */ (config) };
    return { class_name, name, config: written, inbound_nodes };
  });
  const model = { name: 'm', layers, input_layers: [['in', 0, 0]], output_layers: [['f', 0, 0]] };
  const engine = await init();
  const json = JSON.stringify({ class_name: 'Functional', config: model });
  const container = {
    config: json,
    weights: Object.entries(weights ?? {}).map(([name, values]) => ({
      name,
      shape: neededShapes(engine, json, [name])[0],
      size: values.length,
      read: () => Float32Array.from(values),
    })),
  };
  return buildModel(engine, container, { preprocessing: 'none' });
}

test('Attention weighs the values by softmax', async () => {
  const model = await attentionModel();
  const { predictions } = await model.run(INPUT);
  const pixels = Array.from({ length: 16 }, (_, i) => INPUT.data.slice(3 * i, 3 * i + 3));
  const expected = pixels.flatMap((query) => {
    const weights = pixels.map((key) => Math.exp(key.reduce((sum, v, i) => sum + v * query[i], 0)));
    const sum = weights.reduce((a, b) => a + b);
    return [0, 1, 2].map((c) => weights.reduce((out, w, i) => out + (w / sum) * pixels[i][c], 0));
  });
  assertNear(predictions, expected, 1e-6, 'attention');
  model.dispose();
});

test('MultiHeadAttention finds its inputs by their names', async () => {
  const weights = {
    'a/query/kernel': numbers(3, 2),
    'a/key/kernel': numbers(3, 3),
    'a/value/kernel': numbers(3, 4),
    'a/attention_output/kernel': numbers(3, 5),
  };
  const config = { num_heads: 1, key_dim: 1, use_bias: false };
  const calls = [
    { args: [tensor('r'), tensor('t'), tensor('r')] },
    { args: [tensor('r')], kwargs: { value: tensor('t'), key: tensor('r') } },
    { args: [tensor('r')], kwargs: { key: tensor('r'), value: tensor('t') } },
    { args: [], kwargs: { key: tensor('r'), query: tensor('r'), value: tensor('t') } },
    { args: [tensor('r'), tensor('r'), tensor('t')] },
  ];
  const outputs = [];
  for (const call of calls) {
    const model = await attentionModel({ type: 'MultiHeadAttention', config, weights, ...call });
    outputs.push((await model.run(INPUT)).predictions);
    model.dispose();
  }
  for (const named of outputs.slice(1, 4)) assertNear(named, outputs[0], 0, 'by name');
  assert.notDeepEqual(outputs[4], outputs[0]);
});

test('what these layers cannot do is refused by name', async () => {
  const inside = { class_name: 'Conv2D', config: { name: 'c', filters: 1, kernel_size: 1 } };
  const einsum = { name: 'x', equation: 'abcd,bce->ade', output_shape: [3, 2] };
  const shape = { name: 'x', height: 2, width: 2 };
  /** @type {[import('./fixtures.js').SmallLayer, RegExp][]} */
  const refused = [
    [['TimeDistributed', { name: 'x', layer: inside }], /a layer of the class 'Conv2D'/],
    [['Resizing', { ...shape, interpolation: 'cubist' }], /interpolation 'cubist'/],
    [['EinsumDense', einsum], /equation 'abcd,bce->ade'/],
  ];
  for (const [layer, message] of refused) {
    await assertFails(() => smallModel([layer]), 'UNSUPPORTED_LAYER', message);
  }
  const causal = () => attentionModel({ kwargs: { use_causal_mask: true } });
  await assertFails(causal, 'UNSUPPORTED_LAYER', /Attention with use_causal_mask/);
  const config = { num_heads: 1, key_dim: 2, use_gate: true };
  const gated = () => attentionModel({ type: 'MultiHeadAttention', config });
  await assertFails(gated, 'UNSUPPORTED_LAYER', /MultiHeadAttention with use_gate/);
  const scaled = () => attentionModel({ config: { use_scale: true } });
  await assertFails(scaled, 'UNSUPPORTED_LAYER', /Attention with use_scale/);
});
