/**
 * The networks of keras.applications. A few parameters make their configurations. The module of a
 * family is loaded on demand.
 */

import { choose } from '../base/errors.js';
import { part } from '../base/parts.js';

/**
 * The parameters that all networks have.
 * @typedef {object} Parameters
 * @property {[height: number, width: number]} inputSize
 * @property {boolean} includeTop whether the network has its classes. Without them it ends in a
 *   global average pooling
 * @property {number} classes
 */

/**
 * A network.
 * @typedef {object} Architecture
 * @property {(parameters: any) => Promise<string>} build makes the configuration as JSON
 * @property {number} side rows and columns of the input by default
 * @property {'none' | 'tf' | 'torch' | 'caffe'} preprocessing with which its weights were trained
 * @property {RegExp} mark matches a list of the names of its weights, with one name in a line
 * @property {object[]} variants its parameters with which weights may have been saved
 */

/* ---- The modules of the families ---- */

const loadMobileNet = () => part('the network MobileNet', () => import('./mobilenet.js'));
const loadEfficientNet = () => part('the network EfficientNet', () => import('./efficientnet.js'));
const loadEfficientNetV2 = () =>
  part('the network EfficientNetV2', () => import('./efficientnet-v2.js'));
const loadResNet = () => part('the network ResNet', () => import('./resnet.js'));
const loadVGG = () => part('the network VGG', () => import('./vgg.js'));
const loadDenseNet = () => part('the network DenseNet', () => import('./densenet.js'));
const loadXception = () => part('the network Xception', () => import('./xception.js'));
const loadInceptionV3 = () => part('the network InceptionV3', () => import('./inception-v3.js'));
const loadInceptionResNetV2 = () =>
  part('the network InceptionResNetV2', () => import('./inception-resnet-v2.js'));
const loadMobileNetV3 = () => part('the network MobileNetV3', () => import('./mobilenet-v3.js'));
const loadNASNet = () => part('the network NASNet', () => import('./nasnet.js'));
const loadConvNeXt = () => part('the network ConvNeXt', () => import('./convnext.js'));

/* ---- The networks ---- */

const ALL_ALPHAS = [1, 0.75, 0.5, 0.35, 0.25, 1.3, 1.4].map((alpha) => ({ alpha }));
const V3_VARIANTS = [1, 0.75].flatMap((alpha) =>
  [false, true].map((minimalistic) => ({ alpha, minimalistic })),
);
const EFFICIENT_SIDES = [224, 240, 260, 300, 380, 456, 528, 600];
const EFFICIENT_V2_SIDES = { B0: 224, B1: 240, B2: 260, B3: 300, S: 384, M: 480, L: 480 };

