/** The list `inputs` of ../shared/golden/methods: attributions of the input. */

import { attribute } from '../../web/package/attribution/attribute.js';
import { range } from '../../web/package/base/range.js';
import { checkArray, checkNumber } from './methods-arrays.js';

/** @import { AttributeOptions, AttributionMethod } from 'gradcam-wasm' */
/** @import { Context } from '../../web/package/attribution/attribute.js' */
/** @import { Verdict } from './common.js' */
/** @import { Opened } from './methods.js' */

/** Names in the golden data. @type {Record<string, AttributionMethod>} */
const METHODS = {
  gradient: 'gradient',
  saliency: 'saliency',
  gradient_x_input: 'gradientTimesInput',
  guided_backprop: 'guidedBackprop',
  guided_grad_cam: 'guidedGradCam',
  integrated_gradients: 'integratedGradients',
  smoothgrad: 'smoothGrad',
  smoothgrad_sq: 'smoothGradSquared',
  vargrad: 'varGrad',
  occlusion: 'occlusion',
  rise: 'rise',
};

/** @type {Record<string, AttributeOptions['rule']>} */
const RULES = {
  gausslegendre: 'gaussLegendre',
  riemann_middle: 'riemannMiddle',
  riemann_trapezoid: 'riemannTrapezoid',
};

/** @type {Record<string, AttributeOptions['denominator']>} */
const DENOMINATORS = { 'N p': 'expected', 'sum of masks': 'masks' };

/** The numbers beside an array. */
const NUMBERS = /** @type {const} */ ({
  score: 'score',
  baseline_score: 'baselineScore',
  delta: 'delta',
});

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {any} golden
 * @param {any} spread
 * @param {boolean} isReal
 */
export async function check(verdict, opened, golden, spread, isReal) {
  for (const [i, entry] of golden.inputs.entries()) {
    const { method, target, kind, relus } = entry;
    const what = `input ${i}, ${method} of class ${target}'s ${kind}`;
    const options = optionsOf(entry, opened);
    const { run } = opened;
    const found = await (run ? run.attribute(options) : attribute(contextOf(opened), options));
    const spreads = spread.inputs[i];
    checkArray(verdict, what, found, entry, { spread: spreads.values, isReal, opened });
    for (const [name, field] of Object.entries(NUMBERS)) {
      if (!(name in entry)) continue;
      const ours = Number(found[/** @type {'delta'} */ (field)]);
      checkNumber(verdict, `${what}: ${name}`, ours, entry[name], spreads[name] ?? 0, opened);
    }
    const count = opened.network?.reluCount;
    if (relus !== undefined && count !== undefined && relus !== count) {
      verdict.failures.push(`${what}: ${count} ReLUs, not ${relus}`);
    }
  }
}

/**
 * @param {Opened} opened
 * @returns {Context}
 */
function contextOf({ network, input, preprocessing }) {
  if (!network) throw new Error('a real model has a run');
  return {
    ...{ network, input, preprocessing, labels: undefined },
    classCount: network.classCount,
    endsWithLogit: false,
    target: 0,
    dataFormat: 'channels_last',
    findLayer: (path) => ({ index: network.findLayer(path), path }),
    readInput: () => Promise.reject(new Error('no baseline is a picture')),
  };
}

/**
 * @param {any} entry of golden.json
 * @param {Opened} opened
 * @returns {AttributeOptions}
 */
function optionsOf(entry, { input }) {
  const { method, target, kind, rule, sigma, denominator } = entry;
  const { baseline, fill, steps, samples, seed, window, stride, grid, p, layer } = entry;
  const { min, max } = range(input.data);
  return {
    method: METHODS[method],
    target,
    logits: kind === 'logit',
    rule: RULES[rule],
    noise: sigma === undefined ? undefined : sigma / (max - min),
    denominator: DENOMINATORS[denominator],
    ...{ baseline, fill, steps, samples, seed, window, stride, grid, p, layer },
  };
}
