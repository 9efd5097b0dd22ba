/** The built-in networks against Keras' own configurations, and weights alone that find theirs. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ARCHITECTURES } from '../../web/package/architectures/index.js';
import { Network } from '../../web/package/engine/network.js';
import { init, loadModel } from '../../web/package/index.js';
import { findNetworkPreset } from '../../web/package/model/known-networks.js';
import { withTopology } from '../../web/package/model/topology.js';
import { SHARED, SKIP_SHARED, assertFails, sharedModel } from './fixtures.js';

/** Parameters of the networks in ../shared/golden/zoo. */
const ZOO = /** @type {const} */ ([
  ['mobilenet', 'MobileNet', { alpha: 1 }],
  ['mobilenetv2', 'MobileNetV2', { alpha: 1 }],
  ['mobilenetv2_035_96', 'MobileNetV2', { alpha: 0.35, inputSize: [96, 96] }],
  ['mobilenetv3small', 'MobileNetV3Small', { alpha: 1, minimalistic: false }],
  ['efficientnetb0', 'EfficientNetB0', {}],
  ['resnet50', 'ResNet50', {}],
  ['resnet50v2', 'ResNet50V2', {}],
  ['vgg16', 'VGG16', {}],
  ['densenet121', 'DenseNet121', {}],
  ['xception', 'Xception', {}],
  ['inceptionv3', 'InceptionV3', {}],
  ['nasnetmobile', 'NASNetMobile', {}],
  ['convnexttiny', 'ConvNeXtTiny', {}],
]);

/**
 * Digests of Keras' own configurations of networks that ../shared/golden/zoo lacks. Odd sizes try
 * the rounding of rows and columns.
 * @type {[digest: string, name: string, parameters?: object][]}
 */
const DIGESTS = [
  ['46aef5308cf23d72', 'EfficientNetV2B0'],
  ['96720e08b4558e5c', 'EfficientNetV2B0', { inputSize: [75, 75], classes: 5 }],
  ['19ff2336c1f2a843', 'EfficientNetV2B0', { inputSize: [75, 75], includeTop: false }],
  ['f6b2a1964e003e82', 'EfficientNetV2B1'],
  ['7df1353b100abce3', 'EfficientNetV2B2'],
  ['96c4b7d2a6b53a9e', 'EfficientNetV2B3'],
  ['c70a13537d615761', 'EfficientNetV2B3', { inputSize: [97, 97], includeTop: false }],
  ['91e5b79dbddabd50', 'EfficientNetV2S'],
  ['595dd82bf902a1f7', 'EfficientNetV2S', { inputSize: [128, 128], includeTop: false }],
  ['a7b5e639d4f0c30b', 'EfficientNetV2M'],
  ['804dabb308f3380d', 'EfficientNetV2L'],
  ['e0b8bc7e5cca3a59', 'InceptionResNetV2'],
  ['b194417ea4d23514', 'InceptionResNetV2', { inputSize: [151, 151], classes: 5 }],
  ['61b67c5d017b3e12', 'InceptionResNetV2', { inputSize: [150, 150], includeTop: false }],
];

/** Parameters of each network with ImageNet's classes, as Keras' summaries count them. */
const PARAMETERS = {
  MobileNetV2: 3538984,
  MobileNet: 4253864,
  EfficientNetB0: 5330571,
  EfficientNetB1: 7856239,
  EfficientNetB2: 9177569,
  EfficientNetB3: 12320535,
  EfficientNetB4: 19466823,
  EfficientNetB5: 30562527,
  EfficientNetB6: 43265143,
  EfficientNetB7: 66658687,
  EfficientNetV2B0: 7200312,
  EfficientNetV2B1: 8212124,
  EfficientNetV2B2: 10178374,
  EfficientNetV2B3: 14467622,
  EfficientNetV2S: 21612360,
  EfficientNetV2M: 54431388,
  EfficientNetV2L: 119027848,
  ResNet50: 25636712,
  ResNet101: 44707176,
  ResNet152: 60419944,
  ResNet50V2: 25613800,
  ResNet101V2: 44675560,
  ResNet152V2: 60380648,
  VGG16: 138357544,
  VGG19: 143667240,
  DenseNet121: 8062504,
  DenseNet169: 14307880,
  DenseNet201: 20242984,
  Xception: 22910480,
  InceptionV3: 23851784,
  InceptionResNetV2: 55873736,
  MobileNetV3Small: 2554968,
  MobileNetV3Large: 5507432,
  NASNetMobile: 5326716,
  NASNetLarge: 88949818,
  ConvNeXtTiny: 28589128,
  ConvNeXtSmall: 50223688,
  ConvNeXtBase: 88591464,
  ConvNeXtLarge: 197767336,
  ConvNeXtXLarge: 350196968,
};

