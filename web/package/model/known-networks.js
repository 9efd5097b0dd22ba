/** Recognises the networks of keras.applications by their names and layers. */

/** @import { LayerInfo } from '../engine/network.js' */

/**
 * A network whose preprocessing may be outside of it.
 * @typedef {object} KnownNetwork
 * @property {'tf' | 'torch' | 'caffe'} preset
 * @property {RegExp} name matches the name that Keras gives the network, in small letters
 * @property {RegExp} first matches the name of its first convolution
 * @property {RegExp} second matches the name of a layer that no other network with this first
 *   convolution has
 */

/** @type {KnownNetwork[]} */
const NETWORKS = [
  { preset: 'caffe', name: /^vgg1[69]/, first: /^block1_conv1$/, second: /^block2_conv1$/ },
  {
    preset: 'tf',
    name: /^resnet(50|101|152)v2/,
    first: /^conv1_conv$/,
    second: /^conv2_block1_preact_bn$/,
  },
  {
    preset: 'caffe',
    name: /^resnet(50|101|152)(?!v2)/,
    first: /^conv1(_conv)?$/,
    second: /^(conv2_block1_1_conv|res2a_branch2a)$/,
  },
  {
    preset: 'torch',
    name: /^densenet(121|169|201)/,
    first: /^(conv1\/conv|conv1_conv)$/,
    second: /^conv2_block1_0_bn$/,
  },
  {
    preset: 'tf',
    name: /^mobilenetv2/,
    first: /^Conv1$/,
    second: /^(expanded_conv_depthwise|expanded_conv_project|mobl0_conv_0_depthwise)$/,
  },
  { preset: 'tf', name: /^mobilenet(_|$)/, first: /^conv1$/, second: /^conv_dw_1$/ },
  { preset: 'tf', name: /^inception_?v3/, first: /^conv2d(_\d+)?$/, second: /^mixed0$/ },
  {
    preset: 'tf',
    name: /^inception_resnet_v2/,
    first: /^conv2d(_\d+)?$/,
    second: /^mixed_5b$/,
  },
  { preset: 'tf', name: /^xception/, first: /^block1_conv1$/, second: /^block2_sepconv1$/ },
  {
    preset: 'tf',
    name: /^nasnet/,
    first: /^stem_conv1$/,
    second: /_stem_1$/,
  },
  // Teachable Machine's MobileNet, which it calls so.
  { preset: 'tf', name: /^model1$/, first: /^Conv1$/, second: /^$/ },
  // These two scale pixels themselves, unless they were made without it.
  { preset: 'tf', name: /^mobilenetv3/, first: /^[Cc]onv$/, second: /^expanded_conv_squeeze/ },
  // Keras documents -1 to 1 for all sizes of the second.
  { preset: 'tf', name: /^efficientnetv2-/, first: /^stem_conv$/, second: /^block4a_dwconv2$/ },
];

/**
 * The preset of the network of keras.applications that a model is, or that lies in it. A network
 * without its name counts if two of its layers have the right names.
 * @param {string} name of the model
 * @param {readonly LayerInfo[]} layers
 * @returns {'tf' | 'torch' | 'caffe' | undefined}
 */
export function findNetworkPreset(name, layers) {
  const convolution = layers.findIndex(({ params, type }) => params > 0 && type.startsWith('Conv'));
  if (convolution < 0) return undefined;
  const { parent } = layers[convolution];
  const base = parent < 0 ? name : lastPart(layers[parent].path);
  const prefix = parent < 0 ? '' : `${layers[parent].path}/`;
  const own = layers
    .filter((layer) => layer.parent === parent)
    .map(({ path }) => path.slice(prefix.length));
  const first = layers[convolution].path.slice(prefix.length);
  return NETWORKS.find(
    (network) =>
      network.first.test(first) &&
      (network.name.test(base.toLowerCase()) || own.some((layer) => network.second.test(layer))),
  )?.preset;
}

/** @param {string} path */
function lastPart(path) {
  return path.slice(path.lastIndexOf('/') + 1);
}
