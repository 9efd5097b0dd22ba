/**
 * What people read of each explanation method. The formulas are in the engine,
 * src/methods/methods.c. Both tables have the same names in the same order, which a test checks.
 */

import { choose } from '../base/errors.js';

/**
 * An explanation method, for people.
 * @typedef {object} MethodInfo
 * @property {string} title its usual name, "Grad-CAM"
 * @property {string} description how its heat map comes about and how to read it
 * @property {string} paper where it was published
 */

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
  },
  hiResCam: {
    title: 'HiResCAM',
    description:
      'HiResCAM shows which parts of the picture speak for a class. Each value of a layer ' +
      'is multiplied by its own gradient. The heat map is the sum over the channels, cut ' +
      'at zero and scaled to 0 .. 1. It marks only positions that raise the score ' +
      'themselves, where Grad-CAM gives every position the mean gradient.',
    paper: 'Draelos and Carin 2020, arXiv:2011.08891',
  },
  layerCam: {
    title: 'LayerCAM',
    description:
      'LayerCAM shows which parts of the picture speak for a class, in fine detail. Each ' +
      'value of a layer is multiplied by its own gradient where the gradient is positive. ' +
      'The heat map is the sum over the channels, cut at zero and scaled to 0 .. 1. It ' +
      'stays clear at early layers, which have many rows and columns.',
    paper: 'Jiang et al. 2021, IEEE Transactions on Image Processing 30',
  },
};

/** @typedef {keyof typeof METHODS} Method */

/**
 * Names of the explanation methods, the default first.
 * @returns {Method[]}
 * @example
 * methods(); // ['gradCam', 'hiResCam', 'layerCam']
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
