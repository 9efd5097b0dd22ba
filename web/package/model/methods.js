/**
 * What people read of each explanation method. The formulas are in the engine, src/methods/methods.c; the
 * two tables have the same names in the same order, which a test checks.
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
      "Grad-CAM: where the picture speaks for a class. Every channel of a layer is weighted with the mean gradient of the class's score. The weighted sum, cut at zero and scaled to 0 .. 1, is the heat map. High values mark positions that raise the score. The map has the layer's rows and columns: late layers are coarse and specific to the class, early ones fine and less so.",
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
  },
  hiResCam: {
    title: 'HiResCAM',
    description:
      'HiResCAM: where the picture speaks for a class. Every value of a layer is multiplied by its own gradient. The sum over the channels, cut at zero and scaled to 0 .. 1, is the heat map. It shows only positions that raise the score themselves, where Grad-CAM spreads a mean gradient over all positions.',
    paper: 'Draelos and Carin 2020, arXiv:2011.08891',
  },
  layerCam: {
    title: 'LayerCAM',
    description:
      'LayerCAM: where the picture speaks for a class, in fine detail. Every value of a layer is multiplied by its own gradient where that is positive. The sum over the channels, cut at zero and scaled to 0 .. 1, is the heat map. It is clear at early layers too, which have many rows and columns.',
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