/** Fields that change nothing in a network that is only run. */
const IRRELEVANT = new RegExp(
  '^(trainable|dtype|momentum|synchronized|renorm.*|quantization_config|sparse|ragged|optional' +
    '|seed|noise_shape|invert|rms_scaling|layers|.*_(initializer|regularizer|constraint))$',
);

/** What Keras takes for a field that is not there. */
const DEFAULTS = {
  strides: [1, 1],
  padding: 'valid',
  data_format: 'channels_last',
  dilation_rate: [1, 1],
  groups: 1,
  activation: 'linear',
  use_bias: true,
  center: true,
  scale: true,
  negative_slope: 0,
  threshold: 0,
  keepdims: false,
  depth_multiplier: 1,
  axis: -1,
};

/**
 * The layers of a configuration, nested ones after the model that they stand in.
 * @param {any} model
 * @returns {object[]}
 */
function normalize(model) {
  return model.config.layers.flatMap((/** @type {any} */ layer) => [
    normalizeLayer(layer),
    ...(layer.config.layers ? normalize(layer) : []),
  ]);
}

/** @param {any} layer */
function normalizeLayer({
  class_name: type,
  module,
  registered_name: registered,
  config,
  ...rest
}) {
  const fields = Object.entries(config).filter(([key]) => !IRRELEVANT.test(key));
  const merged = { ...DEFAULTS, ...Object.fromEntries(fields) };
  if (Array.isArray(merged.axis) && merged.axis.length === 1) [merged.axis] = merged.axis;
  const inputs = (rest.inbound_nodes ?? []).flatMap((/** @type {any} */ node) =>
    tensors(node.args),
  );
  return { type, module, registered, config: merged, inputs };
}

/**
 * The tensors and numbers among the arguments of a call.
 * @param {any} value
 * @returns {unknown[]}
 */
function tensors(value) {
  if (Array.isArray(value)) return value.flatMap(tensors);
  return [value.class_name === '__keras_tensor__' ? value.config : value];
}

/**
 * @param {string} name
 * @param {object} parameters
 */
function build(name, parameters) {
  const { side, variants, build } = ARCHITECTURES[name];
  const size = { inputSize: [side, side], includeTop: true, classes: 1000 };
  return build({ ...variants[0], ...size, ...parameters });
}

/**
 * What matters in a configuration.
 * @param {any} model
 */
function essence(model) {
  const { name, input_layers: inputs, output_layers: outputs } = model.config;
  return [name, inputs, outputs, normalize(model)];
}

/**
 * The start of the SHA-256 of the essence as JSON, in which the fields of objects are sorted.
 * @param {any} model
 */
