/** The list `inputs` of ../shared/golden/methods: attributions of the input. */

import { range } from '../../web/package/base/range.js';
import { EARLY_FLIP, checkArray, checkNumber } from './methods-common.js';

/** @import { AttributeOptions, AttributionMethod } from 'gradcam-wasm' */
/** @import { Verdict } from './common.js' */
/** @import { Opened } from './methods-common.js' */

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
 */
export async function check(verdict, opened, golden, spread) {
  for (const [i, entry] of golden.inputs.entries()) {
    const { method, target, kind, relus } = entry;
    const what = `input ${i}, ${method} of class ${target}'s ${kind}`;
    const found = await opened.run.attribute(optionsOf(entry, opened));
    const spreads = spread.inputs[i];
    checkAttribution(verdict, opened, what, found, entry, spreads.values);
    for (const [name, field] of Object.entries(NUMBERS)) {
      if (!(name in entry)) continue;
      checkNumber(
        verdict,
        opened,
        `${what}: ${name}`,
        Number(found[field]),
        entry[name],
        spreads[name],
      );
    }
    const count = opened.network.reluCount;
    if (relus !== undefined && relus !== count) {
      verdict.failures.push(`${what}: ${count} ReLUs, not ${relus}`);
    }
  }
}

/**
 * @param {Verdict} verdict
 * @param {Opened} opened
 * @param {string} what
 * @param {{ data: Float32Array, shape: number[] }} found
 * @param {any} golden
 * @param {number} spread
 */
function checkAttribution(verdict, opened, what, { data, shape }, golden, spread) {
  if (String(shape) !== String(golden.shape)) {
    verdict.failures.push(`${what}: the shape is ${shape}, not ${golden.shape}`);
    return;
  }
  const [height, width, depth = 1] = shape;
  const how = { height, width, depth, spread, flip: EARLY_FLIP };
  checkArray(verdict, opened, what, data, golden, how);
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
