/**
 * The attributions of the input: what people read of each, and the options that each takes. The
 * package, the command line and the documentation take their lists from this table. The steps of
 * each are in plans.js, which a page loads when it needs them.
 */

import { choose } from '../base/errors.js';

/**
 * An attribution of the input, for people.
 * @typedef {object} AttributionInfo
 * @property {string} title its usual name, "Integrated Gradients"
 * @property {string} description how its numbers come about and how to read them
 * @property {string} formula with x the input, S what is explained and g = dS / dx
 * @property {string} cost in forward passes (f) and backward passes (b)
 * @property {string} paper where it was published
 * @property {Readonly<Record<string, unknown>>} defaults the options that it takes, with their
 *   defaults. null stands for a default that depends on the model
 */

/**
 * How an attribution becomes a heat map, unless the caller says otherwise.
 * @typedef {object} View
 * @property {'absMax' | 'absSum' | 'sum'} channels
 * @property {boolean} [stretched] the smallest value is drawn as 0
 */

/** Options of the methods that average over noise. */
const NOISE = { samples: 16, noise: 0.15, seed: 0 };

/** @type {View} */
const SENSITIVITY = { channels: 'absMax' };
/** @type {View} */
const CONTRIBUTION = { channels: 'sum' };

/** @satisfies {Record<string, AttributionInfo & { view: View }>} */
export const ATTRIBUTIONS = {
  gradient: {
    title: 'Gradient',
    description:
      'The gradient says how the score changes if a value of the input changes a little. It is ' +
      'signed and noisy.',
    formula: 'g',
    cost: 'b',
    paper: 'Baehrens et al. 2010, Journal of Machine Learning Research 11',
    defaults: {},
    view: SENSITIVITY,
  },
  saliency: {
    title: 'Saliency',
    description:
      'Saliency says how strongly the score reacts to a pixel, upward or downward. It is the ' +
      'largest magnitude of the gradient among the channels of the pixel.',
    formula: 'max_c |g_c|',
    cost: 'b',
    paper: 'Simonyan et al. 2014, arXiv:1312.6034',
    defaults: {},
    view: SENSITIVITY,
  },
  gradientTimesInput: {
    title: 'Gradient x Input',
    description:
      'Each value of the input is multiplied by its gradient. The product is what the value ' +
      'contributes to the score, if the network is taken for linear around the input.',
    formula: 'g x',
    cost: 'b',
    paper: 'Shrikumar et al. 2016, arXiv:1605.01713',
    defaults: {},
    view: CONTRIBUTION,
  },
  guidedBackprop: {
    title: 'Guided Backpropagation',
    description:
      'The gradient, but at each ReLU only positive parts go back. The pictures are sharp. They ' +
      'show edges that the network sees, and depend little on the class.',
    formula: 'g, with max(gradient, 0) at each open ReLU',
    cost: 'b',
    paper: 'Springenberg et al. 2015, arXiv:1412.6806',
    defaults: {},
    view: SENSITIVITY,
  },
  guidedGradCam: {
    title: 'Guided Grad-CAM',
    description:
      'Guided backpropagation, multiplied by the Grad-CAM map of a layer. The map says where the ' +
      'class is, and guided backpropagation adds the fine detail.',
    formula: 'guided backpropagation times the enlarged max(Grad-CAM, 0)',
    cost: '2 b',
    paper: 'Selvaraju et al. 2017, arXiv:1610.02391',
    defaults: { layer: null },
    view: SENSITIVITY,
  },
  integratedGradients: {
    title: 'Integrated Gradients',
    description:
      'Integrated gradients divide the difference of two scores among the values of the input. ' +
      'One score is that of the input, the other that of a baseline without content. The ' +
      'gradients along the straight line between both are averaged, and multiplied by the ' +
      'difference of the inputs. `delta` says how far the sum is from the difference of the ' +
      'scores. More steps bring it closer to 0.',
    formula: "(x - x') sum_i w_i g(x' + t_i (x - x')), x' the baseline",
    cost: 'steps (f + b) + f',
    paper: 'Sundararajan et al. 2017, arXiv:1703.01365',
    defaults: { baseline: 'zero', rule: 'riemannMiddle', steps: 32 },
    view: CONTRIBUTION,
  },
  smoothGrad: {
    title: 'SmoothGrad',
    description:
      'SmoothGrad averages the gradient over copies of the input with noise. What changes from ' +
      'copy to copy cancels out.',
    formula: 'mean_s g(x + noise_s)',
    cost: 'samples (f + b)',
    paper: 'Smilkov et al. 2017, arXiv:1706.03825',
    defaults: NOISE,
    view: SENSITIVITY,
  },
  smoothGradSquared: {
    title: 'SmoothGrad Squared',
    description:
      'The mean square of the gradient over copies of the input with noise. It has no sign, and ' +
      'little remains where the network does not react.',
    formula: 'mean_s g(x + noise_s)^2',
    cost: 'samples (f + b)',
    paper: 'Hooker et al. 2019, arXiv:1806.10758',
    defaults: NOISE,
    view: SENSITIVITY,
  },
  varGrad: {
    title: 'VarGrad',
    description:
      'The variance of the gradient over copies of the input with noise. It is high where the ' +
      'score reacts to small changes in different ways.',
    formula: 'mean_s g(x + noise_s)^2 - (mean_s g(x + noise_s))^2',
    cost: 'samples (f + b)',
    paper: 'Adebayo et al. 2018, arXiv:1810.03307',
    defaults: NOISE,
    view: SENSITIVITY,
  },
  occlusion: {
    title: 'Occlusion',
    description:
      'A window moves over the picture and covers a part of it. A pixel gets the mean loss of ' +
      'score of the windows that cover it. Positive values mark parts that the class needs. The ' +
      'method needs no gradient, and is easy to explain to anyone.',
    formula: 'mean over the windows of S(x) - S(x covered)',
    cost: 'a forward pass for each window',
    paper: 'Zeiler and Fergus 2014, arXiv:1311.2901',
    defaults: { window: null, stride: null, fill: 'zero' },
    view: CONTRIBUTION,
  },
  rise: {
    title: 'RISE',
    description:
      'RISE shows the network the picture through many random masks. A pixel gets the mean score ' +
      'of the masks that show it. The method needs no gradient. Few samples leave blotches.',
    formula: 'sum_m S(x M_m) M_m / (samples p), M_m the masks',
    cost: 'samples f',
    paper: 'Petsiuk et al. 2018, arXiv:1806.07421',
    defaults: { grid: 7, p: 0.5, samples: 500, seed: 0, denominator: 'expected' },
    view: { channels: 'sum', stretched: true },
  },
};

/** @typedef {keyof typeof ATTRIBUTIONS} AttributionMethod */

/**
 * Names of the attributions of the input, the default first.
 * @returns {AttributionMethod[]}
 * @example
 * attributionMethods().includes('integratedGradients'); // true
 */
export function attributionMethods() {
  return /** @type {AttributionMethod[]} */ (Object.keys(ATTRIBUTIONS));
}

/**
 * What people read of an attribution of the input.
 * @param {AttributionMethod} method
 * @returns {AttributionInfo}
 * @example
 * attributionInfo('occlusion').defaults; // { window: null, stride: null, fill: 'zero' }
 */
export function attributionInfo(method) {
  const { view, defaults, ...info } = choose(ATTRIBUTIONS, method, 'method');
  return { ...info, defaults: { ...defaults } };
}