/** @type {Record<string, Architecture>} by their names in Keras */
export const ARCHITECTURES = {
  MobileNetV2: {
    build: async (parameters) => (await loadMobileNet()).mobileNetV2(parameters),
    side: 224,
    preprocessing: 'tf',
    mark: /^block_16_project\//m,
    variants: ALL_ALPHAS,
  },
  MobileNet: {
    build: async (parameters) => (await loadMobileNet()).mobileNet(parameters),
    side: 224,
    preprocessing: 'tf',
    mark: /^conv_pw_13\//m,
    variants: ALL_ALPHAS,
  },
  ...family(EFFICIENT_SIDES.keys(), (variant) => ({
    name: `EfficientNetB${variant}`,
    build: async (parameters) => (await loadEfficientNet()).efficientNet(parameters, variant),
    side: EFFICIENT_SIDES[variant],
    preprocessing: 'none',
    mark: /^block7a_se_expand\//m,
    variants: [{}],
  })),
  ...family(Object.entries(EFFICIENT_V2_SIDES), ([variant, side]) => ({
    name: `EfficientNetV2${variant}`,
    build: async (parameters) => (await loadEfficientNetV2()).efficientNetV2(parameters, variant),
    side,
    preprocessing: 'none',
    mark: /^block6a_dwconv2\//m,
    variants: [{}],
  })),
  ...family(/** @type {const} */ ([50, 101, 152]), (depth) => ({
    name: `ResNet${depth}`,
    build: async (parameters) => (await loadResNet()).resNet(parameters, depth),
    side: 224,
    preprocessing: 'caffe',
    mark: /^conv5_block3_3_bn\//m,
    variants: [{}],
  })),
  ...family(/** @type {const} */ ([50, 101, 152]), (depth) => ({
    name: `ResNet${depth}V2`,
    build: async (parameters) => (await loadResNet()).resNetV2(parameters, depth),
    side: 224,
    preprocessing: 'tf',
    mark: /^conv5_block3_preact_bn\//m,
    variants: [{}],
  })),
  ...family(/** @type {const} */ ([16, 19]), (depth) => ({
    name: `VGG${depth}`,
    build: async (parameters) => (await loadVGG()).vgg(parameters, depth),
    side: 224,
    preprocessing: 'caffe',
    mark: /^block5_conv3\//m,
    variants: [{}],
  })),
  ...family(/** @type {const} */ ([121, 169, 201]), (depth) => ({
    name: `DenseNet${depth}`,
    build: async (parameters) => (await loadDenseNet()).denseNet(parameters, depth),
    side: 224,
    preprocessing: 'torch',
    mark: /^conv5_block16_0_bn\//m,
    variants: [{}],
  })),
  Xception: {
    build: async (parameters) => (await loadXception()).xception(parameters),
    side: 299,
    preprocessing: 'tf',
    mark: /^block14_sepconv2\//m,
    variants: [{}],
  },
  InceptionV3: {
    build: async (parameters) => (await loadInceptionV3()).inceptionV3(parameters),
    side: 299,
    preprocessing: 'tf',
    mark: /^conv2d_\d+\//m,
    variants: [{}],
  },
  InceptionResNetV2: {
    build: async (parameters) => (await loadInceptionResNetV2()).inceptionResNetV2(parameters),
    side: 299,
    preprocessing: 'tf',
    mark: /^conv_7b\//m,
    variants: [{}],
  },
  MobileNetV3Small: {
    build: async (parameters) => (await loadMobileNetV3()).mobileNetV3Small(parameters),
    side: 224,
    preprocessing: 'none',
    mark: /^expanded_conv_10.project\//m,
    variants: V3_VARIANTS,
  },
  MobileNetV3Large: {
    build: async (parameters) => (await loadMobileNetV3()).mobileNetV3Large(parameters),
    side: 224,
    preprocessing: 'none',
    mark: /^expanded_conv_14.project\//m,
    variants: V3_VARIANTS,
  },
  NASNetMobile: {
    build: async (parameters) => (await loadNASNet()).nasNetMobile(parameters),
    side: 224,
    preprocessing: 'tf',
    mark: /^normal_conv_1_12\//m,
    variants: [{}],
  },
  NASNetLarge: {
    build: async (parameters) => (await loadNASNet()).nasNetLarge(parameters),
    side: 331,
    preprocessing: 'tf',
    mark: /^normal_conv_1_18\//m,
    variants: [{}],
  },
  ...family(/** @type {const} */ (['Tiny', 'Small', 'Base', 'Large', 'XLarge']), (size) => ({
    name: `ConvNeXt${size}`,
    build: async (parameters) => {
      const { convNeXt } = await loadConvNeXt();
      return convNeXt(parameters, /** @type {'tiny'} */ (size.toLowerCase()));
    },
    side: 224,
    preprocessing: 'none',
    mark: /^convnext_\w+_stage_3_block_2_layernorm\//m,
    variants: [{}],
  })),
};

/**
 * @template Member
 * @param {Iterable<Member>} members
 * @param {(member: Member) => Architecture & { name: string }} describe
 * @returns {Record<string, Architecture>}
 */
function family(members, describe) {
  return Object.fromEntries(
    [...members].map((member) => {
      const { name, ...architecture } = describe(member);
      return [name, architecture];
    }),
  );
}

/**
 * @param {unknown} name Keras' name, "MobileNetV2"
 * @returns {Architecture}
 */
export function findArchitecture(name) {
  return choose(ARCHITECTURES, name, 'architecture');
}