function digest(model) {
  /** @type {(key: string, value: any) => any} */
  const sorted = (_, value) =>
    value && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;
  const text = JSON.stringify(essence(model), sorted);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

describe('configurations', () => {
  for (const [folder, name, parameters] of ZOO) {
    test(`${folder} is Keras' own`, { skip: SKIP_SHARED }, async () => {
      const keras = JSON.parse(
        readFileSync(join(SHARED, 'golden/zoo', folder, 'model.json'), 'utf8'),
      );
      const ours = JSON.parse(await build(name, parameters));
      assert.deepEqual(essence(ours), essence(keras));
    });
  }

  for (const [hash, name, parameters = {}] of DIGESTS) {
    test(`${name} ${JSON.stringify(parameters)} has the digest of Keras' own`, async () => {
      assert.equal(digest(JSON.parse(await build(name, parameters))), hash);
    });
  }

  test('all networks are listed', () => {
    assert.deepEqual(Object.keys(ARCHITECTURES).sort(), Object.keys(PARAMETERS).sort());
  });

  for (const [name, count] of Object.entries(PARAMETERS)) {
    test(`${name} has ${count} parameters`, async () => {
      const network = new Network(await init(), await build(name, {}));
      let sum = 0;
      for (const { params, parent } of network.layers) if (parent < 0) sum += params;
      network.dispose();
      assert.equal(sum, count);
    });
  }
});

describe('presets', () => {
  for (const name of ['EfficientNetV2B0', 'EfficientNetV2S', 'InceptionResNetV2']) {
    test(`${name} without its own scaling takes -1 to 1, under any name`, async () => {
      const config = await build(name, { inputSize: [96, 96] });
      const network = new Network(await init(), config);
      const { layers } = network;
      for (const given of [JSON.parse(config).config.name, 'model_7']) {
        assert.equal(findNetworkPreset(given, layers), 'tf');
      }
      network.dispose();
    });
  }
});

/**
 * Weights without values, as a file of weights alone lists them: each layer's group, then the name.
 * @param {string} name
 * @param {object} parameters
 */
async function bareWeights(name, parameters) {
  const network = new Network(await init(), await build(name, parameters));
  const weights = Array.from({ length: network.weightCount }, (_, i) => {
    const path = network.weightPath(i);
    const shape = network.weightShape(i);
    const size = shape.reduce((product, axis) => product * axis, 1);
    const group = path.slice(0, path.lastIndexOf('/'));
    return { name: `${group}/${path}:0`, shape, size, read: () => new Float32Array(size) };
  });
  network.dispose();
  return weights;
}

describe('weights alone', () => {
  for (const name of Object.keys(PARAMETERS)) {
    for (const includeTop of [true, false]) {
      test(`those of ${name} ${includeTop ? 'with' : 'without'} classes are known`, async () => {
        const weights = await bareWeights(name, { includeTop, classes: 7 });
        const container = { weights, isOrdered: true };
        const { architecture, config, ...rest } = await withTopology(
          await init(),
          container,
          '',
          {},
        );
        assert.equal(architecture, name);
        const layers = JSON.parse(config).config.layers;
        assert.equal(/softmax/.test(JSON.stringify(layers)), includeTop);
        assert.equal(rest.weights.length, weights.length);
      });
    }
  }

  for (const parameters of [{ alpha: 0.35 }, { alpha: 0.5 }, { alpha: 1.4 }]) {
    test(`the width of MobileNetV2 is found out: ${parameters.alpha}`, async () => {
      const container = { weights: await bareWeights('MobileNetV2', parameters), isOrdered: true };
      const { config } = await withTopology(await init(), container, 'v2_160.h5', {});
      const { name } = JSON.parse(config).config;
      assert.equal(name, `mobilenetv2_${parameters.alpha.toFixed(2)}_160`);
    });
  }

  test('EfficientNet with ImageNet variances gets its second scaling', async () => {
    const weights = await bareWeights('EfficientNetB0', {});
    const i = weights.findIndex(({ name }) => name.includes('normalization/variance'));
    weights[i].read = () => Float32Array.of(0.229 ** 2, 0.224 ** 2, 0.225 ** 2);
    const { config } = await withTopology(await init(), { weights, isOrdered: true }, '', {});
    assert.match(config, /"rescaling_1"/);
  });

  describe('a file', { skip: SKIP_SHARED }, () => {
    const name = 'mobilenetv2_0.35_96_weights.h5';
    const file = () => new File([sharedModel(name)], name);

    test('opens by itself, with the size that its name says', async () => {
      const model = await loadModel(file(), { defaultLabels: 'imagenet' });
      assert.equal(model.architecture, 'MobileNetV2');
      assert.equal(model.name, 'mobilenetv2_0.35_96');
      assert.deepEqual(model.inputShape, [null, 96, 96, 3]);
      assert.equal(model.preprocessing, 'tf');
      assert.equal(model.labels?.[999], 'toilet tissue');
      assert.equal(model.labelsReason, 'imagenet');
      model.dispose();
    });

    test('opens as what it is said to be, and not as another', async () => {
      const options = { architecture: 'MobileNetV2', alpha: 0.35, inputSize: [128, 128] };
      const model = await loadModel(file(), /** @type {any} */ (options));
      assert.deepEqual(model.inputShape, [null, 128, 128, 3]);
      model.dispose();
      /** @type {[options: any, code: string, message: RegExp][]} */
      const wrong = [
        [{ architecture: 'MobileNetV2', alpha: 1 }, 'INVALID_MODEL', /with alpha 0\.35, not 1$/],
        [{ architecture: 'MobileNetV2', classes: 10 }, 'INVALID_MODEL', /not those of MobileNetV2/],
        [{ architecture: 'VGG16' }, 'INVALID_MODEL', /not those of VGG16/],
        [{ architecture: 'MobileNetV9' }, 'INVALID_ARGUMENT', /allowed: MobileNetV2, MobileNet,/],
      ];
      for (const [options, code, message] of wrong) {
        await assertFails(() => loadModel(file(), options), code, message);
      }
    });

    test('of an unknown network say what to do', async () => {
      const weights = [
        { name: 'a/a/kernel:0', shape: [2], size: 2, read: () => new Float32Array(2) },
      ];
      const engine = await init();
      const call = () => withTopology(engine, { weights, isOrdered: true }, '', {});
      await assertFails(call, 'INVALID_MODEL', /no configuration.*architecture:/);
    });
  });
});

/**
 * Weights without values, as the store of Keras 3 lists them. Layers are numbered by their classes.
 * @param {string} name
 * @param {object} parameters
 * @param {{ isNamed?: boolean, head?: string }} [options] whether layers have their names in the
 *   file, and the name of the last
 */
async function storedWeights(name, parameters, { isNamed = true, head = 'predictions' } = {}) {
  const { layers } = JSON.parse(await build(name, parameters)).config;
  /** @type {Map<string, number>} */
  const counts = new Map();
  const groups = new Map(
    layers.map((/** @type {any} */ { class_name: type, config }) => {
      const snake = type.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
      const count = counts.get(snake) ?? 0;
      counts.set(snake, count + 1);
      return [config.name, `layers/${snake}${count > 0 ? `_${count}` : ''}/vars`];
    }),
  );
  /** @type {Map<string, number>} */
  const arrays = new Map();
  const weights = await bareWeights(name, parameters);
  const stored = weights.map(({ name: path, ...weight }) => {
    const layer = path.slice(0, path.indexOf('/'));
    const number = arrays.get(layer) ?? 0;
    arrays.set(layer, number + 1);
    const own = layer === 'predictions' ? head : layer;
    return { ...weight, name: `${groups.get(layer)}/${number}`, layer: isNamed ? own : undefined };
  });
  return stored.sort((a, b) => (a.name < b.name ? -1 : 1));
}

describe('weights alone in the store of Keras 3', () => {
  /**
   * @param {any[]} weights
   * @param {import('../../web/package/model/topology.js').TopologyOptions} [options]
   */
  const open = async (weights, options = {}) =>
    withTopology(await init(), { weights }, '', options);

  /** @type {[name: string, parameters: object][]} */
  const known = [
    ['MobileNet', { alpha: 0.5 }],
    ['MobileNetV2', { alpha: 1.4 }],
    ['MobileNetV3Small', { minimalistic: true }],
    ['EfficientNetB0', {}],
    ['EfficientNetV2B1', {}],
    ['EfficientNetV2S', {}],
    ['InceptionV3', {}],
    ['InceptionResNetV2', {}],
    ['VGG16', {}],
  ];
  for (const [name, parameters] of known) {
    for (const isNamed of [true, false]) {
      test(`${name}, ${isNamed ? 'named' : 'nameless'} layers`, async () => {
        for (const includeTop of [true, false]) {
          const all = { ...parameters, classes: 7, includeTop };
          const { architecture, config } = await open(await storedWeights(name, all, { isNamed }));
          assert.equal(architecture, name);
          assert.equal(config, await build(name, all));
        }
      });
    }
  }

  test('EfficientNet with ImageNet variances gets its second scaling', async () => {
    const weights = await storedWeights('EfficientNetB0', {}, { isNamed: false });
    const variance = weights.find(({ name }) => name === 'layers/normalization/vars/1');
    assert.ok(variance);
    variance.read = () => Float32Array.of(0.229 ** 2, 0.224 ** 2, 0.225 ** 2);
    assert.match((await open(weights)).config, /"rescaling_1"/);
  });

  test('with an array more are not those of the network', async () => {
    const weights = await storedWeights('MobileNetV2', { includeTop: false });
    const more = { ...weights[0], name: 'layers/conv1d/vars/0' };
    await assertFails(() => open([...weights, more]), 'INVALID_MODEL', /no configuration/);
    const options = { architecture: 'MobileNetV2' };
    const message = /MobileNetV2 with alpha 1, 0\.75, .*1\.4: it has no layers\/conv1d\/vars\/0$/;
    await assertFails(() => open([...weights, more], options), 'INVALID_MODEL', message);
    const seed = { ...weights[0], name: 'layers/dropout/seed_generator/vars/0' };
    assert.equal((await open([...weights, seed])).architecture, 'MobileNetV2');
  });

  test('with one class do not tell its activation', async () => {
    const weights = await storedWeights('MobileNetV2', { classes: 1 });
    const call = () => open(weights, { architecture: 'MobileNetV2' });
    await assertFails(call, 'INVALID_MODEL', /with one class, whose activation.*model\.save/);
  });

  test("with a head of the caller's own do not tell its activation", async () => {
    const weights = await storedWeights('MobileNetV2', { classes: 3 }, { head: 'dense' });
    await assertFails(
      () => open(weights),
      'INVALID_MODEL',
      /"dense", whose.*architecture: "Mobile/,
    );
    const { architecture } = await open(weights, { architecture: 'MobileNetV2' });
    assert.equal(architecture, 'MobileNetV2');
  });

  test('a size may be too small for other networks', async () => {
    const inputSize = /** @type {[number, number]} */ ([64, 64]);
    const small = await storedWeights('MobileNetV3Large', {}, { isNamed: false });
    assert.equal((await open(small, { inputSize })).architecture, 'MobileNetV3Large');
    const large = await storedWeights('InceptionResNetV2', {});
    await assertFails(() => open(large, { inputSize }), 'INVALID_MODEL', /window of 3 positions/);
  });
});
