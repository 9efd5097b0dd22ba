/**
 * What people read of each explanation method. The formulas are in the engine,
 * src/methods/methods.c. Both tables have the same names in the same order, which a test checks.
 * The methods that take many runs follow, which are loops in web/package/attribution/loops.js. The
 * engine's table has ablationCam as its last entry, for layers that everything after is linear in.
 */

import { choose } from '../base/errors.js';

/**
 * An explanation method, for people.
 * @typedef {object} MethodInfo
 * @property {string} title its usual name, "Grad-CAM"
 * @property {string} description how its heat map comes about and how to read it
 * @property {string} paper where it was published
 * @property {string} formula of the raw map. A is the layer's output, G the gradient of the class
 *   there, p a position and k a channel
 * @property {string} when what the method is good for, and what it is not
 * @property {string} cost what it takes beside the forward pass
 */

const SHARED_COST = 'the backward pass that all these methods share';

/** @satisfies {Record<string, MethodInfo>} */
export const METHODS = {
  gradCam: {
    title: 'Grad-CAM',
    description:
      'Grad-CAM shows which parts of the picture speak for a class. Each channel of a ' +
      "layer gets a weight, which is the mean gradient of the class's score. The heat map " +
      'is the weighted sum of the channels, cut at zero and scaled to 0 .. 1. High values ' +
      'mark positions that raise the score. The map has the rows and columns of the ' +
      'layer. Late layers are coarse and specific to the class. Early layers are fine and ' +
      'less specific.',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
    formula: 'sum_k w_k A_k(p), w_k = mean_p G_k(p)',
    when: 'Start here. It is the method that others compare with, at its best in the last layers.',
    cost: 'a backward pass to the layer',
  },
  gradCamPlusPlus: {
    title: 'Grad-CAM++',
    description:
      'Grad-CAM++ shows which parts of the picture speak for a class, and finds several ' +
      'objects of one class. A channel counts by its positive gradients, and small regions ' +
      'count as much as large ones. The heat map is the weighted sum of the channels, cut at ' +
      'zero and scaled to 0 .. 1.',
    paper: 'Chattopadhay et al. 2018, arXiv:1710.11063',
    formula:
      'sum_k w_k A_k(p), w_k = sum_p a max(G_k(p), 0), ' +
      'a = G^2 / (2 G^2 + G^3 sum_p A_k(p) + 1e-6)',
    when:
      'For several objects of one class, in layers whose outputs are positive. Its map hardly ' +
      'means anything where sums of channels are negative, or gradients smaller than 0.001.',
    cost: SHARED_COST,
  },
  xGradCam: {
    title: 'XGrad-CAM',
    description:
      'XGrad-CAM shows which parts of the picture speak for a class. A channel is weighed by ' +
      'its share in the score, which is gradient times output over the sum of its outputs. ' +
      'The heat map is the weighted sum of the channels, cut at zero and scaled to 0 .. 1.',
    paper: 'Fu et al. 2020, arXiv:2008.02312',
    formula: 'sum_k w_k A_k(p), w_k = sum_p G_k(p) A_k(p) / (sum_p A_k(p) + 1e-7)',
    when:
      'As Grad-CAM, in layers after a ReLU. Behind a convolution or a batch normalisation sums ' +
      'of channels may be close to zero, and the division then drowns the map in noise.',
    cost: SHARED_COST,
  },
  hiResCam: {
    title: 'HiResCAM',
    description:
      'HiResCAM shows which parts of the picture speak for a class. Each value of a layer ' +
      'is multiplied by its own gradient. The heat map is the sum over the channels, cut ' +
      'at zero and scaled to 0 .. 1. It marks only positions that raise the score ' +
      'themselves, where Grad-CAM gives every position the mean gradient.',
    paper: 'Draelos and Carin 2020, arXiv:2011.08891',
    formula: 'sum_k G_k(p) A_k(p)',
    when:
      'Where it matters that a marked position was really used. Before a global average it ' +
      'equals Grad-CAM.',
    cost: SHARED_COST,
  },
  layerCam: {
    title: 'LayerCAM',
    description:
      'LayerCAM shows which parts of the picture speak for a class, in fine detail. Each ' +
      'value of a layer is multiplied by its own gradient where the gradient is positive. ' +
      'The heat map is the sum over the channels, cut at zero and scaled to 0 .. 1. It ' +
      'stays clear at early layers, which have many rows and columns.',
    paper: 'Jiang et al. 2021, IEEE Transactions on Image Processing 30',
    formula: 'sum_k max(G_k(p), 0) A_k(p)',
    when: 'For fine maps of early layers, alone or put together with those of late layers.',
    cost: SHARED_COST,
  },
  elementwise: {
    title: 'Element-wise Grad-CAM',
    description:
      'Element-wise Grad-CAM shows which parts of the picture speak for a class. Each value of ' +
      'a layer is multiplied by its own gradient, and only what raises the score is kept. The ' +
      'heat map is the sum over the channels, scaled to 0 .. 1. What speaks against the class ' +
      'takes nothing away.',
    paper: 'pytorch-grad-cam, Gildenblat et al. 2021',
    formula: 'sum_k max(G_k(p) A_k(p), 0)',
    when: 'Where evidence for and against a class lies at one position and hides in the sum.',
    cost: SHARED_COST,
  },
  eigenCam: {
    title: 'EigenCAM',
    description:
      'EigenCAM shows which parts of the picture stand out in a layer, whatever the class. The ' +
      'heat map is the first principal component of the output over the positions, cut at ' +
      'zero and scaled to 0 .. 1. It takes no gradient, so all classes have the same map.',
    paper: 'Muhammad and Yeasin 2020, arXiv:2008.00299',
    formula: 'R v, R = A minus the mean of each channel, v the unit vector with the longest R v',
    when:
      'For a first look at what a layer sees, and where gradients are no use. It may well light ' +
      'up the background.',
    cost: 'no backward pass, but passes over the layer until the component is found',
  },
  eigenGradCam: {
    title: 'EigenGradCAM',
    description:
      'EigenGradCAM shows which parts of the picture speak for a class, with less noise. Each ' +
      'value of a layer is multiplied by its own gradient. The heat map is the first principal ' +
      'component of these products over the positions, cut at zero and scaled to 0 .. 1.',
    paper: 'pytorch-grad-cam, Gildenblat et al. 2021',
    formula: 'R v as in EigenCAM, R = G A minus the mean of each channel',
    when:
      'For clear maps of one object. The sign of a component is free, so that the map may also ' +
      'show what speaks against the class.',
    cost: `${SHARED_COST}, and passes over the layer until the component is found`,
  },
  scoreCam: {
    title: 'Score-CAM',
    description:
      'Score-CAM shows which parts of the picture speak for a class, without a gradient. Each ' +
      'channel of a layer becomes a mask of the picture, and its weight is the softmax of the ' +
      "class's score behind the masks. The heat map is the weighted sum of the channels, cut at " +
      'zero and scaled to 0 .. 1.',
    paper: 'Wang et al. 2020, arXiv:1910.01279',
    formula: 'sum_k w_k A_k(p), w = softmax_k S(x scaled(A_k)), scaled to 0 .. 1 and enlarged',
    when:
      'As a witness that needs no gradient. It is slow, and `channels: 64` takes the most ' +
      'varying channels alone.',
    cost: 'a forward pass for each channel',
  },
  ablationCam: {
    title: 'Ablation-CAM',
    description:
      'Ablation-CAM shows which parts of the picture speak for a class, without a gradient. Each ' +
      'channel of a layer is set to zero in turn, and its weight is the share of the score that ' +
      'is lost. The heat map is the weighted sum of the channels, cut at zero and scaled to ' +
      '0 .. 1.',
    paper: 'Desai and Ramaswamy 2020, Winter Conference on Applications of Computer Vision',
    formula: 'sum_k w_k A_k(p), w_k = (S - S without channel k) / S',
    when:
      'As a witness that needs no gradient. It is fast in the last layers, because only what ' +
      'follows the layer runs again.',
    cost: 'what follows the layer, for each channel; one pass where all of that is linear',
  },
};

/** @typedef {keyof typeof METHODS} Method */

/** The methods that take many runs of the network. They are no entries of the engine's table. */
const LOOPS = /** @type {const} */ (['scoreCam', 'ablationCam']);

/**
 * Whether a method takes many runs.
 * @param {Method} method
 */
export function isLoop(method) {
  return /** @type {readonly string[]} */ (LOOPS).includes(method);
}

/**
 * Whether a method explains a class. Otherwise it has one map for all classes.
 * @param {Method} method
 */
export function needsClass(method) {
  return method !== 'eigenCam';
}

/**
 * Names of the explanation methods, the default first.
 * @returns {Method[]}
 * @example
 * methods(); // ['gradCam', 'gradCamPlusPlus', 'xGradCam', 'hiResCam', 'layerCam', ...]
 */
export function methods() {
  return /** @type {Method[]} */ (Object.keys(METHODS));
}

/**
 * What people read of an explanation method.
 * @param {Method} method
 * @returns {MethodInfo}
 * @example
 * const choices = methods().map((name) => [name, methodInfo(name).title]);
 */
export function methodInfo(method) {
  return { ...choose(METHODS, method, 'method') };
}
